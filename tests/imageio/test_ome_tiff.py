"""Writing keeps everything, and other programs read what is written."""

import itertools
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, read_layer, write_image
from napari_fidelity.imageio.ome_tiff import store_losslessly

DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
DTYPES += ["float16", "float32", "float64", ">u2", ">f4"]


def make_image(**changes):
    array = np.random.default_rng(1).integers(0, 4000, (3, 20, 31)).astype(np.uint16)
    fields = {
        "scale": (0.29, 0.26, 0.26),
        "units": ("micrometer",) * 3,
        "translate": (1.5, -2.25, 0.0),
        "origin": (0, 64, -3),
        "name": "Zellkern 3 · µ & <x>",
        "provenance": {"operation": "synthesize", "params": {"seed": 7}, "nested": [1, None, "é"]},
    }
    return Image(array, **{**fields, **changes})


def assert_same(mine, other):
    np.testing.assert_array_equal(mine.array, other.array)
    assert mine.array.dtype == other.array.dtype.newbyteorder("=")
    for field in ("axes", "scale", "units", "translate", "origin", "name", "provenance"):
        assert getattr(mine, field) == getattr(other, field)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_comes_back_as_it_was(tmp_path, dtype):
    array = np.array([[0, 1, 0, 2], [1, 0, 3, 100]]).astype(dtype)
    image = Image(array, name="a")
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YX", (5, 4)),
        ("YX", (1, 1)),
        ("ZYX", (1, 5, 4)),
        ("TYX", (3, 5, 4)),
        ("CYX", (2, 5, 4)),
        ("ZYX", (5, 6, 3)),
        ("TZYX", (2, 3, 5, 4)),
        *(("".join(order) + "YX", (2, 3, 1, 5, 4)) for order in itertools.permutations("TCZ")),
    ],
)
def test_every_order_of_axes_comes_back(tmp_path, axes, shape):
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    image = Image(array, axes=axes)
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


def test_frame_name_and_history_come_back(tmp_path):
    image = make_image()
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


def test_values_that_are_not_numbers_come_back(tmp_path):
    image = Image(np.array([[np.nan, np.inf], [-np.inf, -0.0]], np.float32))
    back = read_image(write_image(tmp_path / "a.ome.tif", image)).array
    assert back.tobytes() == image.array.tobytes()


def test_strange_names_and_scales_come_back(tmp_path):
    image = make_image(name="a\x00b\x1b{c}", scale=(-1.0, 1e-9, 2.0), units=("", "parsec", "pixel"))
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


def test_an_array_in_another_memory_order_comes_back(tmp_path):
    image = Image(np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4))[::-1, ::2])
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


def test_other_programs_see_physical_sizes_and_axes(tmp_path):
    path = write_image(
        tmp_path / "a.ome.tif", make_image(units=("micrometer", "nanometer", "nanometer"))
    )
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == "ZYX"
        pixels = ElementTree.fromstring(tiff.ome_metadata).find("./{*}Image/{*}Pixels").attrib
    assert pixels["PhysicalSizeZ"] == "0.29"
    assert pixels["PhysicalSizeX"] == "0.00026"
    assert pixels["PhysicalSizeXUnit"] == "µm"
    assert pixels["SizeZ"] == "3"


def test_the_time_step_is_written_in_seconds(tmp_path):
    image = Image(
        np.zeros((2, 4, 4), np.uint8), "TYX", (500.0, 1.0, 1.0), ("millisecond", "pixel", "pixel")
    )
    with tifffile.TiffFile(write_image(tmp_path / "a.ome.tif", image)) as tiff:
        pixels = ElementTree.fromstring(tiff.ome_metadata).find("./{*}Image/{*}Pixels").attrib
    assert (pixels["TimeIncrement"], pixels["TimeIncrementUnit"]) == ("0.5", "s")
    assert "PhysicalSizeX" not in pixels


def test_the_xml_has_the_order_that_the_schema_wants(tmp_path):
    with tifffile.TiffFile(write_image(tmp_path / "a.ome.tif", make_image())) as tiff:
        root = ElementTree.fromstring(tiff.ome_metadata)
    names = [child.tag.split("}")[1] for child in root]
    assert names == ["Image", "StructuredAnnotations"]
    reference = root.find("./{*}Image/{*}AnnotationRef").get("ID")
    assert root.find("./{*}StructuredAnnotations/")[:].__len__() == 2
    assert root.find("./{*}StructuredAnnotations/").get("ID") == reference


def test_masks_are_black_and_white_for_other_programs(tmp_path):
    path = write_image(tmp_path / "m.ome.tif", Image(np.eye(3, dtype=bool)))
    np.testing.assert_array_equal(tifffile.imread(path), np.eye(3) * 255)


def test_equal_images_make_equal_bytes(tmp_path):
    first = write_image(tmp_path / "a.ome.tif", make_image())
    second = write_image(tmp_path / "b.ome.tif", make_image())
    other = write_image(tmp_path / "c.ome.tif", make_image(provenance={}))
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()


def test_the_look_of_a_layer_is_kept_beside_the_image(tmp_path):
    path = write_image(tmp_path / "a.tif", make_image(), layer={"type": "labels", "gamma": 0.5})
    assert read_layer(path)[1] == {"type": "labels", "gamma": 0.5}


def test_a_megabyte_of_history_comes_back(tmp_path):
    image = make_image(provenance={"inputs": {"mask": "A" * 12_000_000}})
    assert_same(read_image(write_image(tmp_path / "a.ome.tif", image)), image)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (Image(np.zeros((0, 4))), r"shape \(0, 4\), no pixel"),
        (Image(np.zeros((2, 2), complex)), "complex128 pixels"),
        (Image(np.array([[0, 2**40]])), "from 0 to 1099511627776"),
        (Image(np.array([[-1, 2**31]])), "from -1 to 2147483648"),
    ],
)
def test_what_cannot_be_stored_is_refused(tmp_path, image, sentence):
    with pytest.raises(UserError, match=sentence):
        write_image(tmp_path / "a.ome.tif", image)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_tiff_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"a\.png: give a name that ends in \.ome\.tif"):
        write_image(tmp_path / "a.png", make_image())


def test_history_without_a_form_in_json_is_a_bug_and_leaves_the_old_file(tmp_path):
    path = write_image(tmp_path / "a.ome.tif", make_image())
    before = path.read_bytes()
    for bad in (object(), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            write_image(path, make_image(provenance={"bad": bad}))
    assert path.read_bytes() == before


def test_unsigned_labels_beyond_int32_stay_whole():
    stored = store_losslessly(np.array([[0, 2**32 - 1]], np.uint64))
    assert stored.dtype == np.uint32
    assert stored.tolist() == [[0, 4294967295]]
