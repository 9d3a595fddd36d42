"""The images of the study: crops of recorded fields, their masks, and what each is used for."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio import read_image
from napari_fidelity.metrics import as_mask, background_region, otsu_mask

GENERATORS, SEGMENTATION, VALIDATION, TEST = "generators", "segmentation", "validation", "test"
ROLES = (GENERATORS, SEGMENTATION, VALIDATION, TEST)
TABLE = "fields.csv"
SUFFIXES = (".tif", ".tiff", ".png", ".npy")
# As the paper's 500, 600, 50 and 78 images.
SHARES = {GENERATORS: 0.41, SEGMENTATION: 0.49, VALIDATION: 0.04, TEST: 0.06}
FIELD_NAME = re.compile(r"^(.+)_h\d+_w\d+$")

DARK, BRIGHT = 250.0, 1000.0  # of the background's median and the 99.8th percentile of a field
BRIGHT_PERCENTILE = 99.8
SMOOTH_PX, FLOOR_WINDOW_PX, FLOOR_SMOOTH_PX, SMALLEST_OBJECT_PX = 0.7, 25, 12.0, 20

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MitoImage:
    """A crop with its mask.

    Parameters
    ----------
    name : str
        Of its file, without suffix.
    group : str
        The field, or the part of one that shares no pixel with another part.
    role : str
        "generators", "segmentation", "validation" or "test".
    part : str
        Of a generators' image: "masks" or "images" where CycleGAN takes one side of it.
    image : ndarray of float32, (Y, X)
        Intensities.
    mask : ndarray of bool, (Y, X)
        True inside mitochondria.
    """

    name: str
    group: str
    role: str
    part: str
    image: Floats
    mask: Bools


@dataclass(frozen=True)
class Row:
    """A line of the table of fields."""

    name: str
    group: str
    role: str
    part: str = ""


def read_mito_images(data: Path, *, match_levels: bool) -> list[MitoImage]:
    """All images that the study uses.

    Parameters
    ----------
    data : Path
        A folder of images, or one with `images/` and `masks/` of equal names. A table
        `fields.csv` in it (name, group, role, part) says what each is for; else the study's own
        table where it knows all names; else roles are drawn by group.
    match_levels : bool
        Bring each group's background to 250 and its 99.8th percentile to 1000.

    Raises
    ------
    UserError
        No images, a mask that is missing or of another shape, too few groups.
    """
    files = list_images(data)
    rows = [row for row in find_rows(data, sorted(files)) if row.role in ROLES]
    masks = data / "masks"
    found = []
    for row in rows:
        pixels = trim_padding(read_plane(files[row.name]))
        mask = read_mask(masks, row.name, pixels) if masks.is_dir() else find_mask(pixels)
        found.append(MitoImage(row.name, row.group, row.role, row.part, pixels, mask))
    return match_group_levels(found) if match_levels else found


def list_images(data: Path) -> dict[str, Path]:
    """Image files by name without suffix."""
    folder = data / "images" if (data / "images").is_dir() else data
    found = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
    if not found:
        raise UserError(f"There are no images in {folder}: TIFF, PNG or npy files are needed.")
    return found


def find_rows(data: Path, names: Sequence[str]) -> list[Row]:
    """What each image is for."""
    own = data / TABLE
    if own.is_file():
        return read_rows(own, names)
    known = Path(__file__).with_name(TABLE)
    with known.open(encoding="utf-8", newline="") as file:
        listed = {row["name"] for row in csv.DictReader(file)}
    return read_rows(known, names) if set(names) <= listed else draw_rows(names)


def read_rows(path: Path, names: Sequence[str]) -> list[Row]:
    """The rows of a table for the images that are there.

    Raises
    ------
    UserError
        A column is missing, or an image has no row.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    columns = ("name", "group", "role")
    if lines and any(column not in lines[0] for column in columns):
        raise UserError(f"{path} needs the columns {', '.join(columns)}, and part if there is one.")
    rows = {
        line["name"]: Row(line["name"], line["group"], line["role"], line.get("part") or "")
        for line in lines
    }
    missing = [name for name in names if name not in rows]
    if missing:
        raise UserError(f"{path} has no row for {missing[0]}: say what each image is for.")
    return [rows[name] for name in names]


