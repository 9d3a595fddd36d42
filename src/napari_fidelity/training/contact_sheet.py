"""A picture of what a network will see: patches, inputs above targets, in one contrast a row."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.training.training_data import TrainingData

PATCHES = 8
TILE_PX, GAP_PX, EDGE_PX = 168, 10, 28
TITLE_PX, HEAD_PX, NAME_PX = 54, 26, 20
BACKGROUND, TEXT, QUIET = (22, 24, 28), (236, 238, 240), (150, 156, 164)
FOREGROUND, BOUNDARY = (92, 164, 214), (246, 178, 84)  # told apart by the colour-blind as well
DARKEST, BRIGHTEST = 0.1, 99.8  # percentiles of a row
KEY = (0, 0)

Floats = npt.NDArray[np.float32]
Colours = npt.NDArray[np.uint8]


def draw_contact_sheet(data: TrainingData, path: str | Path) -> None:
    """Write a PNG of eight patches as training draws them.

    Parameters
    ----------
    data : TrainingData
        Of volumes the middle plane is shown, of channels the first.
    path : path
        Where the picture goes.
    """
    inputs, targets = data.draw(PATCHES, KEY)
    names = data.name_patches(PATCHES, KEY)
    input_is_mask, target_is_mask = data.task == "synthesis", data.task == "segmentation"
    rows = [
        ("Inputs", _show(inputs, is_mask=input_is_mask), [left for left, _ in names]),
        ("Targets", _show(targets, is_mask=target_is_mask), [right for _, right in names]),
    ]
    width = 2 * EDGE_PX + PATCHES * (TILE_PX + GAP_PX) - GAP_PX
    row_height = HEAD_PX + TILE_PX + NAME_PX + GAP_PX
    sheet = Pillow.new("RGB", (width, TITLE_PX + 2 * row_height + EDGE_PX), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    pen.text((EDGE_PX, 18), _spell_title(data), TEXT, font=ImageFont.load_default(17))
    for number, (title, tiles, captions) in enumerate(rows):
        _draw_row(sheet, TITLE_PX + number * row_height, title, tiles, captions)
    with write_atomically(path) as temporary:
        sheet.save(temporary, format="PNG")


def _draw_row(
    sheet: Pillow.Image, top: int, title: str, tiles: list[Colours], captions: list[str]
) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.text((EDGE_PX, top + 4), title, QUIET, font=ImageFont.load_default(14))
    small = ImageFont.load_default(12)
    for column, (tile, caption) in enumerate(zip(tiles, captions, strict=True)):
        left = EDGE_PX + column * (TILE_PX + GAP_PX)
        sheet.paste(_enlarge(tile), (left, top + HEAD_PX))
        shown = _shorten(caption, small, pen)
        pen.text((left, top + HEAD_PX + TILE_PX + 4), shown, QUIET, font=small)


def _spell_title(data: TrainingData) -> str:
    patch = " x ".join(map(str, data.patch_px))  # Pillow's font has no cross, and no ellipsis
    pairing = "pairs" if data.paired else "unpaired: inputs and targets are different fields"
    return (
        f"{data.task.capitalize()}, {pairing} · {len(data.train_names)} training images, "
        f"{len(data.validation_names)} for validation · patches of {patch} px"
    )


def _show(patches: Floats, *, is_mask: bool) -> list[Colours]:
    """Patches (N, C, *S) as colours (Y, X, 3), all in one contrast."""
    planes = patches[:, :, patches.shape[2] // 2] if patches.ndim == 5 else patches
    if is_mask:
        return [_colour_mask(plane) for plane in planes]
    low, high = np.percentile(planes[:, 0], [DARKEST, BRIGHTEST])
    scaled = (planes[:, 0] - low) / max(high - low, 1e-6)
    grey = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return [np.repeat(plane[..., None], 3, axis=-1) for plane in grey]


def _colour_mask(plane: Floats) -> Colours:
    """Foreground, and over it the boundary between touching objects."""
    colours = np.zeros((*plane.shape[1:], 3), np.uint8)
    colours[plane[0] > 0] = FOREGROUND
    if len(plane) > 1:
        colours[plane[1] > 0] = BOUNDARY
    return colours


def _enlarge(tile: Colours) -> Pillow.Image:
    """A tile of equal size for all; small patches keep their square pixels."""
    image = Pillow.fromarray(tile)
    longest = max(image.size)
    size = tuple(max(1, math.floor(side * TILE_PX / longest)) for side in image.size)
    way = Pillow.Resampling.NEAREST if longest <= TILE_PX else Pillow.Resampling.BOX
    return image.resize((size[0], size[1]), way)


def _shorten(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, pen: ImageDraw.ImageDraw
) -> str:
    """A name that fits under its tile; the end of it tells files apart."""
    if pen.textlength(text, font=font) <= TILE_PX:
        return text
    while text and pen.textlength("..." + text, font=font) > TILE_PX:
        text = text[1:]
    return "..." + text
