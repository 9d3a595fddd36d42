"""Which images a training takes, and how patches are cut and varied: the settings."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from napari_fidelity.core.params import Params
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.simulation.degradation import Pipeline

Task: TypeAlias = Literal["synthesis", "restoration", "segmentation"]


class Augmentation(Params):
    """How patches are varied; inputs and targets of a pair alike, but for intensity."""

    flips: bool = Field(True, title="Flips", description="Mirror along Y and X (and Z)")
    rotations: Literal["none", "quarter", "any"] = Field(
        "quarter",
        title="Rotations",
        description="Quarter turns lose nothing; any angle interpolates",
    )
    shift_px: float = Field(
        0.0, ge=0, le=64, title="Shift", description="Largest shift by parts of a pixel"
    )
    scale: tuple[float, float] = Field(
        (1.0, 1.0), title="Scale", description="Range of factors on the size, such as 0.8 and 1.25"
    )
    gain: tuple[float, float] = Field(
        (1.0, 1.0), title="Gain", description="Range of factors on the inputs' intensity"
    )
    offset: tuple[float, float] = Field(
        (0.0, 0.0), title="Offset", description="Range added to the inputs, in scaled units"
    )

    @model_validator(mode="after")
    def _check_ranges(self) -> Self:
        for name in ("scale", "gain", "offset"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"the range of {name} begins at {low:g}, above its end {high:g}")
        if not 0.1 <= self.scale[0] <= self.scale[1] <= 10:
            raise ValueError("the range of scale lies between 0.1 and 10")
        if self.gain[0] <= 0:
            raise ValueError(f"the range of gain begins at {self.gain[0]:g}: it must be above 0")
        return self


class DataSettings(Params):
    """Images, how they are split, cut and varied."""

    folder: str | None = Field(
        None,
        title="Folder",
        description="With inputs/ and targets/, or masks/ and images/, files of equal names; "
        "with targets/ alone a degradation makes the inputs",
    )
    inputs: tuple[str, ...] = Field(
        (), title="Inputs", description="Files, folders or patterns, instead of a folder"
    )
    targets: tuple[str, ...] = Field(
        (), title="Targets", description="Files, folders or patterns, instead of a folder"
    )
    task: Task | None = Field(
        None,
        title="Task",
        description="synthesis (masks to images), restoration (images to images), segmentation "
        "(images to masks); default: what method and folders say",
    )
    degradation: Pipeline | None = Field(
        None, title="Degradation", description="Makes the inputs of the targets, anew at each draw"
    )
    groups: str | None = Field(
        None,
        title="Groups",
        description="A CSV file with the columns name and group (and split), or a pattern whose "
        "first bracket finds the group in a name; images of a group stay on one side of the split",
    )
    validation_share: float = Field(
        0.15, gt=0, lt=1, title="Validation", description="Share of the groups"
    )
    patch_px: int | tuple[int, ...] | None = Field(
        None, title="Patch", description="Sides of a patch; default: the method's own"
    )
    volumes: bool = Field(False, title="Volumes", description="Train in 3-D: patches of Z, Y and X")
    foreground_share: float = Field(
        0.9,
        ge=0,
        le=1,
        title="Foreground",
        description="Share of the patches that are drawn where there are structures",
    )
    input_scaling: Normalisation = Field(
        Normalisation(), title="Scaling of inputs", description="Of every image by itself"
    )
    target_scaling: Normalisation = Field(
        Normalisation(), title="Scaling of targets", description="Of every image by itself"
    )
    target_range: tuple[float, float] | None = Field(
        None,
        title="Range of targets",
        description="Intensities that become 0 and 1 in all targets alike, instead of percentiles",
    )
    drop_boundaries: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Drop boundaries",
        description="Share of the masks shown without boundaries between touching objects",
    )
    pixel_size_um: float | None = Field(
        None,
        gt=0,
        title="Pixel size (µm)",
        description="Along Y and X; default: what the images say",
    )
    z_step_um: float | None = Field(
        None, gt=0, title="Z step (µm)", description="Between planes; default: what the images say"
    )
    augmentation: Augmentation = Field(
        default_factory=Augmentation, title="Augmentation", description="How patches are varied"
    )

    @model_validator(mode="after")
    def _check_patch(self) -> Self:
        dims = 3 if self.volumes else 2
        sides = self.patch_px if isinstance(self.patch_px, tuple) else (self.patch_px or 1,) * dims
        if len(sides) != dims or min(sides) < 1:
            raise ValueError(f"a patch has {dims} sides of 1 pixel or more, not {self.patch_px}")
        if self.target_range is not None and self.target_range[0] >= self.target_range[1]:
            raise ValueError(f"the range of targets {self.target_range} does not rise")
        return self

    @field_validator("degradation", mode="before")
    @classmethod
    def _parse_degradation(cls, value: Any) -> Any:  # Any: from files and forms
        """A mapping of a pipeline, or the key of a preset."""
        from napari_fidelity.simulation.degradation import PRESETS

        if isinstance(value, str):
            return PRESETS[value].pipeline
        return Pipeline.parse(value) if isinstance(value, dict) else value
