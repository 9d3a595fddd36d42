"""A degradation: steps in their order, fixed or random, and as a YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.yaml_text import read_yaml, write_yaml
from napari_fidelity.simulation.degradation.catalog import STEPS, parse_step
from napari_fidelity.simulation.degradation.step import Step

FORMAT_KEY, FORMAT = "napari-fidelity", "pipeline 1"
Steps = tuple[SerializeAsAny[Step], ...]


class Pipeline(Params):
    """An ordered list of steps; those that prepare the clean image come first.

    Examples
    --------
    >>> pipeline = Pipeline(steps=[{"kind": "poisson", "photons": {"low": 20, "high": 80}}])
    >>> Pipeline.from_yaml(pipeline.to_yaml()) == pipeline
    True
    >>> 20 <= pipeline.draw(seed=3).steps[0].photons <= 80
    True
    """

    name: str = Field("", title="Name", description="What a person calls it")
    black: float = Field(
        0.0,
        title="Black level",
        description="Grey level of the clean image where there is no light, such as the offset "
        "of its camera",
    )
    drawn_with: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(
        None, title="Drawn with", description="Seed that its numbers were drawn with"
    )
    steps: Steps = Field((), title="Steps", description="In the order in which they act")

    @field_validator("steps", mode="before")
    @classmethod
    def _parse_steps(cls, value: Any) -> tuple[Step, ...]:  # Any: from files and forms
        if not isinstance(value, list | tuple):
            raise UserError(f"The steps of a pipeline are a list, not {value!r}.")
        found = []
        for number, entry in enumerate(value, 1):
            try:
                found.append(parse_step(entry))
            except UserError as error:
                raise UserError(f"Step {number}: {error}") from None
        return tuple(found)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        degrading = False
        for number, step in enumerate(self.steps, 1):
            if step.prepares and degrading:
                raise UserError(
                    f"Step {number}, {STEPS[step.kind].title}, prepares the clean image: put it "
                    "before the steps that degrade."
                )
            degrading = degrading or not step.prepares
        return self

    def draw(self, seed: int) -> Pipeline:
        """The pipeline with a number for each of its intervals, keyed by `seed`."""
        steps = tuple(step.draw(seed, index) for index, step in enumerate(self.steps))
        return self.model_copy(update={"steps": steps, "drawn_with": seed})

    def prepare(self) -> Pipeline:
        """The steps alone that make the target."""
        return self.model_copy(update={"steps": tuple(s for s in self.steps if s.prepares)})

    def to_yaml(self) -> str:
        """The pipeline as a YAML file; read and written again it has the same bytes."""
        return write_yaml({FORMAT_KEY: FORMAT, **self.model_dump(mode="json")})

    @classmethod
    def from_yaml(cls, text: str, *, name: str = "The pipeline") -> Pipeline:
        """The pipeline in a YAML or JSON text.

        Parameters
        ----------
        text : str
            What `to_yaml` wrote, or a person: missing settings have their defaults.
        name : str
            What messages call the text, such as its file.

        Raises
        ------
        UserError
            It is no YAML, another kind of file, or a setting is unknown or out of range.
        """
        values = read_yaml(text, name)
        if values.pop(FORMAT_KEY, FORMAT) != FORMAT:
            raise UserError(f"{name} is no pipeline of steps: it should say {FORMAT!r}.")
        if "steps" not in values:
            raise UserError(f"{name} has no steps: list them under “steps:”.")
        try:
            return cls.parse(values)
        except UserError as error:
            raise UserError(f"{name}: {error}") from None
