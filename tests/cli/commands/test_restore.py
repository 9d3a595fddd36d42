"""`restore`: from files to a file, the options of methods and PSFs, and mistakes."""

import json

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.restore import RestoreParams, restore
from tests.models.packages import write_care
from tests.restoration.scenes import blur, draw_specks, make_gaussian

OPTICS = ("--na", 0.9, "--wavelength-nm", 520, "--refractive-index", 1)


@pytest.fixture
def files(tmp_path):
    """An image and a PSF with their pixel size, and one without."""
    psf = make_gaussian(9, 1.2)
    noisy = np.random.default_rng(0).poisson(blur(draw_specks((50, 60)), psf) + 10)
    write_image(tmp_path / "in.ome.tif", sized(noisy.astype(np.uint16)))
    write_image(tmp_path / "psf.ome.tif", sized(psf))
    np.save(tmp_path / "psf.npy", psf)
    np.save(tmp_path / "in.npy", noisy)
    return tmp_path


def sized(array):
    return Image(array, scale=(0.2, 0.2), units=("micrometer", "micrometer"))


def test_an_image_is_restored_as_by_the_function(run, files):
    out = files / "out.ome.tif"
    words = ("--method", "richardson-lucy", "--psf", files / "psf.ome.tif", "--iterations", 7)
    outcome = run("restore", *words, files / "in.ome.tif", "-o", out)
    assert outcome.code == 0, outcome
    assert "iterations: 7" in outcome.err
    result = read_image(out)
    assert result.scale == (0.2, 0.2)
    assert result.array.dtype == np.float32
    recipe = result.provenance["params"]
    assert recipe["method"]["iterations"] == 7
    expected = restore(read_image(files / "in.ome.tif"), RestoreParams.parse(recipe))
    np.testing.assert_array_equal(result.array, expected.array)
    again = files / "again.ome.tif"
    assert run("rerun", out, "-o", again).code == 0
    np.testing.assert_array_equal(read_image(again).array, result.array)


def test_optics_and_json_state_the_same_psf(run, files):
    settings = {"numerical_aperture": 0.9, "emission_nm": 520, "immersion_index": 1}
    method = ("--method", "wiener", "--balance", 0.05)
    for name, words in {"a": OPTICS, "b": ("--psf", json.dumps(settings))}.items():
        outcome = run(
            "restore", *method, *words, files / "in.ome.tif", "-o", files / f"{name}.ome.tif"
        )
        assert outcome.code == 0, outcome
    first, second = (read_image(files / f"{name}.ome.tif") for name in "ab")
    np.testing.assert_array_equal(first.array, second.array)
    assert first.provenance["params"] == second.provenance["params"]
    assert first.provenance["params"]["method"]["balance"] == 0.05


def test_methods_without_a_psf_and_settings_as_json(run, files):
    method = json.dumps({"kind": "gaussian", "sigma_px": 1.5})
    words = ("--method", method, "--dtype", "uint8")
    assert run("restore", *words, files / "in.npy", "-o", files / "out.ome.tif").code == 0
    assert read_image(files / "out.ome.tif").array.dtype == np.uint8


def test_a_psf_that_a_method_leaves_out_is_told(run, files):
    words = ("--method", "gaussian", *OPTICS)
    outcome = run("restore", *words, files / "in.ome.tif", "-o", files / "out.ome.tif")
    assert outcome.code == 0
    assert "the PSF is not used" in outcome.err


def test_a_psf_of_unknown_pixel_size_takes_the_images_and_says_so(run, files):
    words = ("--psf", files / "psf.npy", "--iterations", 2)
    outcome = run("restore", *words, files / "in.ome.tif", "-o", files / "out.ome.tif")
    assert outcome.code == 0
    assert "Note: The pixel size of the PSF is not stated: the image's is taken." in outcome.err


