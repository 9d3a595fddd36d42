"""Floor 1: how faithful one image is to another. Definitions and tooltips: `METRICS`."""

from napari_fidelity.metrics.blur_fidelity import (
    bfm,
    bfm_background,
    bfm_foreground,
    bfm_gain_matched,
    bfm_sigma,
)
from napari_fidelity.metrics.masks import (
    MaskReading,
    as_mask,
    background_region,
    mask_baselines,
    otsu_mask,
)
from napari_fidelity.metrics.measure import Score, measure
from napari_fidelity.metrics.noise_fidelity import nfm, nfm_floor
from napari_fidelity.metrics.reference import mae, ncc, nrmse, pcc, psnr, ssim
from napari_fidelity.metrics.settings import MeasureSettings
from napari_fidelity.metrics.signal_fidelity import sfm
from napari_fidelity.metrics.spec import METRICS, MetricSpec

__all__ = [
    "METRICS",
    "MaskReading",
    "MeasureSettings",
    "MetricSpec",
    "Score",
    "as_mask",
    "background_region",
    "bfm",
    "bfm_background",
    "bfm_foreground",
    "bfm_gain_matched",
    "bfm_sigma",
    "mae",
    "mask_baselines",
    "measure",
    "ncc",
    "nfm",
    "nfm_floor",
    "nrmse",
    "otsu_mask",
    "pcc",
    "psnr",
    "sfm",
    "ssim",
]
