"""Tiled prediction of CAREamics and bioimageio.core beside ours: same network, same weights.

They are no dependencies of this project; each that is not installed is left out with a word. They
ask for other versions of shared packages, so give them an environment of their own:

    pip install careamics bioimageio.core .
    python -m benchmarks peers
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from importlib.util import find_spec

import numpy as np

from benchmarks._bioimageio import open_bioimageio
from benchmarks._careamics import open_careamics
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.subject import (
    SIDE_PX,
    Predict,
    build_network,
    draw_image,
    predict_image,
)
from napari_fidelity.app.benchmark.timing import time_in_turns
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks.norm_unet import NormUNet

TILE_PX = 512
REPEATS = 2  # a peer takes tens of seconds
LARGEST_ERROR = 1e-3  # of the range; in the middle: at the border they pad in other ways
PEERS = {"bioimageio": open_bioimageio, "careamics": open_careamics}


def measure_peers(side_px: int = SIDE_PX, repeats: int = REPEATS) -> list[Row]:
    """Rows `<peer>_float32` and `<peer>_fast`: seconds of our prediction and of the peer's.

    Theirs is the same in both rows: they compute in float32. Loading the weights and making the
    network ready are counted on neither side.

    Raises
    ------
    AssertionError
        A peer's image is not ours.
    """
    rows = []
    for name, open_peer in PEERS.items():
        if find_spec(name) is None:
            print(f"{name} is not installed: left out.", file=sys.stderr)
            continue
        network = build_network()
        with warnings.catch_warnings(), open_peer(network, TILE_PX) as predict:
            warnings.simplefilter("ignore")  # the peer's own
            rows += compare_peer(name, network, predict, side_px, repeats)
    return rows


def compare_peer(
    name: str, network: NormUNet, theirs: Predict, side_px: int, repeats: int
) -> list[Row]:
    """The rows of one peer, whose prediction `theirs` is."""
    image = draw_image(side_px)
    exact = ComputeSettings(device="cpu", precision="float32")
    predicts: list[Predict] = [
        partial(predict_image, network, settings=exact),
        partial(predict_image, network, settings=ComputeSettings(device="cpu")),
        theirs,
    ]
    for predict in predicts:  # the first call of each makes things ready
        predict(image[:TILE_PX, :TILE_PX])
    (exact_s, expected), (fast_s, _), (other_s, given) = time_in_turns(
        [partial(predict, image) for predict in predicts], repeats
    )
    middle = slice(side_px // 4, -side_px // 4)
    error = np.abs(given - expected)[middle, middle].max() / np.ptp(expected)
    if not error < LARGEST_ERROR:
        raise AssertionError(f"{name} differs from ours by {error:.2g} of the range")
    remark = f"beside {name}, {side_px}² in tiles of {TILE_PX} px"
    return [
        Row(f"{name}_float32", exact_s, other_s, "s", remark),
        Row(f"{name}_fast", fast_s, other_s, "s", remark),
    ]
