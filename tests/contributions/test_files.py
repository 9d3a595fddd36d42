"""Saving in napari, opening in a new viewer: the same layer."""

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels

from napari_fidelity.contributions.layer_data import (
    METADATA_KEY,
    TEMPORARY_ROLE,
    image_from_layer,
)
from napari_fidelity.contributions.reader import get_reader, read_layers
from napari_fidelity.contributions.writer import write_image_layer, write_labels_layer
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image

PIXELS = np.random.default_rng(5).normal(100, 20, (3, 16, 20)).astype(np.float32)
HISTORY = {"operation": "synthesize", "params": {"seed": 7}}


def make_image_layer(**changes):
    fields = {
        "name": "result · seed 7",
        "scale": (0.29, 0.26, 0.26),
        "units": ("um", "um", "um"),
        "translate": (1.0, 2.0, 3.0),
        "axis_labels": ("z", "y", "x"),
        "colormap": "magenta",
        "contrast_limits": (50.0, 160.0),
        "gamma": 0.7,
        "metadata": {METADATA_KEY: {"provenance": HISTORY, "origin": [0, 5, 6]}, "mine": object()},
    }
    return ImageLayer(PIXELS, **{**fields, **changes})


def save_and_open(layer, path):
    data, attributes, kind = layer.as_layer_data_tuple()
    write = {"image": write_image_layer, "labels": write_labels_layer}[kind]
    assert write(str(path), data, attributes) == [str(path)]
    viewer = ViewerModel()
    for layer_data in get_reader(str(path))(str(path)):
        viewer._add_layer_from_data(*layer_data)
    (opened,) = viewer.layers
    return opened


