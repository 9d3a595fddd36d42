"""Seeds for many images out of one."""

from __future__ import annotations

import hashlib

SEED_BITS = 31  # as many as the control of a dock takes


def mix_seed(seed: int, name: str, number: int = 0) -> int:
    """A seed for the image called `name`, and for the `number`-th use of it.

    Examples
    --------
    >>> mix_seed(0, "a.tif") == mix_seed(0, "a.tif"), mix_seed(0, "a.tif") == mix_seed(0, "b.tif")
    (True, False)
    """
    digest = hashlib.sha256(f"{seed}/{number}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - SEED_BITS)
