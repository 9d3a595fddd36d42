"""Training crops: masks as channels beside normalised images, drawn evenly over groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.data.mask_channels import encode_mask

Floats = npt.NDArray[np.float32]
MIN_CONTRAST = 2.0
_MIN_FOREGROUND = 0.02
_BORDER_PX = 32
_ATTEMPTS = 50
# Second difference along both axes: blind to gradients and edges along an axis (Immerkær 1996).
_TRIMMED_MEAN = 0.7168  # of |x| below its 95th percentile, x standard normal
_NOISE_KERNEL = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0]) / 6


@dataclass(frozen=True)
class CropBatch:
    """Crops of shape (batch, channel, size, size), and numbers of shape (batch, 1, 1, 1).

    `masks` are foreground and boundary; `images` have background mean 0 and foreground mean 1;
    in these units `spreads` are foreground SDs, `steps` the size of one grey level, `noises` the
    SD of pixel noise in background and foreground, shape (2, batch, 1, 1, 1).
    """

    masks: Floats
    images: Floats
    spreads: Floats
    steps: Floats
    noises: Floats


@dataclass(frozen=True)
class _Source:
    masks: Floats
    image: Floats
    numbers: tuple[float, float, float, float]


class CropSampler:
    """Random crops: a group, one of its images, a place, a flip and a quarter turn.

    Parameters
    ----------
    pairs : sequence of LabelledImage
        Images whose foreground is not at least 2 grey levels brighter are left out.
    size_px : int
        Side of a crop.

    Raises
    ------
    UserError
        No image can be used.
    """

    def __init__(self, pairs: Sequence[LabelledImage], size_px: int) -> None:
        self._size_px = size_px
        groups: dict[int, list[_Source]] = {}
        for pair in pairs:
            source = _normalise(pair)
            if source is not None and min(source.image.shape) >= size_px:
                groups.setdefault(pair.group, []).append(source)
        if not groups:
            raise UserError(f"None of {len(pairs)} images can be used for training.")
        self._groups = list(groups.values())

    def draw(self, count: int, seed: Sequence[int]) -> CropBatch:
        """`count` crops; the same `seed`, a sequence of integers, draws the same."""
        rng = np.random.default_rng(list(seed))
        crops = [self._draw_one(rng) for _ in range(count)]
        masks, images = (np.stack([crop[part] for crop in crops]) for part in (0, 1))
        numbers = np.array([crop[2] for crop in crops], np.float32).T.reshape(4, count, 1, 1, 1)
        return CropBatch(masks, images[:, None], numbers[0], numbers[1], numbers[2:])

    def _draw_one(
        self, rng: np.random.Generator
    ) -> tuple[Floats, Floats, tuple[float, float, float, float]]:
        size = self._size_px
        for _ in range(_ATTEMPTS):
            group = self._groups[rng.integers(len(self._groups))]
            source = group[rng.integers(len(group))]
            y, x = (rng.integers(side - size + 1) for side in source.image.shape)
            masks = source.masks[:, y : y + size, x : x + size]
            if masks[0].mean() > _MIN_FOREGROUND:
                break
        stack = np.concatenate([masks, source.image[None, y : y + size, x : x + size]])
        stack = np.rot90(stack, int(rng.integers(4)), (1, 2))
        stack = stack[:, ::-1] if rng.random() < 0.5 else stack
        stack = stack.copy()
        if rng.random() < 0.5:  # boolean masks have no boundary channel
            stack[1] = 0
        return stack[:2], stack[2], source.numbers


def measure_pixel_noise(image: Floats, region: npt.NDArray[np.bool_]) -> float:
    """SD of pixel-to-pixel noise inside `region`, without the part that rounding made.

    The mean of the smaller 95 % of absolute mixed second differences, over the same mean of a
    standard normal; edges and specks are in the rest. Less the 1/12 of a grey level that rounding
    adds, and at least a tenth of a grey level.
    """
    filtered = np.abs(ndimage.convolve(image.astype(np.float64), _NOISE_KERNEL)[region])
    count = max(1, int(0.95 * filtered.size))
    smaller = np.partition(filtered, count - 1)[:count]
    variance = (float(smaller.mean()) / _TRIMMED_MEAN) ** 2 - 1 / 12
    return float(np.sqrt(max(variance, 0.01)))


def _normalise(pair: LabelledImage) -> _Source | None:
    """Image and mask with reflected borders, or None where the contrast is too small."""
    inside, outside = pair.image[pair.foreground], pair.image[pair.background]
    contrast = float(inside.mean() - outside.mean())
    if contrast < MIN_CONTRAST:
        return None
    dark, bright = (
        measure_pixel_noise(pair.image, region) for region in (pair.background, pair.foreground)
    )
    pad = ((_BORDER_PX, _BORDER_PX),) * 2
    return _Source(
        np.pad(encode_mask(pair.labels), ((0, 0), *pad), mode="reflect"),
        np.pad((pair.image - outside.mean()) / contrast, pad, mode="reflect").astype(np.float32),
        (float(inside.std()) / contrast, 1 / contrast, dark / contrast, bright / contrast),
    )
