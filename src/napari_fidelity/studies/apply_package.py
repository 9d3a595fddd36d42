"""Trained networks applied to whole images of a study: masks to images, images to others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.data.mask_channels import encode_mask

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RestoredPlane:
    """What a restoring network makes of a plane.

    Parameters
    ----------
    image : ndarray of float32, (Y, X)
        In the units of the input.
    scale : ndarray of float32, (Y, X), optional
        Of the Laplace distribution of each pixel, in the same units.
    """

    image: Floats
    scale: Floats | None


def generate_plane(package: Path, mask: Bools, *, seed: int) -> Floats:
    """The image that a trained generator makes of a mask, in the units of its training images."""
    from napari_fidelity.models.load import load_model
    from napari_fidelity.training.apply_product import apply_network

    model = load_model(package)
    signal = apply_network(model.network, encode_mask(mask), seed=seed)[0]
    response = model.manifest.response
    return np.asarray(response.offset + response.gain * signal, np.float32)


def restore_plane(package: Path, image: npt.NDArray[Any], *, times: int = 1) -> RestoredPlane:
    """The image restored, the network applied `times` times; a scale for the first time alone."""
    from napari_fidelity.inference.normalisation import measure_scaling
    from napari_fidelity.models.load import load_model
    from napari_fidelity.training.apply_product import apply_network

    model = load_model(package)
    use = model.manifest.use
    current, scale = np.asarray(image, np.float32), None
    for _ in range(times):
        scaling = measure_scaling(current, use.normalisation).scaling
        output = apply_network(model.network, scaling.apply(current)[None])
        current = np.asarray(scaling.undo(output[0]), np.float32)
        scale = scaling.undo_spread(output[1]) if use.output == "mean-scale" else None
    return RestoredPlane(current, scale if times == 1 else None)


def segment_plane(package: Path, image: Floats) -> Bools:
    """Where the probability of foreground reaches the threshold of the package."""
    from napari_fidelity.inference.normalisation import measure_scaling
    from napari_fidelity.models.load import load_model
    from napari_fidelity.training.apply_product import apply_network

    model = load_model(package)
    use = model.manifest.use
    scaling = measure_scaling(image, use.normalisation).scaling
    probability = apply_network(model.network, scaling.apply(image)[None])[0]
    return np.asarray(probability >= (use.threshold or 0.5), np.bool_)
