"""Randomness keyed by the step: a run that is resumed needs no state of generators."""

from __future__ import annotations

import random
import struct
from hashlib import blake2b

import torch

BUILD, VALIDATE = -1, -2  # in place of a step


def mix_words(*words: int) -> int:
    """Whole numbers scrambled into one of 63 bits; the same everywhere and always.

    Examples
    --------
    >>> mix_words(0, 1) == mix_words(0, 1), mix_words(0, 1) == mix_words(1, 0)
    (True, False)
    """
    text = struct.pack(f"<{len(words)}q", *words)
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little") >> 1


def seed_step(seed: int, step: int, phase: int = 0, rank: int = 0) -> None:
    """Set the generators of PyTorch (on every device) and of Python for one phase of a step."""
    word = mix_words(seed, step, phase, rank)
    random.seed(word)
    torch.default_generator.manual_seed(word)
    # `torch.manual_seed` does the same, but where no GPU is in use it notes at every call, with
    # the whole stack, what is to be done once one is.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(word)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(word)
