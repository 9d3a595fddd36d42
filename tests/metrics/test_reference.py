import math

import numpy as np
import pytest
from scipy import stats
from skimage import metrics as skimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics import mae, measure, ncc, nrmse, pcc, psnr

RANDOM = np.random.default_rng(0)
REFERENCE = RANDOM.integers(20, 200, (30, 40)).astype(np.uint8)
TEST = (REFERENCE + RANDOM.normal(0, 9, (30, 40))).round().clip(0, 255).astype(np.uint8)
RANGE = float(np.ptp(REFERENCE))
FLAT = np.full((30, 40), 9, np.uint8)


def reason(key: str, test: np.ndarray, reference: np.ndarray) -> str:
    (score,) = measure([key], test=test, reference=reference)
    assert not math.isfinite(score.value)
    return score.reason


def test_psnr_agrees_with_scikit_image() -> None:
    for given, data_range in (("reference", RANGE), ("dtype", 255), (1000.0, 1000)):
        expected = skimage.peak_signal_noise_ratio(REFERENCE, TEST, data_range=data_range)
        assert psnr(TEST, REFERENCE, data_range=given) == pytest.approx(expected, rel=1e-12)


def test_the_full_scale_of_uint16_adds_decibels() -> None:
    counts = [(i * 6).astype(np.uint16) for i in (TEST.astype(int), REFERENCE.astype(int))]
    gained = psnr(*counts, data_range="dtype") - psnr(*counts, data_range=1500.0)
    assert gained == pytest.approx(32.8, abs=0.01)  # as in the published table
    assert psnr(Image(counts[0]), Image(counts[1]), data_range="dtype") == psnr(
        *counts, data_range=65535
    )
    signed = REFERENCE.astype(np.int16)
    assert psnr(TEST, signed, data_range="dtype") == psnr(TEST, signed, data_range=65535)


def test_psnr_of_identical_images_is_infinite_with_a_reason() -> None:
    assert psnr(REFERENCE, REFERENCE) == math.inf
    assert reason("psnr", REFERENCE, REFERENCE) == "identical images: PSNR is infinite"
    assert psnr(FLAT, FLAT) == math.inf


@pytest.mark.parametrize(
    ("normalization", "theirs"),
    [("range", "min-max"), ("mean", "mean"), ("euclidean", "euclidean")],
)
def test_nrmse_agrees_with_scikit_image(normalization: str, theirs: str) -> None:
    expected = skimage.normalized_root_mse(REFERENCE, TEST, normalization=theirs)
    value = nrmse(TEST, REFERENCE, normalization=normalization)
    assert value == pytest.approx(expected, rel=1e-12)


def test_nrmse_over_the_standard_deviation() -> None:
    test, reference = TEST * 1.0, REFERENCE * 1.0
    expected = math.sqrt(((test - reference) ** 2).mean()) / reference.std()
    assert nrmse(TEST, REFERENCE, normalization="sd") == pytest.approx(expected)


def test_agree_with_torchmetrics() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional")
    test, reference = (torch.from_numpy(i.astype(np.float64)) for i in (TEST, REFERENCE))
    flat = test.ravel(), reference.ravel()
    expected = functional.image.peak_signal_noise_ratio(test, reference, data_range=RANGE)
    assert psnr(TEST, REFERENCE) == pytest.approx(float(expected), rel=1e-6)
    assert mae(TEST, REFERENCE) == pytest.approx(float(functional.mean_absolute_error(*flat)))
    assert pcc(TEST, REFERENCE) == pytest.approx(float(functional.pearson_corrcoef(*flat)))
    cosine = functional.cosine_similarity(flat[0][None], flat[1][None], reduction="mean")
    assert ncc(TEST, REFERENCE) == pytest.approx(float(cosine))


def test_pcc_and_ncc_are_not_the_same() -> None:
    expected = stats.pearsonr(TEST.ravel() * 1.0, REFERENCE.ravel() * 1.0).statistic
    assert pcc(TEST, REFERENCE) == pytest.approx(expected, rel=1e-12)
    shifted = TEST + 1000.0, REFERENCE + 1000.0
    assert pcc(*shifted) == pytest.approx(expected, rel=1e-9)
    assert ncc(*shifted) > ncc(TEST, REFERENCE)
    assert ncc(3 * TEST.astype(float), REFERENCE) == pytest.approx(ncc(TEST, REFERENCE))
    random = RANDOM.normal(0, 1, (30, 40))
    a, b = random * 1.0, REFERENCE * 1.0
    assert ncc(a, b) == pytest.approx((a * b).sum() / math.sqrt((a**2).sum() * (b**2).sum()))


def test_identical_images() -> None:
    for metric, ideal in ((nrmse, 0), (mae, 0), (ncc, 1), (pcc, 1)):
        assert metric(REFERENCE, REFERENCE) == pytest.approx(ideal, abs=1e-12)


def test_constant_and_empty_images_have_a_reason() -> None:
    assert reason("psnr", TEST, FLAT) == "the reference is constant: its range is 0"
    assert reason("nrmse", TEST, FLAT) == "the reference's range is 0"
    assert math.isnan(nrmse(TEST, 0 * FLAT, normalization="mean"))
    assert reason("pcc", FLAT, REFERENCE) == "the image under test is constant everywhere"
    assert reason("ncc", 0 * FLAT, REFERENCE) == "the image under test is 0 everywhere"
    assert ncc(FLAT, FLAT) == pytest.approx(1)
    assert mae(FLAT, FLAT + 2) == 2


def test_negative_values() -> None:
    test, reference = TEST - 300.0, REFERENCE - 300.0
    assert psnr(test, reference) == pytest.approx(psnr(TEST, REFERENCE))
    assert nrmse(test, reference, normalization="mean") > 0


def test_memory_order_gives_the_same_digits() -> None:
    for metric in (psnr, nrmse, mae, ncc, pcc):
        value = metric(TEST, REFERENCE)
        assert metric(np.asfortranarray(TEST), np.asfortranarray(REFERENCE)) == value
        assert metric(TEST.astype(np.float32), REFERENCE.astype(np.int64)) == value


def test_ranges_that_are_none_are_refused() -> None:
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(UserError, match="must be above 0"):
            psnr(TEST, REFERENCE, data_range=bad)
    with pytest.raises(UserError, match="no data range 'type'"):
        psnr(TEST, REFERENCE, data_range="type")
    with pytest.raises(UserError, match="no normalization 'max': choose one of range"):
        nrmse(TEST, REFERENCE, normalization="max")
