"""Images and runs that the tests of degradation share."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation import Context, Pipeline, Step, run_pipeline

MICROMETER = "micrometer"


def make_flat(level: float, shape: tuple[int, ...] = (256, 256), **frame: object) -> Image:
    """An image of one level."""
    return Image(np.full(shape, level, np.float32), name="flat", **frame)


def make_cells(shape: tuple[int, ...], *, seed: int = 0, dtype: str = "uint16") -> Image:
    """Smooth blobs of 100 to about 1000 grey levels on a frame in micrometers."""
    rng = np.random.default_rng(seed)
    blobs = ndimage.gaussian_filter(rng.normal(size=shape), [0] * (len(shape) - 2) + [3, 3])
    levels = 100 + 900 * np.clip(blobs / blobs.max(), 0, 1)
    size = {"T": 30.0, "C": 1.0, "Z": 0.3, "Y": 0.1, "X": 0.1}
    unit = {"T": "second", "C": "pixel", "Z": MICROMETER, "Y": MICROMETER, "X": MICROMETER}
    axes = "TCZYX"[-len(shape) :] if len(shape) == 5 else "TZYX"[-len(shape) :]
    return Image(
        np.rint(levels).astype(dtype),
        axes,
        tuple(size[letter] for letter in axes),
        tuple(unit[letter] for letter in axes),
        translate=tuple(float(place) for place in range(len(shape))),
        name="cells",
    )


def apply_step(step: Step, image: Image, *, seed: int = 1, black: float = 0.0) -> Image:
    """`image` after one step."""
    return run_pipeline(image, Pipeline(black=black, steps=(step,)), seed=seed).image


def context_of(image: Image, **kwargs: object) -> Context:
    return Context.of(image, **kwargs)
