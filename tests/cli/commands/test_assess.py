"""`assess`: the same numbers as in Python, and a sentence for everything that cannot be."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.metrics import METRICS, MeasureSettings, measure, nfm, sfm
from napari_fidelity.operations.assess import AssessParams, assess


def read_json(outcome):
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


@pytest.fixture
def words(field):
    return ["assess", "--reference", field / "R.tif", "--mask", field / "M.tif"]


def test_json_holds_the_numbers_of_the_python_functions(run, words, field):
    rows = read_json(run(*words, field / "A.tif", field / "B.tif", "--format", "json"))
    assert [row["image"] for row in rows] == ["A.tif", "B.tif"]
    reference, mask = read_image(field / "R.tif"), read_image(field / "M.tif")
    for row in rows:
        test = read_image(field / row["image"])
        assert row["sfm"] == sfm(test, reference, mask)
        assert row["nfm"] == nfm(test, reference, mask)
        scores = measure(METRICS, test=test, reference=reference, mask=mask)
        assert {score.key: row[score.key] for score in scores} == {
            score.key: score.value for score in scores
        }
    settings = rows[0]["settings"]
    assert settings["data_range"] == np.ptp(reference.array)
    assert (settings["margin_px"], settings["density"], settings["border"]) == (5, "kde", "valid")
    assert settings["n_foreground"] == np.count_nonzero(mask.array)
    assert settings["n_background"] > 1000
    assert rows[0]["sfm"] > rows[1]["sfm"]
    assert rows[0]["nfm"] < rows[1]["nfm"]


def test_options_reach_the_settings(run, words, field):
    options = ["--margin", "2", "--density", "published", "--border", "zero"]
    options += ["--data-range", "dtype", "--metrics", "nfm, psnr,bfm"]
    (row,) = read_json(run(*words, field / "A.tif", *options, "--format", "json"))
    settings = MeasureSettings(margin_px=2, density="published", border="zero", data_range="dtype")
    expected = measure(
        ["nfm", "psnr", "bfm"],
        test=read_image(field / "A.tif"),
        reference=read_image(field / "R.tif"),
        mask=read_image(field / "M.tif"),
        settings=settings,
    )
    assert [row[score.key] for score in expected] == [score.value for score in expected]
    assert row["settings"]["data_range"] == 65535
    assert "sfm" not in row


def test_csv_can_be_read_and_says_the_same(run, words, field):
    tests = [field / "A.tif", field / "B.tif"]
    table = run(*words, *tests, "--format", "csv")
    rows = read_json(run(*words, *tests, "--format", "json"))
    read = list(csv.DictReader(io.StringIO(table.out)))
    assert [line["image"] for line in read] == ["A.tif", "B.tif"]
    for line, row in zip(read, rows, strict=True):
        assert float(line["sfm"]) == row["sfm"]
        assert int(line["n_foreground"]) == row["settings"]["n_foreground"]


def test_the_table_marks_the_best(run, words, field):
    outcome = run(*words, field / "A.tif", field / "B.tif", "--metrics", "sfm")
    header, first, second, *_ = outcome.out.splitlines()
    assert header.split() == ["image", "sfm"]
    assert first.startswith("A.tif")
    assert first.endswith("*")
    assert not second.endswith("*")


def test_nan_and_infinity_are_null_with_a_reason(run, field):
    (row,) = read_json(
        run("assess", "--reference", field / "R.tif", field / "R.tif", "--format", "json")
    )
    assert row["sfm"] is None
    assert row["reasons"]["sfm"] == "needs a mask"
    assert row["psnr"] is None
    assert "infinite" in row["reasons"]["psnr"]
    assert row["ncc"] == pytest.approx(1.0)


def test_a_background_mask_replaces_the_margin(run, words, field):
    behind = np.zeros((64, 72), np.uint8)
    behind[:7, 40:] = 255
    Pillow.fromarray(behind).save(field / "back.png")
    words = [*words, field / "A.tif", "--format", "json", "--background", field / "back.png"]
    (row,) = read_json(run(*words))
    assert row["settings"]["n_background"] == 7 * 32


def test_planes_of_a_stack(run, field):
    stack = np.stack([read_image(field / name).array for name in ("A.tif", "B.tif", "A.tif")])
    mask = np.stack([read_image(field / "M.tif").array] * 3)
    real = np.stack([read_image(field / "R.tif").array] * 3)
    for name, pixels in (("s.tif", stack), ("m.tif", mask), ("r.tif", real)):
        tifffile.imwrite(field / name, pixels, photometric="minisblack")
    words = ["assess", "--reference", field / "r.tif", "--mask", field / "m.tif", field / "s.tif"]
    words += ["--format", "json", "--metrics", "sfm"]
    planes = read_json(run(*words, "--scope", "planes"))
    assert [row["plane"] for row in planes] == [[0], [1], [2], "mean"]
    values = [row["sfm"] for row in planes]
    assert values[0] == values[2] > values[1]
    assert values[3] == pytest.approx(np.mean(values[:3]))
    (one,) = read_json(run(*words, "--plane", "1"))
    assert one["sfm"] == values[1]
    outcome = run(*words, "--plane", "3")
    assert outcome.code == 2
    assert "Plane (3,) is not in r.tif" in outcome.err
    (whole,) = read_json(run(*words))
    images = [Image(pixels) for pixels in (stack, real, mask)]
    expected = assess(
        images[:1], reference=images[1], mask=images[2], params=AssessParams(keys=("sfm",))
    )
    assert whole["sfm"] == expected.rows[0].scores["sfm"].value


def test_files_of_one_name_are_told_apart_by_their_folders(run, words, field):
    (field / "other").mkdir()
    (field / "other" / "A.tif").write_bytes((field / "B.tif").read_bytes())
    tests = [field / "A.tif", field / "other" / "A.tif"]
    rows = read_json(run(*words, *tests, "--format", "json"))
    assert [row["image"] for row in rows] == [str(path) for path in tests]


def test_a_bare_mask_takes_the_scale_of_the_reference(run, field):
    image = replace(
        read_image(field / "R.tif"), scale=(0.5, 0.5), units=("micrometer",) * 2, name=""
    )
    write_image(field / "R.ome.tif", image)
    words = ["assess", "--reference", field / "R.ome.tif", "--mask", field / "M.tif"]
    outcome = run(*words, field / "R.ome.tif", "--format", "json", "--metrics", "sfm")
    assert read_json(outcome)[0]["sfm"] == 1.0
    assert "Note: no pixel size in M.tif: that of R.ome.tif is taken." in outcome.err


def test_warnings_go_to_stderr(run, words, field):
    bright = read_image(field / "A.tif").array * 2
    tifffile.imwrite(field / "bright.tif", bright)
    outcome = run(*words, field / "bright.tif", "--format", "csv")
    assert outcome.code == 0
    assert "gain" in outcome.err
    assert "Note:" not in outcome.out


# What bad input gets ------------------------------------------------------------------------


def save(path, pixels):
    tifffile.imwrite(path, pixels, photometric="minisblack")
    return path


def test_another_shape_is_refused_with_both(refuse, words, field):
    small = save(field / "small.tif", np.zeros((60, 72), np.uint16))
    sentence = refuse(*words, small)
    assert all(word in sentence for word in ("small.tif", "60×72", "64×72", "R.tif"))
    sentence = refuse("assess", "--reference", field / "R.tif", "--mask", small, field / "A.tif")
    assert all(word in sentence for word in ("small.tif", "60×72", "64×72"))


def test_another_scale_is_refused_with_both(refuse, field):
    frame = {"units": ("micrometer",) * 2, "array": read_image(field / "R.tif").array}
    fine = write_image(field / "fine.ome.tif", Image(scale=(0.25, 0.25), **frame))
    coarse = write_image(field / "coarse.ome.tif", Image(scale=(0.5, 0.5), **frame))
    sentence = refuse("assess", "--reference", fine, coarse)
    assert all(word in sentence for word in ("scale", "0.5×0.5", "0.25×0.25", "coarse.ome.tif"))


def test_a_float_mask_is_refused_with_its_range(refuse, field):
    mask = save(field / "soft.tif", np.linspace(0, 0.75, 64 * 72).astype("f4").reshape(64, 72))
    sentence = refuse("assess", "--reference", field / "R.tif", "--mask", mask, field / "A.tif")
    assert "soft.tif" in sentence
    assert "0.75" in sentence


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(refuse, words, field, value):
    pixels = read_image(field / "A.tif").array.astype(np.float32)
    pixels[3, 4] = value
    sentence = refuse(*words, save(field / "holes.tif", pixels))
    assert "holes.tif" in sentence


def test_colour_is_refused_with_its_shape(refuse, words, field):
    tifffile.imwrite(field / "rgb.tif", np.zeros((64, 72, 3), np.uint8), photometric="rgb")
    assert "rgb.tif is a colour image of shape 64×72×3" in refuse(*words, field / "rgb.tif")


def test_a_file_that_is_no_image_and_one_that_is_missing(refuse, words, field):
    (field / "notes.tif").write_text("no image")
    assert "notes.tif is not an image" in refuse(*words, field / "notes.tif")
    assert "There is no file" in refuse(*words, field / "missing.tif")
    assert "is a folder" in refuse(*words, field)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--margin", "-1"], "--margin must be 0 or more, not -1"),
        (["--margin", "wide"], "--margin must be a whole number, not 'wide'"),
        (["--density", "box"], "'kde', 'published' or 'histogram', not 'box'"),
        (["--metrics", "sfm,foo"], "There is no metric 'foo': choose one of sfm"),
        (["--plane", "x"], "Setting 'plane.0'"),
        (["--scope", "all"], "'plane', 'planes' or 'stack', not 'all'"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_bad_options_are_named(refuse, words, field, options, sentence):
    assert sentence in refuse(*words, field / "A.tif", *options)


def test_empty_full_and_constant_get_reasons(run, field):
    def reasons(mask, test="A.tif"):
        path = save(field / "mask.tif", mask)
        words = ["--mask", path, field / test, "--format", "json"]
        (row,) = read_json(run("assess", "--reference", field / "R.tif", *words))
        return row, row["reasons"]

    row, why = reasons(np.zeros((64, 72), np.uint8))
    assert row["sfm"] is None
    assert why["sfm"]
    row, why = reasons(np.ones((64, 72), np.uint8))
    assert row["nfm"] is None
    assert why["nfm"]
    save(field / "flat.tif", np.full((64, 72), 7, np.uint16))
    row, why = reasons(read_image(field / "M.tif").array, "flat.tif")
    assert row["sfm"] is row["pcc"] is None
    assert why["sfm"]
    assert why["pcc"]


def test_negative_values_are_measured(run, words, field):
    shifted = read_image(field / "A.tif").array.astype(np.float32) - 500
    save(field / "negative.tif", shifted)
    (row,) = read_json(run(*words, field / "negative.tif", "--format", "json"))
    (same,) = read_json(run(*words, field / "A.tif", "--format", "json"))
    assert row["sfm"] == pytest.approx(same["sfm"], abs=1e-6)
    assert row["nfm"] == 1.0
