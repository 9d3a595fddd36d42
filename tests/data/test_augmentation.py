"""Geometry acts alike on both sides of a pair, and does nothing where nothing is asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.augmentation import Geometry, draw_geometry, draw_intensity
from napari_fidelity.data.settings import Augmentation

NONE = Augmentation(flips=False, rotations="none")
PATCH = (16, 16)


def test_identity_settings_change_nothing() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.random((2, 16, 16))
    for _ in range(5):
        geometry = draw_geometry(NONE, PATCH, rng)
        assert geometry.measure_reach(PATCH) == PATCH
        np.testing.assert_array_equal(geometry.apply(pixels, PATCH, labels=False), pixels)
        assert draw_intensity(NONE, rng) == (1.0, 0.0)


def test_flips_and_turns_are_numpys() -> None:
    pixels = np.random.default_rng(0).random((1, 16, 16))
    turned = Geometry((True, False), turns=1).apply(pixels, PATCH, labels=False)
    np.testing.assert_array_equal(turned, np.rot90(pixels[:, ::-1], 1, (1, 2)))


def test_all_eight_orientations_are_drawn() -> None:
    pixels = np.arange(16.0).reshape(1, 4, 4)
    rng = np.random.default_rng(0)
    found = {
        draw_geometry(Augmentation(), (4, 4), rng).apply(pixels, (4, 4), labels=False).tobytes()
        for _ in range(200)
    }
    assert len(found) == 8


def test_patches_that_are_no_squares_keep_their_sides() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        geometry = draw_geometry(Augmentation(), (8, 16), rng)
        assert geometry.apply(np.zeros((1, 8, 16)), (8, 16), labels=False).shape == (1, 8, 16)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 4, 2.0])
@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5])
def test_interpolated_patches_show_no_padding_and_the_right_place(
    angle: float, factor: float
) -> None:
    """A ramp is reproduced by splines: each pixel says where it was taken from."""
    geometry = Geometry((False, False), angle=angle, factor=factor, shift=(0.3, -1.2))
    height, width = geometry.measure_reach(PATCH)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    found_y, found_x = (geometry.apply(ramp[None], PATCH, labels=False)[0] for ramp in (y, x))
    offsets = np.mgrid[:16, :16] - 7.5
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / factor
    expected = np.tensordot(matrix, offsets, 1)
    np.testing.assert_allclose(found_y, expected[0] + (height - 1) / 2 + 0.3, atol=0.01)
    np.testing.assert_allclose(found_x, expected[1] + (width - 1) / 2 - 1.2, atol=0.01)


def test_labels_take_the_nearest_pixel() -> None:
    labels = ndimage.label(np.random.default_rng(0).random((40, 40)) > 0.6)[0][None]
    geometry = Geometry((False, False), angle=0.5)
    sides = geometry.measure_reach(PATCH)
    found = geometry.apply(labels[:, : sides[0], : sides[1]], PATCH, labels=True)
    assert found.dtype == labels.dtype
    assert set(np.unique(found)) <= set(np.unique(labels))


def test_changing_one_setting_moves_no_other_draw() -> None:
    one = draw_geometry(Augmentation(shift_px=2), PATCH, np.random.default_rng(3))
    two = draw_geometry(Augmentation(shift_px=2, scale=(0.5, 2)), PATCH, np.random.default_rng(3))
    assert (one.flips, one.turns, one.shift) == (two.flips, two.turns, two.shift)
    assert one.factor == 1 != two.factor


@pytest.mark.parametrize(
    "values", [{"scale": (1.2, 0.8)}, {"gain": (0.0, 1.0)}, {"scale": (0.01, 1.0)}]
)
def test_ranges_that_make_no_sense_are_refused(values: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(UserError):
        Augmentation.parse(values)
