"""The clean images of the study, their split, and the degraded and recorded twins."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.operations.degrade import DegradeParams, degrade, degrade_pair
from napari_fidelity.operations.mixed_seed import mix_seed
from napari_fidelity.simulation.degradation import PREPARATION, PRESETS, Pipeline
from napari_fidelity.simulation.mitochondria import simulate_mitochondria
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams

CLEAN, NOISY, GROUPS = "clean", "noisy", "groups.csv"
SETS = ("mild", "medium", "strong")
SUFFIX, SUFFIXES = ".ome.tif", (".tif", ".tiff", ".png", ".npy")
TRAIN, VALIDATION, TEST = "train", "validation", "test"
TEST_SHARE, VALIDATION_SHARE = 0.15, 0.2  # the second of what the first leaves, as in the paper
PIXEL_SIZE_UM = 0.1  # where images do not say theirs
SEED = 2026
SIMULATED = 6
LEAST = 5

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Original:
    """A clean image with its place in the split.

    Parameters
    ----------
    name : str
    split : str
        "train", "validation" or "test".
    clean : Image
        With a pixel size.
    noisy : Image, optional
        The same field recorded with little light.
    """

    name: str
    split: str
    clean: Image
    noisy: Image | None = None


@dataclass(frozen=True, eq=False)
class TestPair:
    """An image to be restored, and the truth.

    Parameters
    ----------
    name, original : str
        Of the pair, and of the clean image that it was made of.
    condition : str
        "mild", "medium", "strong" or "real".
    split : str
        "validation" or "test".
    input, target : ndarray of float32, (Y, X)
    """

    __test__ = False  # no test of pytest

    name: str
    original: str
    condition: str
    split: str
    input: Floats
    target: Floats


def read_originals(data: Path) -> list[Original]:
    """Clean images of a folder, or of its `clean/` with twins of equal names in `noisy/`.

    Raises
    ------
    UserError
        Too few images, or one that is no plane.
    """
    folder = data / CLEAN if (data / CLEAN).is_dir() else data
    files = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
    if len(files) < LEAST:
        raise UserError(
            f"{folder} has {len(files)} images: at least {LEAST} clean ones are needed."
        )
    splits = split_names(list(files))
    found = []
    for name, path in files.items():
        twin = data / NOISY / path.name
        noisy = _read(twin) if twin.is_file() else None
        found.append(Original(name, splits[name], _read(path), noisy))
    return found


def simulate_originals(side_px: int) -> list[Original]:
    """Simulated mitochondria: the sharp object, and its recording as the noisy twin."""
    names = [f"field{number:02d}" for number in range(SIMULATED)]
    splits = split_names(names)
    params = MitochondriaParams(cell_diameter_um=12.0, density=0.4)
    found = []
    for number, name in enumerate(names):
        specimen = simulate_mitochondria(params, shape=(side_px, side_px), seed=number)
        clean = degrade(specimen.clean, DegradeParams(pipeline=_sharp()))
        clean = replace(clean, array=np.asarray(clean.array, np.float32), name=name)
        noisy = replace(specimen.image, array=specimen.image.array.astype(np.float32), name=name)
        found.append(Original(name, splits[name], clean, noisy))
    return found


def _sharp() -> Pipeline:
    """A little blur: no microscope shows single pixels."""
    return Pipeline.parse({"steps": [{"kind": "psf"}]})


def split_names(names: Sequence[str]) -> dict[str, str]:
    """The split of each original, in an order drawn from their names."""
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"001/{name}".encode()).digest())
    test = max(1, round(TEST_SHARE * len(drawn)))
    validation = max(1, round(VALIDATION_SHARE * (len(drawn) - test)))
    labels = [TEST] * test + [VALIDATION] * validation
    labels += [TRAIN] * (len(drawn) - len(labels))
    return dict(zip(drawn, labels, strict=True))


def degrade_original(original: Original, condition: str) -> tuple[Image, Image]:
    """Target and input: prepared (stretched, local minimum), then degraded by a preset."""
    steps = (*PREPARATION, *PRESETS[condition].pipeline.steps)
    params = DegradeParams.parse({
        "pipeline": Pipeline(name=condition, steps=steps),
        "seed": mix_seed(SEED, original.name, SETS.index(condition)),
        "dtype": "float32",
    })  # fmt: skip
    return degrade_pair(original.clean, params)


def write_semi_synthetic(folder: Path, originals: Sequence[Original], progress: Progress) -> Path:
    """`inputs/` and `targets/` of every original by the three presets, with groups and split."""
    if (folder / GROUPS).is_file():  # written last
        return folder
    rows = []
    for number, original in enumerate(originals):
        for condition in SETS:
            progress(number, len(originals), "Degrading")
            name = f"{original.name}_{condition}"
            target, degraded = degrade_original(original, condition)
            for part, image in (("inputs", degraded), ("targets", target)):
                (folder / part).mkdir(parents=True, exist_ok=True)
                pixels = Image(np.asarray(image.array, np.float32), scale=image.scale,
                               units=image.units, name=name)  # fmt: skip
                write_image(folder / part / f"{name}{SUFFIX}", pixels)
            rows.append((name, original.name, original.split))
    return _write_groups(folder, rows)


def write_real_pairs(folder: Path, originals: Sequence[Original]) -> Path:
    """`inputs/` and `targets/` of the recorded twins, with groups and split."""
    if (folder / GROUPS).is_file():
        return folder
    rows = []
    for original in originals:
        if original.noisy is None:
            continue
        for part, image in (("inputs", original.noisy), ("targets", original.clean)):
            (folder / part).mkdir(parents=True, exist_ok=True)
            write_image(folder / part / f"{original.name}{SUFFIX}", image)
        rows.append((original.name, original.name, original.split))
    return _write_groups(folder, rows)


def _write_groups(folder: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "group", "split"])
    writer.writerows(rows)
    with write_atomically(folder / GROUPS) as path:
        path.write_text(text.getvalue(), encoding="utf-8")
    return folder


def read_pairs(folder: Path, split: str, side_px: int | None) -> list[TestPair]:
    """The pairs of one split of a folder that was written here."""
    with (folder / GROUPS).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    found = []
    for row in rows:
        name, original = row["name"], row["group"]
        condition = name.removeprefix(f"{original}_") if name != original else "real"
        both = [
            _cut(
                np.asarray(read_image(folder / part / f"{name}{SUFFIX}").array, np.float32), side_px
            )
            for part in ("inputs", "targets")
        ]
        found.append(TestPair(name, original, condition, split, both[0], both[1]))
    return found


def _cut(pixels: Floats, side_px: int | None) -> Floats:
    if side_px is None:
        return pixels
    starts = [max((size - side_px) // 2, 0) for size in pixels.shape]
    part = tuple(slice(start, start + side_px) for start in starts)
    return np.ascontiguousarray(pixels[part])


def _read(path: Path) -> Image:
    image = read_image(path)
    if image.array.ndim != 2:
        raise UserError(
            f"{path.name} has {image.array.ndim} axes: a plane of grey values is needed."
        )
    array = np.asarray(image.array, np.float32)
    if any(unit == "pixel" for unit in image.units) or not all(map(math.isfinite, image.scale)):
        size = (PIXEL_SIZE_UM, PIXEL_SIZE_UM)
        return Image(array, scale=size, units=("micrometer",) * 2, name=path.stem)
    return Image(array, scale=image.scale, units=image.units, name=path.stem)
