"""The training methods, in the order of their list in the dock."""

from __future__ import annotations

from typing import Any

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import SettingError
from napari_fidelity.training.methods.care import CARE
from napari_fidelity.training.methods.cyclegan import CYCLEGAN
from napari_fidelity.training.methods.pix2pix import PIX2PIX
from napari_fidelity.training.methods.segmentation import SEGMENTATION
from napari_fidelity.training.methods.textured_pix2pix import TEXTURED_PIX2PIX
from napari_fidelity.training.spec import MethodSettings, TrainingSpec

TRAININGS: Catalog[TrainingSpec] = Catalog(
    "training method",
    [
        PIX2PIX,
        CYCLEGAN,
        CARE,
        SEGMENTATION,
        TEXTURED_PIX2PIX,
    ],
)


def parse_method(value: object) -> MethodSettings:
    """Settings of a method from what a file or a form holds: a mapping with its `kind`, or a key.

    Raises
    ------
    UserError
        There is no such method, or one of its settings is unknown or out of range.
    """
    if isinstance(value, MethodSettings):
        return value
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, dict) or "kind" not in value:
        raise UserError(f"A method is a key or settings with their kind, not {value!r}.")
    values: dict[str, Any] = value  # Any: JSON values
    settings = TRAININGS[str(values["kind"])].settings
    try:
        return settings.parse(values)
    except SettingError as error:
        problem = error.problem
        if error.name not in settings.model_fields and "." not in error.name:
            known = [name for name in settings.model_fields if name != "kind"]
            problem += f": {values['kind']} has {', '.join(known)}"
        raise SettingError(f"method.{error.name}", problem) from None
