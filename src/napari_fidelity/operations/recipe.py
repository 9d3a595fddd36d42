"""A list of operations as a file: written by a dock, run on one image or on thousands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.yaml_text import read_yaml, write_yaml
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.source_record import drop_pixels, record_source
from napari_fidelity.operations.spec import OperationSpec

HEADING, FORMAT = "napari-fidelity", "recipe 1"
SEED_BITS = 31  # as many as the control of a dock takes


class RecipeStep(Params):
    """One operation and its settings; those that are not named have their defaults."""

    operation: str = Field(title="Operation", description="Its key, such as degrade")
    params: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict, title="Settings", description="Settings of the operation"
    )

    def find_spec(self) -> OperationSpec:
        """The entry of the catalog of operations, in which a recipe is an entry itself."""
        from napari_fidelity.operations.catalog import OPERATIONS

        return OPERATIONS[self.operation]

    def settings(self) -> Params:
        """The settings, checked."""
        return self.find_spec().params.parse(self.params)


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
            except UserError as error:
                raise ValueError(f"step {number} ({step.operation}): {error}") from None
        return steps

    def to_yaml(self) -> str:
        """The text of a recipe file."""
        return write_yaml({HEADING: FORMAT, **self.model_dump(mode="json")})

    def with_seeds_for(self, name: str) -> Recipe:
        """The recipe with seeds of its own for the image called `name`.

        Two images under one seed would get the same noise in the same places.
        """
        steps = []
        for number, step in enumerate(self.steps):
            seed = getattr(step.settings(), "seed", None)
            own = {} if seed is None else {"seed": mix_seed(seed, name, number)}
            steps.append(step.model_copy(update={"params": {**step.params, **own}}))
        return Recipe(steps=tuple(steps))


def mix_seed(seed: int, name: str, number: int = 0) -> int:
    """A seed for the image called `name`, and for the `number`-th use of it.

    Examples
    --------
    >>> mix_seed(0, "a.tif") == mix_seed(0, "a.tif"), mix_seed(0, "a.tif") == mix_seed(0, "b.tif")
    (True, False)
    """
    digest = hashlib.sha256(f"{seed}/{number}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - SEED_BITS)


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
        The image was made by no operation.
    """
    if "operation" not in provenance or "params" not in provenance:
        raise UserError(f"{name} carries no recipe: only images saved with provenance do.")
    if provenance["operation"] == "recipe":
        return Recipe.parse(dict(provenance["params"]))
    step = RecipeStep(operation=provenance["operation"], params=dict(provenance["params"]))
    return Recipe.parse({"steps": [step]})


def run_recipe(image: Image, recipe: Recipe, progress: Progress | None = None) -> Image:
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
    Image
        Its provenance can be run again; of several steps it keeps what each says of itself.

    Raises
    ------
    UserError
        A step cannot work on what it gets; the sentence names it.
    """
    if len(recipe.steps) == 1:
        step = recipe.steps[0]
        return step.find_spec().run(image, step.settings(), progress or Progress())
    reading, *shares = share_progress(progress or Progress(), [2, *[98] * len(recipe.steps)])
    source = record_source(image, reading)
    result, histories = image, []
    for number, (step, share) in enumerate(zip(recipe.steps, shares, strict=True), 1):
        try:
            result = step.find_spec().run(result, step.settings(), share)
        except UserError as error:
            raise UserError(f"Step {number} ({step.operation}): {error}") from error
        histories.append(drop_pixels(result.provenance))
    details = {"steps": histories}
    return replace(result, provenance=build_provenance("recipe", recipe, source, details))


def _read_text(source: str | Path) -> tuple[str, str]:
    """The text, and what it is called in messages."""
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return source, "The recipe"
    path = Path(source)
    if path.is_dir() or path.suffix.lower() in (".tif", ".tiff"):
        # only recipes inside images need a reader
        from napari_fidelity.imageio import read_image
        from napari_fidelity.inference.zarr_image import open_zarr_image

        image = open_zarr_image(path) if path.is_dir() else read_image(path)
        return recipe_from_provenance(image.provenance, path.name).to_yaml(), path.name
    try:
        return path.read_text(encoding="utf-8"), path.name
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}.") from error
