"""What a recipe keeps of its first image."""

import json

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.operations import source_record
from napari_fidelity.operations.source_record import open_recorded, record_source


def make_image(name="cells"):
    array = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    return Image(array, scale=(0.3, 0.1, 0.1), units=("micrometer",) * 3, name=name)


def test_a_small_image_comes_back_from_the_recipe_alone():
    image = make_image()
    again = open_recorded(json.loads(json.dumps(record_source(image))))
    assert again.array.tolist() == image.array.tolist()
    assert (again.axes, again.scale, again.units) == (image.axes, image.scale, image.units)


def test_a_large_image_is_found_by_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr(source_record, "PACKED_BYTES", 10)
    monkeypatch.setattr(source_record, "BAND_ROWS", 2)
    path = write_image(tmp_path / "cells.ome.tif", make_image())
    entry = record_source(make_image(), path=path)
    assert "zlib" not in entry
    assert open_recorded(entry).array.tolist() == make_image().array.tolist()
    path.unlink()
    with pytest.raises(UserError, match="where nothing is any more"):
        open_recorded(entry)
    assert open_recorded(entry, make_image()).shape == (2, 5, 6)


def test_other_pixels_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source_record, "PACKED_BYTES", 10)
    entry = record_source(make_image())
    with pytest.raises(UserError, match="neither holds its source 'cells' nor knows"):
        open_recorded(entry)
    other = make_image("other")
    other.array[0, 0, 0] = 9
    with pytest.raises(UserError, match="other has changed since the recipe was written"):
        open_recorded(entry, other)
    with pytest.raises(UserError, match=r"for an image of shape \(2, 5, 6\), flat has \(5, 6\)"):
        open_recorded(entry, Image(other.array[0], name="flat"))


def test_the_history_of_the_source_is_kept_without_its_pixels():
    first = make_image()
    made = Image(first.array, provenance={"operation": "degrade", "source": record_source(first)})
    entry = record_source(made)
    assert entry["made_by"]["operation"] == "degrade"
    assert entry["made_by"]["source"]["sha256"] == record_source(first)["sha256"]
    assert "zlib" not in entry["made_by"]["source"]


def test_lazy_arrays_are_read_in_parts():
    dask = pytest.importorskip("dask.array")
    image = make_image()
    lazy = Image(dask.from_array(image.array, chunks=2), scale=image.scale)
    assert record_source(lazy)["sha256"] == record_source(image)["sha256"]
