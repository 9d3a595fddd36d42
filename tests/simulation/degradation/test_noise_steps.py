"""Mean and variance of every step that adds noise, against the formulas in its docstring."""

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation import Pipeline, run_pipeline
from napari_fidelity.simulation.degradation.steps.camera import Camera
from napari_fidelity.simulation.degradation.steps.gaussian_noise import GaussianNoise
from napari_fidelity.simulation.degradation.steps.intensity_factor import IntensityFactor
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from tests.simulation.degradation.scenes import apply_step, make_flat

PIXELS = 256 * 256
# Standard errors of a mean and of a variance; five of them are passed once in two million runs.
SIGMAS = 5


def check_moments(values, mean, variance):
    assert values.mean() == pytest.approx(mean, abs=SIGMAS * np.sqrt(variance / values.size) + 1e-4)
    assert values.var() == pytest.approx(variance, rel=SIGMAS * np.sqrt(3 / values.size))


@pytest.mark.parametrize(("level", "photons"), [(10, 3), (50, 50), (200, 5000)])
def test_poisson_variance_is_its_mean(level, photons):
    noisy = apply_step(Poisson(photons=photons, level=100), make_flat(level)).array
    rate = photons / 100
    counts = noisy.astype(float) * rate
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-3)
    check_moments(counts, level * rate, level * rate)


def test_poisson_counts_light_above_black_and_adds_stray_light():
    step = Poisson(photons=40, level=300, background_photons=6)
    noisy = apply_step(step, make_flat(200), black=100).array.astype(float)
    rate = 40 / 200
    check_moments(noisy, 200 + 6 / rate, (100 * rate + 6) / rate**2)
    dark = apply_step(step.model_copy(update={"background_photons": 0.0}), make_flat(60), black=100)
    assert (dark.array == 100).all()


def test_pixels_darker_than_black_are_told():
    image = Image(np.float32([[50, 100, 200, 300]] * 4))
    run = run_pipeline(image, Pipeline(black=100, steps=(Poisson(),)))
    assert run.notes == ["25.0% of the pixels are darker than black (100): no light."]


def test_photons_are_those_of_the_bright_level_of_the_whole_image():
    values = np.zeros((100, 100), np.float32)
    values[:, :50] = 80
    run = run_pipeline(Image(values), Pipeline(steps=(Poisson(photons=20),)), seed=1)
    assert run.pipeline.steps[0].level == 80
    assert run.image.array[:, :50].mean() == pytest.approx(80, rel=0.02)
    assert run.image.array[:, :50].var() == pytest.approx(80**2 / 20, rel=0.1)
    assert (run.image.array[:, 50:] == 0).all()


@pytest.mark.parametrize(("sd", "amplitude"), [(5, 1), (12, 0.5), (3, 2)])
def test_gaussian_noise_has_the_product_of_sd_and_amplitude(sd, amplitude):
    step = GaussianNoise(sd_percent=sd, amplitude=amplitude, range_levels=200)
    noisy = apply_step(step, make_flat(50)).array.astype(float)
    check_moments(noisy, 50, (2 * sd * amplitude) ** 2)


def test_gaussian_sd_is_a_share_of_black_to_bright():
    image = Image(np.repeat(np.float32([[100], [500]]), 200, 1).repeat(100, 0))
    run = run_pipeline(image, Pipeline(black=100, steps=(GaussianNoise(sd_percent=10),)), seed=2)
    assert run.pipeline.steps[0].range_levels == 400
    assert (run.image.array - image.array).std() == pytest.approx(40, rel=0.02)


@pytest.mark.parametrize(
    ("electrons", "gain", "read"), [(0, 0.5, 1.6), (30, 2.0, 3.0), (400, 0.25, 10)]
)
def test_camera_adds_read_noise_gain_offset_and_quantisation(electrons, gain, read):
    step = Camera(offset=100, gain=gain, read_noise=read)
    levels = apply_step(step, make_flat(electrons)).array.astype(float)
    np.testing.assert_array_equal(levels, np.rint(levels))
    check_moments(levels, 100 + gain * electrons, (gain * read) ** 2 + 1 / 12)


