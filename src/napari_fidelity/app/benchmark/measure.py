"""The measurements that every user can make, and how one is called by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from napari_fidelity.app.benchmark.row import Row

HERE = "napari_fidelity.app.benchmark"
# Modules of this package, in the order in which they run.
MEASURES = ("predict", "stroke", "nfm", "ssim")


def measure(name: str, package: str = HERE) -> list[Row]:
    """The rows of the measurement `name`: of `measure_NAME()` in the module NAME of `package`."""
    function: Callable[[], list[Row]] = getattr(
        import_module(f"{package}.{name}"), f"measure_{name}"
    )
    return function()
