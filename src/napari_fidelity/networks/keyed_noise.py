"""Keyed noise in PyTorch: the twin of `napari_fidelity.core.random`, equal to the bit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from napari_fidelity.core.random import GOLDEN, MULTIPLIER_1, MULTIPLIER_2, seed_words

_MASK = 0xFFFFFFFF


def mix(words: Tensor) -> Tensor:
    """Thirty-two bits scrambled; int64 tensors that hold values of 32 bits."""
    words = words ^ (words >> 16)
    words = (words * MULTIPLIER_1) & _MASK
    words = words ^ (words >> 15)
    words = (words * MULTIPLIER_2) & _MASK
    return words ^ (words >> 15)


def hash_coordinates(
    shape: Sequence[int],
    *,
    seed: int,
    stream: int = 0,
    origin: Sequence[int] | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Pseudo-random words of 32 bits as int64; arguments as `core.random.hash_coordinates`."""
    origin = tuple(origin) if origin is not None else (0,) * len(shape)
    if len(origin) != len(shape):
        raise ValueError(f"origin {origin} does not fit shape {tuple(shape)}")
    ndim = len(shape)
    first, second = (
        torch.full((1,) * ndim, int(word), dtype=torch.int64, device=device)
        for word in seed_words(seed, stream)
    )
    for axis, (start, size) in enumerate(zip(origin, shape, strict=True)):
        index = torch.arange(start, start + size, dtype=torch.int64, device=device) & _MASK
        index = ((index * GOLDEN) & _MASK).reshape([-1 if a == axis else 1 for a in range(ndim)])
        state = mix((first + index) & _MASK)
        first = mix((state + second) & _MASK)
        second = first ^ state
    return first.expand(tuple(shape)).contiguous()


def uniform(
    shape: Sequence[int],
    *,
    seed: int,
    stream: int = 0,
    origin: Sequence[int] | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Keyed uniforms in (0, 1), float32, bit-equal to `core.random.uniform`."""
    words = hash_coordinates(shape, seed=seed, stream=stream, origin=origin, device=device)
    return (words >> 9).to(torch.float32) * 2**-23 + 2**-24


def normal(
    shape: Sequence[int],
    *,
    seed: int,
    stream: int = 0,
    origin: Sequence[int] | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Keyed standard normals, float32, equal to `core.random.normal` to 1e-6."""
    draws = uniform(shape, seed=seed, stream=stream, origin=origin, device=device)
    normals: Tensor = torch.special.ndtri(draws.double())
    return normals.float()


def poisson(
    rate: Tensor, *, seed: int, stream: int = 0, origin: Sequence[int] | None = None
) -> Tensor:
    """Keyed Poisson counts of mean `rate`, int64, by the inverse distribution function."""
    mean = rate.double()
    if not bool(torch.isfinite(mean).all()) or bool((mean < 0).any()):
        raise ValueError("Poisson rates must be finite and not negative")
    draws = uniform(
        mean.shape, seed=seed, stream=stream, origin=origin, device=mean.device
    ).double()
    score = torch.special.ndtri(draws)
    guess = torch.floor(mean + mean.sqrt() * score + (score**2 - 1) / 6).clamp_min(0)
    while bool((low := torch.special.gammaincc(guess + 1, mean) < draws).any()):
        guess = guess + low
    while bool((high := (guess > 0) & (torch.special.gammaincc(guess, mean) >= draws)).any()):
        guess = guess - high.to(guess.dtype)
    return torch.where(mean == 0, 0.0, guess).to(torch.int64)
