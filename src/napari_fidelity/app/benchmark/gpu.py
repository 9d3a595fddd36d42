"""A U-Net on the GPU beside plain PyTorch there; no rows where there is no GPU."""

from __future__ import annotations

from napari_fidelity.app.benchmark.predict import compare_with_plain
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.subject import SIDE_PX

REPEATS = 5


def measure_gpu(side_px: int = SIDE_PX, repeats: int = REPEATS) -> list[Row]:
    """The rows predict_gpu_float32 and predict_gpu_fast: seconds on the first GPU.

    Both sides copy the image to the device and the result back.
    """
    from napari_fidelity.inference.device import list_devices

    device = list_devices()[0]
    if device == "cpu":
        return []
    return compare_with_plain("predict_gpu", device, side_px, repeats, warm_px=side_px)
