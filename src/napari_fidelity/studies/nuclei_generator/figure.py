"""Eight validation masks as mask, random fill, generated and real image; thumbnails."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.studies.nuclei_generator.contenders import (
    GENERATOR,
    RANDOM,
    Contender,
    make_image,
)
from napari_fidelity.training.fit_images import FitImage, take_first_of_groups

_MASKS, _SIDE_PX, _GAP_PX, _THUMBNAIL_PX = 8, 160, 4, 96
Panel = npt.NDArray[np.float64]


def draw_figure(
    contenders: Sequence[Contender], images: Sequence[FitImage]
) -> tuple[bytes, dict[str, bytes]]:
    """PNG of eight masks at equal contrast a row; thumbnails by the contender's name.

    The masks are those at even distances in the order of names, one a group: nobody chose
    them. Thumbnails show the one with the most foreground.
    """
    by_name = {entry.name: entry for entry in contenders}
    first = take_first_of_groups(images)
    places = np.linspace(0, len(first) - 1, _MASKS).round().astype(int)
    fullest = max((first[place] for place in places), key=lambda each: each.foreground.mean())
    rows: list[Panel] = []
    thumbnails: dict[str, bytes] = {}
    for place in places:
        image = first[place]
        top = float(np.percentile(image.image, 99.8))
        made = {name: make_image(by_name[name], image) / top for name in (RANDOM, GENERATOR)}
        if image is fullest:
            thumbnails = {
                name: _encode_png(_cut(each, image.foreground, _THUMBNAIL_PX))
                for name, each in made.items()
            }
        panels = [
            image.foreground.astype(float),
            made[RANDOM],
            made[GENERATOR],
            image.image / top,
        ]
        cuts = [_cut(panel, image.foreground, _SIDE_PX) for panel in panels]
        rows.append(np.hstack([_frame(cut) for cut in cuts]))
    half = len(rows) // 2
    return _encode_png(np.hstack([np.vstack(rows[:half]), np.vstack(rows[half:])])), thumbnails


def _cut(image: npt.NDArray[Any], foreground: npt.NDArray[np.bool_], side: int) -> Panel:
    """`side` square pixels of an image, around the place with the most foreground."""
    weight = ndimage.uniform_filter(foreground.astype(np.float32), side, mode="constant")
    middle = np.unravel_index(int(weight.argmax()), weight.shape)
    y, x = (
        int(np.clip(at - side // 2, 0, max(size - side, 0)))
        for at, size in zip(middle, image.shape, strict=True)
    )
    part = np.clip(image[y : y + side, x : x + side], 0, 1)
    return np.pad(part, [(0, side - size) for size in part.shape])


def _frame(panel: Panel) -> Panel:
    return np.pad(panel, _GAP_PX // 2, constant_values=1.0)


def _encode_png(image: Panel) -> bytes:
    from PIL import Image as Picture

    buffer = io.BytesIO()
    Picture.fromarray((image * 255).round().astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
