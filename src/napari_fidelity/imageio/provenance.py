"""The note that our files carry beside the pixels: frame, history, display; as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from napari_fidelity.core.image import Image

NAMESPACE = "napari-fidelity"
FORMAT = 1
PACKAGES = ("napari-fidelity", "numpy", "scipy", "scikit-image", "tifffile", "torch")


class Frame(BaseModel):
    """The part of a note that must fit the pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    axes: str
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...]
    units: tuple[str, ...]
    translate: tuple[float, ...]
    origin: tuple[int, ...]
    name: str


@dataclass(frozen=True)
class Note:
    """What a file of ours says about itself."""

    frame: Frame
    provenance: dict[str, Any]  # Any: values are JSON
    layer: dict[str, Any] = field(default_factory=dict)  # Any: values are JSON


class NoteError(ValueError):
    """The note cannot be used; the message finishes the sentence "its notes …"."""


def encode_note(image: Image, layer: Mapping[str, Any] | None = None) -> str:
    """The note of `image` as JSON text in ASCII.

    Parameters
    ----------
    image : Image
        Its frame and provenance are noted, its pixels are not.
    layer : mapping, optional
        How it stood in the viewer: `type` and display settings, JSON values.

    Raises
    ------
    TypeError, ValueError
        The provenance holds something that JSON has no form for, or NaN.

    Examples
    --------
    >>> note = decode_note(encode_note(Image(np.zeros((2, 3)), provenance={"seed": 7})))
    >>> note.frame.axes, note.frame.shape, note.provenance
    ('YX', (2, 3), {'seed': 7})
    """
    frame = Frame(
        axes=image.axes,
        shape=image.shape,
        dtype=image.array.dtype.name,
        scale=tuple(float(value) for value in image.scale),
        units=tuple(str(unit) for unit in image.units),
        translate=tuple(float(value) for value in image.translate),
        origin=tuple(int(index) for index in image.origin),
        name=image.name,
    )
    content = {
        "format": FORMAT,
        "frame": frame.model_dump(),
        "provenance": dict(image.provenance),
        "layer": dict(layer or {}),
    }
    return json.dumps(content, default=_to_json, allow_nan=False, sort_keys=True)


def decode_note(text: str) -> Note:
    """The note in JSON text written by `encode_note`.

    Raises
    ------
    NoteError
        The text is damaged or of a version that this software does not know.
    """
    try:
        content = json.loads(text)
        version = content["format"]
        if version != FORMAT:
            raise NoteError(f"are of version {version}, this software knows version {FORMAT}")
        np.dtype(content["frame"]["dtype"])
        return Note(Frame(**content["frame"]), dict(content["provenance"]), dict(content["layer"]))
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError):
        raise NoteError("are damaged") from None


def software_versions() -> dict[str, str]:
    """Versions of Python, of this package and of those that decide its numbers.

    Packages that are not installed are left out.

    Examples
    --------
    >>> sorted(software_versions())[-2:]
    ['tifffile', 'torch']
    """
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _to_json(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
