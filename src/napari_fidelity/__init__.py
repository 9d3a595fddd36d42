"""Synthesize fluorescence images from masks and measure how faithful they are.

Importing this package loads neither PyTorch nor Qt; each name below is fetched at first use.

Examples
--------
>>> import napari_fidelity as fidelity
>>> "sfm" in dir(fidelity)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_fidelity.core.errors import UserError
    from napari_fidelity.core.image import Image
    from napari_fidelity.core.progress import Cancelled, Progress
    from napari_fidelity.imageio import read_image, write_image
    from napari_fidelity.inference.open_source import open_source
    from napari_fidelity.inference.predict_options import PredictOptions
    from napari_fidelity.inference.predictor import Predictor
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.inference.zarr_target import create_target
    from napari_fidelity.metrics import bfm, measure, nfm, sfm
    from napari_fidelity.metrics.settings import MeasureSettings
    from napari_fidelity.models import list_models, load_model
    from napari_fidelity.operations.assess import AssessParams, assess
    from napari_fidelity.operations.batch import BatchParams, run_batch
    from napari_fidelity.operations.degrade import DegradeParams, degrade, degrade_pair
    from napari_fidelity.operations.difference import DifferenceParams, map_difference
    from napari_fidelity.operations.estimate import apply_estimate, estimate
    from napari_fidelity.operations.line_profile import ProfileParams, measure_profiles
    from napari_fidelity.operations.pairs import PairsParams, make_pairs
    from napari_fidelity.operations.recipe import Recipe, read_recipe, run_recipe
    from napari_fidelity.operations.rerun import rerun
    from napari_fidelity.operations.restore import (
        RestoreParams,
        restore,
        restore_with_uncertainty,
    )
    from napari_fidelity.operations.segment import SegmentParams, segment
    from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
    from napari_fidelity.simulation import simulate_mitochondria, simulate_nuclei
    from napari_fidelity.simulation.camera_noise import CameraNoise
    from napari_fidelity.simulation.degradation import Pipeline
    from napari_fidelity.simulation.estimation import EstimateParams, ImageEstimate
    from napari_fidelity.simulation.psf import MeasuredPsf, PsfSettings, compute_psf
    from napari_fidelity.training.config import TrainConfig, read_config
    from napari_fidelity.training.preflight import check_training
    from napari_fidelity.training.run_folder import RunFolder
    from napari_fidelity.training.train import RunResult, train

__version__ = "0.1.0"

# Where each public name lives; the imports above tell the same to type checkers.
_HOMES = {
    "AssessParams": "operations.assess",
    "BatchParams": "operations.batch",
    "CameraNoise": "simulation.camera_noise",
    "Cancelled": "core.progress",
    "ComputeSettings": "inference.settings",
    "DegradeParams": "operations.degrade",
    "DifferenceParams": "operations.difference",
    "EstimateParams": "simulation.estimation",
    "Image": "core.image",
    "ImageEstimate": "simulation.estimation",
    "MeasureSettings": "metrics.settings",
    "MeasuredPsf": "simulation.psf",
    "PairsParams": "operations.pairs",
    "Pipeline": "simulation.degradation",
    "PredictOptions": "inference.predict_options",
    "Predictor": "inference.predictor",
    "ProfileParams": "operations.line_profile",
    "Progress": "core.progress",
    "PsfSettings": "simulation.psf",
    "Recipe": "operations.recipe",
    "RestoreParams": "operations.restore",
    "RunFolder": "training.run_folder",
    "RunResult": "training.train",
    "SegmentParams": "operations.segment",
    "SynthesizeParams": "operations.synthesize",
    "TrainConfig": "training.config",
    "UserError": "core.errors",
    "apply_estimate": "operations.estimate",
    "assess": "operations.assess",
    "bfm": "metrics",
    "check_training": "training.preflight",
    "compute_psf": "simulation.psf",
    "create_target": "inference.zarr_target",
    "degrade": "operations.degrade",
    "degrade_pair": "operations.degrade",
    "estimate": "operations.estimate",
    "list_models": "models",
    "load_model": "models",
    "make_pairs": "operations.pairs",
    "map_difference": "operations.difference",
    "measure": "metrics",
    "measure_profiles": "operations.line_profile",
    "nfm": "metrics",
    "open_source": "inference.open_source",
    "read_config": "training.config",
    "read_image": "imageio",
    "read_recipe": "operations.recipe",
    "rerun": "operations.rerun",
    "restore": "operations.restore",
    "restore_with_uncertainty": "operations.restore",
    "run_batch": "operations.batch",
    "run_recipe": "operations.recipe",
    "segment": "operations.segment",
    "sfm": "metrics",
    "simulate_mitochondria": "simulation",
    "simulate_nuclei": "simulation",
    "synthesize": "operations.synthesize",
    "train": "training.train",
    "write_image": "imageio",
}

__all__ = [
    "AssessParams",
    "BatchParams",
    "CameraNoise",
    "Cancelled",
    "ComputeSettings",
    "DegradeParams",
    "DifferenceParams",
    "EstimateParams",
    "Image",
    "ImageEstimate",
    "MeasureSettings",
    "MeasuredPsf",
    "PairsParams",
    "Pipeline",
    "PredictOptions",
    "Predictor",
    "ProfileParams",
    "Progress",
    "PsfSettings",
    "Recipe",
    "RestoreParams",
    "RunFolder",
    "RunResult",
    "SegmentParams",
    "SynthesizeParams",
    "TrainConfig",
    "UserError",
    "__version__",
    "apply_estimate",
    "assess",
    "bfm",
    "check_training",
    "compute_psf",
    "create_target",
    "degrade",
    "degrade_pair",
    "estimate",
    "list_models",
    "load_model",
    "make_pairs",
    "map_difference",
    "measure",
    "measure_profiles",
    "nfm",
    "open_source",
    "read_config",
    "read_image",
    "read_recipe",
    "rerun",
    "restore",
    "restore_with_uncertainty",
    "run_batch",
    "run_recipe",
    "segment",
    "sfm",
    "simulate_mitochondria",
    "simulate_nuclei",
    "synthesize",
    "train",
    "write_image",
]


def __getattr__(name: str) -> Any:  # Any: classes and functions alike
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