def test_an_image_layer_comes_back_as_it_was(tmp_path):
    layer = make_image_layer()
    opened = save_and_open(layer, tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(opened.data, PIXELS)
    assert opened.data.dtype == np.float32
    for field in ("name", "units", "axis_labels", "gamma", "contrast_limits", "blending"):
        assert getattr(opened, field) == getattr(layer, field)
    np.testing.assert_array_equal(opened.scale, (0.29, 0.26, 0.26))
    np.testing.assert_array_equal(opened.translate, (1.0, 2.0, 3.0))
    assert opened.colormap.name == "magenta"
    assert opened.metadata == {METADATA_KEY: {"provenance": HISTORY, "origin": [0, 5, 6]}}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_a_labels_layer_comes_back_as_labels(tmp_path, dtype):
    labels = np.arange(12, dtype=dtype).reshape(3, 4)
    layer = Labels(labels, name="cells", scale=(0.5, 0.5), units=("nm", "nm"), opacity=0.3)
    opened = save_and_open(layer, tmp_path / "a.ome.tif")
    assert isinstance(opened, Labels)
    np.testing.assert_array_equal(opened.data, labels)
    assert opened.data.dtype == dtype
    assert (opened.name, opened.units, opened.opacity) == ("cells", layer.units, 0.3)


@pytest.mark.parametrize(
    "changes",
    [{"rotate": 30.0}, {"shear": (0.2,)}, {"affine": np.diag([2.0, 1.0, 1.0])}],
    ids=["rotate", "shear", "affine"],
)
def test_a_turned_or_sheared_layer_stays_so(tmp_path, changes):
    layer = ImageLayer(PIXELS[0], **changes)
    opened = save_and_open(layer, tmp_path / "a.ome.tif")
    np.testing.assert_allclose(opened.rotate, layer.rotate, atol=1e-12)
    np.testing.assert_allclose(opened.shear, layer.shear, atol=1e-12)
    np.testing.assert_allclose(opened.affine.affine_matrix, layer.affine.affine_matrix)


def test_a_colormap_of_ones_own_does_not_keep_the_file_from_opening(tmp_path):
    colormap = {"colors": [[0, 0, 0, 1], [1, 0.5, 0, 1]], "name": "my own"}
    opened = save_and_open(make_image_layer(colormap=colormap), tmp_path / "a.ome.tif")
    assert opened.colormap.name == "gray"


def test_of_a_multiscale_layer_the_full_resolution_is_saved(tmp_path):
    levels = [PIXELS[0], PIXELS[0, ::2, ::2]]
    layer = ImageLayer(levels, multiscale=True, name="levels")
    opened = save_and_open(layer, tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(opened.data, PIXELS[0])


def test_a_colour_layer_is_refused(tmp_path):
    layer = ImageLayer(np.zeros((8, 8, 3), np.uint8), rgb=True, name="stain")
    with pytest.raises(UserError, match="stain is a colour layer"):
        write_image_layer(str(tmp_path / "a.ome.tif"), *layer.as_layer_data_tuple()[:2])
    assert list(tmp_path.iterdir()) == []


def test_axes_follow_the_labels_of_the_layer():
    layer = ImageLayer(PIXELS, axis_labels=("t", "y", "x"))
    assert image_from_layer(*layer.as_layer_data_tuple()[:2]).axes == "TYX"
    plain = ImageLayer(PIXELS)
    assert image_from_layer(*plain.as_layer_data_tuple()[:2]).axes == "ZYX"


def test_a_bool_mask_opens_as_labels_one_can_paint_on(tmp_path):
    mask = Image(np.eye(4, dtype=bool), name="mask")
    write_image(tmp_path / "a.ome.tif", mask, layer={"type": "labels"})
    ((data, attributes, kind),) = read_layers(str(tmp_path / "a.ome.tif"))
    assert (kind, data.dtype) == ("labels", np.uint8)
    np.testing.assert_array_equal(Labels(data, **attributes).data, np.eye(4))


def test_foreign_channels_open_as_a_layer_each(tmp_path):
    path = tmp_path / "two.ome.tif"
    stack = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    tifffile.imwrite(path, stack, metadata={"axes": "CZYX", "Name": "two", "PhysicalSizeX": 0.1})
    layers = read_layers(str(path))
    assert [(attributes["name"], kind) for _, attributes, kind in layers] == [
        ("two · channel 1", "image"),
        ("two · channel 2", "image"),
    ]
    np.testing.assert_array_equal(layers[1][0], stack[1])
    assert layers[1][1]["scale"] == (1.0, 1.0, 0.1)


def test_an_image_written_from_python_opens_as_one_image(tmp_path):
    image = Image(np.zeros((2, 4, 4), np.float32), "CYX", name="a", provenance=HISTORY)
    write_image(tmp_path / "a.ome.tif", image)
    ((data, attributes, kind),) = read_layers(str(tmp_path / "a.ome.tif"))
    assert (data.shape, attributes["axis_labels"], kind) == ((2, 4, 4), ("c", "y", "x"), "image")


def test_other_files_are_left_to_other_readers(tmp_path):
    colour = tmp_path / "colour.ome.tif"
    tifffile.imwrite(colour, np.zeros((9, 9, 3), np.uint8), photometric="rgb")
    assert get_reader(str(colour)) is None
    assert get_reader("a.tif") is None
    assert get_reader(["a.ome.tif", "b.ome.tif"]) is None
    assert get_reader("A.OME.TIFF") is read_layers


def test_a_damaged_file_gets_a_sentence(tmp_path):
    path = write_image(tmp_path / "a.ome.tif", Image(np.eye(50)))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(UserError, match="cut short"):
        get_reader(str(path))(str(path))


def test_saved_layers_are_images_for_the_command_line_too(tmp_path):
    save_and_open(make_image_layer(), tmp_path / "a.ome.tif")
    image = read_image(tmp_path / "a.ome.tif")
    assert (image.axes, image.origin, image.units) == ("ZYX", (0, 5, 6), ("micrometer",) * 3)
    assert image.provenance == HISTORY


def test_a_preview_is_not_saved(tmp_path):
    role = {METADATA_KEY: {"role": TEMPORARY_ROLE}}
    layer = ImageLayer(np.zeros((4, 4)), name="preview of cells", metadata=role)
    with pytest.raises(UserError, match="“preview of cells” only shows something for a while"):
        write_image_layer(str(tmp_path / "a.ome.tif"), *layer.as_layer_data_tuple()[:2])
    assert list(tmp_path.iterdir()) == []
