"""Images as napari's layer-data tuples `(data, attributes, type)`, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import AXIS_LETTERS, Image, default_axes
from napari_fidelity.imageio.provenance import NAMESPACE

# Any: napari itself types the attributes of a layer so.
Attributes = dict[str, Any]
LayerData = tuple[np.ndarray[Any, Any], Attributes, str]

METADATA_KEY = NAMESPACE
TEMPORARY_ROLE = "temporary"  # of layers that show something for a while, such as a preview
DISPLAY_FIELDS = ("contrast_limits", "gamma", "opacity", "blending", "rotate", "shear", "affine")
# Colormaps that every napari knows by name; another one would keep the file from opening.
STOCK_COLORMAPS = (
    *("gray", "gray_r", "red", "green", "blue", "cyan", "magenta", "yellow"),
    *("viridis", "plasma", "inferno", "magma", "turbo", "hsv"),
)


def layer_from_image(image: Image, layer_type: str, **attributes: object) -> LayerData:
    """The layer-data tuple that shows `image` as a layer of `layer_type`.

    Origin and provenance go to `metadata["napari-fidelity"]`; bool labels become uint8, which
    napari can paint on. `attributes` add to, or replace, those of the frame.

    Examples
    --------
    >>> data, shown, kind = layer_from_image(Image(np.zeros((2, 3)), scale=(0.5, 0.5)), "image")
    >>> kind, shown["scale"], shown["axis_labels"]
    ('image', (0.5, 0.5), ('y', 'x'))
    """
    array = image.array
    if layer_type == "labels" and array.dtype == bool:
        array = array.astype(np.uint8)
    history = {"provenance": dict(image.provenance), "origin": list(image.origin)}
    frame: Attributes = {
        "name": image.name,
        "scale": image.scale,
        "translate": image.translate,
        "units": image.units,
        "axis_labels": tuple(letter.lower() for letter in image.axes),
        "metadata": {METADATA_KEY: history},
    }
    return array, {**frame, **attributes}, layer_type


def image_from_layer(data: object, attributes: Mapping[str, Any]) -> Image:
    """The Image that a layer-data tuple shows; of a multiscale layer the full resolution.

    Raises
    ------
    UserError
        A colour layer.
    """
    name = str(attributes.get("name", ""))
    if attributes.get("rgb"):
        raise UserError(
            f"{name or 'The layer'} is a colour layer, a grey one is needed: "
            "split its channels (right-click, Split RGB) and save the one you mean."
        )
    level: Any = data[0] if attributes.get("multiscale") else data  # type: ignore[index]  # a list
    array = np.asarray(level)
    history = _find_history(attributes)
    origin = tuple(int(index) for index in history.get("origin", ()))
    return Image(
        array,
        axes=read_axes(attributes.get("axis_labels", ()), array.ndim),
        scale=tuple(float(size) for size in attributes.get("scale", ())),
        units=tuple(str(unit) for unit in attributes.get("units", ())),
        translate=tuple(float(offset) for offset in attributes.get("translate", ())),
        origin=origin if len(origin) == array.ndim else (),
        name=name,
        provenance=dict(history.get("provenance", {})),
    )


def read_axes(labels: object, ndim: int) -> str:
    """Axis letters from a layer's axis labels where these name TCZYX, else the default ones.

    Examples
    --------
    >>> read_axes(("t", "y", "x"), 3), read_axes(("-3", "-2", "-1"), 3)
    ('TYX', 'ZYX')
    """
    given = labels if isinstance(labels, (list, tuple)) else ()
    letters = "".join(str(label)[:1].upper() for label in given)
    distinct = len(set(letters)) == len(letters) == ndim
    known = distinct and set(letters) <= set(AXIS_LETTERS) and letters.endswith("YX")
    return letters if known else default_axes(ndim)


def collect_display(attributes: Mapping[str, Any], layer_type: str) -> Attributes:
    """What of a layer's look a file keeps, as JSON values, with `type`.

    Rotation, shear and affine are kept only where they do something.
    """
    kept: Attributes = {"type": layer_type}
    for field in DISPLAY_FIELDS:
        value = attributes.get(field)
        if value is not None and not _does_nothing(field, value):
            kept[field] = value if isinstance(value, str) else np.asarray(value).tolist()
    name = _name_colormap(attributes.get("colormap"))
    if layer_type == "image" and name in STOCK_COLORMAPS:
        kept["colormap"] = name
    return kept


def restore_display(kept: Mapping[str, Any], image: Image) -> tuple[str, Attributes]:
    """The layer type and attributes that `collect_display` kept; unknown ones are left out.

    Examples
    --------
    >>> restore_display({"type": "labels", "gamma": 2.0, "odd": 1}, Image(np.zeros((2, 2), int)))
    ('labels', {'gamma': 2.0})
    """
    attributes = {field: kept[field] for field in DISPLAY_FIELDS if field in kept}
    if kept.get("colormap") in STOCK_COLORMAPS:
        attributes["colormap"] = kept["colormap"]
    is_labels = kept.get("type") == "labels" and image.array.dtype.kind in "biu"
    return ("labels" if is_labels else "image"), attributes


def _does_nothing(field: str, value: object) -> bool:
    if field not in ("rotate", "shear", "affine"):
        return False
    numbers = np.asarray(value, np.float64)
    if field == "shear" and numbers.ndim == 1:
        return bool((numbers == 0).all())
    return numbers.ndim == 2 and np.array_equal(numbers, np.eye(len(numbers)))


def _name_colormap(colormap: object) -> str:
    if isinstance(colormap, str):
        return colormap
    if isinstance(colormap, Mapping):
        return str(colormap.get("name", ""))
    return str(getattr(colormap, "name", ""))


def _find_history(attributes: Mapping[str, Any]) -> Attributes:
    metadata = attributes.get("metadata") or {}
    history = metadata.get(METADATA_KEY, {})
    return dict(history) if isinstance(history, Mapping) else {}
