"""Simulated cameras are recovered from single images, from frames, and with dark frames."""

import math

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.operations.estimate import estimate
from napari_fidelity.simulation.estimation import EstimateParams
from napari_fidelity.simulation.estimation.planes import find_step
from napari_fidelity.simulation.noise import expose
from tests.simulation.estimation.scenes import CAMERAS, draw_structure, expose_frames

SCENES = [
    ("scmos", "nuclei", 1), ("scmos", "points", 2), ("bright", "lines", 5), ("emccd", "points", 7),
    ("ccd", "discs", 8), ("dim", "mitochondria", 10),
]  # fmt: skip


def background_of(camera):
    return camera.offset + camera.gain * camera.background_photons


@pytest.mark.parametrize(("camera", "kind", "seed"), SCENES)
def test_a_single_image_tells_gain_and_background(camera, kind, seed):
    camera = CAMERAS[camera]
    found = estimate(Image(expose(draw_structure(kind, seed=seed), camera, seed=seed)))
    assert found.gain.value == pytest.approx(camera.gain, rel=0.1)
    assert found.gain.low <= camera.gain * 1.02
    assert found.gain.high >= camera.gain * 0.98
    assert found.background.value == pytest.approx(background_of(camera), rel=0.03)
    # what cannot be told apart is bounded on both sides
    assert found.offset.low - 2 * camera.gain <= camera.offset <= found.offset.high + camera.gain
    assert found.read_noise.low <= camera.read_noise <= found.read_noise.high


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("camera", ["scmos", "dim"])
def test_third_cumulants_tell_offset_and_read_noise_where_little_light_is(camera, seed):
    camera = CAMERAS[camera]
    signal = draw_structure("discs", (512, 512), seed=seed)
    found = estimate(Image(expose(signal, camera, seed=seed)))
    assert "third cumulant" in found.offset.how
    assert found.offset.value == pytest.approx(camera.offset, rel=0.02)
    assert found.read_noise.value == pytest.approx(camera.read_noise, rel=0.1)


def test_a_dark_corner_is_taken_for_the_offset():
    camera = CAMERAS["ccd"].model_copy(update={"background_photons": 0})
    signal = 0.2 + draw_structure("discs", (400, 400), seed=5)
    signal[:100, :100] = 0
    found = estimate(Image(expose(signal, camera, seed=5)))
    assert "darkest plateau" in found.offset.how
    assert found.offset.value == pytest.approx(camera.offset, rel=0.01)
    assert found.read_noise.value == pytest.approx(camera.read_noise, rel=0.1)


@pytest.mark.parametrize(("camera", "frames"), [("bright", 1), ("ccd", 4), ("emccd", 1)])
def test_dark_frames_tell_offset_and_read_noise(camera, frames):
    camera = CAMERAS[camera]
    shut = camera.model_copy(update={"background_photons": 0})
    dark = Image(np.stack([expose(np.zeros((200, 200)), shut, seed=n) for n in range(frames)]))
    image = Image(expose(draw_structure("discs", (400, 400), seed=1), camera, seed=70))
    found = estimate(image, dark=dark)
    assert found.offset.value == pytest.approx(camera.offset, abs=0.1 * camera.gain)
    assert found.read_noise.value == pytest.approx(camera.read_noise, rel=0.1)
    assert "dark frame" in found.read_noise.how


def test_a_fixed_pattern_does_not_count_as_read_noise_of_dark_frames():
    camera = CAMERAS["scmos"].model_copy(update={"background_photons": 0})
    pattern = np.random.default_rng(0).normal(0, 6, (200, 200))
    dark = np.stack([expose(np.zeros((200, 200)), camera, seed=n) + pattern for n in range(4)])
    image = Image(expose(draw_structure("discs", seed=1), CAMERAS["scmos"], seed=70))
    found = estimate(image, dark=Image(np.rint(dark)))
    assert found.read_noise.value == pytest.approx(camera.read_noise, rel=0.1)


@pytest.mark.parametrize(
    ("frames", "changes"),
    [(2, {}), (4, {"bleaching": 0.1, "flicker": 0.05}), (4, {"motion_px": 0.4})],
)
@pytest.mark.parametrize("camera", ["scmos", "bright"])
def test_frames_in_time_tell_the_gain(camera, frames, changes):
    camera = CAMERAS[camera]
    signal = draw_structure("mitochondria", (220, 220), seed=frames)
    film = expose_frames(signal, camera, frames, seed=frames, **changes)
    found = estimate(Image(film, axes="TYX"))
    assert found.gain.value == pytest.approx(camera.gain, rel=0.1)
    assert any("moves" in note for note in found.notes) == ("motion_px" in changes)


