"""Masks by trained networks: thresholds, objects, channels, regions, reruns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import napari_fidelity
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.models import load_model
from napari_fidelity.operations.copy_text import Call, as_command, as_python
from napari_fidelity.operations.mask_pixels import number_objects
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.segment import SegmentParams, segment
from tests.models.packages import write_care, write_model

UM = {"scale": (0.2, 0.2), "units": ("um", "um"), "translate": (3.0, 4.0)}


def write_finder(folder, **settings):
    return write_model(
        folder, task="segmentation", network="segmentation-unet", widths=(2, 4), **settings
    )


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    return write_finder(tmp_path_factory.mktemp("models") / "finder")


@pytest.fixture(scope="module")
def middle(finder):
    """A threshold that half of the pixels pass."""
    return float(np.median(find_probability(finder, make_image())))


def make_image(shape=(60, 70), **frame):
    pixels = np.random.default_rng(0).integers(100, 900, shape, dtype=np.uint16)
    pixels[..., 20:40, 30:60] += 2000
    return Image(pixels, name="cells", **frame)


def find_probability(folder, image):
    low, high = np.percentile(image.array, [1, 99.8])
    scaled = ((image.array - low) / (high - low)).astype(np.float32)
    network = load_model(folder).network
    with torch.inference_mode():
        return network(torch.from_numpy(scaled)[None, None])[0, 0].numpy()


def settings(model, **values):
    return SegmentParams(model=str(model), precision="float32", **values)


def test_it_is_public():
    assert napari_fidelity.segment is segment
    assert napari_fidelity.SegmentParams is SegmentParams


def test_a_mask_is_where_the_probability_reaches_the_threshold(finder, middle):
    image = make_image(**UM)
    result = segment(image, settings(finder, threshold=middle))
    expected = find_probability(finder, image) >= middle
    assert (result.array.astype(bool) != expected).mean() < 0.01
    assert result.array.dtype == np.uint8
    assert (result.scale, result.translate) == (image.scale, image.translate)
    assert result.name == "cells · Tiny finder"
    said = result.provenance
    assert said["found"]["foreground_share"] == pytest.approx(0.5, abs=0.02)
    assert said["params"]["threshold"] == middle
    assert said["model"]["key"] == "finder"
    whole = segment(image, settings(finder, threshold=0.0))
    assert whole.array.all()


def test_the_models_own_threshold_counts(tmp_path):
    folder = write_finder(tmp_path / "sure", use={"threshold": 1.0})
    result = segment(make_image(), settings(folder))
    assert not result.array.any()
    assert result.provenance["params"]["threshold"] == 1.0


def test_a_region_is_that_part_of_the_whole(finder, middle):
    image = make_image(**UM)
    whole = segment(image, settings(finder, threshold=middle)).array
    region = (slice(13, 41), slice(22, 60))
    part = segment(image, settings(finder, threshold=middle), region=region)
    assert (part.array != whole[region]).mean() < 0.002
    assert part.translate == pytest.approx((3 + 13 * 0.2, 4 + 22 * 0.2))


def test_objects_are_numbered_anew_in_every_plane(finder, middle):
    stack = make_image((2, 60, 70))
    params = settings(finder, threshold=middle, label_objects=True)
    result = segment(stack, params)
    assert result.array.dtype == np.uint16
    assert (result.array.max((1, 2)) > 1).all()
    assert result.provenance["found"]["objects"] == result.array.max((1, 2)).sum()
    mask = segment(stack, params.model_copy(update={"label_objects": False})).array
    np.testing.assert_array_equal(result.array > 0, mask > 0)
    target = np.zeros(stack.shape, np.uint32)
    assert segment(stack, params, target=target).array is target
    np.testing.assert_array_equal(target, result.array)


def test_objects_of_a_volume_go_across_planes():
    mask = np.zeros((3, 4, 4), np.uint8)
    mask[:, 1, 1] = 1
    assert number_objects(mask, 3)[1] == 1
    assert number_objects(mask, 2)[1] == 3


def test_channels_are_looped_over_or_taken_at_once(finder, tmp_path):
    image = make_image((2, 60, 70), axes="CYX", scale=(1, 0.2, 0.2), origin=(0, 5, 6))
    assert segment(image, settings(finder)).shape == image.shape
    both = write_finder(tmp_path / "both", in_channels=2)
    found = segment(image, settings(both, threshold=0.5))
    assert (found.shape, found.axes) == ((60, 70), "YX")
    assert (found.scale, found.origin) == ((0.2, 0.2), (5, 6))
    region = (slice(0, 2), slice(8, 40), slice(10, 30))
    part = segment(image, settings(both, threshold=0.5), region=region)
    assert (part.array != found.array[region[1:]]).mean() < 0.002
    assert part.origin == (13, 16)
    with pytest.raises(UserError, match="takes 2 channels"):
        segment(make_image(), settings(both))


def test_a_rerun_is_exact_and_keeps_to_the_model(tmp_path):
    folder = write_finder(tmp_path / "finder")
    result = segment(make_image(), settings(folder, threshold=0.5, label_objects=True))
    path = write_image(tmp_path / "mask.ome.tif", result)
    assert rerun(read_image(path)).array.tobytes() == result.array.tobytes()
    write_finder(folder, seed=1)
    with pytest.raises(UserError, match="used weights with SHA-256"):
        rerun(read_image(path))


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(UserError, match="No model is chosen"):
        segment(make_image())
    care = write_care(tmp_path / "care")
    with pytest.raises(UserError, match="is a model for restoration: to segment, choose one"):
        segment(make_image(), settings(care))


def test_a_request_to_stop_is_heard(finder):
    with pytest.raises(Cancelled):
        segment(make_image(), settings(finder), Progress(is_cancelled=lambda: True))


def test_calls_are_copied_as_text():
    call = Call("segment", SegmentParams(model="finder", label_objects=True), ("cells.tif",))
    assert as_command(call) == (
        "napari-fidelity segment cells.tif -o result.ome.tif --model finder --label-objects\n"
    )
    assert "fidelity.segment(image, params)" in as_python(call)
