"""The catalog of metrics: what each means, where it lies, which way is better. Nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.metrics.blur_fidelity import describe_gain, divide_sharpness, match_gain
from napari_fidelity.metrics.comparison import Comparison
from napari_fidelity.metrics.noise_fidelity import read_nfm
from napari_fidelity.metrics.reading import NEEDS_MASK, Reading
from napari_fidelity.metrics.reference import read_ncc, read_nrmse, read_psnr
from napari_fidelity.metrics.settings import Sharpness
from napari_fidelity.metrics.signal_fidelity import correlate, read_sfm
from napari_fidelity.metrics.structural_similarity import read_ssim

Better = Literal["higher", "lower", "one", "none"]


@dataclass(frozen=True)
class MetricSpec:
    """One line of the catalog.

    Parameters
    ----------
    key, title : str
        Its name in files and its name for people.
    unit : str
        Empty for a pure number.
    better : {"higher", "lower", "one", "none"}
        `"one"`: best is the smallest `|log|`; `"none"`: no image is best.
    needs_mask : bool
        NaN with the reason "needs a mask" where there is none.
    definition : str
        A sentence for a tooltip.
    range : str
        Where values lie and which is ideal.
    function : callable
        From a `Comparison` to a `Reading`, or to a bare float.
    """

    key: str
    title: str
    unit: str
    better: Better
    needs_mask: bool
    definition: str
    range: str
    function: Callable[[Comparison], Reading | float]


def judge_signal(pair: Comparison) -> Reading:
    """SFM with what the mask alone scores."""
    if pair.scene.mask is None:
        return Reading.undefined(NEEDS_MASK)
    reading = read_sfm(pair.test, pair.scene.reference, pair.scene.mask)
    baselines = {f"baseline_{key}": b.value for key, b in pair.scene.baselines.items()}
    return Reading(reading.value, reading.reason, baselines)


def judge_noise(pair: Comparison) -> Reading:
    """NFM with its floor, margin, bandwidths and grid."""
    scene = pair.scene
    if scene.noise_field is None:
        return Reading.undefined(NEEDS_MASK)
    reading = read_nfm(pair.test, scene.reference, scene.noise_field, scene.settings.density)
    beside = {"floor": scene.nfm_floor.value, "margin_px": float(scene.settings.margin_px)}
    return Reading(reading.value, reading.reason, {**beside, **reading.details})


def judge_blur(pair: Comparison, sharpness: Sharpness) -> Reading:
    """BFM with the gain, its warning and, for the absolute form, the gain-matched value."""
    ratio = divide_sharpness(pair.test, pair.scene.reference, pair.laplacians, sharpness)
    matched = match_gain(ratio, pair.gain, sharpness)
    details = {**describe_gain(pair.gain.value), "gain_matched": matched.value}
    return Reading(ratio.value, ratio.reason, details)


def judge_matched_blur(pair: Comparison) -> Reading:
    """BFM over g²."""
    ratio = divide_sharpness(pair.test, pair.scene.reference, pair.laplacians)
    return match_gain(ratio, pair.gain)


def judge_wide_blur(pair: Comparison) -> Reading:
    """BFM with the Laplacian of Gaussian."""
    return divide_sharpness(pair.test, pair.scene.reference, pair.laplacians_of_gaussian)


def judge_region_blur(pair: Comparison, region: Literal["mask", "background"]) -> Reading:
    """BFM inside the mask or over the background."""
    chosen = getattr(pair.scene, region)
    if chosen is None:
        return Reading.undefined(NEEDS_MASK)
    return divide_sharpness(pair.test, pair.scene.reference, pair.laplacians, region=chosen)


METRICS: Catalog[MetricSpec] = Catalog(
    "metric",
    [
        MetricSpec(
            "sfm",
            "SFM",
            "",
            "higher",
            True,
            "Signal fidelity: Pearson correlation with the reference inside the mask. The mask "
            "alone, blurred, scores about 0.5 on nuclei.",
            "-1 to 1, ideal 1",
            judge_signal,
        ),
        MetricSpec(
            "nfm",
            "NFM",
            "",
            "lower",
            True,
            "Noise fidelity: Sørensen distance between the intensity densities of the background.",
            "0 to 1, ideal 0; cannot be expected below its floor",
            judge_noise,
        ),
        MetricSpec(
            "bfm",
            "BFM",
            "",
            "one",
            False,
            "Blurring fidelity: squared Laplacian of the image over that of the reference. Grows "
            "with the square of the gain; noise makes up for blur.",
            "from 0, ideal 1; below 1 is blurred",
            lambda pair: judge_blur(pair, "energy"),
        ),
        MetricSpec(
            "bfm_gain_matched",
            "BFM, gain-matched",
            "",
            "one",
            True,
            "BFM over g², g the gain of the image on the reference fitted inside the mask.",
            "from 0, ideal 1",
            judge_matched_blur,
        ),
        MetricSpec(
            "bfm_sigma",
            "BFM, σ 2 px",
            "",
            "one",
            False,
            "BFM with a Laplacian of Gaussian of σ 2 px, which noise hardly moves.",
            "from 0, ideal 1; 0.6 to 1.6 is right",
            judge_wide_blur,
        ),
        MetricSpec(
            "bfm_foreground",
            "BFM, foreground",
            "",
            "one",
            True,
            "BFM summed inside the mask only.",
            "from 0, ideal 1",
            lambda pair: judge_region_blur(pair, "mask"),
        ),
        MetricSpec(
            "bfm_background",
            "BFM, background",
            "",
            "one",
            True,
            "BFM summed over the background only: below 1 its noise is too smooth.",
            "from 0, ideal 1; 0.6 to 1.6 is right",
            lambda pair: judge_region_blur(pair, "background"),
        ),
        MetricSpec(
            "bfm_absolute",
            "BFM, absolute",
            "",
            "one",
            False,
            "Summed absolute Laplacian of the image over that of the reference, as in the "
            "authors' code; grows with the gain.",
            "from 0, ideal 1",
            lambda pair: judge_blur(pair, "absolute"),
        ),
        MetricSpec(
            "ssim",
            "SSIM",
            "",
            "higher",
            False,
            "Structural similarity (Wang 2004) with an 11×11 Gaussian window of σ 1.5.",
            "-1 to 1, ideal 1",
            lambda pair: read_ssim(
                pair.test,
                pair.scene.reference,
                pair.scene.data_range,
                pair.scene.settings.spatial_ndim,
            ),
        ),
        MetricSpec(
            "psnr",
            "PSNR",
            "dB",
            "higher",
            False,
            "Peak signal-to-noise ratio, 10 log10(range² / mean squared error).",
            "any number, higher is better; infinite for identical images",
            lambda pair: read_psnr(pair.test, pair.scene.reference, pair.scene.data_range),
        ),
        MetricSpec(
            "nrmse",
            "NRMSE",
            "",
            "lower",
            False,
            "Root mean squared error over the reference's range, or another divisor by setting.",
            "from 0, ideal 0",
            lambda pair: read_nrmse(
                pair.test, pair.scene.reference, pair.scene.settings.normalization
            ),
        ),
        MetricSpec(
            "mae",
            "MAE",
            "intensity",
            "lower",
            False,
            "Mean absolute error.",
            "from 0, ideal 0",
            lambda pair: float(np.abs(pair.test - pair.scene.reference).mean()),
        ),
        MetricSpec(
            "ncc",
            "NCC",
            "",
            "higher",
            False,
            "Normalised cross-correlation of whole images without centring; an offset raises it.",
            "-1 to 1, ideal 1",
            lambda pair: read_ncc(pair.test, pair.scene.reference),
        ),
        MetricSpec(
            "pcc",
            "PCC",
            "",
            "higher",
            False,
            "Pearson correlation of whole images.",
            "-1 to 1, ideal 1",
            lambda pair: correlate(pair.test.ravel(), pair.scene.reference.ravel(), "everywhere"),
        ),
    ],
)