def test_a_zarr_folder_can_be_written(run, files):
    pytest.importorskip("zarr")
    words = ("--iterations", 2, *OPTICS, "--tile-px", 32)
    outcome = run("restore", *words, files / "in.ome.tif", "-o", files / "out.zarr")
    assert outcome.code == 0, outcome
    assert (files / "out.zarr" / "zarr.json").is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Richardson–Lucy needs a PSF"),
        (("--method", "magic"), "There is no restoration method 'magic'"),
        (("--method", "{"), "is no JSON text with the kind of a method"),
        (("--psf", "{"), "is no JSON text: quote it"),
        (("--psf", "nowhere.tif"), "nowhere.tif"),
        (("--method", "gaussian", "--balance", 3), "--balance is no setting of gaussian"),
        (("--iterations", 0, *OPTICS), "--iterations must be 1 or more, not 0."),
        (("--background", -1, *OPTICS), "--background must be 0 or more, not -1."),
        (("--background", 1e9, *OPTICS), "background of 1e+09 is above every pixel"),
        (("--stop", "noise", *OPTICS), "the gain of the camera is needed"),
        (("--psf", "{}", "--na", 1), "--psf gives the PSF and --na its optics"),
        (("--na", 1.6), "numerical aperture 1.6 is above the refractive index"),
        (("--pixel-size-um", 0, *OPTICS), "--pixel-size-um must be more than 0, not 0."),
    ],
)
def test_mistakes_are_one_sentence(refuse, files, words, sentence):
    said = refuse("restore", *words, files / "in.ome.tif", "-o", files / "out.ome.tif")
    assert sentence in said
    assert not (files / "out.ome.tif").exists()


def test_images_without_a_scale_are_asked_for_it(refuse, files):
    said = refuse("restore", *OPTICS, files / "in.npy", "-o", files / "out.ome.tif")
    assert "state the pixel size in micrometers" in said


def test_an_image_without_a_scale_takes_that_of_a_psf_that_has_one(run, refuse, files):
    words = ("restore", "--psf", files / "psf.ome.tif", "--iterations", 2, files / "in.npy")
    outcome = run(*words, "-o", files / "out.ome.tif")
    assert "in does not say its pixel size: that of the PSF, 0.2 µm, is taken." in outcome.err
    assert read_image(files / "out.ome.tif").scale == (0.2, 0.2)
    said = refuse("restore", "--psf", files / "psf.npy", files / "in.npy", "-o", files / "o.tif")
    assert "state the pixel size in micrometers" in said


def test_the_help_tells_every_setting_of_every_method(run):
    outcome = run("restore", "--help")
    assert outcome.code == 0
    for flag in ("--iterations", "--tv-weight", "--balance", "--sigma-px", "--method-output"):
        assert flag in outcome.out


def test_a_trained_model_is_named_by_its_folder_and_made_again(run, files):
    folder = write_care(files / "run" / "model")
    words = ("--method", "model", "--flips", "mirrored", files / "in.ome.tif")
    out = files / "out.ome.tif"
    outcome = run("restore", *words, "--model", files / "run", "-o", out)
    assert outcome.code == 0, outcome
    assert "PSF" not in outcome.err
    recipe = read_image(out).provenance
    assert recipe["params"]["method"]["flips"] == "mirrored"
    assert recipe["params"]["psf"] is None
    again = files / "again.ome.tif"
    assert run("rerun", out, "-o", again).code == 0
    np.testing.assert_array_equal(read_image(again).array, read_image(out).array)
    spread = files / "spread.ome.tif"
    outcome = run("restore", *words, "--model", folder, "--uncertainty", "-o", spread)
    assert "uncertainty" in outcome.err
    assert (read_image(spread).array >= 0).all()
    outcome = run("restore", "--method", "model", files / "in.ome.tif", "-o", out)
    assert outcome.code != 0
    assert "No model is chosen" in outcome.err
    outcome = run("restore", "--method", "wiener", "--flips", "all", files / "in.npy", "-o", out)
    assert "--flips is no setting of wiener" in outcome.err


def test_methods_that_are_not_there_are_named_with_those_that_are(run, files):
    outcome = run("restore", "--method", "magic", files / "in.npy", "-o", files / "o.ome.tif")
    assert "no restoration method 'magic'" in outcome.err
    assert "rolling-ball, model." in outcome.err
