"""Memory and time of predicting an image that lies on disk, Zarr to Zarr, at two sizes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.core.errors import UserError

SIDE_PX = 2048
STRIP_PX = 512
WIDTHS = (8, 16, 32)  # filters of the U-Net's levels
LARGEST_GB = 1.5


@dataclass(frozen=True)
class Run:
    """What one prediction took in a process of its own.

    Attributes
    ----------
    seconds : float
        Of `Predictor.predict` alone, statistics of the intensities included.
    cpu_seconds : float
        Of all cores, the start of the process left out: what else the machine does hardly
        changes them.
    peak_gb : float
        Largest resident memory of the process, Python and PyTorch included.
    tile_px : int
    precision : str
    """

    seconds: float
    cpu_seconds: float
    peak_gb: float
    tile_px: int
    precision: str


def measure_large_image(side_px: int = SIDE_PX, folder: str | Path | None = None) -> list[Row]:
    """The rows large_image_memory and large_image_time.

    The first is the peak memory in GB beside the 1.5 GB that 20 000 × 20 000 pixels may take;
    the second the processor's seconds a megapixel beside those at half the side: a ratio near 1
    says that time is linear in pixels.

    Parameters
    ----------
    side_px : int
        Of a uint16 image of noise and blobs.
    folder : str or Path, optional
        Where some 4 · side² bytes are written and removed. Default: the temporary folder.

    Raises
    ------
    UserError
        The system does not tell a process's memory (Windows), or the prediction failed.
    """
    half, whole = (run_apart(side, folder) for side in (side_px // 2, side_px))
    remark = f"{side_px}×{side_px} uint16, tiles of {whole.tile_px} px, {whole.precision}"
    here, there = whole.cpu_seconds / side_px**2 * 1e6, half.cpu_seconds / (side_px // 2) ** 2 * 1e6
    return [
        Row("large_image_memory", whole.peak_gb, LARGEST_GB, "GB", remark),
        Row("large_image_time", here, there, "CPU s/Mpx", f"{remark}, {whole.seconds:.1f} s"),
    ]


def run_apart(side_px: int, folder: str | Path | None = None) -> Run:
    """One prediction of an image of that side in a fresh process."""
    if sys.platform == "win32":
        raise UserError("Windows does not tell a process's peak memory: measure elsewhere.")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source, target = Path(name) / "source.zarr", Path(name) / "target.zarr"
        write_image(source, side_px)
        command = [sys.executable, "-m", __name__, str(source), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"The prediction failed: {done.stderr.strip().splitlines()[-1]}")
    return Run(**json.loads(done.stdout))


def write_image(path: Path, side_px: int) -> None:
    """A uint16 Zarr of Poisson noise on slow waves, in chunks of 1024 × 1024, strip by strip."""
    from napari_fidelity.inference.zarr_target import create_target

    random = np.random.default_rng(0)
    columns = np.arange(side_px)
    with create_target(path, (side_px, side_px), np.uint16, (1024, 1024)) as target:
        for start in range(0, side_px, STRIP_PX):
            rows = np.arange(start, min(start + STRIP_PX, side_px))[:, None]
            level = 200 + 100 * np.sin(rows / 37) * np.cos(columns / 53)
            target[start : start + len(rows), :] = random.poisson(level).astype(np.uint16)


def predict_file(source: str, target: str) -> Run:
    """One prediction in this process, and its largest memory so far."""
    import resource  # Unix only

    import torch

    from napari_fidelity.inference.open_source import open_source
    from napari_fidelity.inference.predict_options import PredictOptions
    from napari_fidelity.inference.predictor import Predictor
    from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams

    torch.manual_seed(0)
    network = NormUNet(NormUNetParams(widths=WIDTHS)).eval()
    predictor = Predictor(network, options=PredictOptions(restore_dtype=True))
    start, start_cpu = perf_counter(), process_time()
    facts = predictor.predict(open_source(source), target).facts
    seconds, cpu_seconds = perf_counter() - start, process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bytes_ = peak if sys.platform == "darwin" else peak * 1024
    return Run(
        seconds, cpu_seconds, bytes_ / 1e9, facts["tile_px"], facts["engines"][0]["precision"]
    )


if __name__ == "__main__":
    print(json.dumps(predict_file(*sys.argv[1:]).__dict__))
