"""Frame and note of an image in the words of OME-XML."""

from __future__ import annotations

import hashlib
import re
import uuid
from importlib import metadata
from typing import Any
from xml.etree import ElementTree

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_units import PIXEL, length_um, time_s
from napari_fidelity.imageio.provenance import NAMESPACE

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UUID_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://pypi.org/project/napari-fidelity")


def build_ome_metadata(image: Image, note: str) -> dict[str, Any]:  # Any: tifffile's own form
    """Metadata for `tifffile.imwrite(ome=True)`: axes, physical sizes, name, note.

    Lengths are written in micrometers, times in seconds; an axis in pixels gets no physical
    size. The file's UUID follows from pixels and note, so equal images make equal files.
    """
    found: dict[str, Any] = {
        "axes": image.axes,
        "UUID": str(uuid.uuid5(UUID_SPACE, _digest(image, note))),
        "Creator": f"{NAMESPACE} {_version()}",
        "Name": NOT_XML.sub("", image.name) or "image",
        "CommentAnnotation": {
            "Namespace": NAMESPACE,
            "Description": "Pixel frame and processing history, JSON",
            "Value": note,
        },
    }
    for letter, size, unit in zip(image.axes, image.scale, image.units, strict=True):
        if letter == "T" and (seconds := time_s(size, unit)) is not None:
            found |= {"TimeIncrement": seconds, "TimeIncrementUnit": "s"}
        if letter in "ZYX" and (micrometers := length_um(size, unit)) is not None:
            key = f"PhysicalSize{letter}"
            found |= {key: micrometers, f"{key}Unit": "µm"}
    return found


def find_note(xml: str) -> str | None:
    """The JSON text that `build_ome_metadata` put in, or None where there is none."""
    for element in _parse(xml).iterfind(".//{*}CommentAnnotation"):
        if element.get("Namespace") == NAMESPACE:
            return element.findtext("{*}Value", "")
    return None


def read_physical_sizes(xml: str) -> dict[str, tuple[float, str]]:
    """Pixel size and unit of each axis letter that the first image states.

    Examples
    --------
    >>> xml = '<OME><Image><Pixels PhysicalSizeX="260" PhysicalSizeXUnit="nm"/></Image></OME>'
    >>> read_physical_sizes(xml)
    {'X': (0.26, 'micrometer')}
    """
    pixels = _parse(xml).find("./{*}Image/{*}Pixels")
    attributes = {} if pixels is None else pixels.attrib
    found: dict[str, tuple[float, str]] = {}
    for letter in "ZYX":
        key = f"PhysicalSize{letter}"
        size = length_um(_number(attributes.get(key)), attributes.get(f"{key}Unit", "µm"))
        if size is not None:
            found[letter] = (size, "micrometer")
    step = time_s(
        _number(attributes.get("TimeIncrement")), attributes.get("TimeIncrementUnit", "s")
    )
    if step is not None:
        found["T"] = (step, "second")
    return found


def read_image_name(xml: str) -> str:
    """Name of the first image, or an empty string."""
    image = _parse(xml).find("./{*}Image")
    return "" if image is None else image.get("Name", "")


def frame_from_sizes(
    axes: str, sizes: dict[str, tuple[float, str]]
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Scale and units along `axes`; an axis of unknown size is 1 pixel."""
    known = [sizes.get(letter, (1.0, PIXEL)) for letter in axes]
    return tuple(size for size, _ in known), tuple(unit for _, unit in known)


def _parse(xml: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return ElementTree.Element("OME")


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _digest(image: Image, note: str) -> str:
    digest = hashlib.sha256(note.encode())
    digest.update(np.ascontiguousarray(image.array).data)
    return digest.hexdigest()


def _version() -> str:
    try:
        return metadata.version(NAMESPACE)
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "development"
