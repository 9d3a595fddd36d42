"""Patches in units of their objects' brightness, with what their noise amounts to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from napari_fidelity.networks.textured_unet import blur

MARGIN_PX = 5  # light leaks past a mask: nearer pixels are no background
_MIN_PIXELS = 64
_MIN_CONTRAST = 0.02  # of scaled images, whose range is about 1
_SMALLEST = 1e-3
# Second difference along both axes: blind to gradients and edges along an axis (Immerkær 1996).
_NOISE_KERNEL = torch.outer(torch.tensor([1.0, -2.0, 1.0]), torch.tensor([1.0, -2.0, 1.0])) / 6
_TRIMMED_SHARE, _TRIMMED_MEAN = 0.95, 0.7168  # mean of |x| below that quantile, x normal
_ITERATIONS, _FLOOR = 10, 0.05


@dataclass(frozen=True, eq=False)
class TexturedPatches:
    """Patches (batch, channel, Y, X), and numbers (batch, 1, 1, 1) in units of `images`.

    Parameters
    ----------
    masks : Tensor
        Foreground and boundary.
    images : Tensor
        The background's mean is 0, the foreground's 1.
    spreads : Tensor
        Foreground SDs.
    dark_noise, bright_noise : Tensor
        SD of pixel noise in background and foreground.
    usable : Tensor
        1 where objects are brighter than their surroundings, else 0: nothing is learned there.
    """

    masks: Tensor
    images: Tensor
    spreads: Tensor
    dark_noise: Tensor
    bright_noise: Tensor
    usable: Tensor

    @property
    def foreground(self) -> Tensor:
        """Where objects are: 1, else 0; (batch, 1, Y, X)."""
        return self.masks[:, :1]


def normalise_patches(masks: Tensor, images: Tensor) -> TexturedPatches:
    """Bring each patch to background 0 and foreground 1.

    Parameters
    ----------
    masks : Tensor, shape (batch, 2, Y, X)
        Foreground and boundary.
    images : Tensor, shape (batch, 1, Y, X)
        Scaled so that about 0..1 is the range.
    """
    foreground = masks[:, :1]
    background = find_background(foreground)
    dark, bright = mean_inside(images, background), mean_inside(images, foreground)
    contrast = bright - dark
    enough = (foreground.sum((1, 2, 3), keepdim=True) >= _MIN_PIXELS) & (contrast > _MIN_CONTRAST)
    scaled = (images - dark) / contrast.clamp_min(_MIN_CONTRAST)
    variance = mean_inside((scaled - mean_inside(scaled, foreground)) ** 2, foreground)
    return TexturedPatches(
        masks=masks,
        images=scaled,
        spreads=variance.sqrt().clamp_min(0.05),
        dark_noise=measure_noise(scaled, background),
        bright_noise=measure_noise(scaled, foreground),
        usable=enough.to(images),
    )


def find_background(foreground: Tensor) -> Tensor:
    """1 further than the margin from objects; everything outside them where that is too little."""
    side = 2 * MARGIN_PX + 1
    far = 1 - functional.max_pool2d(foreground, side, 1, MARGIN_PX)
    too_little = far.sum((1, 2, 3), keepdim=True) < _MIN_PIXELS
    return torch.where(too_little, 1 - foreground, far)


def mean_inside(images: Tensor, region: Tensor) -> Tensor:
    """Mean over the pixels of a region, (batch, 1, 1, 1); 0 where there are none.

    Examples
    --------
    >>> mean_inside(torch.tensor([[[[1.0, 5.0]]]]), torch.tensor([[[[0.0, 1.0]]]])).item()
    5.0
    """
    count = region.sum((1, 2, 3), keepdim=True).clamp_min(1)
    return (images * region).sum((1, 2, 3), keepdim=True) / count


def measure_noise(images: Tensor, region: Tensor) -> Tensor:
    """SD of pixel-to-pixel noise inside of a region, (batch, 1, 1, 1).

    The mean of the smaller 95 % of absolute mixed second differences, over the same mean of a
    standard normal; edges and specks are in the rest.
    """
    padded = functional.pad(images, (1, 1, 1, 1), mode="reflect")
    found = functional.conv2d(padded, _NOISE_KERNEL.to(images).view(1, 1, 3, 3)).abs()
    values = []
    for differences, inside in zip(found, region > 0, strict=True):
        chosen = differences[inside].sort().values
        kept = chosen[: max(1, int(_TRIMMED_SHARE * len(chosen)))]
        values.append(kept.mean() / _TRIMMED_MEAN if len(kept) else kept.new_zeros(()))
    return torch.stack(values).view(-1, 1, 1, 1).clamp_min(_SMALLEST)


def noise_variance(signal: Tensor, patches: TexturedPatches) -> Tensor:
    """Variance of pixel noise: that of the background, growing to that of the foreground at 1."""
    growth = (patches.bright_noise**2 - patches.dark_noise**2).clamp_min(0)
    return patches.dark_noise**2 + growth * signal.clamp(0, 3)


def sharpen_patches(
    patches: TexturedPatches, chosen: Tensor, sigma_px: float
) -> tuple[Tensor, Tensor]:
    """Masks and images as sharper optics and a tighter outline would have made those chosen.

    The image after ten Richardson–Lucy iterations for a Gaussian; the mask without its outermost
    pixels, which people draw around the blur of an edge; the new foreground's mean is 1.

    Parameters
    ----------
    patches : TexturedPatches
    chosen : Tensor of bool, shape (batch,)
    sigma_px : float

    Returns
    -------
    masks, images : Tensor
        Of all patches, changed where `chosen` says so.
    """
    if not chosen.any():
        return patches.masks, patches.images
    seen = patches.images[chosen].clamp_min(0) + _FLOOR
    sharp = seen.clone()
    for _ in range(_ITERATIONS):
        ratio = seen / _blur_reflected(sharp, sigma_px).clamp_min(_SMALLEST)
        sharp = sharp * _blur_reflected(ratio, sigma_px)
    sharp = sharp - _FLOOR
    masks, images = patches.masks.clone(), patches.images.clone()
    foreground = -functional.max_pool2d(-patches.foreground[chosen], 3, 1, 1)
    masks[chosen] = torch.cat([foreground, masks[chosen][:, 1:] * foreground], 1)
    images[chosen] = sharp / mean_inside(sharp, foreground).clamp_min(0.2)
    return masks, images


def _blur_reflected(images: Tensor, sigma_px: float) -> Tensor:
    pad = int(3 * sigma_px) + 1
    padded = functional.pad(images, (pad,) * 4, mode="reflect")
    return blur(padded, sigma_px)[..., pad:-pad, pad:-pad]
