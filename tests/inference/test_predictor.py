"""Tiles equal the whole, every kind of array gives the same, and bad input is told."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.predictor import Predictor
from napari_fidelity.inference.settings import ComputeSettings
from tests.inference.small_networks import Affine, Identity, assert_same, make_unet, run_whole

AS_IT_IS = Normalisation(kind="none")
FLOAT32 = ComputeSettings(device="cpu", precision="float32", tile_px=32)


def predict(networks, source, *, compute=FLOAT32, axes=None, **options):
    return Predictor(networks, compute, options=PredictOptions(**options)).predict(
        source, axes=axes
    )


def draw(shape, dtype=np.float32, seed=0):
    values = np.random.default_rng(seed).gamma(2, 60, shape)
    return values.astype(dtype)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (97, 131), (33, 20), (200, 5)], ids=str)
@pytest.mark.parametrize("norm", ["batch", "none", "instance"])
def test_tiles_equal_the_plain_network_on_the_whole_plane(shape, norm):
    if norm == "instance" and max(shape) <= 4:
        with pytest.raises(UserError, match="needs more than 4 px"):
            predict(make_unet(norm=norm), draw(shape), normalisation=AS_IT_IS)
        return
    network, plane = make_unet(norm=norm), draw(shape) / 100
    found = predict(network, plane, normalisation=AS_IT_IS)
    assert_same(found.mean, run_whole(network, plane[None])[0])
    assert found.mean.dtype == np.float32
    assert found.uncertainty is None


def test_blocks_equal_the_plain_network_on_the_whole_volume():
    network, volume = make_unet(levels=2, spatial_dims=3), draw((2, 21, 70, 45)) / 100
    found = predict(network, volume, axes="TZYX", normalisation=AS_IT_IS)
    assert found.facts["tiles"] == 2 * 1 * 3 * 2
    for plane, expected in zip(found.mean, volume, strict=True):
        whole = run_whole(network, expected[None])[0]
        assert_same(plane, whole)


@pytest.mark.parametrize(("flips", "times"), [("none", 3), ("mirrored", 1), ("all", 2)])
def test_flips_and_repetitions_in_tiles_equal_the_whole(flips, times):
    network, plane = make_unet(levels=2), draw((90, 70)) / 100
    tiled = predict(network, plane, normalisation=AS_IT_IS, flips=flips, times=times)
    big = FLOAT32.model_copy(update={"tile_px": 512})
    whole = predict(network, plane, normalisation=AS_IT_IS, flips=flips, times=times, compute=big)
    assert_same(tiled.mean, whole.mean)
    if flips != "none":
        assert_same(tiled.uncertainty, whole.uncertainty)
        assert tiled.uncertainty.mean() > 0.001
    assert tiled.facts["tiled_equals_whole"] <= 1e-5
    assert whole.facts["tiled_equals_whole"] is None


def test_times_is_one_network_after_the_other():
    plane = draw((40, 50))
    found = predict(Affine((2, 1)), plane, normalisation=AS_IT_IS, times=3)
    np.testing.assert_allclose(found.mean, 8 * plane + 7, rtol=1e-6)


def test_a_crop_gives_the_same_pixels_away_from_its_borders():
    network, plane = make_unet(), draw((150, 140)) / 100
    reach, y, x = network.receptive_field_px, 12, 20  # multiples of 4
    whole = predict(network, plane, normalisation=AS_IT_IS).mean
    crop = predict(network, plane[y:, x:], normalisation=AS_IT_IS).mean
    inner = (slice(reach, None), slice(reach, None))
    assert_same(crop[inner], whole[y:, x:][inner])


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    dtype=st.sampled_from(["u1", "i2", "u2", ">u2", "i4", "f2", "f4", "f8"]),
    tile_px=st.integers(32, 64),
    multiple=st.sampled_from([1, 3, 8]),
    dims=st.sampled_from([2, 3]),
    kind=st.sampled_from(["percentile", "mean-sd", "none"]),
    flips=st.sampled_from(["none", "all"]),
)
def test_the_identity_gives_back_any_image(shape, dtype, tile_px, multiple, dims, kind, flips):
    if dims == 3 and len(shape) == 2:
        shape = [3, *shape]
    if len(shape) > 2 and shape[-1] in (3, 4):
        shape[-1] = 5
    source = draw(shape, np.float64).clip(0, 120).astype(dtype)
    found = predict(
        Identity(dims, multiple),
        source,
        compute=FLOAT32.model_copy(update={"tile_px": tile_px}),
        normalisation=Normalisation(kind=kind),
        flips=flips,
        restore_dtype=True,
    )
    assert found.mean.dtype == source.dtype.newbyteorder("=")
    exact = source.dtype.kind != "f"
    np.testing.assert_allclose(
        found.mean, source, rtol=0 if exact else 1e-6, atol=0 if exact else 1e-3
    )
    if flips == "all":
        np.testing.assert_allclose(found.uncertainty, 0, atol=1e-3)


def test_lazy_arrays_give_what_numpy_gives_and_are_read_in_parts(tmp_path):
    dask = pytest.importorskip("dask.array")
    zarr = pytest.importorskip("zarr")
    network, stack = make_unet(levels=2), draw((2, 150, 160), np.uint16)
    expected = predict(network, stack).mean
    chunked = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=stack.shape, chunks=(1, 40, 50), dtype="u2"
    )
    chunked[:] = stack
    mapped = np.memmap(tmp_path / "a.raw", np.uint16, "w+", shape=stack.shape)
    mapped[:] = stack

    class Counting:
        shape, dtype, largest = stack.shape, stack.dtype, 0

        def __getitem__(self, index):
            part = stack[index]
            self.largest = max(self.largest, part.size)
            return part

    counting = Counting()
    for source in (chunked, mapped, dask.from_array(stack, (1, 64, 50)), counting):
        np.testing.assert_array_equal(predict(network, source).mean, expected)
    assert 0 < counting.largest <= stack.size


def test_only_the_crops_that_are_needed_are_read():
    class Counting:
        shape, dtype = (1000, 1000), np.dtype(np.float32)

        def __init__(self):
            self.sizes = []

        def __getitem__(self, index):
            rows, columns = index
            self.sizes.append((rows.stop - rows.start, columns.stop - columns.start))
            return np.ones(self.sizes[-1], np.float32)

    source = Counting()
    compute = FLOAT32.model_copy(update={"tile_px": 100})
    options = PredictOptions(normalisation=AS_IT_IS)
    Predictor(Identity(reach_px=8), compute, options=options).predict(source)
    tiles = [size for size in source.sizes if size != (1000, 1000) and max(size) <= 120]
    assert len(tiles) >= 100
    assert sum(rows * columns for rows, columns in tiles) < 1.6 * 1000**2


def test_scaling_is_that_of_the_whole_stack_and_is_undone():
    stack = np.stack([np.linspace(0, 10, 64 * 64), np.linspace(500, 1000, 64 * 64)])
    stack = stack.reshape(2, 64, 64).astype(np.float32)
    found = predict(Affine((1, 0.25)), stack)
    low, high = np.percentile(stack.astype(float), (1, 99.8))
    np.testing.assert_allclose(found.mean, stack + 0.25 * (high - low), rtol=1e-5)
    assert found.facts["scaling"]["offset"] == pytest.approx(low, rel=1e-9)
    scaled = predict(Affine((1, 0.25)), stack, restore_units=False).mean
    np.testing.assert_allclose(scaled, (stack - low) / (high - low) + 0.25, atol=1e-5)


def test_the_source_type_is_rounded_and_clipped():
    source = np.array([[0, 100], [200, 250]], np.uint8)
    found = predict(Affine((1.5, -20.3)), source, normalisation=AS_IT_IS, restore_dtype=True)
    assert found.mean.dtype == np.uint8
    assert found.mean.tolist() == [[0, 130], [255, 255]]


def test_an_ensemble_with_scales_follows_the_law_of_total_variance():
    plane = draw((20, 30))
    networks = [Affine((1, 0), (0, 3)), Affine((1, 4), (0, 5))]
    found = predict(networks, plane, normalisation=AS_IT_IS, output="mean-scale")
    np.testing.assert_allclose(found.mean, plane + 2, rtol=1e-5)
    # Laplace: variances 2·3² and 2·5², their mean 34; the means differ by 4: variance 4.
    np.testing.assert_allclose(found.uncertainty, np.sqrt(34 + 4), rtol=1e-4)
    gauss = {"output": "mean-scale", "scale": "standard-deviation"}
    found = predict(networks, plane, normalisation=AS_IT_IS, **gauss)
    np.testing.assert_allclose(found.uncertainty, np.sqrt(17 + 4), rtol=1e-4)


def test_an_uncertainty_has_the_units_of_the_image():
    plane = draw((64, 64))
    found = predict([Affine((1, 0)), Affine((1, 0.5))], plane)
    span = found.facts["scaling"]["span"]
    np.testing.assert_allclose(found.uncertainty, 0.25 * span, rtol=1e-3)


def test_channels_are_taken_and_made():
    stack = draw((3, 2, 24, 26))
    network = make_unet(levels=2, in_channels=2, out_channels=3)
    found = predict(network, stack, axes="TCYX", normalisation=AS_IT_IS).mean
    assert found.shape == (3, 3, 24, 26)
    np.testing.assert_allclose(found[1], run_whole(network, stack[1]), rtol=0, atol=2e-3)
    one = make_unet(levels=2, in_channels=2)
    assert predict(one, stack, axes="TCYX").mean.shape == (3, 24, 26)
    many = make_unet(levels=2, out_channels=2)
    assert predict(many, stack[:, 0], axes="TYX").mean.shape == (3, 2, 24, 26)
    assert predict(make_unet(levels=2), stack, axes="TCYX").mean.shape == stack.shape


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_hole_reaches_as_far_as_the_network_and_no_farther(bad):
    network, plane = make_unet(levels=2), draw((120, 110)) / 100
    holed = plane.copy()
    holed[40, 50] = bad
    found = predict(network, holed, normalisation=AS_IT_IS)
    reach = network.receptive_field_px
    expected = predict(network, plane, normalisation=AS_IT_IS).mean
    lost = np.zeros(plane.shape, bool)
    lost[40 - reach : 41 + reach, 50 - reach : 51 + reach] = True
    np.testing.assert_array_equal(np.isnan(found.mean), lost)
    assert_same(found.mean[~lost], expected[~lost])
    assert found.facts["non_finite_pixels"] == 1
    assert found.facts["failed_pixels"] == 0
    assert f"within {reach} px" in found.notes[0]


def test_holes_do_not_count_in_the_scaling():
    plane = draw((50, 50))
    holed = plane.copy()
    holed[:10] = np.nan
    holed[10] = np.inf
    found = predict(Identity(reach_px=0), holed)
    low, high = np.percentile(plane[11:].astype(float), (1, 99.8))
    assert found.facts["scaling"]["offset"] == pytest.approx(low, rel=1e-9)
    assert found.facts["scaling"]["span"] == pytest.approx(high - low, rel=1e-9)
    np.testing.assert_allclose(found.mean[11:], plane[11:], rtol=1e-5)


@pytest.mark.parametrize("kind", ["percentile", "mean-sd", "none"])
def test_an_image_without_numbers_is_refused(kind):
    with pytest.raises(UserError, match="no finite number"):
        predict(Identity(), np.full((8, 8), np.nan), normalisation=Normalisation(kind=kind))


@pytest.mark.parametrize("kind", ["percentile", "mean-sd"])
def test_a_constant_image_is_said(kind):
    found = predict(Identity(), np.full((9, 9), 7.5), normalisation=Normalisation(kind=kind))
    assert (found.mean == 7.5).all()
    assert found.notes == ("Every pixel of the image is 7.5: the network sees zeros.",)


def test_a_nearly_empty_image_is_scaled_by_its_range():
    plane = np.zeros((100, 100), np.uint16)
    plane[0, 0] = 50
    found = predict(Identity(), plane)
    assert (found.facts["scaling"]["offset"], found.facts["scaling"]["span"]) == (0, 50)
    assert "both 0" in found.notes[0]


def test_values_that_the_network_breaks_are_counted():
    found = predict(Affine((float("inf"), 0)), draw((8, 8)) + 1, normalisation=AS_IT_IS)
    assert found.facts["failed_pixels"] == 64
    assert "64 pixels although" in found.notes[0]


def test_a_network_that_reaches_farther_than_it_says_is_found_out():
    network = make_unet(levels=2)
    network.receptive_field_px = 1
    found = predict(network, draw((150, 150)) / 100, normalisation=AS_IT_IS)
    assert found.facts["tiled_equals_whole"] > 1e-5
    assert "looks farther than the 1 px" in found.notes[0]


def test_facts_are_json():
    facts = predict([make_unet(), make_unet(1)], draw((70, 80)), flips="mirrored").facts
    assert json.loads(json.dumps(facts)) == facts
    assert facts["options"]["flips"] == "mirrored"
    assert len(facts["engines"]) == 2
    assert facts["tiled_equals_whole"] <= 1e-5


def test_a_network_in_training_stays_there():
    network = make_unet()
    expected = predict(network, draw((40, 40))).mean
    network.train()
    np.testing.assert_array_equal(predict(network, draw((40, 40))).mean, expected)
    assert network.training


@pytest.mark.parametrize(
    ("source", "axes", "sentence"),
    [
        (np.zeros((0, 5)), None, "holds no pixel"),
        (np.zeros((5, 5), complex), None, "complex128 values"),
        (np.array([["a", "b"]], object), None, "object values"),
        ([[1, 2]], None, "is a list, not an array"),
        (np.zeros(5), None, "1 axes"),
        (np.zeros((2,) * 6), None, "6 axes"),
        (np.zeros((50, 50, 3)), None, "colour image"),
        (np.zeros((5, 6)), "ZYX", "do not fit"),
        (np.zeros((5, 6)), "XY", "end in YX"),
        (np.zeros((5, 6, 7)), "QYX", "do not fit"),
    ],
    ids=str,
)
def test_bad_images_are_told(source, axes, sentence):
    with pytest.raises(UserError, match=sentence):
        predict(Identity(), source, axes=axes)


@pytest.mark.parametrize(
    ("networks", "options", "source", "axes", "sentence"),
    [
        ([], {}, (8, 8), None, "No network"),
        ([Affine((1, 0)), Affine((1, 0), (1, 0))], {}, (8, 8), None, "equal channels"),
        (Affine((1, 0)), {"output": "mean-scale"}, (8, 8), None, "even number"),
        (Affine((1, 0), (1, 0)), {"times": 2}, (8, 8), None, "its own result"),
        (Affine((1, 0), (1, 0)), {}, (2, 8, 8), "CYX", "one channel at a time"),
        (Identity(channels=3), {}, (8, 8), None, "no axis C"),
        (Identity(channels=3), {}, (2, 8, 8), "CYX", "2 along C"),
        (Identity(dims=3), {}, (8, 8), None, "end in ZYX"),
    ],
)
def test_networks_that_do_not_fit_are_told(networks, options, source, axes, sentence):
    with pytest.raises(UserError, match=sentence):
        predict(networks, np.zeros(source), axes=axes, **options)


def test_a_mask_has_no_type_to_go_back_to():
    with pytest.raises(UserError, match="bool"):
        predict(Identity(), np.eye(8) > 0, restore_dtype=True)
    assert predict(Identity(), np.eye(8) > 0, normalisation=AS_IT_IS).mean.sum() == 8


def test_options_that_contradict_each_other_are_told():
    with pytest.raises(UserError, match="needs the source's units"):
        PredictOptions.parse({"restore_dtype": True, "restore_units": False})
    with pytest.raises(UserError, match="not below"):
        Normalisation.parse({"low": 60, "high": 40})


def test_targets_are_filled_in_their_own_type():
    plane, target = draw((60, 70)), np.zeros((60, 70), np.uint8)
    options = PredictOptions(normalisation=AS_IT_IS, flips="mirrored")
    predictor = Predictor(Affine((1, 0)), FLOAT32, options=options)
    spread = np.ones((60, 70), np.float64)
    found = predictor.predict(plane, target, uncertainty_target=spread)
    assert found.mean is target
    assert found.uncertainty is spread
    np.testing.assert_array_equal(target, np.rint(plane).clip(0, 255))
    assert spread.max() < 1e-4
    assert predictor.predict(plane, target).uncertainty is None


def test_targets_that_cannot_be_used_are_told():
    predictor, plane = Predictor(Identity(), FLOAT32), draw((60, 70))
    locked = np.zeros((60, 70))
    locked.flags.writeable = False
    for target, sentence in (
        (np.zeros((60, 71)), "shape"),
        (np.zeros((60, 70), complex), "complex128"),
        (locked, "read-only"),
        (plane, "target is the source"),
        (plane[:], "target is the source"),
    ):
        with pytest.raises(UserError, match=sentence):
            predictor.predict(plane, target)
    with pytest.raises(UserError, match="no uncertainty to write"):
        predictor.predict(plane, uncertainty_target=np.zeros((60, 70)))


@pytest.mark.parametrize("stop_at", ["Measuring intensities", "Predicting"])
def test_cancelling_stops_before_the_next_tile(stop_at):
    seen = []
    progress = Progress(lambda *step: seen.append(step[2]), lambda: seen.count(stop_at) == 1)
    target = np.full((200, 200), -1, np.float32)
    with pytest.raises(Cancelled):
        Predictor(make_unet(), FLOAT32).predict(draw((200, 200)), target, progress=progress)
    assert seen.count(stop_at) == 1
    assert (target == -1).mean() > 0.9


def test_progress_counts_every_tile():
    seen = []
    Predictor(Identity(), FLOAT32).predict(
        draw((2, 64, 60)), progress=Progress(lambda *step: seen.append(step))
    )
    steps = [(done, total) for done, total, text in seen if text == "Predicting"]
    assert steps[-1] == (8, 8)
    assert {total for done, total in steps if done} == {8}


def test_threads_do_not_change_the_result():
    network, plane = make_unet(), draw((130, 90))
    before = torch.get_num_threads()
    expected = predict(network, plane).mean
    np.testing.assert_array_equal(predict(network, plane).mean, expected)
    assert torch.get_num_threads() == before
