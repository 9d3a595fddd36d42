"""Saving a layer as `.ome.tif` with pixel size, axes, look and history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_fidelity.contributions.layer_data import (
    METADATA_KEY,
    TEMPORARY_ROLE,
    Attributes,
    collect_display,
    image_from_layer,
)
from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio import write_image


def write_image_layer(path: str, data: Any, attributes: Attributes) -> list[str]:  # Any: napari's
    """Write an image layer as OME-TIFF; the paths written.

    Raises
    ------
    UserError
        A colour layer, or what `napari_fidelity.imageio.write_image` refuses.
    """
    return _write_layer(path, data, attributes, "image")


def write_labels_layer(path: str, data: Any, attributes: Attributes) -> list[str]:  # Any: as above
    """Write a labels layer as OME-TIFF; the paths written.

    Raises
    ------
    UserError
        What `napari_fidelity.imageio.write_image` refuses.
    """
    return _write_layer(path, data, attributes, "labels")


def _write_layer(path: str, data: Any, attributes: Attributes, layer_type: str) -> list[str]:
    ours = (attributes.get("metadata") or {}).get(METADATA_KEY)
    if isinstance(ours, Mapping) and ours.get("role") == TEMPORARY_ROLE:
        raise UserError(
            f"“{attributes.get('name', 'The layer')}” only shows something for a while: save the "
            "layer under it, or a result."
        )
    image = image_from_layer(data, attributes)
    return [str(write_image(path, image, layer=collect_display(attributes, layer_type)))]
