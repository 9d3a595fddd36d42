"""Which groups of images a network learns from, and which it is validated on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from napari_fidelity.core.errors import UserError

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def split_groups(
    groups: Sequence[str], share: float, seed: int, stated: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The side of each group, in an order drawn from the seed.

    Parameters
    ----------
    groups : sequence of str
        Names of the groups; the order does not matter, doubles count once.
    share : float
        Of the groups that validate; one group at least, and one at least is left to train on.
    seed : int
        Another seed draws other groups.
    stated : mapping, optional
        Sides that a table gives; groups that it leaves out train. Where it names no validation
        at all, a share of the groups that are not kept for the test is drawn.

    Raises
    ------
    UserError
        Fewer than two groups can be divided.

    Examples
    --------
    >>> sorted(split_groups(["a", "b", "c", "d"], 0.25, seed=1).values())
    ['train', 'train', 'train', 'validation']
    """
    names = sorted(set(groups))
    sides = {name: (stated or {}).get(name, TRAIN) for name in names}
    usable = [name for name in names if sides[name] != TEST]
    if VALIDATION not in sides.values():
        count = min(max(round(share * len(usable)), 1), len(usable) - 1)
        drawn = sorted(usable, key=lambda name: _draw(seed, name))
        sides.update(dict.fromkeys(drawn[: max(count, 0)], VALIDATION))
    if not {TRAIN, VALIDATION} <= set(sides.values()):
        raise _explain(names, usable)
    return sides


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"split/{seed}/{name}".encode()).digest()


def _explain(names: Sequence[str], usable: Sequence[str]) -> UserError:
    if len(names) == 1:
        return UserError(
            f"There is one image or group only, {names[0]}: give at least two, one to train on and "
            "one to validate. Parts of one image are not independent."
        )
    return UserError(
        f"Of {len(names)} groups {len(usable)} are not kept for the test: at least one is needed "
        "to train on, and one to validate."
    )
