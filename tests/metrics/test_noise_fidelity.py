import math

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics import MeasureSettings, background_region, measure, nfm, nfm_floor

SHAPE = (50, 80)
NO_MASK = np.zeros(SHAPE, bool)
RANDOM = np.random.default_rng(0)
REFERENCE = RANDOM.normal(20, 2, SHAPE)
TEST = RANDOM.normal(20.3, 2.2, SHAPE)
COUNTS = REFERENCE.round()


def score_reason(test: np.ndarray, reference: np.ndarray, mask: np.ndarray) -> str:
    (score,) = measure(["nfm"], test=test, reference=reference, mask=mask)
    assert math.isnan(score.value)
    return score.reason


@pytest.mark.parametrize("density", ["kde", "published", "histogram"])
def test_identical_is_zero_and_apart_is_one(density: str) -> None:
    for image in (REFERENCE, COUNTS, COUNTS.astype(np.uint8)):
        assert nfm(image, image, NO_MASK, density=density) == 0
        value = nfm(image + 200.0, image, NO_MASK, density=density)
        assert value == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("density", ["kde", "published", "histogram"])
def test_is_symmetric(density: str) -> None:
    value = nfm(TEST, REFERENCE, NO_MASK, density=density)
    other = nfm(REFERENCE, TEST, NO_MASK, density=density)
    assert value == pytest.approx(other, abs=1e-12 if density != "histogram" else 0.02)


@pytest.mark.parametrize("sd", [1, 2, 5])
def test_rounding_one_image_moves_it_by_less_than_three_hundredths(sd: float) -> None:
    reference = np.random.default_rng(sd).normal(20, sd, SHAPE)
    test = np.random.default_rng(sd + 10).normal(20.3, 1.1 * sd, SHAPE)
    value = nfm(test, reference, NO_MASK)
    assert abs(nfm(test.round(), reference, NO_MASK) - value) < 0.03
    assert abs(nfm(test, reference.round(), NO_MASK) - value) < 0.03
    assert nfm(reference.round(), reference, NO_MASK) < 0.03


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("hot", [255, 65535, 0.25])
def test_one_hot_pixel_moves_it_by_less_than_a_hundredth(counts: bool, hot: float) -> None:
    test, reference = (TEST.round(), COUNTS) if counts else (TEST, REFERENCE)
    value = nfm(test, reference, NO_MASK)
    for image in (test.copy(), reference.copy()):
        pair = (image, reference) if np.array_equal(image, test) else (test, image)
        image[3, 4] = hot
        assert abs(nfm(*pair, NO_MASK) - value) < 0.01


def test_a_shift_of_the_lattice_counts_as_the_shift_only() -> None:
    for shift in (0.1, 0.3, 0.5, 1.0):
        expected = nfm(REFERENCE + shift, REFERENCE, NO_MASK)
        assert nfm(COUNTS + shift, COUNTS, NO_MASK) == pytest.approx(expected, abs=0.01)
    both = nfm(TEST.round() + 0.3, COUNTS + 0.3, NO_MASK)
    assert both == pytest.approx(nfm(TEST.round(), COUNTS, NO_MASK), abs=1e-9)


def test_the_published_form_sees_a_comb_where_the_default_sees_noise() -> None:
    counts = np.random.default_rng(1).normal(20, 1, (300, 300)).round()
    counts[0, 0] = 60
    jittered = counts + RANDOM.uniform(-0.5, 0.5, counts.shape)
    nothing = np.zeros(counts.shape, bool)
    assert nfm(jittered, counts, nothing, density="published") > 0.2
    assert nfm(jittered, counts, nothing) < 0.03


def test_scaled_counts_are_a_lattice_too() -> None:
    stretched = nfm(16 * TEST.round(), 16 * COUNTS, NO_MASK)
    assert stretched == pytest.approx(nfm(TEST.round(), COUNTS, NO_MASK), abs=1e-9)


def test_margin_background_and_mask() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[20:30, 30:50] = True
    test = TEST.copy()
    test[background_region(mask, 0) ^ background_region(mask, 3)] += 50  # blur leaks 3 px
    assert nfm(test, REFERENCE, mask, margin=0) > nfm(test, REFERENCE, mask, margin=3) + 0.02
    region = background_region(mask, 3)
    value = nfm(test, REFERENCE, mask, margin=3)
    assert nfm(test, REFERENCE, background=region) == value
    both = nfm(test, REFERENCE, mask, background=np.ones(SHAPE, np.uint8))
    assert both == nfm(test, REFERENCE, background=~mask)


