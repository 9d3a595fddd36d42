"""What every operation of the catalog promises."""

import csv
import json
from inspect import signature

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.recipe import Recipe
from napari_fidelity.operations.rerun import rerun
from tests.models.packages import write_model

FRAME = {"scale": (0.3, 0.3), "units": ("micrometer",) * 2, "translate": (2.0, 1.0)}
LINE = {"points": [[3.0, 2.0], [9.0, 9.0]]}

# Settings for what has no default that would run on every image.
OPTICS = {"numerical_aperture": 0.8, "immersion_index": 1.0}
SETTINGS = {
    "restore": {"psf": OPTICS},
    "profile": LINE,
    "recipe": {
        "steps": [
            {"operation": "degrade", "params": {"seed": 2}},
            {"operation": "restore", "params": {"psf": OPTICS, "dtype": "uint16"}},
        ]
    },
}


@pytest.fixture
def image():
    labels = np.zeros((48, 50), np.uint16)
    labels[8:20, 10:30] = 1
    labels[26:44, 20:46] = 2
    return Image(labels, name="cells", **FRAME)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that finds something."""
    folder = tmp_path_factory.mktemp("models") / "finder"
    return write_model(folder, task="segmentation", network="segmentation-unet", widths=(2, 4))


@pytest.fixture
def run(image, model):
    """Runs an operation on the image, with what it needs beside it."""
    pixels = np.random.default_rng(0).integers(100, 4000, image.shape, dtype=np.uint16)
    settings = {**SETTINGS, "segment": {"model": str(model)}}
    beside = {"reference": Image(pixels, name="real", **FRAME), "mask": image}

    def run(key, progress):
        spec = OPERATIONS[key]
        inputs = {
            entry.name: beside[entry.name]
            for entry in spec.inputs
            if not entry.optional or (entry.name == "mask" and key == "assess")
        }
        return spec.run(image, spec.params.parse(settings.get(key, {})), progress, **inputs)

    return run


IMAGES = [key for key, spec in OPERATIONS.items() if spec.gives == "image"]
TABLES = [key for key, spec in OPERATIONS.items() if spec.gives == "table"]


@pytest.mark.parametrize("key", IMAGES)
def test_a_result_keeps_its_source_and_can_be_made_again_from_its_file(key, image, run, tmp_path):
    spec = OPERATIONS[key]
    before = image.array.copy()
    result = run(key, Progress())
    np.testing.assert_array_equal(image.array, before)
    assert result.provenance["operation"] == key
    assert spec.params.parse(result.provenance["params"]) is not None
    assert {"numpy", "scikit-image", "torch"} <= set(result.provenance["versions"])
    json.dumps(result.provenance, allow_nan=False)
    assert (result.scale, result.units, result.translate) == (
        image.scale,
        image.units,
        image.translate,
    )
    again = rerun(read_image(write_image(tmp_path / "result.ome.tif", result)))
    assert again.array.dtype == result.array.dtype
    assert again.array.tobytes() == result.array.tobytes()


@pytest.mark.parametrize("key", OPERATIONS)
def test_every_operation_stops_when_asked(key, run):
    with pytest.raises(Cancelled):
        run(key, Progress(is_cancelled=lambda: True))


@pytest.mark.parametrize("key", TABLES)
def test_a_table_is_written_as_csv_and_leaves_the_image_alone(key, image, run):
    before = image.array.copy()
    lines = run(key, Progress()).to_csv().splitlines()
    header, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    assert rows
    assert all(len(row) == len(header) for row in rows)
    np.testing.assert_array_equal(image.array, before)


@pytest.mark.parametrize("key", OPERATIONS)
def test_what_streams_takes_a_target(key):
    spec = OPERATIONS[key]
    assert spec.streams == ("target" in signature(spec.run).parameters)


def test_a_recipe_says_what_each_step_did(image):
    spec = OPERATIONS["recipe"]
    result = spec.run(image, spec.params.parse(SETTINGS["recipe"]), Progress())
    first, second = result.provenance["steps"]
    assert (first["operation"], second["operation"]) == ("degrade", "restore")
    assert first["drawn"]["seed"] == 2
    assert isinstance(Recipe.parse(result.provenance["params"]), Recipe)
