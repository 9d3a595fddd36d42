import math
import sys

import numpy as np
import pytest

from napari_fidelity import metrics
from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics import METRICS, MeasureSettings, MetricSpec, measure

RANDOM = np.random.default_rng(0)
REFERENCE = RANDOM.normal(100, 4, (40, 50)).round().astype(np.uint8)
TEST = RANDOM.normal(101, 5, (40, 50)).round().astype(np.uint8)
MASK = np.zeros((40, 50), np.uint16)
MASK[10:20, 15:30] = 3


def test_values_are_those_of_the_functions() -> None:
    scores = {s.key: s.value for s in measure(METRICS, test=TEST, reference=REFERENCE, mask=MASK)}
    pair = (TEST, REFERENCE)
    expected = {
        "sfm": metrics.sfm(*pair, MASK),
        "nfm": metrics.nfm(*pair, MASK),
        "bfm": metrics.bfm(*pair),
        "bfm_gain_matched": metrics.bfm_gain_matched(*pair, MASK),
        "bfm_sigma": metrics.bfm_sigma(*pair),
        "bfm_foreground": metrics.bfm_foreground(*pair, MASK),
        "bfm_background": metrics.bfm_background(*pair, MASK),
        "bfm_absolute": metrics.bfm(*pair, sharpness="absolute"),
        **{k: getattr(metrics, k)(*pair) for k in ("ssim", "psnr", "nrmse", "mae", "ncc", "pcc")},
    }
    assert list(scores) == list(METRICS) == list(expected)
    assert scores == expected


def test_settings_reach_the_metrics_and_stand_beside_them() -> None:
    settings = MeasureSettings(
        margin_px=2, density="published", border="zero", data_range="dtype", normalization="mean"
    )
    scores = {
        s.key: s
        for s in measure(METRICS, test=TEST, reference=REFERENCE, mask=MASK, settings=settings)
    }
    pair = (TEST, REFERENCE)
    assert scores["nfm"].value == metrics.nfm(*pair, MASK, margin=2, density="published")
    assert scores["bfm"].value == metrics.bfm(*pair, border="zero")
    assert scores["psnr"].value == metrics.psnr(*pair, data_range=255)
    assert scores["ssim"].value == metrics.ssim(*pair, data_range=255)
    assert scores["nrmse"].value == metrics.nrmse(*pair, normalization="mean")
    region = metrics.background_region(MASK > 0, 2)
    for score in scores.values():
        assert score.settings["data_range"] == 255
        assert score.settings["margin_px"] == 2
        assert score.settings["density"] == "published"
        assert score.settings["border"] == "zero"
        assert score.settings["n_foreground"] == 150
        assert score.settings["n_background"] == region.sum()


def test_the_range_in_use_is_stated() -> None:
    (score,) = measure(["psnr"], test=TEST, reference=REFERENCE)
    assert score.settings["data_range"] == float(np.ptp(REFERENCE))
    assert score.settings["n_foreground"] is None


def test_images_and_arrays_give_the_same() -> None:
    frame = {"scale": (0.1, 0.1), "units": ("micrometer", "micrometer")}
    images = [Image(a, name="x", **frame) for a in (TEST, REFERENCE, MASK)]
    keys = ["sfm", "nfm", "bfm", "ssim"]
    arrays = measure(keys, test=TEST, reference=REFERENCE, mask=MASK)
    same = measure(keys, test=images[0], reference=images[1], mask=images[2])
    assert [s.value for s in same] == [s.value for s in arrays]


def test_a_background_is_enough_for_noise() -> None:
    background = MASK == 0
    keys = ["nfm", "bfm_background", "sfm"]
    nfm, blur, sfm = measure(keys, test=TEST, reference=REFERENCE, background=background)
    assert nfm.value == metrics.nfm(TEST, REFERENCE, background=background)
    assert blur.value == metrics.bfm_background(TEST, REFERENCE, background=background)
    assert math.isnan(sfm.value)


def test_vectors_are_no_images() -> None:
    with pytest.raises(UserError, match="an image needs Y and X"):
        measure(["mae"], test=[1.0, 2.0], reference=[1.0, 3.0])


def test_a_metric_is_one_function_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def bias(pair: object) -> float:
        return float((pair.test - pair.scene.reference).mean())

    line = MetricSpec("bias", "Bias", "intensity", "none", False, "Mean error.", "ideal 0", bias)
    nothing = MetricSpec("odd", "Odd", "", "none", False, "NaN.", "", lambda _: math.nan)
    module = sys.modules[measure.__module__]
    monkeypatch.setattr(module, "METRICS", Catalog("metric", [*METRICS.values(), line, nothing]))
    bias_score, odd = measure(["bias", "odd"], test=TEST, reference=REFERENCE)
    assert bias_score.value == pytest.approx(TEST.mean() - REFERENCE.mean())
    assert odd.reason == "Odd is not defined for this pair"