def draw_rows(names: Sequence[str]) -> list[Row]:
    """Roles by group, in an order drawn from a fixed seed, in the paper's proportions.

    The group is what stands before `_h…_w…` in a name, else every image is its own. Half of the
    generators' groups give masks to CycleGAN, the other half images.

    Raises
    ------
    UserError
        Fewer than five groups.
    """
    groups = {name: (m[1] if (m := FIELD_NAME.match(name)) else name) for name in names}
    order = sorted(set(groups.values()))
    if len(order) < 5:
        raise UserError(
            f"{len(order)} fields cannot be divided: two for the generators and one each for "
            "segmentation, validation and test are needed."
        )
    np.random.default_rng(0).shuffle(order)
    counts = {r: max(1, round(share * len(order))) for r, share in SHARES.items()}
    counts[GENERATORS] = max(2, len(order) - sum(counts[r] for r in ROLES[1:]))
    counts[SEGMENTATION] = len(order) - sum(counts[r] for r in ROLES if r != SEGMENTATION)
    roles = [role for role in ROLES for _ in range(counts[role])]
    role_of = dict(zip(order, roles, strict=True))
    first = order[: counts[GENERATORS] // 2]
    parts = {g: "masks" if g in first else "images" for g in order[: counts[GENERATORS]]}
    return [Row(n, groups[n], role_of[groups[n]], parts.get(groups[n], "")) for n in names]


def read_plane(path: Path) -> Floats:
    """A plane of grey values."""
    array = read_image(path).array
    if array.ndim != 2:
        raise UserError(f"{path.name} has {array.ndim} axes: a plane of grey values is needed.")
    return np.asarray(array, np.float32)


def read_mask(folder: Path, name: str, image: Floats) -> Bools:
    """The mask of an image, by its name."""
    path = next(
        (folder / f"{name}{s}" for s in SUFFIXES if (folder / f"{name}{s}").is_file()), None
    )
    if path is None:
        raise UserError(f"{folder} has no mask for {name}: give one of the same name.")
    mask = as_mask(read_plane(path), path.name).mask
    if mask.shape != image.shape:
        raise UserError(f"{path.name} is {mask.shape}, its image {image.shape}: give equal sizes.")
    return mask


def trim_padding(image: Floats) -> Floats:
    """The image without the rows and columns at its border that are zero throughout.

    Examples
    --------
    >>> trim_padding(np.array([[0, 0, 0], [0, 5, 6]], np.float32)).tolist()
    [[5.0, 6.0]]
    """
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        return image
    return np.ascontiguousarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def find_mask(image: Floats) -> Bools:
    """Mitochondria without manual labels: Otsu's threshold above a local background.

    The background is the minimum over 25 px of the image at σ 2 px, smoothed by σ 12 px. The
    brightest hundredth does not move the threshold; objects below 20 px are noise.
    """
    smooth = ndimage.gaussian_filter(image.astype(np.float64), SMOOTH_PX)
    floor = ndimage.minimum_filter(ndimage.gaussian_filter(smooth, 2.0), FLOOR_WINDOW_PX)
    above = smooth - ndimage.gaussian_filter(floor, FLOOR_SMOOTH_PX)
    mask = otsu_mask(np.minimum(above, np.percentile(above, 99)))
    labels, _ = ndimage.label(mask)
    large = np.bincount(labels.ravel()) >= SMALLEST_OBJECT_PX
    large[0] = False
    return np.asarray(large[labels], np.bool_)


def match_group_levels(images: Sequence[MitoImage]) -> list[MitoImage]:
    """The images with each group's intensities mapped to one range, affinely."""
    levels = {group: _measure_levels(images, group) for group in {i.group for i in images}}
    return [_rescale(image, *levels[image.group]) for image in images]


def _measure_levels(images: Sequence[MitoImage], group: str) -> tuple[float, float]:
    mine = [image for image in images if image.group == group]
    dark = np.concatenate([image.image[background_region(image.mask)] for image in mine])
    low = float(np.median(dark)) if dark.size else float(min(i.image.min() for i in mine))
    high = float(np.percentile(np.concatenate([i.image.ravel() for i in mine]), BRIGHT_PERCENTILE))
    if high <= low:
        raise UserError(
            f"The images of {group} are not brighter inside than outside of their masks."
        )
    return low, high


def _rescale(image: MitoImage, low: float, high: float) -> MitoImage:
    factor = (BRIGHT - DARK) / (high - low)
    return replace(image, image=np.asarray(DARK + (image.image - low) * factor, np.float32))


def pick_role(images: Sequence[MitoImage], role: str) -> list[MitoImage]:
    """The images of one role.

    Raises
    ------
    UserError
        There are none.
    """
    found = [image for image in images if image.role == role]
    if not found:
        raise UserError(f"No image is for {role}: say so for some in {TABLE}.")
    return found


def count_roles(images: Sequence[MitoImage]) -> Mapping[str, tuple[int, int]]:
    """Images and groups of each role."""
    return {
        role: (
            sum(i.role == role for i in images),
            len({i.group for i in images if i.role == role}),
        )
        for role in ROLES
    }
