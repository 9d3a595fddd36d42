"""The committed split: a fifth of the groups for validation, no group on both sides."""

from __future__ import annotations

import csv

from napari_fidelity.studies.nuclei_generator.material import SPLIT_TABLE


def test_groups_are_never_divided():
    with SPLIT_TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [row["image"] for row in rows]
    assert len(set(names)) == len(names)
    sides = {
        split: {row["group"] for row in rows if row["split"] == split}
        for split in ("training", "validation")
    }
    assert sum(map(len, sides.values())) == len({row["group"] for row in rows})
    assert not sides["training"] & sides["validation"]
    assert len(sides["validation"]) == round(0.2 * sum(map(len, sides.values())))