def test_floor_is_the_distance_of_two_halves() -> None:
    uneven = REFERENCE + np.linspace(0, 6, SHAPE[1])  # along the longer axis
    assert nfm_floor(uneven, NO_MASK) > 0.5
    half = SHAPE[1] // 2
    left, right = uneven[:, :half], uneven[:, half:]
    expected = nfm(left, right, NO_MASK[:, :half])
    assert nfm_floor(uneven, NO_MASK) == pytest.approx(expected, abs=1e-9)
    assert nfm_floor(REFERENCE, NO_MASK) < 0.06


def test_a_stack_is_pooled_and_memory_order_does_not_matter() -> None:
    test, reference = np.stack([TEST, TEST + 5]), np.stack([REFERENCE, REFERENCE + 5])
    mask = np.stack([NO_MASK, NO_MASK])
    value = nfm(test, reference, mask)
    flat = nfm(test.reshape(100, 80), reference.reshape(100, 80), mask.reshape(100, 80))
    assert value == pytest.approx(flat, abs=1e-12)
    fortran = [np.asfortranarray(a.round()) for a in (test, reference)]
    assert nfm(*fortran, mask) == nfm(test.round(), reference.round(), mask)


def test_a_crop_keeps_the_dither_of_its_pixels() -> None:
    real, made = Image(COUNTS), Image(TEST.round())
    mask = np.ones(SHAPE, bool)
    mask[10:30, 20:60] = False
    whole = nfm(made, real, mask, margin=0)

    def crop(image: Image) -> Image:
        return Image(image.array[10:30, 20:60], origin=(10, 20))

    assert nfm(crop(made), crop(real), np.zeros((20, 40), bool)) == whole


def test_undefined_cases_have_a_reason() -> None:
    assert "no background" in score_reason(TEST, REFERENCE, ~NO_MASK)
    almost = ~NO_MASK
    almost[0, 0] = False
    flat = np.full(SHAPE, 7.0)
    assert "of the image under test is constant (7)" in score_reason(flat, REFERENCE, NO_MASK)
    assert "of the reference is constant (7)" in score_reason(TEST, flat, NO_MASK)
    (score,) = measure(["nfm"], test=TEST, reference=REFERENCE)
    assert math.isnan(score.value)
    assert score.reason == "needs a mask"
    one = MeasureSettings(margin_px=0)
    (score,) = measure(["nfm"], test=TEST, reference=REFERENCE, mask=almost, settings=one)
    assert score.reason == "the background has fewer than 2 pixels"


def test_clipped_background_is_said() -> None:
    clipped = (TEST - 19).clip(0)
    (score,) = measure(["nfm"], test=clipped, reference=REFERENCE, mask=NO_MASK)
    assert score.reason.startswith("clipped background, not meaningful")
    assert "of the image under test at 0" in score.reason
    assert 0 < score.value <= 1
    (fine,) = measure(["nfm"], test=TEST, reference=REFERENCE, mask=NO_MASK)
    assert fine.reason == ""


def test_what_stands_beside_the_value() -> None:
    (score,) = measure(["nfm"], test=TEST, reference=COUNTS, mask=NO_MASK)
    details = score.details
    assert details["step_reference"] == details["step_test"] == 1
    assert details["bandwidth_reference"] >= 0.5
    assert details["grid_step"] <= details["bandwidth_test"] / 4
    assert details["grid_min"] < TEST.min()
    assert details["floor"] == nfm_floor(COUNTS, NO_MASK)
    assert details["margin_px"] == 5


def test_mistakes_are_named() -> None:
    with pytest.raises(UserError, match="NFM needs a mask or a background"):
        nfm(TEST, REFERENCE)
    with pytest.raises(UserError, match="no density 'kernel': choose one of kde, published"):
        nfm(TEST, REFERENCE, NO_MASK, density="kernel")
    with pytest.raises(UserError, match="The background is 1×80"):
        nfm(TEST, REFERENCE, background=NO_MASK[:1])


def test_tiny_intensities_score_as_large_ones():
    rng = np.random.default_rng(0)
    test, reference = rng.normal(5, 1, (2, 64, 64))
    background = np.ones((64, 64), bool)
    plain = nfm(test, reference, background=background)
    tiny = nfm(test * 1e-200, reference * 1e-200, background=background)
    assert tiny == pytest.approx(plain, abs=1e-6)
