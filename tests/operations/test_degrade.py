"""The operation: types, frames, recipes, pairs, regions, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

import napari_fidelity
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.degrade import DegradeParams, degrade, degrade_pair
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.stated_scale import state_scale
from napari_fidelity.simulation.degradation import PREPARATION, PRESETS, Pipeline
from tests.simulation.degradation.scenes import make_cells

NOISE = {"steps": [{"kind": "poisson"}, {"kind": "gaussian-noise", "sd_percent": [2, 8]}]}
CAMERA = {"steps": [{"kind": "poisson"}, {"kind": "camera", "bits": 12}]}


def settings(pipeline=NOISE, **values):
    return DegradeParams.parse({"pipeline": pipeline, **values})


@pytest.fixture
def cells():
    return make_cells((80, 90))


def test_it_is_an_operation_and_public():
    assert OPERATIONS["degrade"].run is degrade
    assert napari_fidelity.degrade is degrade
    assert napari_fidelity.DegradeParams is DegradeParams
    assert DegradeParams().pipeline == PRESETS["medium"].pipeline
    assert settings("strong").pipeline == PRESETS["strong"].pipeline


def test_same_seed_same_bytes(cells):
    first, again, other = (degrade(cells, settings(seed=seed)).array for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_the_result_has_the_type_of_the_image(cells, dtype):
    source = replace(cells, array=(cells.array / 5).astype(dtype))
    found = degrade(source, settings())
    assert found.array.dtype == dtype
    assert found.provenance["params"]["dtype"] == dtype


@pytest.mark.parametrize(("dtype", "expected"), [("float64", "float32"), ("bool", "float32")])
def test_other_types_become_float32(cells, dtype, expected):
    source = replace(cells, array=(cells.array > 300).astype(dtype))
    assert degrade(source, settings()).array.dtype == expected


@pytest.mark.parametrize(("bits", "dtype"), [(8, "uint8"), (12, "uint16"), (16, "uint16")])
def test_a_camera_gives_its_own_integers(cells, bits, dtype):
    values = {"steps": [{"kind": "camera", "bits": bits, "offset": 10, "gain": 0.1}]}
    source = replace(cells, array=cells.array.astype(np.float32))
    found = degrade(source, settings(values))
    assert found.array.dtype == dtype
    stated = degrade(source, settings(values, dtype="float32"))
    np.testing.assert_array_equal(found.array, stated.array)


def test_the_drawn_pipeline_makes_the_same_image(cells):
    first = degrade(cells, settings("medium", seed=5))
    drawn = first.provenance["drawn"]
    assert drawn["seed"] == 5
    again = degrade(cells, settings(drawn["pipeline"], seed=5))
    assert first.array.tobytes() == again.array.tobytes()
    text = Pipeline.parse(drawn["pipeline"]).to_yaml()
    third = degrade(cells, DegradeParams(pipeline=Pipeline.from_yaml(text), seed=5))
    assert first.array.tobytes() == third.array.tobytes()
    assert again.provenance["drawn"] == drawn


def test_numbers_of_numpy_in_the_frame_are_no_trouble(cells):
    source = replace(cells, origin=tuple(np.int64([3, 4])), scale=tuple(np.float32([0.1, 0.1])))
    found = degrade(source, settings({"steps": [{"kind": "uneven-illumination"}]}))
    assert json.dumps(found.provenance["drawn"])
    assert found.provenance["drawn"]["pipeline"]["steps"][0]["field"] == [3, 4, 80, 90]


def test_a_file_is_rerun_to_the_same_bytes(cells, tmp_path):
    made = degrade(cells, settings("strong", seed=9, pixel_size_um=0.2))
    write_image(tmp_path / "made.ome.tif", made)
    again = rerun(read_image(tmp_path / "made.ome.tif"))
    assert again.array.tobytes() == made.array.tobytes()
    assert again.scale == made.scale == (0.2, 0.2)
    assert again.provenance["drawn"] == made.provenance["drawn"]


@pytest.mark.parametrize("key", list(PRESETS))
def test_a_region_holds_the_pixels_of_the_whole(cells, key):
    whole = degrade(cells, settings(key, seed=3))
    box = (slice(13, 40), slice(60, 90))
    part = degrade(cells, settings(key, seed=3), region=box)
    assert np.abs(part.array.astype(float) - whole.array[box]).max() <= 1
    assert (part.array != whole.array[box]).mean() < 0.002
    assert part.origin == (13, 60)
    assert part.translate == pytest.approx((0 + 1.3, 1 + 6.0))
    assert part.provenance["drawn"] == whole.provenance["drawn"]
    assert part.provenance["source"] == {}


def test_down_sampling_keeps_the_frame_true(cells):
    found = degrade(cells, settings({"steps": [{"kind": "down-sampling", "factor": 4}]}))
    assert found.shape == (20, 22)
    assert found.scale == pytest.approx((0.4, 0.4))
    assert found.translate == pytest.approx((0.15, 1.15))
    assert found.units == cells.units


def test_a_stated_pixel_size_is_part_of_the_result():
    bare = Image(make_cells((60, 60)).array, translate=(10, 0), name="bare")
    with pytest.raises(UserError, match="bare does not say its pixel size: state the pixel size"):
        degrade(bare)
    found = degrade(bare, DegradeParams(pixel_size_um=0.2))
    assert found.scale == (0.2, 0.2)
    assert found.units == ("micrometer",) * 2
    assert found.translate == (2.0, 0.0)
    stack = Image(np.ones((3, 8, 8)), scale=(1, 0.1, 0.1), units=("pixel", "um", "um"))
    assert state_scale(stack, z_step_um=0.5).scale == (0.5, 0.1, 0.1)
    with pytest.raises(UserError, match="z step is 0 µm"):
        state_scale(stack, z_step_um=0)


def test_the_target_is_prepared_alike(cells):
    steps = [*PREPARATION, {"kind": "poisson", "photons": 1e6}]
    target, degraded = degrade_pair(cells, DegradeParams.parse({"pipeline": {"steps": steps}}))
    assert target.array.dtype == degraded.array.dtype == np.uint16
    assert target.array.max() == 65535
    assert (target.array == 0).mean() > 0.1
    assert np.corrcoef(target.array.ravel(), degraded.array.ravel())[0, 1] > 0.9999
    assert target.name == "cells"


def test_the_target_without_preparation_is_the_image_itself(cells):
    target, degraded = degrade_pair(cells, settings(CAMERA, dtype="float32"))
    np.testing.assert_array_equal(target.array, cells.array)
    assert target.array.dtype == np.uint16
    assert degraded.array.dtype == np.float32


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        ({"steps": [{"kind": "camera", "gain": 9999, "bits": 8}]}, "Every pixel reaches 255"),
        (
            {"steps": [{"kind": "camera", "offset": 4090, "gain": 1, "bits": 12}]},
            "Every pixel reaches 4095",
        ),
    ],
)
def test_saturation_of_everything_is_refused(cells, pipeline, said):
    with pytest.raises(UserError, match=said):
        degrade(cells, settings(pipeline))
    part = degrade(cells, settings(pipeline), region=(slice(0, 9), slice(0, 9)))
    assert part.provenance["saturated_share"] == 1


def test_saturation_of_some_is_told(cells):
    bright = {"steps": [{"kind": "camera", "gain": 0.4, "bits": 8, "offset": 0}]}
    found = degrade(cells, settings(bright)).provenance
    assert 0.001 < found["saturated_share"] < 0.5
    assert found["notes"] == [f"{found['saturated_share']:.1%} of the pixels are saturated at 255."]


def test_types_that_cannot_hold_the_result_are_refused(cells):
    with pytest.raises(UserError, match="up to 4095, uint8 ends at 255: choose a pixel type"):
        degrade(cells, settings(CAMERA, dtype="uint8"))
    with pytest.raises(UserError, match="uint8 ends at 255"):
        degrade(cells, settings(dtype="uint8"))
    huge = replace(cells, array=cells.array * np.float32(1e4))
    with pytest.raises(UserError, match="65504, the end of float16"):
        degrade(huge, settings(dtype="float16"))


def test_overflow_of_everything_is_refused(cells):
    source = replace(cells, array=(cells.array / 5).astype(np.uint8))
    lit = {"steps": [{"kind": "haze", "amount": 20, "keep_mean": False}]}
    with pytest.raises(UserError, match="Every pixel is above 255, where uint8 ends"):
        degrade(source, settings(lit))
    assert degrade(source, settings(lit, dtype="uint16")).array.max() > 255


def test_clipping_to_the_type_is_told(cells):
    source = replace(cells, array=(cells.array / 4).astype(np.uint8))
    wild = {"steps": [{"kind": "gaussian-noise", "sd_percent": 100}]}
    found = degrade(source, settings(wild)).provenance
    assert found["below_share"] > 0.1
    assert any("below the range of uint8 and clipped" in note for note in found["notes"])


def test_few_grey_levels_are_told(cells):
    source = replace(cells, array=cells.array / np.float32(1000))
    found = degrade(source, settings(dtype="uint8")).provenance
    assert any("grey levels lie between black and bright" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pipeline": "awful"}, "There is no preset 'awful': choose one of mild, medium, strong"),
        ({"pipeline": 3}, "A pipeline is given by its steps, not by 3"),
        (
            {"pipeline": {"steps": [{"kind": "poisson", "photons": -1}]}},
            "Step 1: Setting 'photons' must be more than 0, not -1",
        ),
        ({"seed": -1}, "Setting 'seed' must be 0 or more, not -1"),
        ({"pixel_size_um": 0}, "Setting 'pixel_size_um' must be more than 0, not 0"),
        ({"dtype": "complex64"}, "Setting 'dtype' must be one like uint8, uint16 or float32"),
    ],
)
def test_wrong_settings_are_named(values, said):
    with pytest.raises(UserError) as caught:
        DegradeParams.parse(values)
    assert said in str(caught.value)


def test_it_tells_how_far_it_is_and_stops_when_asked(cells):
    told = []
    degrade(cells, settings("mild"), Progress(lambda *now: told.append(now[0] / now[1])))
    assert told == sorted(told)
    assert told[-1] == 1
    with pytest.raises(Cancelled):
        degrade(cells, settings(), Progress(is_cancelled=lambda: True))
    with pytest.raises(Cancelled):
        degrade_pair(cells, settings(), Progress(is_cancelled=lambda: len(told) > 0))


class Lazy:
    """An array that is read part by part, and tells how much was read."""

    def __init__(self, array):
        self._array, self.read_px = array, 0
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        part = self._array[key]
        self.read_px += part.size
        return part


def test_lazy_arrays_are_read_where_they_are_needed(cells):
    stack = replace(make_cells((6, 128, 128)), array=np.stack([make_cells((128, 128)).array] * 6))
    lazy = replace(stack, array=Lazy(stack.array))
    params = settings({"steps": [{"kind": "poisson", "level": 900}]})
    box = (slice(2, 3), slice(10, 20), slice(30, 50))
    part = degrade(lazy, params, region=box)
    assert lazy.array.read_px == 200
    np.testing.assert_array_equal(part.array, degrade(stack, params).array[box])
    whole = degrade(lazy, params)
    np.testing.assert_array_equal(whole.array[box], part.array)


def test_an_image_larger_than_memory_is_refused_before_the_work(cells):
    huge = Image(np.broadcast_to(np.uint8(1), (10**6, 10**6)), name="huge")
    with pytest.raises(UserError, match="1000000×1000000 pixels takes 16000"):
        degrade(huge, settings())


def test_zarr_and_dask_arrays_give_the_same_pixels(cells, tmp_path):
    zarr, dask = pytest.importorskip("zarr"), pytest.importorskip("dask.array")
    expected = degrade(cells, settings("medium")).array
    stored = zarr.create_array(tmp_path / "c.zarr", data=cells.array, chunks=(32, 32))
    for array in (stored, dask.from_array(cells.array, chunks=(17, 90))):
        found = degrade(replace(cells, array=array), settings("medium"))
        np.testing.assert_array_equal(found.array, expected)
        part = degrade(replace(cells, array=array), settings("medium"), region=(slice(9), slice(9)))
        assert np.abs(part.array.astype(int) - expected[:9, :9]).max() <= 1


def test_no_steps_leave_the_image_as_it_is(cells):
    found = degrade(cells, settings({"steps": []}))
    np.testing.assert_array_equal(found.array, cells.array)
