"""Groups come from tables or from names, and never lie on two sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.groups import state_groups
from napari_fidelity.data.training_files import ImageFiles

FILES = [ImageFiles(name, None, None, name) for name in ("well1_a", "well1_b", "well2_a")]


def test_without_a_table_each_image_is_a_group() -> None:
    assert state_groups(FILES, None) == tuple(FILES)


def test_the_first_bracket_of_a_pattern_is_the_group() -> None:
    assert [f.group for f in state_groups(FILES, r"well(\d+)_(.)")] == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("well", "has no bracket"), ("(", "cannot be read"), ("(x)", "fits 3 of 3 names not")],
)
def test_patterns_that_find_no_group_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        state_groups(FILES, pattern)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_states_groups_and_split(tmp_path: Path, separator: str) -> None:
    rows = ["name group split", "well1_a.tif A train", "well1_b A train", "well2_a.ome.tif B val"]
    table = tmp_path / "groups.csv"
    table.write_text("\n".join(row.replace(" ", separator) for row in rows), encoding="utf-8-sig")
    found = [(entry.group, entry.split) for entry in state_groups(FILES, str(table))]
    assert found == [("A", "train"), ("A", "train"), ("B", "validation")]


def test_the_manifest_of_made_pairs_is_respected(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(
        "name,original,copy,seed,split\n"
        "well1_a.ome.tif,/x/1.tif,1,5,train\n"
        "well1_b.ome.tif,/x/1.tif,2,6,train\n"
        "well2_a.ome.tif,/x/2.tif,1,7,test\n"
    )
    found = [(f.group, f.split) for f in state_groups(FILES, None, str(tmp_path))]
    assert found == [("/x/1.tif", "train")] * 2 + [("/x/2.tif", "test")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,where\n", "columns name, where: name and group are needed"),
        ("name,group\nwell1_a,1\n", "no row for 2 of 3 images: well1_b, well2_a"),
        (
            "name,group,split\nwell1_a,1,train\nwell1_b,1,test\nwell2_a,2,\n",
            "group 1 both in train and in test",
        ),
        ("name,group,split\nwell1_a,1,later\n", "says split 'later'"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=message):
        state_groups(FILES, str(table))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no table"):
        state_groups(FILES, str(tmp_path / "none.csv"))