def test_frames_tell_what_a_fixed_pattern_would_hide():
    camera = CAMERAS["bright"]
    pattern = np.random.default_rng(0).normal(1, 0.05, (220, 220))  # as fine as pixels
    signal = draw_structure("nuclei", (220, 220), seed=1) * pattern
    found = estimate(Image(expose_frames(signal, camera, 4), axes="TYX"))
    assert found.gain.value == pytest.approx(camera.gain, rel=0.1)


def test_a_stated_offset_settles_the_read_noise():
    camera = CAMERAS["ccd"]
    image = Image(expose(draw_structure("discs", (500, 500), seed=1), camera, seed=7))
    found = estimate(image, EstimateParams(offset=200))
    assert found.offset.how == "stated"
    assert found.read_noise.value == pytest.approx(camera.read_noise, rel=0.15)


def test_saturated_pixels_do_not_count():
    camera = CAMERAS["scmos"].model_copy(update={"bits": 9})
    image = expose(draw_structure("discs", (400, 400), seed=3), camera, seed=3)
    assert np.mean(image == 511) > 0.05
    found = estimate(Image(image))
    assert found.gain.value == pytest.approx(camera.gain, rel=0.1)
    assert any("saturated at 511" in note for note in found.notes)


def test_twelve_bits_in_sixteen_and_shifted_floats_scale_with_their_levels():
    camera = CAMERAS["dim"]
    image = expose(draw_structure("discs", (400, 400), seed=3), camera, seed=3)
    plain, shifted = estimate(Image(image)), estimate(Image(16 * image))
    assert shifted.gain.value == pytest.approx(16 * plain.gain.value, rel=1e-3)
    assert shifted.read_noise.value == pytest.approx(plain.read_noise.value, rel=1e-2)
    floats = estimate(Image(image.astype(np.float32) / 1000 - 0.1))
    assert floats.gain.value == pytest.approx(plain.gain.value / 1000, rel=0.01)
    assert floats.offset.value == pytest.approx(plain.offset.value / 1000 - 0.1, abs=2e-3)


def test_a_flat_image_has_too_little_range_for_a_gain():
    found = estimate(Image(expose(np.full((200, 200), 0.5), CAMERAS["scmos"], seed=1)))
    assert math.isnan(found.gain.value)
    assert "too little range" in found.gain.how
    assert math.isnan(found.read_noise.value)
    assert found.background.value == pytest.approx(712, rel=0.02)


def test_cut_off_darkness_tells_no_offset():
    image = expose(draw_structure("discs", seed=3), CAMERAS["scmos"], seed=3).astype(float)
    found = estimate(Image(np.maximum(image - 112, 0)))
    assert math.isnan(found.offset.value)
    assert "cut off at 0" in found.offset.how
    assert found.gain.value == pytest.approx(2, rel=0.15)


def test_filtered_noise_is_noticed():
    from scipy import ndimage

    image = expose(draw_structure("discs", seed=3), CAMERAS["scmos"], seed=3).astype(float)
    notes = estimate(Image(ndimage.gaussian_filter(image, 0.7))).notes
    assert any("filtered, resampled or compressed" in note for note in notes)
    assert not any("filtered" in note for note in estimate(Image(image)).notes)


def test_grey_levels_under_gamma_are_noticed():
    image = expose(draw_structure("discs", seed=3), CAMERAS["scmos"], seed=3).astype(float)
    stretched = np.clip((image - image.min()) / np.ptp(image), 0, 1) ** 2
    notes = estimate(Image((255 * stretched).astype(np.uint8))).notes
    assert any("8-bit grey levels from 0 to 255" in note for note in notes)
    assert any("bent" in note for note in notes)


def test_frames_whose_mean_is_plain_have_no_share_to_be_taken_away():
    noise = np.random.default_rng(1).normal(0, 3, (64, 64))
    film = np.stack([100 + noise, 100 - noise])
    assert not estimate(Image(film, axes="TYX")).gain.is_known


def test_levels_beyond_whole_numbers_have_no_lattice():
    values = np.random.default_rng(1).integers(0, 1000, (64, 64)) * 1e17
    assert find_step(values.ravel(), values.dtype) == 0


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_an_image_without_noise_tells_no_gain(dtype):
    found = estimate(Image(np.tile(np.arange(64, dtype=dtype) * 3, (64, 1))))
    assert not found.gain.is_known
    assert "there is no noise" in found.gain.how
