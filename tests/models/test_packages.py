"""Model packages: the shipped ones pass, a damaged or foreign one is refused whole."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save

from napari_fidelity.core.errors import UserError
from napari_fidelity.models import (
    card_text,
    find_model,
    list_models,
    list_packages,
    load_model,
    model_folders,
    model_problems,
    name_model,
    read_manifest,
    thumbnail_path,
    use_model_folders,
    verify_model,
)
from napari_fidelity.models.manifest import FORMAT_VERSION
from napari_fidelity.models.save import save_model
from napari_fidelity.networks import NETWORKS
from tests.models.packages import write_model

SHIPPED = [manifest.key for manifest in list_models()]


@pytest.fixture
def package(tmp_path):
    """A copy of the smallest shipped package, to be damaged."""
    return shutil.copytree(find_model("random-fill"), tmp_path / "package")


@pytest.fixture
def more(tmp_path):
    """A folder with one more model, "mine", beside the shipped ones."""
    folder = tmp_path / "more"
    edit_manifest(shutil.copytree(find_model("random-fill"), folder / "a"), key="mine")
    yield folder
    use_model_folders([])


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content.update(changes)
    path.write_text(json.dumps(content), encoding="utf-8")


def put_file(folder, name, content):
    """Replace a file of tensors and make the manifest vouch for it."""
    (folder / name).write_bytes(content)
    hashes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["sha256"]
    edit_manifest(folder, sha256={**hashes, name: hashlib.sha256(content).hexdigest()})


def test_the_generator_and_its_baseline_are_shipped():
    assert {"nuclei-pix2pix", "random-fill"} <= set(SHIPPED)
    assert [manifest.key for manifest in list_models("synthesis")] == SHIPPED
    assert list_models("rating") == []


@pytest.mark.parametrize("key", SHIPPED)
def test_a_shipped_package_is_complete(key):
    manifest = read_manifest(find_model(key))
    assert manifest.key == key
    assert len(verify_model(key)) == 4
    assert manifest.title in card_text(key)
    assert manifest.training.data_licence in card_text(key)
    assert thumbnail_path(key).read_bytes().startswith(b"\x89PNG")
    network = load_model(key).network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert manifest.live
    assert network.receptive_field_px <= 27
    assert parameters <= 2_000_000
    statistics = (torch.nn.modules.batchnorm._NormBase, torch.nn.GroupNorm, torch.nn.LayerNorm)
    assert not any(isinstance(module, statistics) for module in network.modules())


def test_a_package_is_read_once_and_again_after_a_change(package):
    first = load_model(package)
    assert load_model(package) is first
    edit_manifest(package, title="Changed")
    assert load_model(package).manifest.title == "Changed"


def test_saved_and_loaded_gives_the_same_network(tmp_path, package):
    manifest = read_manifest(package)
    spec = NETWORKS["local-unet"]
    settings = {"widths": [4, 8]}
    network = spec.build(spec.params.parse(settings))
    manifest = manifest.model_copy(
        update={"network": "local-unet", "network_params": settings, "key": "tiny"}
    )
    inputs = torch.rand(1, 3, 16, 16)
    folder = save_model(
        tmp_path / "tiny", manifest, network, test_input=inputs, card="# Tiny", pictures={}
    )
    with torch.inference_mode():
        torch.testing.assert_close(load_model(folder).network(inputs), network(inputs))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package", "tiny"]
    assert thumbnail_path(folder) is None


@pytest.mark.parametrize("name", ["weights.safetensors", "test.safetensors"])
def test_truncated_or_missing_tensors_are_refused(package, name):
    path = package / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(UserError, match="hash"):
        load_model(package)
    path.unlink()
    with pytest.raises(UserError, match="missing"):
        verify_model(package)


def test_a_pickle_is_not_opened(package, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    put_file(package, "weights.safetensors", pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="pickled weights are not opened"):
        load_model(package)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "model.pth").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="no model package"):
        load_model(bare)
    with pytest.raises(UserError, match=r"is a file.*not opened"):
        load_model(bare / "model.pth")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"network": "transformer"}, "no network 'transformer'"),
        ({"task": "driving"}, "task"),
        ({"surprise": 1}, "surprise"),
        ({"network_params": {"quantiles": 1}}, "quantiles"),
        ({"network": "local-unet", "network_params": {"out_channels": 2}}, "3 channels into 2"),
        ({"network": "local-unet", "network_params": {}}, "do not fit their network"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(package, changes, words):
    edit_manifest(package, **changes)
    with pytest.raises(UserError, match=words):
        load_model(package)


def test_a_package_of_an_earlier_release_gets_the_response_that_its_levels_suggest(package):
    path = package / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["response"]
    path.write_text(json.dumps(content), encoding="utf-8")
    manifest = load_model(package).manifest
    assert manifest.response.offset == manifest.levels.background_mean
    assert manifest.response.gain == manifest.levels.contrast
    assert json.loads(manifest.model_dump_json())["response"]["pixel_sd"] > 0


def test_packages_of_the_first_format_are_read_as_before(package):
    content = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    now = load_model(package).manifest
    first = {key: value for key, value in content.items() if key != "prediction"}
    text = json.dumps({**first, "format_version": 1})
    (package / "manifest.json").write_text(text, encoding="utf-8")
    before = load_model(package).manifest
    assert before.format_version == FORMAT_VERSION
    assert before == now.model_copy(update={"prediction": before.prediction})


@pytest.mark.parametrize(
    ("task", "network", "settings", "use", "words"),
    [
        ("restoration", "norm-unet", {"out_channels": 3}, {"output": "mean-scale"}, "even number"),
        ("segmentation", "norm-unet", {"out_channels": 2}, {}, "segmentation needs 1"),
        ("restoration", "norm-unet", {}, {"spatial_dims": 3}, "its manifest says 3"),
    ],
)
def test_a_network_must_suit_its_task(tmp_path, task, network, settings, use, words):
    folder = write_model(
        tmp_path / "m", task=task, network=network, widths=(2,), use=use, **settings
    )
    with pytest.raises(UserError, match=words):
        load_model(folder)


def test_models_for_every_task_are_listed_by_it(tmp_path):
    folder = write_model(tmp_path / "runs" / "one" / "model", first_filters=2, depth=1)
    use_model_folders([tmp_path / "runs"])
    assert [manifest.key for manifest in list_models("restoration")] == ["model"]
    assert find_model("model") == find_model(tmp_path / "runs" / "one") == folder
    other = write_model(tmp_path / "runs" / "two" / "model", first_filters=2, depth=1)
    names = [name for name, _manifest in list_packages("restoration")]
    assert names == ["model", str(other)]
    assert [name_model(each) for each in (folder, other, other.parent)] == [
        "model",
        str(other),
        str(other),
    ]
    use_model_folders([])


def test_a_task_other_than_synthesis_says_how_its_network_is_used(package):
    edit_manifest(package, task="restoration", prediction=None)
    with pytest.raises(UserError, match="a model for restoration needs prediction"):
        load_model(package)


def test_a_damaged_manifest_is_refused(package):
    (package / "manifest.json").write_text('{"format_version": 1', encoding="utf-8")
    with pytest.raises(UserError, match="damaged"):
        load_model(package)


def test_weights_that_miss_the_test_output_are_refused(package):
    table = load_model(package).network.table + 1
    put_file(package, "weights.safetensors", save({"table": table}))
    with pytest.raises(UserError, match="misses its test output by 1"):
        load_model(package)


def test_an_unknown_model_names_those_that_are_there():
    with pytest.raises(UserError, match=r"no model 'nucleii'.*nuclei-pix2pix, random-fill"):
        load_model("nucleii")


def test_random_fill_holds_the_pooled_intensities_of_real_nuclei():
    table = load_model("random-fill").network.table.numpy()
    assert (np.diff(table) >= 0).all()
    assert table.mean() == pytest.approx(1, abs=0.05)


def test_models_of_a_further_folder_come_after_the_shipped_ones(more):
    use_model_folders([more])
    assert [manifest.key for manifest in list_models()] == [*SHIPPED, "mine"]
    assert load_model("mine").folder == find_model("mine") == more / "a"
    assert model_problems() == []
    use_model_folders([])
    with pytest.raises(UserError, match="no model 'mine'"):
        find_model("mine")


def test_the_environment_names_folders_too(more, tmp_path, monkeypatch):
    other = tmp_path / "other"
    edit_manifest(shutil.copytree(find_model("random-fill"), other), key="other")
    monkeypatch.setenv("FIDELITY_MODELS", f"{more}{os.pathsep}{os.pathsep}{other}")
    assert find_model("mine") == more / "a"
    assert find_model("other") == other  # a package itself
    use_model_folders([other])
    assert model_folders()[1:] == [other, more]


def test_the_first_model_of_a_key_counts(more):
    edit_manifest(shutil.copytree(more / "a", more / "b"))
    edit_manifest(shutil.copytree(more / "a", more / "c"), key="random-fill")
    use_model_folders([more])
    assert find_model("mine") == more / "a"
    assert find_model("random-fill").parent == model_folders()[0]
    assert model_problems() == [
        f"{more / 'b'} is found by its folder alone: {more / 'a'} has the same key.",
        f"{more / 'c'} is found by its folder alone: {find_model('random-fill')} has the same key.",
    ]


def test_what_is_wrong_in_a_further_folder_hides_no_other_model(more, tmp_path):
    (more / "broken").mkdir()
    (more / "broken" / "manifest.json").write_text("{", encoding="utf-8")
    use_model_folders([tmp_path / "gone", more])
    assert [manifest.key for manifest in list_models()] == [*SHIPPED, "mine"]
    gone, broken = model_problems()
    assert gone == f"The folder of models {tmp_path / 'gone'} is not there."
    assert "broken" in broken
    assert "damaged" in broken
    with pytest.raises(UserError, match=r"no model 'absent'.*mine.*gone is not there.*damaged"):
        find_model("absent")
