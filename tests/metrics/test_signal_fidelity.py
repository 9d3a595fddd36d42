import math

import numpy as np
import pytest
from scipy import stats

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import mask_baselines, measure, sfm

RANDOM = np.random.default_rng(0)
REFERENCE = RANDOM.normal(100, 10, (40, 50))
TEST = REFERENCE + RANDOM.normal(0, 10, (40, 50))
MASK = RANDOM.random((40, 50)) > 0.6


def reason(test: np.ndarray, reference: np.ndarray, mask: np.ndarray) -> str:
    (score,) = measure(["sfm"], test=test, reference=reference, mask=mask)
    assert math.isnan(score.value)
    assert math.isnan(sfm(test, reference, mask))
    return score.reason


def test_by_hand() -> None:
    # Ω = (1, 2, 3) and (1, 3, 2): centred (-1, 0, 1)·(-1, 1, 0) = 1, norms² 2 and 2
    assert sfm([[1, 3, 2, 99]], [[1, 2, 3, 0]], [[1, 1, 1, 0]]) == pytest.approx(0.5)


def test_is_pearson_inside_the_mask_only() -> None:
    expected = stats.pearsonr(TEST[MASK], REFERENCE[MASK]).statistic
    assert sfm(TEST, REFERENCE, MASK) == pytest.approx(expected, rel=1e-12)
    outside = np.where(MASK, TEST, 1e6)
    assert sfm(outside, REFERENCE, MASK) == sfm(TEST, REFERENCE, MASK)


def test_agrees_with_torchmetrics() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional")
    expected = functional.pearson_corrcoef(
        torch.from_numpy(TEST[MASK]), torch.from_numpy(REFERENCE[MASK])
    )
    assert sfm(TEST, REFERENCE, MASK) == pytest.approx(float(expected), rel=1e-9)


def test_gain_and_offset_do_not_matter_and_identity_is_one() -> None:
    assert sfm(REFERENCE, REFERENCE, MASK) == pytest.approx(1, abs=1e-15)
    assert sfm(3 * TEST - 7, REFERENCE, MASK) == pytest.approx(sfm(TEST, REFERENCE, MASK))
    assert sfm(-REFERENCE, REFERENCE, MASK) == pytest.approx(-1, abs=1e-15)


def test_large_offsets_keep_their_digits() -> None:
    assert sfm(TEST + 1e9, REFERENCE, MASK) == pytest.approx(sfm(TEST, REFERENCE, MASK), abs=1e-6)


def test_a_stack_is_pooled() -> None:
    stack = np.stack([TEST, TEST + 40]), np.stack([REFERENCE, REFERENCE - 40])
    both = np.stack([MASK, MASK])
    expected = np.corrcoef(stack[0][both], stack[1][both])[0, 1]
    assert sfm(*stack, both) == pytest.approx(expected)
    assert sfm(*stack, both) < sfm(TEST, REFERENCE, MASK)


def test_memory_order_and_dtype() -> None:
    counts = TEST.round().clip(0, 255)
    value = sfm(counts, REFERENCE, MASK)
    assert sfm(counts.astype(np.uint8), REFERENCE, MASK) == value
    order = [np.asfortranarray(a) for a in (counts, REFERENCE, MASK)]
    assert sfm(*order) == value


def test_undefined_cases_have_a_reason() -> None:
    one = np.zeros_like(MASK)
    assert reason(TEST, REFERENCE, one) == "the mask is empty"
    one[3, 3] = True
    assert reason(TEST, REFERENCE, one) == "fewer than 2 pixels inside the mask"
    flat = np.where(MASK, 5.0, TEST)
    assert reason(flat, REFERENCE, MASK) == "the image under test is constant inside the mask"
    assert reason(TEST, flat, MASK) == "the reference is constant inside the mask"


def test_masks_are_not_broadcast() -> None:
    with pytest.raises(UserError, match="The mask is 1×50, the reference is 40×50"):
        sfm(TEST, REFERENCE, MASK[:1])


def test_no_mask() -> None:
    (score,) = measure(["sfm"], test=TEST, reference=REFERENCE)
    assert math.isnan(score.value)
    assert score.reason == "needs a mask"


def test_the_mask_alone_stands_beside_it() -> None:
    mask = np.zeros((40, 50), bool)
    mask[10:30, 10:35] = True
    bump = mask_baselines(mask)["distance"] * 100 + REFERENCE / 10
    (score,) = measure(["sfm"], test=TEST, reference=bump, mask=mask)
    for key, image in mask_baselines(mask).items():
        assert score.details[f"baseline_{key}"] == sfm(image, bump, mask)
    assert score.details["baseline_distance"] > 0.9
