"""Training of the CARE U-Net: our loop beside CAREamics', same images, batches and patches.

CAREamics is no dependency of this project; where it is not installed nothing is measured. It
asks for other versions of shared packages, so give it an environment of its own:

    pip install careamics .[train]
    python -m benchmarks training_speed
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from scipy import ndimage
from tifffile import imwrite

from benchmarks._careamics_training import time_careamics_steps
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.subject import Floats
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.training.config import RunSettings, TrainConfig
from napari_fidelity.training.methods.care import CareSettings
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.train import train

IMAGES, SIDE_PX = 64, 256  # CAREamics cuts 1024 patches of them: an epoch of 64 steps
PATCH_PX, BATCH = 64, 16
BLOCK = 10  # steps of which the fastest in a row count; the first ones make things ready
REPEATS = 2
Precision = Literal["float32", "auto"]


def measure_training_speed(blocks: int = 3, repeats: int = REPEATS) -> list[Row]:
    """Rows `care_<kernel>_<precision>`: milliseconds of a step of ours and of CAREamics'.

    Kernel 3 compares our network with CAREamics' own, which has equally many parameters; kernel
    5, that of CARE in the papers, trains our network in both. Patches of 64², 16 at once, flips
    and quarter turns, mean absolute difference, Adam, both with as many threads as they take.
    CAREamics computes in float32; ours in float32, and with "auto" in bfloat16 where the
    processor has it. Reading, validation and packaging are counted on neither side.
    """
    if find_spec("careamics") is None:
        print("careamics is not installed: left out.", file=sys.stderr)
        return []
    images, targets = draw_pairs()
    rows = []
    with TemporaryDirectory() as folder:
        write_pairs(Path(folder), images, targets)
        for kernel_px in (3, 5):
            rows += compare_kernel(kernel_px, Path(folder), images, targets, blocks, repeats)
    return rows


def compare_kernel(
    kernel_px: int, folder: Path, images: Floats, targets: Floats, blocks: int, repeats: int
) -> list[Row]:
    """The rows of one size of kernels; the images are those in `folder`."""
    params = CareUNetParams(kernel_px=kernel_px, probabilistic=False)
    ours: dict[Precision, list[float]] = {"float32": [], "auto": []}
    theirs, parameters = [], 0
    for _ in range(repeats):  # in turns: what else the machine does slows all of them
        moments, parameters = time_careamics_steps(
            images,
            targets,
            patch_px=PATCH_PX,
            batch=BATCH,
            steps=BLOCK * (blocks + 1),
            network=CareUNet(params) if kernel_px == 5 else None,
        )
        theirs.append(find_fastest(moments[BLOCK - 1 :: BLOCK]))
        for precision, found in ours.items():
            found.append(time_our_steps(folder, kernel_px, precision, blocks))
    remark = describe(kernel_px, count_parameters(params), parameters)
    return [
        Row(f"care_{kernel_px}_{precision}", 1e3 * min(found), 1e3 * min(theirs), "ms", remark)
        for precision, found in ours.items()
    ]


def describe(kernel_px: int, ours: int, theirs: int) -> str:
    """What is compared, with the parameters of both networks."""
    which = "our network in both" if kernel_px == 5 else "beside its own network"
    return f"a step, {kernel_px}×{kernel_px}, {which}; parameters {ours:,} and {theirs:,}"


def time_our_steps(folder: Path, kernel_px: int, precision: Precision, blocks: int) -> float:
    """Seconds of a step in the fastest block of a run on the pairs in `folder`."""
    config = TrainConfig(
        method=CareSettings(kernel_px=kernel_px, probabilistic=False),
        data=DataSettings(
            folder=str(folder),
            patch_px=PATCH_PX,
            foreground_share=0.0,
            input_scaling=Normalisation(kind="none"),
            target_scaling=Normalisation(kind="none"),
        ),
        run=RunSettings(
            max_steps=BLOCK * (blocks + 1),
            batch=BATCH,
            log_every=BLOCK,
            validate_every=BLOCK * (blocks + 1),
            checkpoint_every=BLOCK * (blocks + 1),
            validation_images=1,
            previews=0,
            device="cpu",
            precision=precision,
        ),
    )
    with TemporaryDirectory() as runs:
        train(config, Path(runs) / "run")
        rows, _ = RunFolder(Path(runs) / "run").read_metrics()
    return find_fastest([row["seconds"] for row in rows if "rate_adam" in row])


def find_fastest(moments: list[float]) -> float:
    """Seconds of a step in the shortest of the blocks that end at `moments`."""
    return float(np.diff(moments).min()) / BLOCK


def count_parameters(params: CareUNetParams) -> int:
    """Weights and biases of a network."""
    return sum(parameter.numel() for parameter in CareUNet(params).parameters())


def draw_pairs() -> tuple[Floats, Floats]:
    """Noisy and clean images (N, Y, X) from about 0 to 1: spots, blurred."""
    random = np.random.default_rng(0)
    spots = random.random((IMAGES, SIDE_PX, SIDE_PX)) < 0.02
    blurred = ndimage.gaussian_filter(spots.astype(np.float32), (0, 2, 2))
    clean = np.asarray(blurred / blurred.max(), np.float32)
    noisy = clean + random.normal(0, 0.1, clean.shape).astype(np.float32)
    return noisy, clean


def write_pairs(folder: Path, images: Floats, targets: Floats) -> None:
    """The folders inputs/ and targets/."""
    for name, stack in (("inputs", images), ("targets", targets)):
        (folder / name).mkdir()
        for number, image in enumerate(stack):
            imwrite(folder / name / f"{number:02d}.tif", image)
