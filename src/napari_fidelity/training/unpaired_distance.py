"""How far made images are from real ones of other fields: no pixel is compared with its twin."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

_QUANTILES = 512
_COARSE_PX = 4
_SMALLEST_REGION = 16  # pixels of which a distribution says something


def measure_unpaired(
    made: Tensor, real: Tensor, made_mask: Tensor | None = None, real_mask: Tensor | None = None
) -> dict[str, float]:
    """Distances between two sets of images, **ours**: 0 for equal distributions.

    Three properties of a pixel are compared: its intensity; its Laplacian (pixel noise and the
    finest texture); the Laplacian of the image averaged over 4 × 4 pixels (coarser texture and
    edges). Each distance is the 1-Wasserstein distance of the two distributions, divided by the
    mean absolute deviation of the real images' values from their median, so that the scale of
    intensities does not matter. With masks, inside and outside are compared apart.

    Parameters
    ----------
    made, real : Tensor, shape (batch, channel, *spatial)
        Images in equal units; the two may differ in number and size.
    made_mask, real_mask : Tensor of bool, shape (batch, 1, *spatial), optional
        Foreground of either; used where both are given.

    Returns
    -------
    dict of str to float
        "unpaired_intensity", "unpaired_fine", "unpaired_coarse", and their mean, "unpaired".
        NaN, and left out of the mean, where the real images are constant or too few pixels are
        to be compared.

    Examples
    --------
    >>> real = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    >>> measure_unpaired(real, real)["unpaired"]
    0.0
    >>> round(measure_unpaired(real + 0.25, real)["unpaired_intensity"], 1)
    1.0
    """
    if made_mask is None or real_mask is None:
        made_mask = real_mask = None
    ours, theirs = _list_properties(made.float()), _list_properties(real.float())
    found = {
        f"unpaired_{name}": _compare(ours[name], theirs[name], made_mask, real_mask)
        for name in ours
    }
    known = [value for value in found.values() if not math.isnan(value)]
    return {"unpaired": sum(known) / len(known) if known else math.nan, **found}


def measure_separation(image: Tensor, mask: Tensor) -> float:
    """Share of the pairs of a foreground and a background pixel in which the former is brighter.

    The area under the ROC curve (Mann & Whitney 1947): 1 where the mask is plain to see, ½ where
    the image does not know it, 0 where it is inverted. NaN for a mask without either.

    Parameters
    ----------
    image : Tensor
        Any shape.
    mask : Tensor of bool, of the same shape
    """
    inside, outside = image[mask].flatten(), image[~mask].flatten()
    if inside.numel() == 0 or outside.numel() == 0:
        return math.nan
    ordered = outside.sort().values
    below = torch.searchsorted(ordered, inside).double()
    not_above = torch.searchsorted(ordered, inside, right=True).double()
    return float((below + not_above).mean() / 2 / outside.numel())


def wasserstein(one: Tensor, other: Tensor) -> Tensor:
    """1-Wasserstein distance of two samples: the mean distance of their quantile functions."""
    return (_find_quantiles(one) - _find_quantiles(other)).abs().mean()


def _list_properties(images: Tensor) -> dict[str, Tensor]:
    dims = images.ndim - 2
    pool = functional.avg_pool2d if dims == 2 else functional.avg_pool3d
    coarse = pool(images, _COARSE_PX) if min(images.shape[2:]) >= _COARSE_PX else images
    return {"intensity": images, "fine": _laplacian(images), "coarse": _laplacian(coarse)}


def _laplacian(images: Tensor) -> Tensor:
    """Sum of second differences along each spatial axis; the borders are continued."""
    total = torch.zeros_like(images)
    for axis in range(2, images.ndim):
        size = images.shape[axis]
        places = torch.arange(size, device=images.device)
        before = images.index_select(axis, (places - 1).clamp_min(0))
        after = images.index_select(axis, (places + 1).clamp_max(size - 1))
        total += before + after - 2 * images
    return total


def _compare(
    made: Tensor, real: Tensor, made_mask: Tensor | None, real_mask: Tensor | None
) -> float:
    spread = (real - real.median()).abs().mean()
    if float(spread) == 0:
        return math.nan
    pairs = zip(_split(made, made_mask), _split(real, real_mask), strict=True)
    found = [
        wasserstein(one, other) / spread
        for one, other in pairs
        if min(one.numel(), other.numel()) >= _SMALLEST_REGION
    ]
    return float(torch.stack(found).mean()) if found else math.nan


def _split(values: Tensor, mask: Tensor | None) -> Iterator[Tensor]:
    """Values inside and outside of a mask, which is made as coarse as they are."""
    if mask is None:
        yield values.flatten()
        return
    if mask.shape[2:] != values.shape[2:]:
        mask = functional.interpolate(mask.float(), size=values.shape[2:], mode="nearest") > 0.5
    mask = mask.bool().expand_as(values)
    yield values[mask]
    yield values[~mask]


def _find_quantiles(values: Tensor) -> Tensor:
    """Quantiles at the middles of 512 equal shares, linear between neighbours."""
    ordered = values.flatten().sort().values
    last = ordered.numel() - 1
    shares = (torch.arange(_QUANTILES).to(values) + 0.5) / _QUANTILES
    places = (shares * ordered.numel() - 0.5).clamp(0, last)
    low = places.floor().long()
    return torch.lerp(ordered[low], ordered[(low + 1).clamp_max(last)], places - low)
