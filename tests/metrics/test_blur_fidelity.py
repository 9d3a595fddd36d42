import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage, signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import (
    METRICS,
    background_region,
    bfm,
    bfm_background,
    bfm_foreground,
    bfm_gain_matched,
    bfm_sigma,
    measure,
)

KERNEL = np.array([[1, 4, 1], [4, -20, 4], [1, 4, 1]]) / 6
RANDOM = np.random.default_rng(0)
SHAPE = (96, 96)
MASK = np.zeros(SHAPE, bool)
MASK[30:60, 20:70] = True
CLEAN = ndimage.gaussian_filter(RANDOM.normal(0, 1, SHAPE), 2) * 300 * MASK + 100
REFERENCE = CLEAN + RANDOM.normal(0, 3, SHAPE)
BLURRED = ndimage.gaussian_filter(REFERENCE, 1)


def score(key: str, test: np.ndarray, reference: np.ndarray, mask: np.ndarray | None = MASK):
    (found,) = measure([key], test=test, reference=reference, mask=mask)
    return found


@pytest.mark.parametrize("border", ["valid", "zero"])
def test_both_forms_agree_with_a_direct_convolution(border: str) -> None:
    mode = {"valid": "valid", "zero": "same"}[border]
    test, reference = (signal.convolve2d(i, KERNEL, mode=mode) for i in (BLURRED, REFERENCE))
    energy = (test**2).sum() / (reference**2).sum()
    absolute = np.abs(test).sum() / np.abs(reference).sum()
    assert bfm(BLURRED, REFERENCE, border=border) == pytest.approx(energy, rel=1e-9)
    value = bfm(BLURRED, REFERENCE, sharpness="absolute", border=border)
    assert value == pytest.approx(absolute, rel=1e-9)


def test_by_hand() -> None:
    reference = np.zeros((3, 3))
    reference[1, 1] = 6  # one valid position: -20
    test = np.zeros((3, 3))
    test[0, 1] = 6  # there: 4
    assert bfm(test, reference) == pytest.approx((4 / 20) ** 2)
    assert bfm(test, reference, sharpness="absolute") == pytest.approx(4 / 20)
    # with zeros around: 20² + 4·4² + 4·1² against 20² + 3·4² + 2·1²
    assert bfm(test, reference, border="zero") == pytest.approx((400 + 48 + 2) / (400 + 64 + 4))


def test_grows_with_the_square_of_the_gain() -> None:
    assert bfm(2 * REFERENCE + 7, REFERENCE) == pytest.approx(4)
    assert bfm(2 * REFERENCE + 7, REFERENCE, sharpness="absolute") == pytest.approx(2)
    matched = bfm_gain_matched(2 * REFERENCE + 7, REFERENCE, MASK)
    assert matched == pytest.approx(1)
    absolute = bfm_gain_matched(2 * REFERENCE + 7, REFERENCE, MASK, sharpness="absolute")
    assert absolute == pytest.approx(1)


def test_the_gain_is_shown_and_warned_about() -> None:
    for gain, warned in ((0.7, True), (0.85, False), (1.2, False), (1.3, True), (-1, True)):
        for key in ("bfm", "bfm_absolute", "bfm_gain_matched"):
            details = score(key, gain * REFERENCE + 3, REFERENCE).details
            assert details["gain"] == pytest.approx(gain)
            assert ("warning" in details) == warned
    assert "0.8–1.25" in score("bfm", 2 * REFERENCE, REFERENCE).details["warning"]
    assert score("bfm_absolute", 2 * REFERENCE, REFERENCE).details["gain_matched"] == pytest.approx(
        1
    )


def test_the_gain_is_the_least_squares_slope() -> None:
    slope = np.polyfit(REFERENCE[MASK], BLURRED[MASK], 1)[0]
    assert score("bfm", BLURRED, REFERENCE).details["gain"] == pytest.approx(slope)


def test_noise_makes_up_for_blur_but_not_for_its_companions() -> None:
    assert bfm(BLURRED, REFERENCE) < 0.3
    structure = ndimage.gaussian_filter(CLEAN, 2)
    missing = 1 - bfm(structure, REFERENCE)
    spread = 3 * math.sqrt(missing / bfm(REFERENCE - CLEAN, REFERENCE))
    noisy = structure + RANDOM.normal(0, spread, SHAPE)
    assert bfm(noisy, REFERENCE) == pytest.approx(1, abs=0.15)
    assert bfm_sigma(noisy, REFERENCE) < 0.6


