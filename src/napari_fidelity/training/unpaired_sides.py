"""Unpaired sets: which fields show inputs, which targets, and which can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.training_fields import Field


def divide_sides(fields: Sequence[Field], seed: int) -> tuple[list[Field], list[Field]]:
    """Fields that give inputs, and fields of other groups that give targets.

    Groups that have both sides are divided in two halves, drawn from the seed, so that no
    network sees an input with its own target; groups of one side give that one.

    Raises
    ------
    UserError
        Only one group has both sides and no other has the missing one.
    """
    names = sorted({field.group for field in fields})
    has = {name: [f for f in fields if f.group == name] for name in names}
    left = [n for n in names if all(f.target is None for f in has[n])]
    # a degradation makes inputs: fields that have only targets can be inputs as well
    makes_inputs = all(field.input is None for field in fields)
    right = [n for n in names if not makes_inputs and all(f.input is None for f in has[n])]
    both = sorted(set(names) - set(left) - set(right), key=lambda name: _draw(seed, name))
    # the side that has less of its own gets the larger half
    count = min(max((len(both) + len(right) - len(left) + 1) // 2, 0), len(both))
    left, right = left + both[:count], right + both[count:]
    if not (left and right):
        raise UserError(
            f"Of the training images only {names[0]} is left for both sides: unpaired training "
            "needs one group at least that gives inputs and another that gives targets."
        )
    inputs = [f for name in sorted(left) for f in has[name] if makes_inputs or f.input]
    return inputs, [f for name in sorted(right) for f in has[name] if f.target]


def match_sides(fields: Sequence[Field], *, degrades: bool) -> list[tuple[Field, Field]]:
    """For validation: fields of both sides with themselves, else inputs with any target.

    Raises
    ------
    UserError
        One of the sides is missing.
    """
    twins = [field for field in fields if (field.input or degrades) and field.target]
    if twins:
        return [(field, field) for field in twins]
    inputs = [field for field in fields if field.input]
    targets = [field for field in fields if field.target]
    if not (inputs and targets):
        missing = "targets" if inputs else "inputs"
        raise UserError(
            f"The validation images hold no {missing}: state groups and split in a table, or "
            "choose another seed or a larger validation share."
        )
    return [(field, targets[n % len(targets)]) for n, field in enumerate(inputs)]


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"side/{seed}/{name}".encode()).digest()
