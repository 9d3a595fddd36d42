"""Training sets with known truth."""

import csv
from collections import Counter

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.random import poisson
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.degrade import DegradeParams
from napari_fidelity.operations.pairs import PairsParams, make_pairs, split_originals
from napari_fidelity.operations.rerun import rerun

NOISE = {"pipeline": {"steps": [{"kind": "contrast-stretch"}, {"kind": "poisson", "photons": 50}]}}


def make_settings(**changes):
    return PairsParams.parse({"degrade": NOISE, "workers": 1, "copies": 2, **changes})


@pytest.fixture
def clean(tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    for number in range(3):
        pixels = poisson(np.full((24, 24), 90.0), seed=number).astype(np.uint8)
        write_image(folder / f"{number}.ome.tif", Image(pixels))
    return sorted(folder.iterdir())


def read_manifest(folder):
    with (folder / "manifest.csv").open() as file:
        return list(csv.DictReader(file))


def test_inputs_and_targets_have_equal_names_and_the_manifest_lists_them(clean, tmp_path):
    out = tmp_path / "set"
    outcome = make_pairs(clean, out, make_settings())
    rows = read_manifest(out)
    assert [row["name"] for row in rows] == [pair.name for pair in outcome.pairs]
    for part in ("inputs", "targets"):
        assert {path.name for path in (out / part).iterdir()} == {row["name"] for row in rows}
    by_original = {row["original"]: set() for row in rows}
    for row in rows:
        by_original[row["original"]].add(row["split"])
    assert [len(splits) for splits in by_original.values()] == [1, 1, 1]
    assert {row["split"] for row in rows} == {"train", "validation", "test"}


def test_copies_differ_in_noise_and_share_the_prepared_target(clean, tmp_path):
    out = tmp_path / "set"
    rows = make_pairs(clean, out, make_settings()).pairs[:2]
    inputs, targets = (
        [read_image(out / part / row.name) for row in rows] for part in ("inputs", "targets")
    )
    assert (targets[0].array == targets[1].array).all()
    assert targets[0].array.max() == 255, "it is stretched"
    assert (inputs[0].array != inputs[1].array).mean() > 0.5
    again = rerun(inputs[0])
    assert again.array.tobytes() == inputs[0].array.tobytes()
    assert "zlib" not in inputs[0].provenance["source"]


def test_an_interrupted_set_is_resumed_and_another_one_refused(clean, tmp_path):
    out = tmp_path / "set"
    first = make_pairs(clean, out, make_settings())
    name = first.pairs[3].name
    before = (out / "inputs" / name).read_bytes()
    (out / "inputs" / name).unlink()
    with pytest.raises(UserError, match="holds 5 of 6 results already: resume"):
        make_pairs(clean, out, make_settings())
    assert make_pairs(clean, out, make_settings(resume=True)) == first
    assert (out / "inputs" / name).read_bytes() == before
    with pytest.raises(UserError, match="another recipe"):
        make_pairs(clean, out, make_settings(resume=True, degrade={**NOISE, "seed": 1}))


def test_an_image_that_fails_is_in_no_split(clean, tmp_path):
    bad = clean[0].parent / "bad.npy"
    np.save(bad, np.full((24, 24), np.nan, np.float32))
    outcome = make_pairs([*clean, bad], tmp_path / "set", make_settings(copies=1))
    assert [failure.name for failure in outcome.failures] == [f"{bad.resolve()} (copy 1)"]
    assert "bad" not in " ".join(row["name"] for row in read_manifest(tmp_path / "set"))


def test_splits_have_their_shares_and_something_is_left_to_train_on():
    names = [str(number) for number in range(20)]
    counts = Counter(split_originals(names, PairsParams()).values())
    assert counts == {"train": 14, "validation": 3, "test": 3}
    assert set(split_originals(["a", "b"], PairsParams()).values()) == {"train"}
    other = PairsParams(degrade=DegradeParams(seed=1))
    assert split_originals(names, PairsParams()) != split_originals(names, other)
    with pytest.raises(UserError, match="leave none of 4 images to train on"):
        split_originals(names[:4], PairsParams(validation_share=0.5, test_share=0.5))
