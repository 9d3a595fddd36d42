"""What an image tells about the camera and the optics that made it."""

from napari_fidelity.simulation.estimation.pipeline_start import apply_estimate
from napari_fidelity.simulation.estimation.result import Estimated, ImageEstimate
from napari_fidelity.simulation.estimation.settings import EstimateParams

__all__ = ["EstimateParams", "Estimated", "ImageEstimate", "apply_estimate"]
