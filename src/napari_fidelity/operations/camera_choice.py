"""The noise of a synthesis: the model's own, or that of a known camera."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.estimation.result import ImageEstimate
from napari_fidelity.simulation.observation import CameraObservation, ObservationModel

if TYPE_CHECKING:
    from napari_fidelity.operations.synthesize import SynthesizeParams


def choose_observation(params: SynthesizeParams, manifest: Manifest) -> ObservationModel:
    """The model's observation, with the camera of the settings if one is stated."""
    own = manifest.observation
    return own if params.camera is None else CameraObservation(**dict(own), camera=params.camera)


def check_camera(
    params: SynthesizeParams, manifest: Manifest, reference: Image | None = None
) -> None:
    """Refuse a camera for whose grey levels the result is not made.

    Levels of a reference are not looked at: it was recorded as it is.

    Raises
    ------
    UserError
        Objects would be no brighter than the camera's offset.
    """
    camera = params.camera
    if camera is None or not params.noise or (reference is not None and params.response is None):
        return
    response = params.response or manifest.response
    bright = response.offset + response.gain
    if params.response is None and params.levels is not None:
        bright = params.levels.foreground_mean
    if bright <= camera.offset:
        raise UserError(
            f"The camera is dark at {camera.offset:.4g}, but objects would have the level "
            f"{bright:.4g}: match the intensities to an image of this camera, or state its levels."
        )


def read_camera(text: str) -> CameraNoise:
    """The camera in a file, or in JSON that begins with a brace.

    Parameters
    ----------
    text : str
        A file that holds an estimate or a camera, or either as JSON: what
        `napari-fidelity estimate --format json` prints, or
        ``{"offset": 100, "gain": 2, "read_noise": 1.6}``.

    Raises
    ------
    UserError
        No such file, not JSON, or an estimate in which offset or gain is not known.

    Examples
    --------
    >>> read_camera('{"offset": 100, "gain": 2, "read_noise": 1.6}').gain
    2.0
    """
    values = _read_json(text)
    is_estimate = isinstance(values.get("gain"), dict)
    if is_estimate:
        return ImageEstimate.from_json(values).camera()
    return CameraNoise.parse(values)


def _read_json(text: str) -> dict[str, Any]:  # Any: JSON
    name = "The camera"
    if not text.lstrip().startswith("{"):
        path, name = Path(text), text
        if not path.is_file():
            raise UserError(f"There is no file {text}: make one with `napari-fidelity estimate`.")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise UserError(f"{name} cannot be read as text: an estimate is JSON.") from None
    try:
        values = json.loads(text)
    except ValueError:
        raise UserError(f"{name} is not JSON: use `estimate --format json`.") from None
    if not isinstance(values, dict):
        raise UserError(f"{name} holds no camera: it should be a JSON object.")
    return values
