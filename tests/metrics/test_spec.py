import math

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import METRICS, measure
from napari_fidelity.metrics.verdicts import describe_scores

RANDOM = np.random.default_rng(0)
SHAPE = (64, 72)
MASK = np.zeros(SHAPE, bool)
MASK[15:45, 20:50] = True
CLEAN = ndimage.gaussian_filter(RANDOM.normal(0, 1, SHAPE), 1.5) * 400 * MASK + 100
REFERENCE = CLEAN + RANDOM.normal(0, 4, SHAPE)
TWIN = CLEAN + RANDOM.normal(0, 4, SHAPE)
WORSE = {
    "blurred": ndimage.gaussian_filter(REFERENCE, 2),
    "shifted": np.roll(REFERENCE, 6, axis=0),
    "noisy": REFERENCE + RANDOM.normal(0, 40, SHAPE),
}
IDEAL = {"higher": 1.0, "lower": 0.0, "one": 1.0}


def value(key: str, test: np.ndarray) -> float:
    (score,) = measure([key], test=test, reference=REFERENCE, mask=MASK)
    return score.value


def cost(key: str, test: np.ndarray) -> float:
    """How far from the ideal."""
    found = value(key, test)
    if METRICS[key].better == "one":
        return abs(math.log(found))
    return -found if METRICS[key].better == "higher" else found


def test_the_catalog_s_order_and_unknown_keys() -> None:
    assert list(METRICS)[:3] == ["sfm", "nfm", "bfm"]
    with pytest.raises(UserError, match="There is no metric 'fsim': choose one of sfm, nfm"):
        measure(["fsim"], test=REFERENCE, reference=REFERENCE)


@pytest.mark.parametrize("key", METRICS)
class TestEveryMetric:
    def test_is_described(self, key: str) -> None:
        spec = METRICS[key]
        assert spec.title
        assert spec.definition.endswith(".")
        assert "ideal" in spec.range or "better" in spec.range
        assert spec.better in ("higher", "lower", "one", "none")

    def test_is_ideal_for_identical_images(self, key: str) -> None:
        ideal = math.inf if key == "psnr" else IDEAL[METRICS[key].better]
        assert value(key, REFERENCE) == pytest.approx(ideal, abs=1e-12)

    def test_prefers_a_second_exposure_to_a_damaged_image(self, key: str) -> None:
        damage = "blurred" if key in ("nfm", "bfm", "bfm_absolute") else "noisy"
        damage = "blurred" if METRICS[key].better == "one" else damage
        assert cost(key, TWIN) < cost(key, WORSE[damage])

    def test_says_when_it_needs_a_mask(self, key: str) -> None:
        (score,) = measure([key], test=TWIN, reference=REFERENCE)
        assert math.isnan(score.value) == METRICS[key].needs_mask
        assert (score.reason == "needs a mask") == METRICS[key].needs_mask

    def test_ignores_memory_order_and_dtype(self, key: str) -> None:
        test, reference = TWIN.round(), REFERENCE.round()

        def measured(*images: np.ndarray) -> float:
            arguments = dict(zip(("test", "reference", "mask"), images, strict=True))
            return measure([key], **arguments)[0].value

        expected = measured(test, reference, MASK)
        fortran = [np.asfortranarray(image) for image in (test, reference, MASK)]
        assert measured(*fortran) == expected
        integers = test.astype(np.int16), reference.astype(np.int32), MASK.astype(np.uint8) * 255
        assert measured(*integers) == expected
        assert measured(test.astype(np.float32), reference, MASK * 1.0) == expected

    def test_leaves_its_input_alone(self, key: str) -> None:
        images = TWIN.copy(), REFERENCE.copy(), MASK.copy()
        measure([key], test=images[0], reference=images[1], mask=images[2])
        for image, original in zip(images, (TWIN, REFERENCE, MASK), strict=True):
            assert np.array_equal(image, original)

    def test_never_gives_nan_without_a_reason(self, key: str) -> None:
        flat = np.full(SHAPE, 3.0)
        pairs = [(flat, REFERENCE), (REFERENCE, flat), (flat, flat), (0 * flat, REFERENCE)]
        small = REFERENCE[:4, :4]
        for test, reference in [*pairs, (small, small)]:
            for mask in (None, test > 1e9, test < 1e9, test > test.mean()):
                (score,) = measure([key], test=test, reference=reference, mask=mask)
                assert math.isfinite(score.value) or score.reason
                assert describe_scores({key: score}) is not None


def test_shift_lowers_every_comparison_of_pixels() -> None:
    for key in ("sfm", "ssim", "psnr", "nrmse", "mae", "ncc", "pcc"):
        assert cost(key, TWIN) < cost(key, WORSE["shifted"])
    for key in ("nfm", "bfm"):  # which look at distributions and sums
        assert cost(key, WORSE["shifted"]) < 0.5
