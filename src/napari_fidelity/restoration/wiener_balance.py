"""The balance of a Wiener filter found from the image itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.fourier import extend_periodically
from napari_fidelity.restoration.spec import Floats
from napari_fidelity.restoration.wiener_filter import build_laplacian, find_grid

SETTLED = 1e-4  # relative change of the balance in a step
FEWEST_STEPS = 20
LEAST_NOISE = 1e-12  # of the variance: an image without noise asks for no smoothness at all
Spectrum = npt.NDArray[np.float64]


def find_balance(
    array: Floats, kernel: Floats, *, steps: int, progress: Progress
) -> tuple[float, int]:
    """The most probable balance of noise and roughness, and the steps that it took.

    Noise is white with precision g, the object has the prior precision p of its Laplacian
    (Orieux, Giovannelli and Rodet 2010). In Fourier space the object's posterior is known, so
    that the expectations which their sampler draws are sums; each step sets ``g = n / E|y -
    Hx|²`` and ``p = (n - 1) / E|Lx|²`` (expectation–maximisation). The balance is p / g.

    Parameters
    ----------
    array : ndarray
        Plane or volume, float32.
    kernel : ndarray
        From `prepare_kernel`.
    steps : int
        Largest number of steps.
    progress : Progress
        Called for every step.
    """
    shape = find_grid(array.shape, kernel.shape)
    data = extend_periodically(array, shape).astype(np.float64)
    deviation = float(data.std())
    if deviation == 0:
        return 1.0, 0
    power, seen, rough = _find_powers(data / deviation, kernel)
    weight, count = _count_twice(shape), data.size
    noise, prior = 1.0, 1.0
    for done in range(steps):
        progress(done, steps, f"Balance, step {done + 1}")
        precision = noise * seen + prior * rough
        kept = noise * seen / precision  # what the filter keeps of the object
        residual = np.square(1 - kept) * power + seen / precision
        # |L m|² with m = g H* y / precision
        roughness = rough * (np.square(noise / precision) * seen * power + 1 / precision)
        before = prior / noise
        noise = count / max(float((weight * residual).sum()), LEAST_NOISE * count)
        prior = (count - 1) / max(float((weight * roughness).sum()), LEAST_NOISE * count)
        if done >= FEWEST_STEPS and abs(prior / noise - before) < SETTLED * before:
            return prior / noise, done + 1
    return prior / noise, steps


def _find_powers(data: Spectrum, kernel: Floats) -> tuple[Spectrum, Spectrum, Spectrum]:
    """Squared spectra of the data (unitary), the kernel and the Laplacian."""
    power = np.square(np.abs(fft.rfftn(data - data.mean(), norm="ortho")))
    return (
        power,
        _square_transfer(kernel, data.shape),
        _square_transfer(build_laplacian(data.ndim), data.shape),
    )


def _square_transfer(kernel: Floats, shape: tuple[int, ...]) -> Spectrum:
    found: Spectrum = np.square(np.abs(fft.rfftn(kernel.astype(np.float64), s=shape)))
    return found + np.finfo(np.float64).tiny


def _count_twice(shape: tuple[int, ...]) -> Spectrum:
    """How often each entry of a half spectrum stands in the whole one."""
    weight = np.full(shape[-1] // 2 + 1, 2.0)
    weight[0] = 1
    if shape[-1] % 2 == 0:
        weight[-1] = 1
    return weight
