"""Reading what other programs wrote, and refusing what is no grey image."""

import contextlib
from importlib.util import find_spec

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import ReadWarning, holds_colour, read_image, write_image

GREY = np.random.default_rng(2).integers(0, 256, (24, 17)).astype(np.uint8)
STACK = np.random.default_rng(3).integers(0, 65536, (5, 24, 17)).astype(np.uint16)


def test_a_plain_tiff_has_pixels_as_units(tmp_path):
    tifffile.imwrite(tmp_path / "cells 1.tif", STACK)
    image = read_image(tmp_path / "cells 1.tif")
    np.testing.assert_array_equal(image.array, STACK)
    assert (image.axes, image.scale, image.units) == ("ZYX", (1.0,) * 3, ("pixel",) * 3)
    assert image.name == "cells 1"


@pytest.mark.parametrize("unit", ["um", "µm", "micron", "nm", "mm"])
def test_imagej_axes_and_sizes_are_honoured(tmp_path, unit):
    factor = {"nm": 1000.0, "mm": 0.001}.get(unit, 1.0)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((2, 3, 8, 9), np.uint16),
        imagej=True,
        resolution=(1 / (0.25 * factor), 1 / (0.5 * factor)),
        metadata={
            "axes": "TZYX",
            "unit": unit.replace("µ", "\\u00B5"),
            "spacing": 2.0 * factor,
            "finterval": 0.1,
        },
    )
    image = read_image(tmp_path / "a.tif")
    assert image.axes == "TZYX"
    assert image.scale == pytest.approx((0.1, 2.0, 0.5, 0.25), rel=1e-6)
    assert image.units == ("second", "micrometer", "micrometer", "micrometer")


def test_imagej_without_a_unit_has_pixels(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, imagej=True, resolution=(3.0, 3.0), metadata={"axes": "ZYX"}
    )
    assert read_image(tmp_path / "a.tif").scale == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("resolution", "unit", "scale"),
    [
        ((40000.0, 20000.0), "CENTIMETER", (0.5, 0.25)),
        ((101600.0, 101600.0), "INCH", (0.25, 0.25)),
        ((72.0, 72.0), "INCH", (1.0, 1.0)),
        ((5.0, 5.0), "NONE", (1.0, 1.0)),
    ],
)
def test_a_plain_resolution_counts_where_it_is_no_print_size(tmp_path, resolution, unit, scale):
    tifffile.imwrite(
        tmp_path / "a.tif", GREY, resolution=resolution, resolutionunit=unit, metadata=None
    )
    assert read_image(tmp_path / "a.tif").scale == pytest.approx(scale, rel=1e-6)


def test_foreign_ome_files_keep_axes_and_sizes(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        np.zeros((2, 3, 8, 9), np.uint16),
        metadata={
            "axes": "CZYX",
            "Name": "field 4",
            "PhysicalSizeX": 65.0,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 0.065,
            "PhysicalSizeZ": 0.2,
        },
    )
    image = read_image(tmp_path / "a.ome.tif")
    assert (image.axes, image.name, image.provenance) == ("CZYX", "field 4", {})
    assert image.scale == (1.0, 0.2, 0.065, 0.065)
    assert image.units == ("pixel", "micrometer", "micrometer", "micrometer")


def test_big_endian_pixels_become_native(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK, byteorder=">")
    image = read_image(tmp_path / "a.tif")
    assert image.array.dtype.isnative
    np.testing.assert_array_equal(image.array, STACK)


def test_a_stack_marked_as_colour_planes_is_read_as_channels(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK[:3], photometric="rgb", planarconfig="separate")
    with pytest.warns(ReadWarning, match="marks its 3 planes as colours"):
        image = read_image(tmp_path / "a.tif")
    assert image.axes == "CYX"
    np.testing.assert_array_equal(image.array, STACK[:3])


def test_of_several_images_the_first_is_used_and_it_is_said(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(GREY, metadata=None)
        writer.write(STACK[0, :7], metadata=None)
    with pytest.warns(ReadWarning, match=r"a\.tif holds 2 images: the first one is used"):
        image = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.array, GREY)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp"])
