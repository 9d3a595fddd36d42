"""What a worker finds out about a result, and whether a layer was edited by hand."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.own_result import Destination, OwnResult, choose_limits, note_result

LEVELS = {"foreground_mean": 100.0, "foreground_sd": 20.0}


@pytest.fixture
def result():
    return OwnResult(ViewerModel())


@pytest.fixture
def destination(result):
    mask = Labels(np.zeros((300, 600), np.uint8), name="mask")
    result.viewer.add_layer(mask)
    return Destination(mask, {})


def made(value=0.0, **keywords):
    pixels = np.full((300, 600), value, np.float32)
    pixels[0, 0] = value + 5
    return note_result(Image(pixels, name="result"), **keywords)


@pytest.mark.parametrize(
    ("pixels", "levels", "limits"),
    [
        ([[1.0, 7.0]], {}, (1, 7)),
        ([[1.0, 7.0]], LEVELS, (1, 160)),
        ([[1.0, 500.0]], LEVELS, (1, 500)),
        ([[3.0, 3.0]], {}, (3, 4)),
        ([[1.0, np.nan]], {}, (1, 2)),
    ],
)
def test_contrast_holds_the_image_and_objects_to_come(pixels, levels, limits):
    image = Image(np.array(pixels, np.float32), provenance={"levels": levels} if levels else {})
    assert choose_limits(image) == limits


def test_contrast_of_whole_numbers_ends_with_their_type():
    levels = {"foreground_mean": 300.0, "foreground_sd": 1.0}
    image = Image(np.array([[1, 7]], np.uint8), provenance={"levels": levels})
    assert choose_limits(image) == (1, 255)


def test_one_pixel_changed_by_hand_is_noticed(result, destination):
    result.write(made(), destination)
    assert not result.checker()()
    result.layer().data[299, 599] = 1e-6
    assert result.checker()()


def test_boxes_that_were_written_are_no_edit_and_are_noticed_again_once_summed(result, destination):
    result.write(made(), destination)
    pixels = result.layer().data
    pixels[10:20, 10:20] = 3
    result.note_written((), (10, 10), (20, 20))
    assert not result.checker()()
    note = result.summing()()
    note()
    assert result.summing() is None
    assert not result.checker()()
    pixels[15, 15] = 4
    assert result.checker()()


def test_sums_are_for_nothing_when_boxes_were_written_meanwhile(result, destination):
    result.write(made(), destination)
    result.note_written((), (10, 10), (20, 20))
    note = result.summing()()
    result.layer().data[12, 12] = 3
    result.note_written((), (12, 12), (13, 13))
    note()
    assert result.summing() is not None
    assert not result.checker()()


def test_another_array_put_in_by_hand_stays(result, destination):
    result.write(made(), destination)
    layer = result.layer()
    layer.data = layer.data.copy()
    assert result.checker()()
    assert "was edited by hand" in result.write(made(1.0), destination)
    assert result.layer() is not layer


def test_frames_that_are_so_already_are_not_set_again(result, destination):
    result.write(made(), destination)
    layer, sent = result.layer(), []
    layer.events.set_data.connect(lambda: sent.append(1))
    frame = {"scale": (1, 1), "units": layer.units, "axis_labels": layer.axis_labels}
    result.write(made(2.0), Destination(destination.mask, {**frame, "affine": layer.affine}))
    assert len(sent) == 1  # the pixels
    result.write(made(2.0), Destination(destination.mask, {"scale": (2, 1)}))
    np.testing.assert_array_equal(layer.scale, (2, 1))
