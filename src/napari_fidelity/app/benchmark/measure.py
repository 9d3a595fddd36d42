"""The measurements that every user can make, and how one is called by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from napari_fidelity.app.benchmark.row import Row

HERE = "napari_fidelity.app.benchmark"
# Modules of this package in the order in which they run, and what they are doing meanwhile.
MEASURES = {
    "predict": "Applying a U-Net to an image of 2048² pixels",
    "gpu": "Applying it on the GPU",
    "stroke": "Painting on masks of 512² and 8192² pixels",
    "nfm": "Measuring the noise of 10⁶ pixels",
    "ssim": "Comparing two images of 2048² pixels",
    "psf_convolution": "Blurring 2048² pixels with a PSF",
    "rl_iterations": "Undoing the blur of 1024² pixels",
}


def measure(name: str, package: str = HERE) -> list[Row]:
    """The rows of the measurement `name`: of `measure_NAME()` in the module NAME of `package`.

    None where this machine lacks what it takes, such as a GPU.
    """
    function: Callable[[], list[Row]] = getattr(
        import_module(f"{package}.{name}"), f"measure_{name}"
    )
    return function()