def test_grey_pictures_keep_their_values(tmp_path, name):
    if name == "a.webp":  # holds colour only
        Pillow.fromarray(GREY).save(tmp_path / name, lossless=True)
        with pytest.raises(UserError, match="colour image of shape 24×17×3"):
            read_image(tmp_path / name)
        return
    Pillow.fromarray(GREY).save(tmp_path / name)
    np.testing.assert_array_equal(read_image(tmp_path / name).array, GREY)


def test_pictures_of_sixteen_bits_and_of_one(tmp_path):
    Pillow.fromarray(STACK[0]).save(tmp_path / "a.png")
    Pillow.fromarray(GREY > 99).save(tmp_path / "b.png")
    sixteen, one = read_image(tmp_path / "a.png"), read_image(tmp_path / "b.png")
    np.testing.assert_array_equal(sixteen.array, STACK[0])
    assert one.array.dtype == bool
    np.testing.assert_array_equal(one.array, GREY > 99)


def test_a_grey_jpeg_is_read(tmp_path):
    smooth = np.tile(np.arange(0, 128, dtype=np.uint8), (64, 1))
    Pillow.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "a.jpg").array.astype(int) - smooth).max() <= 4


def test_a_palette_of_greys_is_grey_and_one_of_colours_is_not(tmp_path):
    picture = Pillow.fromarray(GREY).convert("P")
    picture.putpalette([value for level in range(256) for value in (255 - level,) * 3])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").array, 255 - GREY)
    picture.putpalette([value for level in range(256) for value in (level, 0, 0)])
    picture.save(tmp_path / "b.png")
    with pytest.raises(UserError, match=r"b\.png is a colour image \(24×17 with a palette\)"):
        read_image(tmp_path / "b.png")


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Pillow.fromarray(GREY), Pillow.fromarray(255 - GREY)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    with pytest.warns(ReadWarning, match="2 frames"):
        image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.array, GREY)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy", "b.tif"])
def test_colour_is_refused_with_its_shape(tmp_path, name, channels):
    colour = np.zeros((24, 17, channels), np.uint8)
    path = tmp_path / name
    if name == "a.png":
        Pillow.fromarray(colour).save(path)
    elif name == "a.npy":
        np.save(path, colour)
    else:
        photometric = "rgb" if name == "a.tif" else "minisblack"
        extra = {"extrasamples": ["unassalpha"]} if photometric == "rgb" and channels == 4 else {}
        tifffile.imwrite(path, colour, photometric=photometric, **extra)
    with pytest.raises(UserError, match=f"{name} is a colour image of shape 24×17×{channels}"):
        read_image(path)


