"""The noise of a known camera on expected grey levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import ndtr, pdtr

from napari_fidelity.core.params import Params

Floats = npt.NDArray[np.float32]
CAMERA_STREAMS = (9201, 9202)  # of the photons and of reading
_EXACT_BELOW = 30.0  # photons; above, the third-order expansion errs by less than 0.1 photon


class CameraNoise(Params):
    """A camera that is known: grey level = offset + gain · (photons + read noise)."""

    offset: float = Field(
        ge=-1e6, le=1e6, title="Offset", description="Grey level of a pixel without light"
    )
    gain: float = Field(gt=0, le=1e6, title="Gain", description="Grey levels per detected photon")
    read_noise: float = Field(
        0.0, ge=0, le=1e6, title="Read noise", description="Standard deviation, electrons"
    )

    def noise_sd(self, level: float) -> float:
        """SD of the noise, in grey levels, where `level` is expected.

        Examples
        --------
        >>> CameraNoise(offset=100, gain=2, read_noise=0).noise_sd(150)
        10.0
        """
        photons = max(level - self.offset, 0.0) / self.gain
        return float(self.gain * np.sqrt(photons + self.read_noise**2))


def record_levels(expected: Floats, camera: CameraNoise, draws: Sequence[Floats]) -> Floats:
    """Grey levels, not rounded yet, that a camera records where `expected` ones are right.

    ``offset + gain · (Poisson((expected - offset) / gain) + read_noise · N(0, 1))``; expected
    levels below the offset are dark. The mean is the expected level and the variance
    ``gain · (expected - offset) + (gain · read_noise)²``.

    Parameters
    ----------
    expected : ndarray of float32
        Expected grey levels, any shape, finite.
    camera : CameraNoise
        Its settings.
    draws : two ndarrays of float32
        Standard normals of the photons and of reading, of the same shape.

    Returns
    -------
    ndarray of float32, same shape

    Examples
    --------
    >>> camera = CameraNoise(offset=100, gain=2)
    >>> draws = np.zeros((2, 2, 3), np.float32)
    >>> record_levels(np.full((2, 3), 90, np.float32), camera, draws).tolist()
    [[100.0, 100.0, 100.0], [100.0, 100.0, 100.0]]
    """
    rate = np.maximum((expected.astype(np.float64) - camera.offset) / camera.gain, 0)
    electrons = count_photons(rate, draws[0])
    if camera.read_noise:
        electrons += camera.read_noise * draws[1]
    return np.asarray(camera.offset + camera.gain * electrons, np.float32)


def count_photons(rate: npt.NDArray[np.float64], score: Floats) -> npt.NDArray[np.float64]:
    """Poisson counts of mean `rate` at the quantile of a standard normal `score`, same shape.

    The Cornish–Fisher expansion to third order, rounded (Johnson, Kemp, Kotz, "Univariate
    Discrete Distributions", 2005, 4.7), corrected against the exact distribution where counts
    are low.
    """
    z, root = score.astype(np.float64), np.sqrt(np.maximum(rate, 1e-12))
    guess = np.rint(rate + root * z + (z**2 - 1) / 6 + (z - z**3) / (72 * root))
    guess = np.where(rate > 0, np.maximum(guess, 0), 0)
    low = (rate > 0) & (rate < _EXACT_BELOW)
    if low.any():
        guess[low] = _count_exactly(rate[low], z[low], guess[low])
    return guess


def _count_exactly(
    rate: npt.NDArray[np.float64], score: npt.NDArray[np.float64], guess: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    draws = ndtr(score)
    guess = np.minimum(guess, rate + 12 * np.sqrt(rate) + 30)  # where the expansion runs away
    guess = np.rint(guess)
    while (less := pdtr(guess, rate) < draws).any():
        guess = guess + less
    while (more := (guess > 0) & (pdtr(guess - 1, rate) >= draws)).any():
        guess = guess - more
    return guess
