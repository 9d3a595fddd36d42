"""What the benchmarks of prediction work on: one network, one image, both always the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.networks.norm_unet import NormUNet

SIDE_PX = 2048
TRAINING_STEPS, TRAINING_BATCH, TRAINING_PX, TRAINING_RATE = 24, 4, 64, 3e-3

Floats = npt.NDArray[np.float32]
Predict = Callable[[Floats], Floats]  # of an image (Y, X)


def build_network() -> NormUNet:
    """The benchmark network, in evaluation mode: 32-64-128-256 filters, PyTorch's first weights."""
    import torch

    from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return NormUNet(NormUNetParams()).eval()


def draw_image(side_px: int = SIDE_PX) -> Floats:
    """Standard normal noise (side, side), float32."""
    return np.random.default_rng(0).standard_normal((side_px, side_px), np.float32)


def predict_image(network: NormUNet, image: Floats, settings: ComputeSettings) -> Floats:
    """The network's output for the image as it is, (Y, X), float32, through `Predictor`."""
    from napari_fidelity.data.normalisation import Normalisation
    from napari_fidelity.inference.predict_options import PredictOptions
    from napari_fidelity.inference.predictor import Predictor

    options = PredictOptions(normalisation=Normalisation(kind="none"))
    mean = Predictor(network, settings, options=options).predict(image).mean
    return np.asarray(mean, np.float32)
