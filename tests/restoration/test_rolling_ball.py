"""Rolling-ball background: beside scipy's opening, and what it finds under objects."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.restoration.rolling_ball import (
    RollingBallSettings,
    find_ball_halo,
    find_height,
    open_by_ball,
    run_rolling_ball,
    settle_rolling_ball,
)


@pytest.fixture(scope="module")
def scene():
    """A smooth background, and the same with small bright disks on it."""
    y, x = np.mgrid[:192, :192]
    background = (50 + 60 * np.exp(-(((y - 90) ** 2 + (x - 60) ** 2) / 9000))).astype(np.float32)
    places = np.zeros((192, 192))
    places[20::40, 20::40] = 1
    disks = ndimage.grey_dilation(places, footprint=np.hypot(*np.mgrid[-5:6, -5:6]) <= 5)
    return background, (background + 100 * disks).astype(np.float32), disks > 0


def test_opening_is_that_of_scipy():
    image = np.random.default_rng(0).uniform(0, 50, (40, 40)).astype(np.float32)
    y, x = np.mgrid[-4:5, -4:5]
    inside = y * y + x * x <= 16
    ball = np.where(inside, 20 * np.sqrt(np.clip(1 - (y * y + x * x) / 16, 0, None)) - 20, 0)
    expected = ndimage.grey_opening(
        image, footprint=inside, structure=ball, mode="constant", cval=np.inf
    )
    found = open_by_ball(image, 4, 20)
    inner = (slice(8, -8),) * 2  # scipy's two halves disagree about what lies beyond the border
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-4)
    assert (found <= image + 1e-4).all()


@pytest.mark.parametrize("radius", [9, 15, 40])
def test_the_background_is_found_under_objects(scene, radius):
    background, image, _ = scene
    settings = RollingBallSettings(radius_px=radius, smooth_px=0.5, output="background")
    found = run_rolling_ball(image, settings)
    assert np.abs(found - background)[10:-10, 10:-10].max() < 8
    assert np.sqrt(np.square(found - background).mean()) < 3


def test_image_and_background_add_up(scene):
    _, image, disks = scene
    settings = RollingBallSettings(radius_px=20)
    without = run_rolling_ball(image, settings)
    background = run_rolling_ball(image, settings.model_copy(update={"output": "background"}))
    np.testing.assert_array_equal(without, image - background)
    assert without[disks].mean() > 85
    assert abs(float(np.median(without[~disks]))) < 3


def test_a_ball_smaller_than_the_objects_eats_them(scene):
    _, image, disks = scene
    eaten = run_rolling_ball(image, RollingBallSettings(radius_px=3))
    assert eaten[disks].mean() < 40


def test_intensities_of_any_unit_give_the_same(scene):
    _, image, _ = scene
    settings = RollingBallSettings(radius_px=20)
    np.testing.assert_allclose(
        run_rolling_ball(image / 1000 + 3, settings), run_rolling_ball(image, settings) / 1000,
        atol=1e-4,
    )  # fmt: skip


def test_settled_settings_and_halo(scene):
    _, image, _ = scene
    asked = RollingBallSettings(radius_px=8)
    settled = settle_rolling_ball(image, asked)
    assert settled.settings.height == settled.facts["height"] == find_height(image)
    assert find_ball_halo(asked) is None
    halo = find_ball_halo(settled.settings)
    assert halo is not None
    whole = run_rolling_ball(image, settled.settings)
    tile = run_rolling_ball(np.ascontiguousarray(image[: 60 + halo]), settled.settings)
    np.testing.assert_allclose(tile[:60], whole[:60], atol=1e-4)
    assert find_ball_halo(settled.settings.model_copy(update={"radius_px": 50})) is None


def test_a_flat_ball_and_a_flat_image():
    flat = np.full((20, 30), 5, np.float32)
    for height in (None, 0.0):
        settings = RollingBallSettings(radius_px=4, height=height)
        np.testing.assert_allclose(run_rolling_ball(flat, settings), 0, atol=1e-5)
