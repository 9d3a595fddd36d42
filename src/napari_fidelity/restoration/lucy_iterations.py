"""Richardson–Lucy iterations in Fourier space, on the processor or a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.device import open_device
from napari_fidelity.restoration.fourier import (
    find_fast_size,
    invert,
    transform,
    transform_kernel,
)
from napari_fidelity.restoration.spec import Floats
from napari_fidelity.restoration.variation import Variation

if TYPE_CHECKING:
    from napari_fidelity.restoration.richardson_lucy import RichardsonLucySettings

LEAST_SEEN = 1e-3  # of the PSF: what less of it sees stays dark (Bertero and Boccacci: 0.01)
ROUNDING = 1e-6  # of the brightest pixel: errors of float32 transforms stay below
DARKEST = 1e-9  # of that: an estimate never falls lower, where arithmetic is slow and lost
LEAST_LIGHT = 1e-30
LEAST_PHOTONS = 1e-3  # variance of a pixel that expects nothing, where noise decides


def iterate_lucy(
    array: Floats, kernel: Floats, settings: RichardsonLucySettings, progress: Progress
) -> tuple[Floats, int, str]:
    """The restored block, how many iterations were made, and why no more.

    ``x ← x / (Hᵀ1 (1 - λ div(∇x / |∇x|))) · Hᵀ(y / (Hx + b))`` (Richardson 1972, Lucy 1974;
    total variation: Dey et al. 2006). The object continues by the reach of the PSF beyond the
    image, where it is only seen in part; ``Hᵀ1`` says how much (Bertero and Boccacci 2005), so
    that light from outside explains itself and no border rings. The first iterate is the one
    that follows a flat start.

    Parameters
    ----------
    array : ndarray
        Plane or volume, float32; below zero counts as zero.
    kernel : ndarray
        From `prepare_kernel`.
    settings : RichardsonLucySettings
        The background is a number.
    progress : Progress
        Called for every iteration.
    """
    total = settings.iterations
    progress(0, total, f"Iteration 1 of {total}")
    lucy = _Lucy(array, kernel, settings)
    for done in range(1, total):
        progress(done, total, f"Iteration {done + 1} of {total}")
        model = lucy.blur()
        if settings.stop == "noise" and lucy.find_misfit(model) <= 1:
            return lucy.take(), done, "the result fits the image within its noise"
        change = lucy.correct(model)
        if settings.stop == "change" and change < settings.tolerance:
            return lucy.take(), done + 1, f"an iteration changed less than {settings.tolerance:g}"
    progress(total, total, f"Iteration {total} of {total}")
    return lucy.take(), total, "all iterations were made"


class _Lucy:
    """The state of the iterations: data, estimate, transfer function, weights."""

    def __init__(self, array: Floats, kernel: Floats, settings: RichardsonLucySettings) -> None:
        device = open_device()
        self._settings = settings
        self._background = float(settings.background)
        # The object starts where the grid does, the image by the reach of the PSF later.
        self._inner = tuple(
            slice(side // 2, side // 2 + size)
            for size, side in zip(array.shape, kernel.shape, strict=True)
        )
        self._grid = tuple(
            find_fast_size(size + side)  # the object, and a gap of a pixel at least
            for size, side in zip(array.shape, kernel.shape, strict=True)
        )
        self._transfer = transform_kernel(kernel, self._grid, device)
        self._adjoint = self._transfer.conj().resolve_conj()
        self._data = torch.tensor(array, dtype=torch.float32, device=device).clamp_(min=0)
        self._least = max(float(self._data.max()) * ROUNDING, LEAST_LIGHT / DARKEST)
        self._padded = torch.zeros(self._grid, device=device)
        seen = self._spread(torch.ones_like(self._data))
        self._weight = torch.where(seen > LEAST_SEEN, 1 / seen.clamp(min=LEAST_SEEN), 0.0)
        self._variation = (
            Variation(self._weight > 0, settings.tv_weight) if settings.tv_weight else None
        )
        first = self._spread((self._data - self._background).clamp_(min=0))
        self._estimate = first.mul_(self._weight).clamp_(min=self._least * DARKEST)

    def blur(self) -> torch.Tensor:
        """What the image would be for the present estimate, background included."""
        spectrum = transform(self._estimate, self._grid).mul_(self._transfer)
        blurred = invert(spectrum, self._grid, [part.stop for part in self._inner])[self._inner]
        return blurred.add_(self._background).clamp_(min=max(self._background, self._least))

    def correct(self, model: torch.Tensor) -> float:
        """Do one iteration; the mean change over the mean intensity, NaN if nobody asks."""
        factor = self._spread(self._data / model).mul_(self._weight)
        before = self._estimate[self._inner].clone() if self._settings.stop == "change" else None
        self._estimate.mul_(factor).clamp_(min=self._least * DARKEST)
        if self._variation is not None:
            self._variation.regularise(self._estimate)
        if before is None:
            return float("nan")
        after = self._estimate[self._inner]
        return float((after - before).abs().sum() / before.sum().clamp(min=self._least))

    def find_misfit(self, model: torch.Tensor) -> float:
        """Mean squared residual over the variance that the camera explains: 1 fits."""
        gain, read_noise = self._settings.gain or 1.0, self._settings.read_noise
        photons = ((model - self._settings.offset) / gain).clamp_(min=LEAST_PHOTONS)
        variance = photons.mul_(gain**2).add_(read_noise**2)
        return float(((self._data - model).square() / variance).mean())

    def take(self) -> Floats:
        """The estimate where the image lies, its background left in."""
        restored = self._estimate[self._inner] + self._background
        return np.ascontiguousarray(restored.cpu().numpy())

    def _spread(self, values: torch.Tensor) -> torch.Tensor:
        """The adjoint of the blur, from the image to the larger domain of the object."""
        self._padded[self._inner] = values
        return invert(transform(self._padded, self._grid).mul_(self._adjoint), self._grid)
