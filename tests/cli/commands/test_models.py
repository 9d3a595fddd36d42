"""`models`: rows for scripts, a card for people, health of a package."""

import json
import os

import pytest

from napari_fidelity.models import list_models


def test_the_list_as_json_has_a_row_a_model(run):
    outcome = run("models", "list", "--format", "json")
    rows = json.loads(outcome.out)
    assert outcome.code == 0
    assert [row["key"] for row in rows] == [manifest.key for manifest in list_models()]
    for row in rows:
        assert row["task"] == "synthesis"
        assert row["description"]
        assert isinstance(row["live"], bool)


def test_the_shipped_models_are_listed(run):
    lines = run("models", "list").out.splitlines()
    keys = [line.split()[0] for line in lines]
    assert {"random-fill", "nuclei-pix2pix"} <= set(keys)


def test_another_task_has_no_rows(run):
    assert json.loads(run("models", "list", "--task", "paint", "--format", "json").out) == []


def test_models_of_the_folders_that_the_environment_names_are_listed(
    run, package, tmp_path, monkeypatch
):
    gone = tmp_path / "gone"
    monkeypatch.setenv("FIDELITY_MODELS", f"{package.parent}{os.pathsep}{gone}")
    outcome = run("models", "list", "--format", "json")
    assert json.loads(outcome.out)[-1]["key"] == "test-fill"
    assert outcome.err == f"Note: The folder of models {gone} is not there.\n"
    assert run("models", "show", "test-fill").out == "# Test fill\n\nA card.\n"


def test_the_card_of_a_folder_is_shown(run, package):
    assert run("models", "show", package) == (0, "# Test fill\n\nA card.\n", "")


def test_a_package_without_a_card_shows_its_manifest(run, package):
    (package / "README.md").unlink()
    assert json.loads(run("models", "show", package).out)["key"] == "test-fill"


def test_a_whole_package_is_in_order(run, package):
    outcome = run("models", "verify", package)
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == f"{package} is in order."
    assert len(outcome.out.splitlines()) >= 4


def damage_weights(package):
    path = package / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def pickle_weights(package):
    (package / "weights.safetensors").write_bytes(b"\x80\x04K\x01.")


def forget_weights(package):
    (package / "weights.safetensors").unlink()


def raise_version(package):
    path = package / "manifest.json"
    path.write_text(path.read_text().replace('"format_version": 2', '"format_version": 99'))


def cut_manifest(package):
    path = package / "manifest.json"
    path.write_text(path.read_text()[:50])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (damage_weights, "hash"),
        (pickle_weights, "hash"),
        (forget_weights, "is missing"),
        (raise_version, "99"),
        (cut_manifest, "is damaged"),
    ],
)
@pytest.mark.parametrize("command", ["verify", "synthesize"])
def test_a_damaged_package_is_refused(refuse, package, field, damage, sentence, command):
    damage(package)
    words = ["models", "verify", package]
    if command == "synthesize":
        words = ["synthesize", field / "M.tif", "--model", package, "-o", field / "out.tif"]
    assert sentence in refuse(*words)
    assert not (field / "out.tif").exists()


def test_a_model_that_is_not_there_is_named(refuse, tmp_path):
    assert "There is no model 'paint'" in refuse("models", "show", "paint")
    assert "is no model package" in refuse("models", "verify", tmp_path)
