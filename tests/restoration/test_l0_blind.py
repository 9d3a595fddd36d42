"""L0-regularised blind deblurring: known blurs are found, and what it cannot do is known too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.restoration.kernel_text import parse_kernel, spell_kernel
from napari_fidelity.restoration.l0_blind import (
    L0BlindSettings,
    deblur_blindly,
    find_l0_halo,
    run_l0_blind,
    settle_l0_blind,
)
from napari_fidelity.restoration.l0_kernel import estimate_kernel, list_sides
from napari_fidelity.restoration.sparse_deconvolution import deconvolve_sparsely

SIDE = 15


def compare_kernels(first, second):
    """How alike two blurs are, wherever their centres lie: 0 to 1.

    The largest normalised cross-correlation over all shifts, ``max_s Σ a(x) b(x + s) /
    sqrt(Σ a² · Σ b²)`` (Hu and Yang, 2012).
    """
    a, b = (np.atleast_2d(np.asarray(kernel, np.float64)) for kernel in (first, second))
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    shape = tuple(p + q for p, q in zip(a.shape, b.shape, strict=True))
    spectrum = np.fft.rfft2(a, shape) * np.conj(np.fft.rfft2(b, shape))
    return float(np.fft.irfft2(spectrum, shape).max() / norm)


def draw_arc(turn: float) -> np.ndarray:
    """A motion blur along an arc, 15×15 px, sum 1."""
    time = np.linspace(0, 1, 300)
    angle = turn + 1.5 * time
    path = np.cumsum(np.stack([np.sin(angle), np.cos(angle)]), axis=1)
    path = (path - path.mean(axis=1, keepdims=True)) / np.ptp(path, axis=1).max() * (SIDE - 4)
    edges = np.arange(SIDE + 1) - 0.5
    y, x = path + SIDE // 2
    kernel = ndimage.gaussian_filter(np.histogram2d(y, x, bins=(edges, edges))[0], 0.4)
    return kernel / kernel.sum()


@pytest.fixture(scope="module")
def sharp():
    return data.camera()[100:324, 120:344].astype(np.float32)


def blur(sharp: np.ndarray, kernel: np.ndarray, noise: float = 0.003) -> np.ndarray:
    noisy = np.random.default_rng(0).normal(0, noise * np.ptp(sharp), sharp.shape)
    return (ndimage.convolve(sharp, kernel, mode="reflect") + noisy).astype(np.float32)


def find_error(test: np.ndarray, truth: np.ndarray) -> float:
    """Least RMS difference over shifts of up to a pixel, which a blind blur leaves open."""
    inner = (slice(20, -20),) * 2
    shifted = (ndimage.shift(test, (y, x), order=1) for y in (-1, 0, 1) for x in (-1, 0, 1))
    return min(float(np.sqrt(((one - truth)[inner] ** 2).mean())) for one in shifted)


@pytest.mark.parametrize("turn", [0.3, 2.0, 4.0])
def test_a_known_motion_is_found_and_undone(sharp, turn):
    kernel = draw_arc(turn)
    blurred = blur(sharp, kernel)
    restored, found = deblur_blindly(blurred, L0BlindSettings(kernel_px=17), Progress())
    assert found.shape == (17, 17)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert compare_kernels(found, kernel) >= 0.8
    assert find_error(restored, sharp) < 0.8 * find_error(blurred, sharp)
    assert restored.mean() == pytest.approx(blurred.mean(), rel=0.01)


def test_intensities_of_any_unit_give_the_same(sharp):
    blurred = blur(sharp, draw_arc(0.3))
    settings = L0BlindSettings(kernel_px=9, rounds=2)
    plain, scaled = (run_l0_blind(image, settings) for image in (blurred, 100 + 20 * blurred))
    np.testing.assert_allclose(scaled, 100 + 20 * plain, atol=0.005 * np.ptp(scaled))


def test_noisy_defocus_is_not_undone(sharp):
    y, x = np.mgrid[-8:9, -8:9]
    disk = (y * y + x * x <= 64).astype(float)
    disk /= disk.sum()
    spoilt = blur(sharp, disk, noise=0.1)
    restored, found = deblur_blindly(spoilt, L0BlindSettings(kernel_px=17), Progress())
    assert compare_kernels(found, disk) < 0.8
    assert find_error(restored, sharp) > 0.75 * find_error(spoilt, sharp)


def test_settled_settings_hold_the_blur(sharp):
    blurred = blur(sharp, draw_arc(0.3))
    settings = L0BlindSettings(kernel_px=9, rounds=1)
    settled = settle_l0_blind(blurred, settings)
    kernel = parse_kernel(settled.settings.kernel)
    assert kernel.shape == (9, 9)
    assert settled.facts["blur"] == settled.settings.kernel == spell_kernel(kernel)
    assert find_l0_halo(settings) is None
    assert find_l0_halo(settled.settings) == 34
    whole = run_l0_blind(blurred, settled.settings)
    again = settle_l0_blind(blurred, settled.settings)
    assert again.settings == settled.settings
    tile = run_l0_blind(np.ascontiguousarray(blurred[:140, :140]), settled.settings)
    difference = np.abs(tile[:100, :100] - whole[:100, :100])
    assert difference.max() < 0.01 * np.ptp(blurred)


def test_borders_leave_no_ghosts():
    image = np.zeros((64, 64), np.float32)
    image[:, :6] = 100
    kernel = np.full((1, 9), 1 / 9, np.float32)
    blurred = ndimage.convolve(image, kernel, mode="reflect")
    restored = deconvolve_sparsely(blurred, kernel, 2e-3)
    assert np.abs(restored[:, 48:]).max() < 2


def test_bad_input_is_told(sharp):
    with pytest.raises(UserError, match="does not fit an image of 16×16 px"):
        estimate_kernel(sharp[:16, :16], L0BlindSettings(kernel_px=25), Progress())
    for text, reason in (
        ("1 x", "rows of numbers"),
        ("1 2; 3", "equal length"),
        ("0 0 0", "not all zero"),
        ("1 -1 1", "0 or more"),
    ):
        with pytest.raises(UserError, match=reason):
            L0BlindSettings.parse({"kernel": text})


def test_flat_images_stay_as_they_are():
    flat = np.full((32, 32), 7, np.float32)
    restored, kernel = deblur_blindly(flat, L0BlindSettings(kernel_px=5), Progress())
    np.testing.assert_array_equal(restored, flat)
    assert kernel[2, 2] == 1


def test_every_round_can_be_stopped(sharp):
    told = []
    progress = Progress(lambda *step: told.append(step))
    estimate_kernel(sharp[:64, :64], L0BlindSettings(kernel_px=7, rounds=2), progress)
    first = [(n, 12, f"Blur of {side} px") for n, side in enumerate((3, 3, 5, 5, 7, 7))]
    assert told[:6] == first
    assert [step[:2] for step in told] == sorted(step[:2] for step in told)
    with pytest.raises(Cancelled):
        run_l0_blind(sharp, L0BlindSettings(), progress=Progress(is_cancelled=lambda: True))


def test_sides_are_odd_and_grow():
    for side in (3, 5, 25, 151):
        sides = list_sides(side)
        assert sides[-1] == side
        assert all(one % 2 for one in sides)
        assert sides == sorted(set(sides))
