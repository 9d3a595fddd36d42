"""A list of operations as a file: written by a dock, run on one image or on thousands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.yaml_text import read_yaml, write_yaml
from napari_fidelity.operations.lent_frame import lend_frames
from napari_fidelity.operations.mixed_seed import mix_seed
from napari_fidelity.operations.open_image import open_image
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.source_record import (
    drop_pixels,
    point_inputs_to_files,
    record_source,
)
from napari_fidelity.operations.spec import OperationSpec, Table

HEADING, FORMAT = "napari-fidelity", "recipe 1"


class RecipeStep(Params):
    """One operation, its settings and files of its further inputs.

    Settings that are not named have their defaults. Paths are made absolute, so that a recipe
    can be run from anywhere.
    """

    operation: str = Field(title="Operation", description="Its key, such as degrade")
    params: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict, title="Settings", description="Settings of the operation"
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        title="Further inputs",
        description="Files of the images that it takes beside its first, such as a reference",
    )

    @field_validator("inputs")
    @classmethod
    def _make_absolute(cls, inputs: dict[str, str]) -> dict[str, str]:
        return {name: str(Path(path).absolute()) for name, path in inputs.items()}

    @model_serializer(mode="wrap")
    def _leave_out_none(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:  # Any: JSON
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if name != "inputs" or value}

    def find_spec(self) -> OperationSpec:
        """The entry of the catalog of operations, in which a recipe is an entry itself."""
        from napari_fidelity.operations.catalog import OPERATIONS

        return OPERATIONS[self.operation]

    def settings(self) -> Params:
        """The settings, checked."""
        return self.find_spec().params.parse(self.params)

    def gives(self) -> Literal["image", "table"]:
        """What comes out of it."""
        settings = self.settings()
        return settings.gives() if isinstance(settings, Recipe) else self.find_spec().gives

    def check_inputs(self) -> None:
        """Refuse inputs that the operation does not take, and the lack of one that it needs.

        Raises
        ------
        UserError
            The sentence names the input; whether its file is there, `Recipe.check_files` tells.
        """
        known = {entry.name: entry for entry in self.find_spec().inputs}
        if unknown := [name for name in self.inputs if name not in known]:
            taken = f"only {', '.join(known)}" if known else "none"
            raise UserError(f"It takes no further input {unknown[0]!r}, {taken}.")
        for name, entry in known.items():
            if not entry.optional and name not in self.inputs:
                raise UserError(f"It needs a {name}: give its file as inputs: {{{name}: FILE}}.")

    def check_files(self) -> None:
        """Refuse files of further inputs that are not there, also of a recipe in the step.

        Raises
        ------
        UserError
            The sentence names the input and the file.
        """
        for name, path in self.inputs.items():
            if not Path(path).exists():
                raise UserError(f"There is no file {path} for its {name}.")
        settings = self.settings()
        if isinstance(settings, Recipe):
            settings.check_files()

    def run(self, image: Image, progress: Progress) -> Image | Table:
        """What the operation makes of `image`."""
        images = lend_frames([*map(open_image, self.inputs.values()), image])
        image, inputs = images.pop(), dict(zip(self.inputs, images, strict=True))
        result = self.find_spec().run(image, self.settings(), progress, **inputs)
        return point_inputs_to_files(result, self.inputs) if isinstance(result, Image) else result

    def settle(self, result: Image) -> RecipeStep:
        """The step as `result` says that it was, where it had further inputs.

        What was measured on these may be among the settings now, and they not needed any more.
        """
        if not self.inputs:
            return self
        return recipe_from_provenance(result.provenance, self.operation).steps[0]


class Recipe(Params):
    """Operations in the order in which they are applied.

    Examples
    --------
    >>> recipe = Recipe(steps=[RecipeStep(operation="synthesize", params={"seed": 3})])
    >>> print(recipe.to_yaml())
    napari-fidelity: recipe 1
    steps:
    - operation: synthesize
      params:
        seed: 3
    <BLANKLINE>
    >>> read_recipe(recipe.to_yaml()) == recipe
    True
    """

    steps: tuple[RecipeStep, ...] = Field(
        title="Steps", description="Operations in their order", min_length=1
    )

    @field_validator("steps")
    @classmethod
    def _check_steps(cls, steps: tuple[RecipeStep, ...]) -> tuple[RecipeStep, ...]:
        for number, step in enumerate(steps, 1):
            try:
                step.settings()
                step.check_inputs()
                if number < len(steps) and step.gives() == "table":
                    raise UserError("It gives a table, so it can only be the last step.")
            except UserError as error:
                raise UserError(f"Step {number} ({step.operation}): {error}") from None
        return steps

    def gives(self) -> Literal["image", "table"]:
        """What the last step gives."""
        return self.steps[-1].gives()

    def check_files(self) -> None:
        """Refuse files of further inputs that are not there.

        Raises
        ------
        UserError
            The sentence names the step, the input and the file.
        """
        for number, step in enumerate(self.steps, 1):
            try:
                step.check_files()
            except UserError as error:
                raise UserError(f"Step {number} ({step.operation}): {error}") from None

    def to_yaml(self) -> str:
        """The text of a recipe file."""
        return write_yaml({HEADING: FORMAT, **self.model_dump(mode="json")})

    def with_seeds_for(self, name: str) -> Recipe:
        """The recipe with seeds of its own for the image called `name`.

        Two images under one seed would get the same noise in the same places.
        """
        steps = []
        for number, step in enumerate(self.steps):
            settings = step.settings()
            own: dict[str, Any] = {}  # Any: JSON
            if isinstance(settings, Recipe):
                own = settings.with_seeds_for(f"{name}/{number}").model_dump(mode="json")
            elif (seed := getattr(settings, "seed", None)) is not None:
                own = {"seed": mix_seed(seed, name, number)}
            steps.append(step.model_copy(update={"params": {**step.params, **own}}))
        return Recipe(steps=tuple(steps))


def read_recipe(source: str | Path) -> Recipe:
    """The recipe in a YAML file, in YAML or JSON text, or in an image that we wrote.

    Raises
    ------
    UserError
        No such file, no recipe, or a step that cannot be run; the sentence names it.
    """
    text, name = _read_text(source)
    values = read_yaml(text, name)
    if (found := values.pop(HEADING, None)) != FORMAT:
        said = f"is of kind {found!r}" if found is not None else f"has no line “{HEADING}: …”"
        raise UserError(f"{name} {said}: a recipe begins with “{HEADING}: {FORMAT}”.")
    try:
        return Recipe.parse(values)
    except UserError as error:
        raise UserError(f"{name} cannot be used. {error}") from None


def recipe_from_provenance(provenance: Mapping[str, Any], name: str) -> Recipe:  # Any: JSON
    """The recipe that made an image, from the image's provenance.

    Raises
    ------
    UserError
        The image was made by no operation, or with a further input of which no file is known.
    """
    if "operation" not in provenance or "params" not in provenance:
        raise UserError(f"{name} carries no recipe: only images saved with provenance do.")
    if provenance["operation"] == "recipe":
        return Recipe.parse(dict(provenance["params"]))
    inputs = {}
    for keyword, entry in provenance.get("inputs", {}).items():
        if "path" not in entry:
            raise UserError(
                f"{name} was made with a {keyword} of which it knows no file: save that image, "
                "and write the recipe with its path."
            )
        inputs[keyword] = entry["path"]
    settings = dict(provenance["params"])
    step = RecipeStep(operation=provenance["operation"], params=settings, inputs=inputs)
    return Recipe.parse({"steps": [step]})


def run_recipe(image: Image, recipe: Recipe, progress: Progress | None = None) -> Image | Table:
    """`image` after all steps of `recipe`.

    Parameters
    ----------
    image : Image
        What the first step works on.
    recipe : Recipe
        The steps.
    progress : Progress, optional
        Called for every part of every step.

    Returns
    -------
    Image or Table
        The provenance of an image can be run again; of several steps it keeps what each says of
        itself. A table, where the last step gives one, has `to_csv`.

    Raises
    ------
    UserError
        A step cannot work on what it gets, or a further input is not there; the sentence names
        it.
    """
    recipe.check_files()
    if len(recipe.steps) == 1:
        return recipe.steps[0].run(image, progress or Progress())
    reading, *shares = share_progress(progress or Progress(), [2, *[98] * len(recipe.steps)])
    source = record_source(image, reading)
    result, settled, histories = image, [], []
    for number, (step, share) in enumerate(zip(recipe.steps, shares, strict=True), 1):
        try:
            made = step.run(result, share)
        except UserError as error:
            raise UserError(f"Step {number} ({step.operation}): {error}") from error
        if not isinstance(made, Image):  # only the last step may give a table
            return made
        result = made
        settled.append(step.settle(result))
        histories.append(drop_pixels(result.provenance))
    pinned, details = Recipe(steps=tuple(settled)), {"steps": histories}
    return replace(result, provenance=build_provenance("recipe", pinned, source, details))


def _read_text(source: str | Path) -> tuple[str, str]:
    """The text, and what it is called in messages."""
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return source, "The recipe"
    path = Path(source)
    if path.is_dir() or path.suffix.lower() in (".tif", ".tiff"):
        provenance = open_image(path).provenance
        return recipe_from_provenance(provenance, path.name).to_yaml(), path.name
    try:
        return path.read_text(encoding="utf-8"), path.name
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}.") from error
