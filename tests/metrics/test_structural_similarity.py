import math

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from napari_fidelity.metrics import measure, ssim
from napari_fidelity.metrics.settings import MeasureSettings

RANDOM = np.random.default_rng(0)


def pair(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    reference = RANDOM.normal(100, 20, shape)
    return reference + RANDOM.normal(3, 10, shape), reference


def skimage_ssim(test: np.ndarray, reference: np.ndarray, data_range: float) -> float:
    return float(
        structural_similarity(
            test,
            reference,
            data_range=data_range,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


@pytest.mark.parametrize(
    "shape", [(11, 11), (12, 40), (43, 42), (74, 75), (97, 130), (300, 211), (42, 11), (64, 1000)]
)
def test_agrees_with_scikit_image(shape: tuple[int, int]) -> None:
    test, reference = pair(*shape)
    expected = skimage_ssim(test, reference, float(np.ptp(reference)))
    assert ssim(test, reference) == pytest.approx(expected, abs=1e-9)
    assert ssim(test, reference, data_range=500) == pytest.approx(
        skimage_ssim(test, reference, 500), abs=1e-9
    )


def test_integers_and_the_full_scale_of_their_type() -> None:
    test, reference = (i.clip(0, 255).astype(np.uint8) for i in pair(80, 90))
    value = ssim(test, reference, data_range="dtype")
    assert value == pytest.approx(skimage_ssim(test, reference, 255), abs=1e-6)
    assert value != ssim(test, reference)
    wide = [i.astype(np.uint16) for i in (test, reference)]
    assert ssim(*wide, data_range="dtype") > 0.999  # the trap: 65535 for 8 bits of signal


def test_agrees_with_torchmetrics() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.image")
    test, reference = pair(90, 70)
    tensors = [torch.from_numpy(i)[None, None] for i in (test, reference)]
    _, local = functional.structural_similarity_index_measure(
        *tensors, data_range=200.0, return_full_image=True
    )
    expected = float(local[..., 5:-5, 5:-5].mean())  # the rest is padded
    assert ssim(test, reference, data_range=200) == pytest.approx(expected, abs=1e-6)


def test_a_stack_by_planes_and_by_volume() -> None:
    test, reference = pair(14, 30, 41)
    planes = [skimage_ssim(t, r, 150) for t, r in zip(test, reference, strict=True)]
    assert ssim(test, reference, data_range=150) == pytest.approx(np.mean(planes), abs=1e-9)
    volume = skimage_ssim(test, reference, 150)
    assert ssim(test, reference, data_range=150, spatial_ndim=3) == pytest.approx(volume, abs=1e-9)
    times = np.stack([test, reference]), np.stack([reference, reference])
    value = ssim(*times, data_range=150, spatial_ndim=3)
    assert value == pytest.approx((volume + 1) / 2, abs=1e-9)


def test_a_stack_s_range_is_that_of_the_whole_reference() -> None:
    test, reference = pair(2, 30, 30)
    reference[1] *= 4
    expected = [skimage_ssim(t, r, np.ptp(reference)) for t, r in zip(test, reference, strict=True)]
    assert ssim(test, reference) == pytest.approx(np.mean(expected), abs=1e-9)


def test_large_offsets_keep_their_digits() -> None:
    test, reference = pair(60, 60)
    value = ssim(test + 1e7, reference + 1e7, data_range=100)
    means = 2 * (reference + 1e7) * (test + 1e7) / ((reference + 1e7) ** 2 + (test + 1e7) ** 2)
    assert means.min() > 1 - 1e-9  # so only contrast and structure are left
    assert 0 < value < 1
    assert ssim(test + 2e7, reference + 2e7, data_range=100) == pytest.approx(value, abs=1e-6)


def test_identical_constant_and_worse() -> None:
    test, reference = pair(40, 50)
    assert ssim(reference, reference) == pytest.approx(1, abs=1e-12)
    worse = reference + 3 * (test - reference)
    assert ssim(worse, reference) < ssim(test, reference) < 1
    flat = np.full((20, 20), 3.0)
    assert math.isnan(ssim(flat, flat))
    assert ssim(flat, flat, data_range=1) == pytest.approx(1)


def reason(test: np.ndarray, reference: np.ndarray, settings: MeasureSettings) -> str:
    (score,) = measure(["ssim"], test=test, reference=reference, settings=settings)
    assert math.isnan(score.value)
    return score.reason


def test_undefined_cases_have_a_reason() -> None:
    test, reference = pair(40, 50)
    plain, volume = MeasureSettings(), MeasureSettings(spatial_ndim=3)
    assert "range is 0" in reason(test, np.ones((40, 50)), plain)
    assert "shorter than the window of 11 px" in reason(test[:10], reference[:10], plain)
    assert "2 axes, the window 3" in reason(test, reference, volume)
    assert "no full scale" in reason(test, reference, MeasureSettings(data_range="dtype"))


def test_memory_order_does_not_matter() -> None:
    test, reference = pair(50, 60)
    assert ssim(np.asfortranarray(test), np.asfortranarray(reference)) == ssim(test, reference)
