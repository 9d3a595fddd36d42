"""The fields of view of the study: real images, cut to the part that shows most."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image

SIDE_PX = 256
STEP_PX = 32
# The images do not say their pixel size; blur is stated in micrometers. Nominal, for all of them.
PIXEL_SIZE_UM = 0.1

HAGEN = ("actin-60x-noise1", "mito-60x-noise1", "actin-confocal", "mito-confocal", "nucleus")
HAGEN_PAIRS = ("actin-60x-noise1", "mito-60x-noise1", "mito-confocal", "nucleus")
BPAE = ("actin", "mito", "nuclei")
# Of the nuclei, the first image of the first groups that are large enough.
NUCLEI_FIELDS = 4
W2S_TUNING = ("005", "015", "025", "035")
W2S_REPORTED = ("041", "046", "051", "056", "061", "066", "071", "076")


@dataclass(frozen=True, eq=False)
class EvidenceField:
    """A field of view with its truth.

    Parameters
    ----------
    key : str
        Series and name, such as "hagen/nucleus".
    group : str
        Fields of one group show the same specimen: none is tuned on another.
    truth : Image
        The clean image, YX, float32.
    recorded : Image, optional
        The same field recorded with less light; None where the study degrades the truth.
    reported : bool
        Whether it counts in the tables, or is there for tuning alone.
    """

    key: str
    group: str
    truth: Image
    recorded: Image | None = None
    reported: bool = True

    @property
    def series(self) -> str:
        """The set of images that it is from."""
        return self.key.split("/")[0]


def read_clean_fields(data: Path, *, quick: bool = False) -> list[EvidenceField]:
    """Clean images of `hagen`, `bpae` and `nuclei`, to be degraded with known truth.

    Raises
    ------
    UserError
        An image is not there.
    """
    files = [("hagen", name, name, _hagen(data, name, "high")) for name in HAGEN]
    files += [("bpae", name, "cell", data / "bpae" / f"BPAE_{name}.tif") for name in BPAE]
    files += [("nuclei", path.stem, path.stem, path) for path in _choose_nuclei(data)]
    if quick:
        files = [files[1], files[4], files[-1]]
    return [
        EvidenceField(f"{series}/{name}", f"{series}/{group}", _cut(*_read(path, series)))
        for series, name, group, path in files
    ]


def read_hagen_pairs(data: Path, *, quick: bool = False) -> list[EvidenceField]:
    """Fields of `hagen` that were recorded with little and with much light."""
    names = HAGEN_PAIRS[1:] if quick else HAGEN_PAIRS
    return [
        _pair(f"hagen/{name}", _hagen(data, name, "high"), _hagen(data, name, "low"))
        for name in names
    ]


def read_w2s_pairs(data: Path, *, quick: bool = False) -> list[EvidenceField]:
    """Fields of `w2s`: one exposure against the mean of 400; some for tuning alone."""
    tuning = W2S_TUNING[:1] if quick else W2S_TUNING
    reported = W2S_REPORTED[:2] if quick else W2S_REPORTED
    fields = [_w2s(data, number) for number in (*tuning, *reported)]
    return [replace(field, reported=field.key[-3:] in reported) for field in fields]


def read_w2s_whole(data: Path, *, quick: bool = False) -> Iterable[tuple[Image, Image]]:
    """Every pair of `w2s` at full size: noisy, clean."""
    folder = data / "mitochondria" / "w2s"
    paths = sorted((folder / "clean").glob("*.png"))
    if not paths:
        raise UserError(f"There are no images in {folder / 'clean'}: name the folder of images.")
    for path in paths[::20] if quick else paths:
        yield read_image(folder / "noisy" / path.name), read_image(path)


def _w2s(data: Path, number: str) -> EvidenceField:
    folder = data / "mitochondria" / "w2s"
    name = f"{number}.png"
    return _pair(f"w2s/{number}", folder / "clean" / name, folder / "noisy" / name)


def _hagen(data: Path, name: str, light: str) -> Path:
    return data / "hagen" / f"{name}-{light}snr-sample.png"


def _pair(key: str, clean: Path, noisy: Path) -> EvidenceField:
    truth, name = _read(clean, key)
    recorded = _read(noisy, key)[0]
    box = choose_box(truth)
    return EvidenceField(key, key, _crop(truth, name, box), _crop(recorded, name, box))


def _choose_nuclei(data: Path) -> list[Path]:
    """The first image of each group, of 256 px and more, until there are enough."""
    folder = data / "nuclei" / "dsb2018"
    table = folder / "groups.csv"
    if not table.is_file():
        raise UserError(f"There is no {table}: name the folder of real images.")
    with table.open(encoding="utf-8", newline="") as file:
        groups: dict[str, str] = {}
        for row in csv.DictReader(file):
            groups.setdefault(row["group"], row["image"])
    chosen = []
    for name in groups.values():
        image = read_image(folder / "images" / name).array
        # Dim, nearly empty fields say little about restoration.
        if min(image.shape) >= SIDE_PX and np.percentile(image, 99) >= 100:
            chosen.append(folder / "images" / name)
        if len(chosen) == NUCLEI_FIELDS:
            break
    return chosen


def _read(path: Path, name: str) -> tuple[Image, str]:
    if not path.is_file():
        raise UserError(f"There is no {path}: name the folder of real images with --data.")
    image = read_image(path)
    array = image.array.astype(np.float32)
    size = (PIXEL_SIZE_UM, PIXEL_SIZE_UM)
    return Image(array, scale=size, units=("micrometer",) * 2, name=name), name


def _cut(image: Image, name: str) -> Image:
    return _crop(image, name, choose_box(image))


def _crop(image: Image, name: str, box: tuple[slice, slice]) -> Image:
    return Image(np.ascontiguousarray(image.array[box]), scale=image.scale, units=image.units,
                 name=name)  # fmt: skip


def choose_box(image: Image, side_px: int = SIDE_PX) -> tuple[slice, slice]:
    """The square of `side_px` with the largest standard deviation, on a grid of 32 px.

    Examples
    --------
    >>> array = np.zeros((320, 320), np.float32); array[300:, 300:] = 1
    >>> choose_box(Image(array))
    (slice(64, 320, None), slice(64, 320, None))
    """
    height, width = image.shape
    if min(height, width) < side_px:
        raise UserError(f"{image.name} has {height}×{width} px: the study needs {side_px}.")
    corners = [
        (y, x)
        for y in range(0, height - side_px + 1, STEP_PX)
        for x in range(0, width - side_px + 1, STEP_PX)
    ]
    y, x = max(
        corners,
        key=lambda c: float(image.array[c[0] : c[0] + side_px, c[1] : c[1] + side_px].std()),
    )
    return slice(y, y + side_px), slice(x, x + side_px)
