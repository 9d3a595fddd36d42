"""Layers as images and masks: frame kept, only what is needed read, bad input named."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Points, Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.widgets.layer_frames import frame_difference
from napari_fidelity.widgets.layer_results import (
    add_result_layer,
    update_result_layer,
)
from napari_fidelity.widgets.layers import (
    METADATA_KEY,
    image_from_layer,
    mask_image_problem,
    mask_source_from_layer,
    source_from_layer,
)

FRAME = {
    "scale": (2.0, 0.5, 0.25),
    "translate": (1.0, 20.0, 30.0),
    "units": ("um", "um", "um"),
    "axis_labels": ("time", "y", "x"),
}
TURN = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
SQUARE = np.array([[1, 1], [1, 3], [3, 3], [3, 1]], float)


def test_frame_origin_and_provenance_are_carried():
    data = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    note = {"provenance": {"operation": "synthesize"}, "origin": [0, 5, 7]}
    layer = ImageLayer(data, name="a", metadata={METADATA_KEY: note}, **FRAME)
    image = image_from_layer(layer)
    assert (image.axes, image.name, image.origin) == ("TYX", "a", (0, 5, 7))
    assert (image.scale, image.translate) == ((2.0, 0.5, 0.25), (1.0, 20.0, 30.0))
    assert image.units == ("micrometer",) * 3
    assert image.provenance == {"operation": "synthesize"}
    assert image.array.dtype == np.uint16
    np.testing.assert_array_equal(image.array, data)


def test_pixels_are_a_copy():
    layer = Labels(np.zeros((4, 4), int))
    image = image_from_layer(layer)
    layer.data[0, 0] = 1
    assert image.array.sum() == 0


def test_one_plane_of_a_lazy_stack_computes_that_plane_only():
    computed = []

    def plane(block, block_info=None):
        if block_info:
            computed.append(block_info[None]["chunk-location"][0])
        return block

    stack = da.zeros((5, 8, 8), chunks=(1, 8, 8), dtype=np.uint8).map_blocks(plane, dtype=np.uint8)
    layer = ImageLayer(stack, contrast_limits=(0, 1), name="lazy", **FRAME)
    source = source_from_layer(layer)
    assert source.size_text == "5×8×8, 320 B"
    computed.clear()
    image = source.load(plane=(3,))
    assert computed == [3]
    assert (image.shape, image.axes, image.scale) == ((8, 8), "YX", (0.5, 0.25))


def test_a_pyramid_is_read_at_full_resolution():
    full = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    layer = ImageLayer([full, full[::2, ::2]], multiscale=True)
    np.testing.assert_array_equal(image_from_layer(layer).array, full)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (ImageLayer(np.zeros((4, 4, 3)), rgb=True, name="photo"), "“photo” is a colour image"),
        (Points(np.zeros((1, 2)), name="dots"), "“dots” is a Points layer"),
    ],
)
def test_what_is_no_grey_image_is_named(layer, words):
    with pytest.raises(UserError, match=words):
        image_from_layer(layer)


@pytest.mark.parametrize("high", [1, 255])
def test_a_two_valued_image_is_a_mask(high):
    pixels = (np.eye(5) * high).astype(np.uint8)
    assert mask_source_from_layer(ImageLayer(pixels)).load().array.max() == high


def test_a_grey_image_is_no_mask_and_the_way_out_is_said():
    layer = ImageLayer(np.arange(16.0).reshape(4, 4), name="cells")
    with pytest.raises(UserError, match="“cells” holds more than two values between 0 and 15"):
        mask_source_from_layer(layer).load()
    assert "Convert to Labels" in mask_image_problem(layer)
    layer.data = np.where(np.eye(4) > 0, np.nan, 1.0)
    with pytest.raises(UserError, match="NaN"):
        mask_source_from_layer(layer).load()


def test_shapes_become_labels_on_the_pixels_of_the_image():
    image = ImageLayer(np.zeros((6, 7)), scale=(2, 2), translate=(10, 20))
    shapes = Shapes([SQUARE * 2 + (10, 20)], name="drawn")  # world coordinates, scale 1
    mask = mask_source_from_layer(shapes, like=image).load()
    assert mask.shape == (6, 7)
    assert (mask.scale, mask.translate, mask.name) == ((2.0, 2.0), (10.0, 20.0), "drawn")
    expected = np.zeros((6, 7), int)
    expected[1:4, 1:4] = 1
    np.testing.assert_array_equal(mask.array, expected)


def test_shapes_without_an_image_reach_as_far_as_they_do():
    assert mask_source_from_layer(Shapes([SQUARE])).load().shape == (4, 4)
    with pytest.raises(UserError, match="holds no shapes"):
        mask_source_from_layer(Shapes(name="none")).load()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": (2, 2)}, "“a” and “b” differ in scale"),
        ({"translate": (0, 3)}, "differ in translate"),
        ({"rotate": 10}, "differ in rotate"),
        ({"shear": [0.1]}, "differ in shear"),
    ],
)
def test_layers_on_other_pixels_are_told_apart_naming_both(change, words):
    a, b = ImageLayer(np.zeros((4, 5)), name="a"), ImageLayer(np.zeros((4, 5)), name="b", **change)
    assert words in frame_difference(b, a)
    assert frame_difference(a, a) == ""


def test_another_size_is_told_with_both_sizes():
    a, b = ImageLayer(np.zeros((4, 5)), name="a"), Labels(np.zeros((4, 6), int), name="b")
    assert frame_difference(b, a) == "“a” is 4×5, “b” is 4×6: pick a pair of equal size."


def test_a_result_lies_below_its_mask_and_leaves_the_selection():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((2, 3, 4)), name="real")
    mask = viewer.add_labels(np.zeros((2, 3, 4), int), name="mask", rotate=TURN, **FRAME)
    image = Image(np.ones((2, 3, 4)), name="made", provenance={"seed": 1})
    layer = add_result_layer(viewer, image, like=mask, below=mask, colormap="green")
    assert [entry.name for entry in viewer.layers] == ["real", "made", "mask"]
    assert viewer.layers.selection.active is mask
    for field in ("scale", "translate", "rotate", "units", "axis_labels"):
        np.testing.assert_array_equal(getattr(layer, field), getattr(mask, field))
    assert layer.colormap.name == "green"
    assert layer.metadata[METADATA_KEY] == {"provenance": {"seed": 1}, "origin": [0, 0, 0]}


def test_layer_to_image_and_back_keeps_everything():
    viewer = ViewerModel()
    image = Image(
        np.random.default_rng(1).random((3, 4)),
        scale=(0.5, 0.25),
        units=("micrometer", "micrometer"),
        translate=(1, 2),
        origin=(8, 9),
        name="x",
        provenance={"seed": 3},
    )
    again = image_from_layer(add_result_layer(viewer, image))
    np.testing.assert_array_equal(again.array, image.array)
    for field in ("axes", "scale", "units", "translate", "origin", "name", "provenance"):
        assert getattr(again, field) == getattr(image, field), field


def test_an_update_sets_pixels_name_and_note_and_keeps_what_others_noted():
    layer = ImageLayer(np.zeros((8, 8), np.float32), metadata={"others": 1})
    image = Image(np.ones((8, 8), np.float32), name="new", provenance={"seed": 3})
    update_result_layer(layer, image)
    assert layer.data is image.array
    assert layer.name == "new"
    assert layer.metadata["others"] == 1
    assert layer.metadata[METADATA_KEY]["provenance"] == {"seed": 3}
