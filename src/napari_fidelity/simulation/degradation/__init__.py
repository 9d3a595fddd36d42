"""Degradation: from a clean image to a realistic bad one, with known parameters."""

from napari_fidelity.simulation.degradation.catalog import STEPS, StepSpec, parse_step
from napari_fidelity.simulation.degradation.context import Context
from napari_fidelity.simulation.degradation.interval import Amount, Interval
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.presets import PREPARATION, PRESETS, PresetSpec
from napari_fidelity.simulation.degradation.run import PipelineRun, run_pipeline
from napari_fidelity.simulation.degradation.step import Step

__all__ = [
    "PREPARATION",
    "PRESETS",
    "STEPS",
    "Amount",
    "Context",
    "Interval",
    "Pipeline",
    "PipelineRun",
    "PresetSpec",
    "Step",
    "StepSpec",
    "parse_step",
    "run_pipeline",
]
