"""Patches are drawn where structures are; noise alone is no structure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_fidelity.data.foreground import (
    Places,
    choose_cell,
    find_bright_places,
    find_mask_places,
    mean_over_cells,
    measure_pixel_noise,
)

PATCH = (16, 16)


def _find(pixels: npt.NDArray[np.float32]) -> Places:
    cells = mean_over_cells(pixels, choose_cell(PATCH))
    return find_bright_places(cells, measure_pixel_noise(pixels), pixels.shape, PATCH)


def test_patches_hold_the_bright_spot() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.normal(100, 10, (96, 80)).astype(np.float32)
    pixels[40:48, 60:68] += 200
    places = _find(pixels)
    for _ in range(50):
        y, x = places.draw(pixels.shape, PATCH, rng)
        assert 0 <= y <= 80 and 0 <= x <= 64  # noqa: PT018  # one thought
        assert pixels[y : y + 16, x : x + 16].max() > 200


def test_noise_alone_has_no_places() -> None:
    noise = np.random.default_rng(0).normal(100, 10, (256, 256)).astype(np.float32)
    assert len(_find(noise).corners) == 0
    assert len(_find(np.full((64, 64), 7, np.float32)).corners) == 0


def test_masks_need_two_percent_of_a_patch() -> None:
    mask = np.zeros((64, 64), bool)
    mask[32:34, 32:34] = True  # 4 of 256 pixels: 1.6 %
    cells = mean_over_cells(mask, choose_cell(PATCH))
    assert len(find_mask_places(cells, mask.shape, PATCH).corners) == 0
    mask[32:35, 32:35] = True  # 3.5 %
    cells = mean_over_cells(mask, choose_cell(PATCH))
    assert len(find_mask_places(cells, mask.shape, PATCH).corners) > 0


def test_an_image_of_the_patch_size_has_one_place() -> None:
    mask = np.ones(PATCH, bool)
    cells = mean_over_cells(mask, choose_cell(PATCH))
    places = find_mask_places(cells, PATCH, PATCH)
    assert places.corners.tolist() == [[0, 0]]
    assert places.draw(PATCH, PATCH, np.random.default_rng(0)) == (0, 0)


def test_volumes_have_places_too() -> None:
    mask = np.zeros((12, 40, 40), bool)
    mask[8:, 30:, 30:] = True
    patch = (4, 16, 16)
    cells = mean_over_cells(mask, choose_cell(patch))
    places = find_mask_places(cells, mask.shape, patch)
    rng = np.random.default_rng(0)
    for _ in range(20):
        z, y, x = places.draw(mask.shape, patch, rng)
        assert mask[z : z + 4, y : y + 16, x : x + 16].any()


def test_pixel_noise_is_measured_beside_structures() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.normal(0, 3, (128, 128)) + 500 * (np.mgrid[:128, :128][1] > 64)
    assert abs(measure_pixel_noise(pixels) - 3) < 0.1
