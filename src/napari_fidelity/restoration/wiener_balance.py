"""The balance of a Wiener filter found from the image itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, optimize

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.fourier import extend_periodically
from napari_fidelity.restoration.spec import Floats
from napari_fidelity.restoration.wiener_filter import build_laplacian, find_grid

LEAST, MOST = -8.0, 6.0  # decimal logarithm of the balance
COARSE = 15  # trials over that range, before the best is refined
REFINED = 20
ACCURACY = 1e-3  # of the logarithm
Spectrum = npt.NDArray[np.float64]


def find_balance(array: Floats, kernel: Floats, progress: Progress) -> float:
    """The most probable balance of noise and roughness.

    In the model of Orieux, Giovannelli and Rodet (2010) noise is white of precision g and the
    Laplacian of the object has precision p, so that each frequency of the image has the variance
    ``(1 + |H|² / (b |L|²)) / g`` with the balance b = p / g. Where they draw samples of g and p,
    the likelihood of the image is maximised over b here, and g follows from it.

    Parameters
    ----------
    array : ndarray
        Plane or volume, float32; 1 is returned for a constant one.
    kernel : ndarray
        From `prepare_kernel`.
    progress : Progress
        Called for every trial.
    """
    shape = find_grid(array.shape, kernel.shape)
    data = extend_periodically(array, shape).astype(np.float64)
    deviation = float(data.std())
    if deviation == 0:
        return 1.0
    power = np.square(np.abs(fft.rfftn((data - data.mean()) / deviation, norm="ortho")))
    rough = _square_transfer(build_laplacian(array.ndim, array.shape), shape)
    rough.flat[0] = np.inf  # the mean is free, and tells nothing
    gain = _square_transfer(kernel, shape) / np.maximum(rough, np.finfo(np.float64).tiny)
    weight = _count_twice(shape)
    trials = 0

    def judge(logarithm: float) -> float:
        nonlocal trials
        progress(trials, COARSE + REFINED, "Balance of noise and smoothness")
        trials = min(trials + 1, COARSE + REFINED)
        ratio = 1 + gain * 10.0**-logarithm
        return float(
            (weight * np.log(ratio)).sum() + data.size * np.log((weight * power / ratio).sum())
        )

    places = np.linspace(LEAST, MOST, COARSE)
    best = int(np.argmin([judge(place) for place in places]))
    around = places[max(best - 1, 0)], places[min(best + 1, COARSE - 1)]
    options = {"xatol": ACCURACY, "maxiter": REFINED}
    found = optimize.minimize_scalar(judge, bounds=around, method="bounded", options=options)
    return float(10.0**found.x)


def _square_transfer(kernel: Floats, shape: tuple[int, ...]) -> Spectrum:
    found: Spectrum = np.square(np.abs(fft.rfftn(kernel.astype(np.float64), s=shape)))
    return found


def _count_twice(shape: tuple[int, ...]) -> Spectrum:
    """How often each entry of a half spectrum stands in the whole one."""
    weight = np.full(shape[-1] // 2 + 1, 2.0)
    weight[0] = 1
    if shape[-1] % 2 == 0:
        weight[-1] = 1
    return weight