def test_foreground_and_background_apart() -> None:
    test = np.where(MASK, BLURRED, REFERENCE)
    a, b = (signal.convolve2d(i, KERNEL, mode="valid") for i in (test, REFERENCE))
    inside, outside = MASK[1:-1, 1:-1], background_region(MASK, 5)[1:-1, 1:-1]
    expected = (a[inside] ** 2).sum() / (b[inside] ** 2).sum()
    assert bfm_foreground(test, REFERENCE, MASK) == pytest.approx(expected)
    expected = (a[outside] ** 2).sum() / (b[outside] ** 2).sum()
    assert bfm_background(test, REFERENCE, MASK) == pytest.approx(expected) == pytest.approx(1)
    marked = ~MASK
    expected = (a[marked[1:-1, 1:-1]] ** 2).sum() / (b[marked[1:-1, 1:-1]] ** 2).sum()
    assert bfm_background(test, REFERENCE, background=marked) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [bfm, bfm_sigma])
def test_sums_run_over_planes(metric: Callable[..., float]) -> None:
    stack = np.stack([REFERENCE, 3 * REFERENCE]), np.stack([BLURRED, REFERENCE])
    reference, test = stack
    energies = [(metric(p, REFERENCE), metric(q, REFERENCE)) for p, q in zip(*stack, strict=True)]
    expected = sum(q for _, q in energies) / sum(p for p, _ in energies)
    assert metric(test, reference) == pytest.approx(expected)


def test_memory_order_and_dtype() -> None:
    a, b = BLURRED.round().astype(np.uint16), REFERENCE.round().astype(np.uint16)
    value = bfm(a, b)
    assert bfm(np.asfortranarray(a), b.astype(np.float32)) == value
    assert bfm(a.astype(np.int64), np.asfortranarray(b)) == value


def test_undefined_cases_have_a_reason() -> None:
    flat = np.full(SHAPE, 0.1)
    for border in ("valid", "zero"):
        assert math.isnan(bfm(REFERENCE, flat, border=border))
        assert bfm(flat, REFERENCE, border=border) == 0
    assert score("bfm", REFERENCE, flat).reason == "the reference is constant"
    ramp = np.add.outer(np.arange(96) * 0.1, np.arange(96) * 0.3)
    for key in ("bfm", "bfm_absolute"):
        assert "flat or a ramp" in score(key, REFERENCE, ramp).reason
    tiny = REFERENCE[:2, :2]
    assert score("bfm", tiny, tiny, None).reason == "the image is smaller than the kernel"
    assert score("bfm_sigma", REFERENCE[:16], REFERENCE[:16], None).reason.startswith("the image")
    for key in ("bfm_gain_matched", "bfm_foreground", "bfm_background"):
        assert score(key, BLURRED, REFERENCE, None).reason == "needs a mask"
    assert score("bfm_foreground", BLURRED, REFERENCE, ~MASK & MASK).reason.startswith("no pixel")
    assert score("bfm_background", BLURRED, REFERENCE, MASK | True).reason.startswith("no pixel")
    assert "gain is 0" in score("bfm_gain_matched", flat, REFERENCE).reason
    inside = np.where(MASK, 5.0, REFERENCE)
    assert "constant inside" in score("bfm_gain_matched", REFERENCE, inside).reason


def test_identical_images_score_one() -> None:
    for key in METRICS:
        if not key.startswith("bfm"):
            continue
        assert score(key, REFERENCE, REFERENCE).value == pytest.approx(1, abs=1e-12)


def test_words_that_name_no_option_are_refused() -> None:
    with pytest.raises(UserError, match="no sharpness 'l1'"):
        bfm(REFERENCE, REFERENCE, sharpness="l1")
    with pytest.raises(UserError, match="no border 'same'"):
        bfm(REFERENCE, REFERENCE, border="same")
    with pytest.raises(UserError, match="sharpness needs Y and X"):
        bfm([1.0, 2.0], [1.0, 3.0])
