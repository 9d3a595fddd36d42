"""The settings of a training run: one file that repeats it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializeAsAny, field_validator

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.yaml_text import read_yaml, write_yaml
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.training.catalog import TRAININGS, parse_method
from napari_fidelity.training.spec import MethodSettings, TrainingSpec

CONFIG_VERSION = 1
# what a run may go on with in another way: its length, how it is kept and told, where it computes
FREE_ON_RESUME = (
    "max_steps", "max_minutes", "checkpoint_every", "keep_every", "log_every", "device", "threads"
)  # fmt: skip

LARGER_IS_BETTER = {
    f"val_{name}" for name in ("psnr", "ssim", "iou", "dice", "sfm", "finished_sfm")
}


class RunSettings(Params):
    """How long, how large, how often."""

    max_steps: int | None = Field(
        None, ge=1, title="Steps", description="Default: the method's own"
    )
    max_minutes: float | None = Field(
        None, gt=0, title="Minutes", description="Stop after this much training time, if sooner"
    )
    batch: int | None = Field(
        None, ge=1, le=1024, title="Batch", description="Patches a step; default: the method's own"
    )
    seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Of everything random")
    validate_every: int = Field(
        200, ge=1, title="Validate every", description="Steps between validations and previews"
    )
    checkpoint_every: int = Field(
        200, ge=1, title="Checkpoint every", description="Steps that a killed run may lose"
    )
    keep_every: int | None = Field(
        None,
        ge=1,
        title="Keep every",
        description="Also keep every checkpoint of so many steps",
    )
    log_every: int = Field(10, ge=1, title="Log every", description="Steps a line of metrics")
    previews: int = Field(
        4, ge=0, le=64, title="Previews", description="Validation images that are shown"
    )
    validation_images: int = Field(
        32, ge=1, title="Validation images", description="Largest number that is scored each time"
    )
    best_by: str | None = Field(
        None,
        title="Best by",
        description="Validation metric that chooses the best checkpoint, with - in front where "
        "larger is better; default: the method's own",
    )
    device: str = Field("auto", title="Device", description="auto, cpu, cuda, cuda:1, mps")
    devices: int = Field(1, ge=1, title="Devices", description="GPUs to train on together")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        title="Precision",
        description="auto: bfloat16 where the hardware is fast at it; weights stay float32",
    )
    threads: int | None = Field(
        None, ge=1, title="Threads", description="Of the processor; default: all cores"
    )

    @field_validator("best_by")
    @classmethod
    def _check_direction(cls, value: str | None) -> str | None:
        """Without the sign, the worst checkpoint would be kept."""
        if value in LARGER_IS_BETTER:
            raise UserError(f"Larger {value} is better: choose the best by -{value}.")
        return value


class ModelInfo(Params):
    """What the finished model's package and card say."""

    key: str = Field(
        "my-model",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        title="Key",
        description="Name in commands: small letters, digits and hyphens",
        examples=["my-model", "nuclei-care"],
    )
    title: str = Field("My model", title="Title", description="Name for people")
    description: str = Field("", title="Description", description="One line")
    licence: str = Field("unstated", title="Licence", description="Of the weights")
    data: str = Field("own images", title="Data", description="Name of the data set")
    data_licence: str = Field("unstated", title="Data licence", description="Of the images")
    citation: str = Field("", title="Citation", description="Publication of the data")


class TrainConfig(Params):
    """Everything that a run depends on."""

    version: Literal[1] = Field(1, description="Version of this file's form")
    method: SerializeAsAny[MethodSettings] = Field(title="Method", description="With its kind")
    data: DataSettings = Field(title="Data", description="Images, patches, split, augmentation")
    run: RunSettings = Field(default_factory=RunSettings, title="Run", description="Steps, seed")
    model: ModelInfo = Field(default_factory=ModelInfo, title="Model", description="Its package")

    @field_validator("method", mode="before")
    @classmethod
    def _parse_method(cls, value: object) -> MethodSettings:
        return parse_method(value)

    @property
    def spec(self) -> TrainingSpec:
        """The method's line in the catalog."""
        return TRAININGS[self.method.kind]

    @property
    def steps(self) -> int:
        """Steps of the run."""
        return self.run.max_steps or self.spec.default_steps

    @property
    def batch(self) -> int:
        """Patches a step."""
        return self.run.batch or self.spec.default_batch

    def sha256(self) -> str:
        """Hash of the settings, whatever the order of a file's lines."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def fixed_sha256(self) -> str:
        """Hash of the settings that a run keeps for good: all but `FREE_ON_RESUME`."""
        rest = self.model_dump_json(exclude={"run": set(FREE_ON_RESUME)})
        return hashlib.sha256(rest.encode()).hexdigest()

    def to_yaml(self) -> str:
        """The file's text."""
        return write_yaml(self.model_dump(mode="json", exclude_none=True))


def read_config(path: str | Path) -> TrainConfig:
    """The settings in a YAML file.

    Raises
    ------
    UserError
        No such file, damaged, of another version, an unknown key or a value out of range.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} is missing: give a file of training settings.")
    values: Any = read_yaml(path.read_text(encoding="utf-8"), name=str(path))  # Any: YAML
    if not isinstance(values, dict):
        raise UserError(f"{path} holds no training settings: names with their values are needed.")
    version = values.get("version", CONFIG_VERSION)
    if version != CONFIG_VERSION:
        raise UserError(
            f"{path} is of version {version!r}; this software reads version {CONFIG_VERSION}: "
            "write it anew."
        )
    return TrainConfig.parse(values)
