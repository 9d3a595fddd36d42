"""The operation: planes, volumes, tiles, regions, recipes, and what is refused."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

import napari_fidelity
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.operations.restore_blocks import SpatialSource, choose_sample, plan_blocks
from napari_fidelity.simulation.psf import build_psf, pack_psf
from tests.restoration.scenes import blur, draw_specks, make_gaussian, measure_error

PIXEL_UM = 0.1
SMALL = pack_psf(build_psf(make_gaussian(7, 1.0), (PIXEL_UM, PIXEL_UM)))
VOLUME = pack_psf(build_psf(make_gaussian((3, 5, 5), 0.8), (0.3, PIXEL_UM, PIXEL_UM)))
LUCY = {"kind": "richardson-lucy", "iterations": 5}


def settings(method=LUCY, psf=SMALL, **values):
    return RestoreParams.parse({"method": method, "psf": psf, **values})


def make_image(shape=(60, 64), dtype=np.float32, axes="", seed=0):
    signal = np.stack(
        [blur(draw_specks(shape[-2:], seed + n), make_gaussian(7, 1.0)) for n in range(shape[0])]
        if len(shape) == 3
        else blur(draw_specks(shape, seed), make_gaussian(7, 1.0))
    )
    noisy = np.random.default_rng(seed).poisson(signal + 20)
    scale = (0.3,) * (len(shape) - 2) + (PIXEL_UM,) * 2
    return Image(
        noisy.astype(dtype),
        axes=axes,
        scale=scale,
        units=("micrometer",) * len(shape),
        name="cells",
    )


def test_it_is_an_operation_and_public():
    assert OPERATIONS["restore"].run is restore
    assert napari_fidelity.restore is restore
    assert napari_fidelity.RestoreParams is RestoreParams
    assert RestoreParams().method.kind == "richardson-lucy"


def test_settings_survive_json_whatever_the_method():
    for method in ("wiener", "gaussian", {"kind": "richardson-lucy", "stop": "change"}):
        params = settings(method, times=2)
        assert RestoreParams.parse(params.model_dump(mode="json")) == params
        assert RestoreParams.model_validate_json(params.model_dump_json()) == params


def test_the_result_is_nearer_to_the_truth_and_on_the_same_frame():
    image = replace(make_image(), translate=(5.0, 7.0), origin=(50, 70))
    truth = draw_specks((60, 64))
    result = restore(image, settings({"kind": "richardson-lucy", "iterations": 40}))
    for name in ("axes", "scale", "units", "translate", "origin"):
        assert getattr(result, name) == getattr(image, name)
    assert result.array.dtype == np.float32
    before, after = (
        np.corrcoef(a.ravel(), truth.ravel())[0, 1] for a in (image.array, result.array)
    )
    assert after > before + 0.2
    assert result.array.mean() == pytest.approx(image.array.mean(), rel=0.02)
    assert result.name == "cells · Richardson–Lucy"


def test_planes_are_looped_over_and_volumes_restored_as_such():
    stack = make_image((5, 40, 42), axes="ZYX")
    by_plane = restore(stack, settings())  # a plane as PSF
    assert by_plane.provenance["restored"] == "planes"
    alone = Image(stack.array[3], scale=(PIXEL_UM,) * 2, units=("micrometer",) * 2)
    pinned = {**LUCY, "background": by_plane.provenance["found"]["background"]}
    np.testing.assert_allclose(
        by_plane.array[3], restore(alone, settings(pinned)).array, rtol=1e-5, atol=1e-3
    )
    volume = restore(stack, settings(psf=VOLUME))
    assert volume.provenance["restored"] == "volumes"
    assert measure_error(volume.array, by_plane.array) > 0.01
    films = Image(
        np.stack([stack.array, stack.array[::-1]], axis=1),
        axes="ZTYX",
        scale=(0.3, 1, PIXEL_UM, PIXEL_UM),
        units=("micrometer", "second", "micrometer", "micrometer"),
    )
    both = restore(films, settings({**LUCY, "background": 20}, VOLUME)).array
    one = restore(stack, settings({**LUCY, "background": 20}, VOLUME)).array
    np.testing.assert_allclose(both[:, 0], one, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("method", [LUCY, {"kind": "wiener"}], ids=["lucy", "wiener"])
def test_tiles_and_regions_are_parts_of_the_whole(method):
    image = make_image((150, 140))
    whole = restore(image, settings(method)).array
    tiled = restore(image, settings(method, tile_px=48)).array
    assert measure_error(tiled, whole) < 1e-3
    region = (slice(20, 90), slice(100, None))
    part = restore(image, settings(method), region=region)
    assert part.shape == (70, 40)
    assert np.abs(part.array - whole[region]).max() < 1e-3 * np.ptp(whole)
    assert part.translate == pytest.approx((2.0, 10.0))
    assert part.origin == (20, 100)
    assert "zlib" not in part.provenance["source"]


def test_a_stopping_rule_is_settled_once_for_all_tiles_and_regions():
    image = make_image((150, 140))
    rule = {"kind": "richardson-lucy", "iterations": 100, "stop": "change", "tolerance": 0.04}
    whole = restore(image, settings(rule))
    done = whole.provenance["found"]["iterations"]
    assert 1 < done < 100
    assert whole.provenance["params"]["method"]["iterations"] == done
    assert whole.provenance["params"]["method"]["stop"] == "never"
    tiled = restore(image, settings(rule, tile_px=64))
    part = restore(image, settings(rule), region=(slice(0, 40), slice(0, 40)))
    for found in (tiled, part):
        assert found.provenance["found"]["iterations"] == done
    assert np.abs(part.array - whole.array[:40, :40]).max() < 1e-3 * np.ptp(whole.array)


def test_what_was_settled_keeps_nothing_of_the_run_alive():
    progress = Progress()
    reference = weakref.ref(progress)
    restore(make_image((40, 40)), settings(LUCY), progress)
    del progress
    gc.collect()
    assert reference() is None


def test_it_can_be_applied_more_than_once():
    image = make_image()
    method = {**LUCY, "background": 0}
    once = restore(image, settings(method))
    twice = restore(once, settings(method))
    both = restore(image, settings(method, times=2))
    np.testing.assert_allclose(both.array, twice.array, rtol=1e-4, atol=1e-2)
    rule = restore(image, settings({**method, "stop": "change", "tolerance": 0.2}, times=2))
    fixed = {**method, "iterations": rule.provenance["found"]["iterations"]}
    np.testing.assert_array_equal(restore(image, settings(fixed, times=2)).array, rule.array)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16"])
def test_types_are_converted_once_and_clipped(dtype):
    image = make_image(dtype=np.uint16)
    plain = restore(image, settings())
    typed = restore(image, settings(dtype=dtype))
    assert plain.array.dtype == np.float32
    assert typed.array.dtype == dtype
    if dtype != "float16":
        limit = np.iinfo(dtype).max
        np.testing.assert_array_equal(typed.array, np.clip(np.rint(plain.array), 0, limit))


def test_a_saved_result_is_made_again_to_the_byte(tmp_path):
    image = make_image(dtype=np.uint16)
    rule = {"kind": "richardson-lucy", "iterations": 30, "stop": "change", "tolerance": 0.05}
    for method in (rule, "unsupervised-wiener"):
        write_image(tmp_path / "out.ome.tif", restore(image, settings(method, times=2)))
        saved = read_image(tmp_path / "out.ome.tif")
        np.testing.assert_array_equal(rerun(saved).array, saved.array)


def test_lazy_arrays_are_read_block_by_block_into_a_target(tmp_path):
    zarr = pytest.importorskip("zarr")
    image = make_image((100, 96))
    stored = zarr.create_array(str(tmp_path / "in"), shape=(100, 96), dtype="f4", chunks=(32, 32))
    stored[:] = image.array
    target = zarr.create_array(str(tmp_path / "out"), shape=(100, 96), dtype="f4", chunks=(32, 32))
    result = restore(replace(image, array=stored), settings(tile_px=40), target=target)
    assert result.array is target
    assert measure_error(target[:], restore(image, settings()).array) < 1e-3
    assert result.provenance["source"]["path"].endswith("in")


def test_blocks_cover_a_region_once_within_their_size():
    written = np.zeros((3, 70, 90), int)
    region = (slice(1, 3), slice(5, 70), slice(0, 81))
    blocks = plan_blocks(written.shape, (1, 2), region, (4, 7), 32)
    for block in blocks:
        assert block.written[0] == block.read[0]
        for (low, high), (start, stop), halo, size in zip(
            block.read[1:], block.written[1:], (4, 7), (70, 90), strict=True
        ):
            assert low == max(start - halo, 0)
            assert high == min(stop + halo, size)
            assert stop - start <= 32
        written[tuple(slice(*side) for side in block.written)] += 1
    expected = np.zeros_like(written)
    expected[region] = 1
    np.testing.assert_array_equal(written, expected)
    (whole,) = plan_blocks((70, 90), (0, 1), region[1:], None, 16)
    assert whole.read == ((0, 70), (0, 90))
    large = plan_blocks((8192, 8192), (0, 1), (slice(0, 8192),) * 2, 50)
    assert 8 <= len(large) <= 16


def test_the_sample_holds_structures():
    array = np.zeros((3, 3000, 100), np.float32)
    array[1, 2500:2600] = np.random.default_rng(0).normal(size=(100, 100))
    small = SpatialSource(Image(array[:, :90]), (1, 2))
    assert choose_sample(small) == ((1, 2), (0, 90), (0, 100))
    wide = np.zeros((1, 1500, 1500), np.float32)
    wide[0, :200, 1400:] = 5
    box = choose_sample(SpatialSource(Image(wide), (1, 2)))
    assert box[1][0] == 0
    assert box[2][1] == 1500


def test_progress_reaches_the_end_and_cancel_acts_within_an_iteration():
    told = []
    image = make_image((3, 40, 40), axes="TYX")
    restore(image, settings(), Progress(lambda *step: told.append(step)))
    shares = [done / total for done, total, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    count = len(told)
    stop = Progress(lambda *step: told.append(step), lambda: len(told) > count + 4)
    with pytest.raises(Cancelled):
        restore(image, settings({**LUCY, "iterations": 10_000}), stop)
    assert len(told) < count + 10


def test_an_unknown_pixel_size_is_asked_for_and_a_stated_one_kept():
    image = Image(make_image().array, name="cells")
    with pytest.raises(UserError, match="cells does not say its pixel size: state the pixel size"):
        restore(image, settings())
    result = restore(image, settings(pixel_size_um=PIXEL_UM))
    assert result.scale == (PIXEL_UM, PIXEL_UM)
    assert result.units == ("micrometer", "micrometer")
    assert restore(image, settings("gaussian", None)).scale == (1, 1)
    stack = replace(make_image((3, 40, 40), axes="ZYX"), units=("pixel", "um", "um"))
    with pytest.raises(UserError, match="z step"):
        restore(stack, settings(psf={"numerical_aperture": 0.5}))
    planes = restore(stack, settings(psf={"numerical_aperture": 0.5}, spatial="plane"))
    assert planes.provenance["restored"] == "planes"


def test_computed_psfs_are_cut_to_the_image_and_measured_ones_refused():
    image = make_image((21, 20))
    result = restore(image, settings(psf={"numerical_aperture": 0.4}))
    assert result.provenance["psf"]["shape"] == [21, 19]
    assert any("cut to 21×19" in said for said in result.provenance["psf"]["warnings"])
    wide = pack_psf(build_psf(np.ones((45, 45)), (PIXEL_UM, PIXEL_UM)))
    with pytest.raises(UserError, match="PSF of 45×45 px is larger than the image of 21×20 px"):
        restore(image, settings(psf=wide))


def test_what_cannot_be_tiled_is_restored_at_once_if_memory_suffices(monkeypatch):
    image = make_image((150, 60))
    motion = pack_psf(build_psf(np.outer(np.ones(13), [0, 1, 0]), (PIXEL_UM, PIXEL_UM)))
    whole = restore(image, settings("wiener", motion)).array
    tiled = restore(image, settings("wiener", motion, tile_px=32)).array
    np.testing.assert_array_equal(tiled, whole)
    memory = "napari_fidelity.inference.working_memory.count_free_bytes"
    monkeypatch.setattr(memory, lambda: 10**5)
    with pytest.raises(UserError, match="Wiener filter of an image of 150×60 pixels needs"):
        restore(image, settings("wiener", motion))


def test_bad_input_is_told_in_a_sentence():
    image = make_image()
    with pytest.raises(UserError, match="Richardson–Lucy needs a PSF"):
        restore(image)
    with pytest.raises(UserError, match=r"numerical aperture 1\.6 is above the refractive index"):
        restore(image, settings(psf={"numerical_aperture": 1.6}))
    holes = image.array.copy()
    holes[3, 4:6] = np.nan
    with pytest.raises(UserError, match=r"cells holds 2 of \d+ values that are NaN"):
        restore(replace(image, array=holes), settings())
    with pytest.raises(UserError, match=r"infinite or beyond 1e\+18"):
        restore(replace(image, array=np.full((60, 64), 1e300)), settings())
    with pytest.raises(UserError, match="the image has no Z"):
        restore(image, settings(spatial="volume"))
    with pytest.raises(UserError, match="complex64 values: real numbers are needed"):
        restore(replace(image, array=image.array.astype(np.complex64)), settings())
    with pytest.raises(UserError, match="region has 1 axes, the image 2: give one slice for each"):
        restore(image, settings(), region=(slice(0, 9),))
    with pytest.raises(UserError, match="region takes steps of 2: it must take every pixel"):
        restore(image, settings(), region=(slice(0, 9, 2), slice(None)))
    with pytest.raises(UserError, match="region holds no pixel"):
        restore(image, settings(), region=(slice(9, 9), slice(None)))
    with pytest.raises(UserError, match="no device 'cuda:99'"):
        restore(image, settings(), compute=ComputeSettings(device="cuda:99"))
    with pytest.raises(UserError, match="'pixel_size_um' must be more than 0, not 0"):
        settings(pixel_size_um=0)
    with pytest.raises(UserError, match="'iterations' must be 1 or more, not -3"):
        settings({"kind": "richardson-lucy", "iterations": -3})
