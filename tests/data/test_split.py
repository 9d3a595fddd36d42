"""Groups are split by seed, one at least on each side."""

from __future__ import annotations

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.split import split_groups

NAMES = [f"g{number}" for number in range(20)]


def test_the_share_is_kept_and_the_order_of_names_does_not_matter() -> None:
    sides = split_groups(NAMES, 0.15, seed=1)
    assert sorted(sides.values()).count("validation") == 3
    assert split_groups(NAMES[::-1] * 2, 0.15, seed=1) == sides
    assert split_groups(NAMES, 0.15, seed=2) != sides


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_each_side_has_a_group_at_least(share: float) -> None:
    assert set(split_groups(["a", "b"], share, seed=0).values()) == {"train", "validation"}


def test_what_a_table_states_is_kept() -> None:
    stated = {"g0": "validation", "g1": "test"}
    sides = split_groups(NAMES, 0.5, seed=0, stated=stated)
    assert [name for name, side in sides.items() if side != "train"] == ["g0", "g1"]


def test_validation_is_drawn_where_a_table_states_none() -> None:
    stated = dict.fromkeys(NAMES, "train") | {"g3": "test"}
    sides = split_groups(NAMES, 0.1, seed=0, stated=stated)
    assert sides["g3"] == "test"
    assert sorted(sides.values()).count("validation") == 2


def test_a_single_image_cannot_be_split() -> None:
    with pytest.raises(UserError, match="one image or group only, a: give at least two"):
        split_groups(["a"], 0.2, seed=0)
    with pytest.raises(UserError, match="Of 2 groups 1 are not kept for the test"):
        split_groups(["a", "b"], 0.2, seed=0, stated={"a": "test"})
