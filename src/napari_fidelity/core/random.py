"""Noise that depends on (seed, stream, pixel coordinate) alone, never on the order of drawing.

Any tile, any crop that knows its origin, any thread gets the same field. The integer hash is
the two-round finaliser `lowbias32` of Wellons' hash prospector (public domain), chained over
the axes. `napari_fidelity.networks.keyed_noise` is the bit-equal twin in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, pdtr

UInts = npt.NDArray[np.uint32]
MULTIPLIER_1, MULTIPLIER_2 = 0x21F0AAAD, 0xD35A2D97
GOLDEN = 0x9E3779B9
SECOND_KEY = 0x85EBCA6B


def mix(words: UInts) -> UInts:
    """Thirty-two bits scrambled into thirty-two others, one to one."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(MULTIPLIER_1)
    words = words ^ (words >> np.uint32(15))
    words = words * np.uint32(MULTIPLIER_2)
    return words ^ (words >> np.uint32(15))


def seed_words(seed: int, stream: int) -> UInts:
    """The two words that key a field: shape (2,)."""
    first, second = (np.array([word], np.uint32) for word in (GOLDEN, SECOND_KEY))
    for word in (seed, seed >> 32, stream):
        first = mix(first + np.uint32(word & 0xFFFFFFFF))
        second = mix(second ^ first)
    return np.concatenate([first, second])


def hash_coordinates(
    shape: Sequence[int], *, seed: int, stream: int = 0, origin: Sequence[int] | None = None
) -> UInts:
    """Pseudo-random words for the box of `shape` whose first pixel has index `origin`.

    Parameters
    ----------
    shape : sequence of int
        Size of the box along each axis.
    seed, stream : int
        Two fields with another seed or another stream are independent.
    origin : sequence of int, optional
        Index of the first pixel along each axis; may be negative. Default: zeros.

    Returns
    -------
    ndarray of uint32, of `shape`
    """
    origin = tuple(origin) if origin is not None else (0,) * len(shape)
    if len(origin) != len(shape):
        raise ValueError(f"origin {origin} does not fit shape {tuple(shape)}")
    first, second = (
        np.full((1,) * len(shape), word, np.uint32) for word in seed_words(seed, stream)
    )
    for axis, (start, size) in enumerate(zip(origin, shape, strict=True)):
        index = np.arange(start, start + size, dtype=np.int64).astype(np.uint32)
        index = (index * np.uint32(GOLDEN)).reshape(
            [-1 if a == axis else 1 for a in range(len(shape))]
        )
        state = mix(first + index)
        first = mix(state + second)
        second = first ^ state if axis + 1 < len(shape) else second
    return np.broadcast_to(first, tuple(shape)).copy() if first.shape != tuple(shape) else first


def uniform(
    shape: Sequence[int], *, seed: int, stream: int = 0, origin: Sequence[int] | None = None
) -> npt.NDArray[np.float32]:
    """Keyed uniforms in the open interval (0, 1), 23 bits each; arguments as `hash_coordinates`.

    Examples
    --------
    >>> whole = uniform((4, 6), seed=7)
    >>> part = uniform((2, 3), seed=7, origin=(1, 2))
    >>> bool((whole[1:3, 2:5] == part).all())
    True
    """
    words = hash_coordinates(shape, seed=seed, stream=stream, origin=origin)
    return (words >> np.uint32(9)).astype(np.float32) * np.float32(2**-23) + np.float32(2**-24)


def normal(
    shape: Sequence[int], *, seed: int, stream: int = 0, origin: Sequence[int] | None = None
) -> npt.NDArray[np.float32]:
    """Keyed standard normals by the inverse distribution function; arguments as above."""
    draws = uniform(shape, seed=seed, stream=stream, origin=origin)
    return np.asarray(ndtri(draws.astype(np.float64)), np.float32)


def poisson(
    rate: npt.ArrayLike, *, seed: int, stream: int = 0, origin: Sequence[int] | None = None
) -> npt.NDArray[np.int64]:
    """Keyed Poisson counts of mean `rate` (≥ 0) by the inverse distribution function.

    A Cornish–Fisher guess is corrected against the exact distribution until it fits.

    Raises
    ------
    ValueError
        A rate is negative or not finite.
    """
    mean = np.asarray(rate, np.float64)
    if not np.isfinite(mean).all() or (mean < 0).any():
        raise ValueError("Poisson rates must be finite and not negative")
    draws = uniform(mean.shape, seed=seed, stream=stream, origin=origin).astype(np.float64)
    score = ndtri(draws)
    guess = np.maximum(np.floor(mean + np.sqrt(mean) * score + (score**2 - 1) / 6), 0)
    while (low := pdtr(guess, mean) < draws).any():
        guess = guess + low
    while (high := (guess > 0) & (pdtr(guess - 1, mean) >= draws)).any():
        guess = guess - high
    return np.where(mean == 0, 0, guess).astype(np.int64)