def test_camera_after_a_photon_budget_is_the_linear_model():
    steps = (Poisson(photons=60, level=300), Camera(offset=90, gain=2, read_noise=2))
    run = run_pipeline(make_flat(250), Pipeline(black=100, steps=steps), seed=4)
    electrons = 60 * 150 / 200
    check_moments(run.image.array.astype(float), 90 + 2 * electrons, 4 * (electrons + 4) + 1 / 12)
    assert run.levels.black == 90
    assert run.levels.slope * 300 + run.levels.shift == pytest.approx(90 + 2 * 60)
    assert run.levels.photons_per_level == 0.5


@pytest.mark.parametrize("bits", [1, 8, 12, 16])
def test_camera_saturates_at_its_bits(bits):
    bright = apply_step(Camera(offset=0, gain=1, read_noise=0, bits=bits), make_flat(1e6))
    assert (bright.array == 2**bits - 1).all()
    dark = apply_step(Camera(offset=0, gain=1, read_noise=50), make_flat(0))
    assert dark.array.min() == 0


def test_pixels_of_a_sensor_differ_alike_in_every_frame_and_run():
    step = Camera(offset=100, gain=2, read_noise=0, offset_spread=3, gain_spread_percent=4)
    image = make_flat(500, (3, 128, 128))
    first = apply_step(step, image, seed=1).array.astype(float)
    assert (first == first[0]).all()
    np.testing.assert_array_equal(first, apply_step(step, image, seed=2).array)
    check_moments(first[0], 100 + 2 * 500, 3**2 + (2 * 500 * 0.04) ** 2 + 1 / 12)
    other = apply_step(step.model_copy(update={"sensor_seed": 1}), image).array
    assert not np.array_equal(first, other)


def test_read_noise_of_a_sensor_is_log_normal_around_its_median():
    step = Camera(offset=1000, gain=10, read_noise=5, read_noise_spread=0.4)
    frames = apply_step(step, make_flat(0, (60, 64, 64))).array.astype(float)
    spreads = np.log(frames.std(0) / 50)
    assert np.median(spreads) == pytest.approx(0, abs=0.03)
    assert spreads.std() == pytest.approx(np.hypot(0.4, 1 / np.sqrt(2 * 59)), rel=0.06)


def test_a_share_of_the_sensor_is_hot():
    step = Camera(offset=100, gain=1, read_noise=0, hot_percent=2, hot_electrons=300)
    levels = apply_step(step, make_flat(50)).array
    assert set(np.unique(levels)) == {150, 450}
    assert (levels == 450).mean() == pytest.approx(0.02, abs=5 * np.sqrt(0.02 / PIXELS))


def test_factor_scales_light_and_is_clipped():
    image = Image(np.float32([[0, 100, 200, 255]] * 2))
    half = apply_step(IntensityFactor(factor=0.5), image).array
    np.testing.assert_allclose(half[0], [0, 50, 100, 127.5])
    over = apply_step(IntensityFactor(factor=1.5), image).array
    np.testing.assert_allclose(over[0], [0, 150, 255, 255])
    free = apply_step(IntensityFactor(factor=1.5, clip=False), image).array
    np.testing.assert_allclose(free[0], [0, 150, 300, 382.5])
    above = apply_step(IntensityFactor(factor=0.5), image, black=100).array
    np.testing.assert_allclose(above[0], [50, 100, 150, 177.5])


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        (np.uint8([[0, 3]] * 2), 255),
        (np.uint16([[0, 256]] * 2), 1023),
        (np.uint16([[0, 4000]] * 2), 4095),
        (np.uint16([[0, 4096]] * 2), 16383),
        (np.uint16([[0, 60000]] * 2), 65535),
        (np.int32([[0, 70000]] * 2), 70000),
        (np.float32([[0, 0.75]] * 2), 0.75),
    ],
)
def test_factor_ends_at_the_smallest_camera_that_holds_the_image(values, limit):
    run = run_pipeline(Image(values), Pipeline(steps=(IntensityFactor(factor=900),)))
    assert run.pipeline.steps[0].limit == limit
    assert run.image.array.max() == np.float32(limit)


def test_noise_of_two_steps_and_of_two_seeds_is_independent():
    step = GaussianNoise(sd_percent=10, range_levels=100)
    flat = make_flat(0)
    once, again = (apply_step(step, flat, seed=seed).array.ravel() for seed in (1, 2))
    assert abs(np.corrcoef(once, again)[0, 1]) < 0.02
    twice = run_pipeline(flat, Pipeline(steps=(step, step)), seed=1).image.array.ravel()
    assert twice.var() == pytest.approx(200, rel=0.03)
    assert abs(np.corrcoef(once, twice - once)[0, 1]) < 0.02
