"""A U-Net on one image beside plain PyTorch: the whole image at once, with its defaults."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.subject import (
    SIDE_PX,
    Floats,
    Predict,
    build_network,
    draw_image,
    predict_image,
)
from napari_fidelity.app.benchmark.timing import time_in_turns

if TYPE_CHECKING:
    from napari_fidelity.networks.norm_unet import NormUNet

REPEATS = 3
LIMIT_S = 20.0  # of the turns: the other takes ten seconds and more on a laptop
WARM_PX = 512


def measure_predict(side_px: int = SIDE_PX, repeats: int = REPEATS) -> list[Row]:
    """The rows predict_float32 and predict_fast: seconds on the processor, in turns."""
    return compare_with_plain("predict", "cpu", side_px, repeats, warm_px=WARM_PX)


def compare_with_plain(
    name: str, device: str, side_px: int, repeats: int, *, warm_px: int
) -> list[Row]:
    """Rows `<name>_float32` and `<name>_fast` of a prediction from array to array.

    The remarks tell the largest difference and the RMSE from the other's result, over its range.

    Parameters
    ----------
    name : str
        What the names of the rows begin with.
    device : str
        Where both are run, such as "cpu" or "cuda:0".
    side_px, repeats : int
        Side of the image; how often each is measured.
    warm_px : int
        Side of what the other is tried on before: first calls allocate and choose algorithms.
        Ours are tried on the whole, in which the tiles along each border have a shape of their own.
    """
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.settings import ComputeSettings

    network, image = build_network(), draw_image(side_px)
    exact = ComputeSettings(device=device, precision="float32")
    fast = ComputeSettings(device=device)
    calls: list[Predict] = [
        partial(predict_image, network, settings=exact),
        partial(predict_image, network, settings=fast),
        place_plainly(network, device),
    ]
    for call, side in zip(calls, (side_px, side_px, warm_px), strict=True):
        call(image[:side, :side])
    (exact_s, first), (fast_s, second), (other_s, plain) = time_in_turns(
        [partial(call, image) for call in calls], repeats, LIMIT_S
    )
    span = float(np.ptp(plain))
    largest = float(np.abs(first - plain).max()) / span
    rmse = float(np.sqrt(np.square(second - plain).mean())) / span
    precision = prepare_engine(network, fast).precision
    beside = f"beside plain PyTorch on {device}"
    return [
        Row(
            f"{name}_float32", exact_s, other_s, "s", f"{beside}, largest difference {largest:.0e}"
        ),
        Row(f"{name}_fast", fast_s, other_s, "s", f"{precision} {beside}, RMSE {rmse:.2%}"),
    ]


def place_plainly(network: NormUNet, device: str) -> Predict:
    """What runs a copy of `network` on a whole image on `device`, with PyTorch's defaults."""
    import torch

    placed = copy.deepcopy(network).to(device)

    def predict(image: Floats) -> Floats:
        with torch.inference_mode():
            batch = torch.from_numpy(image)[None, None].to(device)
            output: Floats = placed(batch)[0, 0].cpu().numpy()
            return output

    return predict
