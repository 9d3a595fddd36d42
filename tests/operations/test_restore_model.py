"""Restoration by trained models: parts of the whole, exact reruns, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import napari_fidelity
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.predictor import Predictor
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import load_model
from napari_fidelity.operations.batch import BatchParams, run_batch
from napari_fidelity.operations.copy_text import Call, as_command, as_python, as_recipe
from napari_fidelity.operations.measured_scaling import _measured
from napari_fidelity.operations.recipe import read_recipe
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.restore import RestoreParams, restore, restore_with_uncertainty
from napari_fidelity.restoration.catalog import parse_settings
from napari_fidelity.restoration.learned import LearnedSettings
from tests.models.packages import write_care, write_model

EXACT = ComputeSettings(precision="float32")
UM = {"scale": (0.2, 0.2), "units": ("um", "um")}


@pytest.fixture(scope="module")
def care(tmp_path_factory):
    return write_care(tmp_path_factory.mktemp("models") / "care")


def settings(model, *, times=1, dtype=None, tile_px=None, spatial="auto", **method):
    method = {"kind": "model", "model": str(model), "precision": "float32", **method}
    values = {"times": times, "dtype": dtype, "tile_px": tile_px, "spatial": spatial}
    return RestoreParams.parse({"method": method, **values})


def make_image(shape=(90, 101), dtype=np.uint16, seed=0, **frame):
    rng = np.random.default_rng(seed)
    pixels = 100 + 400 * rng.random(shape)
    pixels[..., 20:40, 30:60] += 2000
    return Image(pixels.astype(dtype), name="cells", **frame)


def span(image):
    return float(np.ptp(image.array.astype(np.float64)))


def test_the_result_is_that_of_the_predictor_on_the_whole_image(care):
    image = make_image(**UM)
    result = restore(image, settings(care))
    model = load_model(care)
    options = PredictOptions(output="mean-scale")
    expected = Predictor(model.network, EXACT, options=options).predict(image.array)
    np.testing.assert_allclose(result.array, expected.mean, rtol=1e-5, atol=1e-5 * span(image))
    assert result.scale == image.scale
    assert result.array.dtype == np.float32
    assert result.name == "cells · Tiny care"
    said = result.provenance
    assert said["model"]["sha256"] == model.sha256
    assert said["params"]["method"]["precision"] == "float32"
    low, high = said["params"]["method"]["scaling"][0]
    assert (low, high) == (said["found"]["low"], said["found"]["high"])
    assert 100 <= low < high <= 2500


@pytest.mark.parametrize(
    "region",
    [
        (slice(20, 41), slice(33, 70)),
        (slice(None, 7), slice(94, None)),
        (slice(50, None), slice(None)),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_region_has_the_pixels_of_the_whole(care, region, times):
    image = make_image()
    whole = restore(image, settings(care, times=times)).array
    part = restore(image, settings(care, times=times), region=region)
    np.testing.assert_allclose(part.array, whole[region], atol=1e-5 * span(image), rtol=0)
    assert part.origin == tuple(side.indices(200)[0] for side in region)


def test_networks_that_normalise_by_the_whole_plane_read_it_for_a_region(tmp_path):
    folder = write_model(tmp_path / "norm", network="norm-unet", norm="instance", widths=(2, 4))
    image = make_image((40, 44))
    region = (slice(10, 20), slice(5, 30))
    whole = restore(image, settings(folder)).array
    part = restore(image, settings(folder), region=region).array
    np.testing.assert_allclose(part, whole[region], atol=1e-5 * span(image), rtol=0)


def test_tiles_and_types_change_nothing_else(care):
    image = make_image()
    whole = restore(image, settings(care, dtype="uint16")).array
    tiled = restore(image, settings(care, dtype="uint16", tile_px=32)).array
    assert whole.dtype == np.uint16
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    region = (slice(10, 50), slice(0, 20))
    part = restore(image, settings(care, dtype="uint16"), region=region).array
    assert np.abs(part.astype(int) - whole[region]).max() <= 1


def test_every_channel_is_scaled_by_itself_and_planes_together(care):
    stack = make_image((3, 2, 40, 44), axes="TCYX")
    stack.array[:, 1] //= 10
    result = restore(stack, settings(care))
    assert result.shape == stack.shape
    first, second = result.provenance["params"]["method"]["scaling"]
    assert first[1] > 5 * second[1]
    alone = Image(np.ascontiguousarray(stack.array[:, 1]), axes="TYX")
    np.testing.assert_allclose(
        result.array[:, 1], restore(alone, settings(care)).array, rtol=1e-5, atol=1e-2
    )
    region = (slice(1, 3), slice(1, 2), slice(8, 20), slice(10, 30))
    part = restore(stack, settings(care), region=region).array
    np.testing.assert_allclose(part, result.array[region], rtol=1e-5, atol=1e-2)
    pinned = settings(care, scaling=[[0, 1], [0, 1], [0, 1]])
    with pytest.raises(UserError, match="3 pairs, the image 2 channels"):
        restore(stack, pinned)


def test_a_network_of_several_channels_takes_them_at_once(tmp_path):
    folder = write_care(tmp_path / "two", in_channels=2, image_channels=2)
    image = make_image((2, 40, 44), axes="CYX")
    whole = restore(image, settings(folder))
    assert whole.shape == image.shape
    region = (slice(1, 2), slice(8, 20), slice(10, 30))
    part = restore(image, settings(folder), region=region).array
    np.testing.assert_allclose(part, whole.array[region], rtol=1e-5, atol=1e-2)
    with pytest.raises(UserError, match="takes 2 channels, cells has 1"):
        restore(make_image(), settings(folder))


def test_volumes(tmp_path):
    folder = write_care(tmp_path / "deep", spatial_dims=3)
    image = make_image((12, 40, 44), axes="ZYX")
    whole = restore(image, settings(folder))
    assert whole.provenance["restored"] == "volumes"
    region = (slice(4, 9), slice(8, 20), slice(10, 30))
    part = restore(image, settings(folder), region=region).array
    np.testing.assert_allclose(part, whole.array[region], rtol=1e-5, atol=1e-2)
    with pytest.raises(UserError, match="takes volumes, cells has no Z"):
        restore(make_image(), settings(folder))
    with pytest.raises(UserError, match="restores volumes: choose volumes or auto"):
        restore(image, settings(folder, spatial="plane"))


def test_the_uncertainty_is_scaled_and_not_shifted(care):
    image = make_image()
    restored, spread = restore_with_uncertainty(image, settings(care))
    np.testing.assert_array_equal(restored.array, restore(image, settings(care)).array)
    alone = restore(image, settings(care, uncertainty=True))
    np.testing.assert_array_equal(alone.array, spread.array)
    assert spread.name == alone.name == "cells · Tiny care · uncertainty"
    method = spread.provenance["params"]["method"]
    (low, high), model = method["scaling"][0], load_model(care)
    scaled = torch.from_numpy((image.array[None, None] - np.float32(low)) / np.float32(high - low))
    with torch.inference_mode():
        b = model.network(torch.nn.functional.pad(scaled, (0, 1, 0, 0), mode="reflect"))[0, 1]
    expected = np.sqrt(2) * b[:, :101].numpy() * (high - low)
    np.testing.assert_allclose(spread.array, expected, rtol=1e-3)
    brighter = Image(image.array + 5000, name="cells")
    shifted = restore(brighter, settings(care, uncertainty=True)).array
    np.testing.assert_allclose(shifted, spread.array, rtol=1e-3)


def test_both_results_can_be_made_again(care, tmp_path):
    for number, result in enumerate(restore_with_uncertainty(make_image(), settings(care))):
        again = rerun(read_image(write_image(tmp_path / f"{number}.ome.tif", result)))
        assert again.array.tobytes() == result.array.tobytes()


def test_flips_give_an_uncertainty_where_the_model_states_none(tmp_path):
    folder = write_care(tmp_path / "plain", probabilistic=False)
    with pytest.raises(UserError, match="does not say how sure it is: choose flips"):
        restore(make_image(), settings(folder, uncertainty=True))
    spread = restore(make_image(), settings(folder, uncertainty=True, flips="mirrored")).array
    assert spread.shape == (90, 101)
    assert (spread >= 0).all()
    assert spread.max() > 0


def test_no_uncertainty_after_the_first_application(care):
    with pytest.raises(UserError, match="Applied 2 times, Tiny care cannot say how sure"):
        restore(make_image(), settings(care, uncertainty=True, times=2))
    with pytest.raises(UserError, match="Only trained models say"):
        restore_with_uncertainty(make_image(), RestoreParams.parse({"method": "gaussian"}))


def test_a_rerun_is_exact_and_refuses_another_model(tmp_path):
    folder = write_care(tmp_path / "care")
    result = restore(make_image(), settings(folder))
    path = write_image(tmp_path / "result.ome.tif", result)
    assert rerun(read_image(path)).array.tobytes() == result.array.tobytes()
    write_care(folder, seed=1)
    with pytest.raises(UserError, match=r"used weights with SHA-256.*'care' has"):
        rerun(read_image(path))


def test_a_stated_range_of_targets_is_what_the_result_is_in(tmp_path):
    plain = write_care(tmp_path / "plain")
    ranged = write_care(tmp_path / "ranged", use={"output_range": (50.0, 60.0)})
    image = make_image()
    free, fixed = (restore(image, settings(folder)) for folder in (plain, ranged))
    low, high = free.provenance["params"]["method"]["scaling"][0]
    expected = 50 + 10 * (free.array - low) / (high - low)
    np.testing.assert_allclose(fixed.array, expected, rtol=1e-4)


def test_what_is_written_as_it_goes_is_the_same(care):
    image = make_image((2, 50, 60), axes="CYX")
    target = np.zeros(image.shape, np.float32)
    result = restore(image, settings(care), target=target)
    assert result.array is target
    np.testing.assert_array_equal(target, restore(image, settings(care)).array)


def test_the_scaling_is_measured_once_for_all_regions(care):
    image = make_image((64, 64))
    _measured.clear()
    for start in (0, 10, 20):
        restore(image, settings(care), region=(slice(start, start + 9), slice(5, 20)))
    assert len(_measured) == 1
    image.array[:] //= 2  # the same array holds other pixels
    _low, high = restore(image, settings(care)).provenance["params"]["method"]["scaling"][0]
    assert high < 1300


def test_pixels_far_from_those_of_the_training_are_told(tmp_path):
    use = {"pixel_size_um": (0.1, 0.2), "z_step_um": (1.0, 1.0)}
    folder = write_care(tmp_path / "sized", use=use)
    assert "notes" not in restore(make_image(**UM), settings(folder)).provenance
    coarse = make_image(scale=(0.65, 0.65), units=("um", "um"))
    (note,) = restore(coarse, settings(folder)).provenance["notes"]
    assert note == (
        "Tiny sized was trained on a pixel of 0.1 to 0.2 µm, here it is 0.65 µm: the result may "
        "be wrong."
    )
    assert "notes" not in restore(make_image(), settings(folder)).provenance


def test_holes_and_constant_images_are_told(care):
    image = make_image(dtype=np.float32)
    image.array[50, 50] = np.nan
    result = restore(image, settings(care))
    assert np.isnan(result.array[50, 50])
    assert np.isfinite(result.array[0, 0])
    assert "1 pixels of the image are NaN" in result.provenance["notes"][0]
    flat = restore(Image(np.full((40, 40), 7, np.uint8)), settings(care))
    assert "Every pixel of the image is 7" in flat.provenance["notes"][0]


def test_models_for_something_else_are_refused(tmp_path):
    folder = write_model(
        tmp_path / "seg", task="segmentation", network="segmentation-unet", widths=(2, 4)
    )
    with pytest.raises(UserError, match="is a model for segmentation: to restore, choose one"):
        restore(make_image(), settings(folder))
    with pytest.raises(UserError, match="is a model for synthesis"):
        restore(make_image(), settings("nuclei-pix2pix"))
    with pytest.raises(UserError, match="No model is chosen"):
        restore(make_image(), settings(""))
    with pytest.raises(UserError, match="There is no model 'nowhere'"):
        restore(make_image(), settings("nowhere"))
    other = write_care(tmp_path / "odd", in_channels=2, image_channels=1, residual=False)
    with pytest.raises(UserError, match="turns 2 channels into 1"):
        restore(make_image((2, 40, 40), axes="CYX"), settings(other))


def test_a_request_to_stop_is_heard(care):
    with pytest.raises(Cancelled):
        restore(make_image(), settings(care), Progress(is_cancelled=lambda: True))


def test_settings_survive_json_and_are_found_by_their_kind(care):
    params = settings(care, flips="all")
    assert isinstance(params.method, LearnedSettings)
    assert RestoreParams.parse(params.model_dump(mode="json")) == params
    assert parse_settings("model").kind == "model"
    assert napari_fidelity.restore_with_uncertainty is restore_with_uncertainty


def test_a_recipe_with_a_key_runs_on_many_files(care, tmp_path, monkeypatch):
    monkeypatch.setenv("FIDELITY_MODELS", str(care.parent))
    files = [write_image(tmp_path / f"{n}.ome.tif", make_image((40, 44), seed=n)) for n in (0, 1)]
    text = as_recipe(Call("restore", settings("care"), ("a.tif",)))
    assert "model: care" in text
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    recipe = read_recipe(tmp_path / "recipe.yaml")
    outcome = run_batch(recipe, files, tmp_path / "out", BatchParams(workers=1))
    assert (outcome.written, outcome.failures) == (2, ())


def test_calls_are_copied_as_text(care):
    call = Call("restore", settings("care", flips="all"), ("cells.tif",))
    assert "--method model --model=care --flips=all --precision=float32" in as_command(call)
    assert '"kind": "model"' in as_python(call)
