"""Which layers can be reference, test image, mask or background, and why the others cannot."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes

from napari_fidelity.widgets.layer_frames import (
    few_pixels,
    frame_difference,
    full_resolution,
    layer_shape,
    spell_shape,
)
from napari_fidelity.widgets.layers import METADATA_KEY, grey_problem, mask_image_problem

BACKGROUND_ROLE = "background shown"


def is_background_overlay(layer: Layer) -> bool:
    """Whether the layer was made by *Show background*."""
    return bool(layer.metadata.get(METADATA_KEY, {}).get("role") == BACKGROUND_ROLE)


def judge_reference(layer: Layer) -> str | None:
    """Empty for a grey image, a sentence for a colour one, None for other layers."""
    if not isinstance(layer, ImageLayer) or looks_like_mask(layer):
        return None
    return grey_problem(layer)


def judge_test(layer: Layer, reference: Layer | None) -> str | None:
    """Empty for an image on the reference's pixels, a sentence for others, None for itself."""
    if layer is reference or not isinstance(layer, ImageLayer) or looks_like_mask(layer):
        return None
    if reference is None:
        return "Pick a reference first."
    return grey_problem(layer) or frame_difference(layer, reference)


def judge_mask(layer: Layer, reference: Layer | None) -> str | None:
    """Empty for labels, a two-valued image or shapes on the reference; None for others."""
    if layer is reference or is_background_overlay(layer):
        return None
    if isinstance(layer, Shapes):
        return _judge_shapes(layer, reference)
    if isinstance(layer, ImageLayer) and mask_image_problem(layer):
        return None
    if not isinstance(layer, (ImageLayer, Labels)):
        return None
    if reference is None:
        return ""
    return grey_problem(layer) or frame_difference(layer, reference)


def spell_refusal(layer: Layer, reference: Layer | None) -> str:
    """A word or two for why a layer is greyed: its size where that differs, else what does."""
    if grey_problem(layer):
        return "colour" if getattr(layer, "rgb", False) else "not grey"
    if reference is not None and layer_shape(layer) != layer_shape(reference):
        return spell_shape(layer_shape(layer))
    return "other position" if reference is not None else "no reference"


def looks_like_mask(layer: Layer) -> bool:
    """Whether an image seems to hold 0 and 1 or 0 and 255 only; some pixels are looked at."""
    if not isinstance(layer, ImageLayer) or getattr(layer, "rgb", False):
        return False
    data = full_resolution(layer)
    if np.dtype(data.dtype) == bool:
        return True
    if not isinstance(data, np.ndarray) or data.size == 0:
        return False
    few = few_pixels(data)
    high = float(few.max())
    return (
        float(few.min()) == 0.0
        and high in (1.0, 255.0)
        and bool(((few == 0) | (few == high)).all())
    )


def pick_reference(viewer: ViewerModel) -> Layer | None:
    """The likely reference: the lowest grey image that was not computed and is not active."""
    usable = [layer for layer in viewer.layers if judge_reference(layer) == ""]
    measured = [layer for layer in usable if not _is_computed(layer)] or usable
    active = viewer.layers.selection.active
    others = [layer for layer in measured if layer is not active]
    return next(iter(others or measured), None)


def pick_mask(viewer: ViewerModel, reference: Layer | None) -> Layer | None:
    """The newest Labels layer on the reference's pixels: the top one."""
    for layer in reversed(viewer.layers):
        if isinstance(layer, Labels) and judge_mask(layer, reference) == "":
            return layer
    return None


def _is_computed(layer: Layer) -> bool:
    return bool(layer.metadata.get(METADATA_KEY, {}).get("provenance"))


def _judge_shapes(layer: Shapes, reference: Layer | None) -> str:
    if not layer.data:
        return f"“{layer.name}” holds no shapes: draw one first."
    if reference is not None and layer.ndim != reference.ndim:
        return (
            f"“{layer.name}” has {layer.ndim} axes, “{reference.name}” has {reference.ndim}: "
            "draw the shapes while the image is shown."
        )
    return ""