def test_whether_a_file_holds_colour(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 8, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(tmp_path / "b.tif", STACK)
    (tmp_path / "c.tif").write_bytes(b"II*\0")
    names = ("a.tif", "b.tif", "c.tif", "none.tif")
    assert [holds_colour(tmp_path / name) for name in names] == [True, False, False, False]


def test_numpy_files(tmp_path):
    np.save(tmp_path / "a.npy", STACK.astype(">f4"))
    image = read_image(tmp_path / "a.npy")
    assert (image.axes, image.array.dtype) == ("ZYX", np.dtype("float32"))
    np.save(tmp_path / "b.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(UserError, match=r"b\.npy holds Python objects, which are not loaded"):
        read_image(tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", np.zeros((2, 2), complex))
    with pytest.raises(UserError, match=r"c\.npy holds complex128 values"):
        read_image(tmp_path / "c.npy")
    np.save(tmp_path / "d.npy", np.zeros((0, 2)))
    with pytest.raises(UserError, match=r"shape \(0, 2\): it holds no pixel"):
        read_image(tmp_path / "d.npy")
    np.save(tmp_path / "e.npy", np.zeros(5))
    with pytest.raises(UserError, match=r"e\.npy holds a single row of numbers"):
        read_image(tmp_path / "e.npy")
    np.save(tmp_path / "f.npy", np.zeros((1, 1, 1, 1, 5, 5)))
    with pytest.raises(UserError, match="6 axes"):
        read_image(tmp_path / "f.npy")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"a\.tif is empty \(0 bytes\)"),
        (b"not an image at all", r"a\.tif is not an image that can be read: TIFF, OME-TIFF"),
        (b"II*\0\x08\0\0\0", "damaged.* or"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not an image|damaged"),
        (b"PK\x03\x04zip", "not an image"),
        (b"\x93NUMPY\x01\0", "damaged.* or"),
    ],
)
def test_files_that_are_no_image(tmp_path, content, sentence):
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read_image(tmp_path / "a.tif")


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(UserError, match=r"There is no file .*none\.tif\."):
        read_image(tmp_path / "none.tif")
    with pytest.raises(UserError, match="is a folder: name an image file"):
        read_image(tmp_path)


def write_kind(kind, path):
    if kind == "ours":
        write_image(path, Image(STACK))
    elif kind == "pages":
        with tifffile.TiffWriter(path) as writer:
            for plane in STACK:
                writer.write(plane, metadata=None)
    elif kind == "png":
        Pillow.fromarray(STACK[0]).save(path, format="PNG")
    elif kind == "npy":
        with path.open("wb") as file:
            np.save(file, STACK)
    else:
        settings = {"zlib": {"compression": "zlib"}, "imagej": {"imagej": True}, "plain": {}}
        tifffile.imwrite(path, STACK, **settings[kind])


@pytest.mark.parametrize("kind", ["ours", "plain", "zlib", "imagej", "pages", "png", "npy"])
def test_a_file_cut_anywhere_is_refused_or_complete(tmp_path, kind):
    path = tmp_path / "whole.tif"
    write_kind(kind, path)
    whole, content = read_image(path).array, path.read_bytes()
    refused = 0
    for length in np.linspace(8, len(content) - 1, 40).astype(int):
        (tmp_path / "cut").write_bytes(content[:length])
        try:
            np.testing.assert_array_equal(read_image(tmp_path / "cut").array, whole)
        except UserError as error:
            refused += 1
            assert "cut" in str(error)  # noqa: PT017 - either outcome is right
    assert refused >= 35  # the last bytes of some formats say nothing about the pixels


@pytest.mark.parametrize("kind", ["ours", "plain", "zlib", "imagej", "png", "npy"])
def test_damaged_bytes_never_raise_anything_but_a_sentence(tmp_path, kind):
    write_kind(kind, tmp_path / "whole.tif")
    content = (tmp_path / "whole.tif").read_bytes()
    random = np.random.default_rng(4)
    for _ in range(60):
        damaged = bytearray(content)
        for place in random.integers(8, min(len(content), 1500), 3):
            damaged[place] = random.integers(256)
        (tmp_path / "damaged").write_bytes(damaged)
        with contextlib.suppress(UserError, ReadWarning):
            assert read_image(tmp_path / "damaged").array.ndim >= 2


def test_notes_that_do_not_fit_are_told_and_left_out(tmp_path):
    path = write_image(tmp_path / "a.ome.tif", Image(GREY, name="a", provenance={"seed": 1}))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"&quot;format&quot;: 1", b"&quot;format&quot;: 9"))
    with pytest.warns(ReadWarning, match=r"a\.ome\.tif is read without its history: .* version 9"):
        image = read_image(path)
    np.testing.assert_array_equal(image.array, GREY)
    assert image.provenance == {}
    path.write_bytes(
        content.replace(b"&quot;shape&quot;: [24, 17]", b"&quot;shape&quot;: [24, 18]")
    )
    with pytest.warns(ReadWarning, match="its notes are of another image"):
        assert read_image(path).provenance == {}


def test_a_compression_without_its_codec_names_the_package(tmp_path):
    Pillow.fromarray(GREY).save(tmp_path / "a.tif", compression="jpeg")
    if find_spec("imagecodecs"):
        assert read_image(tmp_path / "a.tif").shape == GREY.shape
    else:
        with pytest.raises(UserError, match="needs the package imagecodecs"):
            read_image(tmp_path / "a.tif")


def test_json_is_no_image(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}')
    with pytest.raises(UserError, match="not an image"):
        read_image(tmp_path / "a.json")
