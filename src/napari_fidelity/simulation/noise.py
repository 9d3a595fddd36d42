"""Noise of the camera: photons are counted, amplified, offset, read and rounded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.random import normal, poisson

PHOTON_STREAM, READ_STREAM = 9001, 9002


class Camera(Params):
    """A scientific camera: what turns relative signal into grey levels."""

    photons: float = Field(
        600.0,
        gt=0,
        le=1e6,
        title="Photons",
        description="Detected photons per pixel where the signal is 1.",
    )
    background_photons: float = Field(
        6.0,
        ge=0,
        le=1e6,
        title="Background photons",
        description="Detected photons per pixel where there is no signal.",
    )
    gain: float = Field(
        2.0, gt=0, le=1000, title="Gain", description="Grey levels per detected photon."
    )
    offset: float = Field(
        100.0, ge=0, le=10000, title="Offset", description="Grey level of a dark pixel."
    )
    read_noise: float = Field(
        1.6, ge=0, le=1000, title="Read noise", description="Standard deviation, electrons."
    )
    bits: int = Field(
        16, ge=8, le=16, title="Bits", description="Brighter pixels saturate at 2^bits - 1."
    )


def expose(
    signal: npt.ArrayLike,
    camera: Camera,
    *,
    seed: int,
    origin: Sequence[int] | None = None,
) -> npt.NDArray[np.uint16]:
    """Grey levels that the camera records from the relative `signal`.

    ``round(offset + gain · (Poisson(photons · signal + background) + read_noise · N(0, 1)))``,
    clipped to the camera's range (EMVA 1288 linear model). Away from the clipping the mean is
    ``offset + gain · λ`` and the variance ``gain² · (λ + read_noise²) + 1/12``.

    Parameters
    ----------
    signal : array_like
        Expected signal, any shape, not negative.
    camera : Camera
        Its settings.
    seed : int
        Keys the noise by pixel coordinate: a crop that knows its origin gets the same noise.
    origin : sequence of int, optional
        Index of the first pixel. Default: zeros.

    Returns
    -------
    ndarray of uint16, of the shape of `signal`

    Raises
    ------
    UserError
        The signal is negative, NaN or infinite somewhere.

    Examples
    --------
    >>> expose(np.zeros((1, 3)), Camera(background_photons=0, read_noise=0), seed=1).tolist()
    [[100, 100, 100]]
    """
    values = np.asarray(signal, np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise UserError("The signal holds negative or non-finite values: light is never negative.")
    rate = camera.photons * values + camera.background_photons
    electrons = poisson(rate, seed=seed, stream=PHOTON_STREAM, origin=origin).astype(np.float64)
    if camera.read_noise:
        read = normal(rate.shape, seed=seed, stream=READ_STREAM, origin=origin)
        electrons += camera.read_noise * read
    levels = np.rint(camera.offset + camera.gain * electrons)
    return np.clip(levels, 0, 2**camera.bits - 1).astype(np.uint16)
