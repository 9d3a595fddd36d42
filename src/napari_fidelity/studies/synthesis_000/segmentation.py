"""How well U-Nets trained on each arm's images segment real ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_fidelity.core.progress import Progress
from napari_fidelity.studies.apply_package import segment_plane
from napari_fidelity.studies.synthesis_000.fields import Bools, MitoImage


@dataclass(frozen=True)
class IouRow:
    """IoU of one U-Net on one test image."""

    name: str
    group: str
    arm: str
    seed: int
    iou: float


def score_segmentations(
    images: Sequence[MitoImage],
    packages: Mapping[tuple[str, int], Path],
    progress: Progress,
) -> list[IouRow]:
    """IoU of every U-Net, by arm and seed, on every image."""
    rows = []
    for number, ((arm, seed), package) in enumerate(packages.items()):
        progress(number, len(packages), "Segmenting")
        for image in images:
            found = segment_plane(package, image.image)
            iou = measure_iou(found, image.mask)
            rows.append(IouRow(image.name, image.group, arm, seed, iou))
    return rows


def measure_iou(test: Bools, reference: Bools) -> float:
    """Intersection over union of two masks; 1 where both are empty.

    Examples
    --------
    >>> measure_iou(np.array([[True, True, False]]), np.array([[True, False, False]]))
    0.5
    """
    union = int(np.count_nonzero(test | reference))
    return float(np.count_nonzero(test & reference)) / union if union else 1.0


def average_iou_fields(rows: Sequence[IouRow], arm: str) -> dict[str, float]:
    """Mean IoU of each field: over seeds, then over its images."""
    images = average_iou_images(rows, arm)
    groups: dict[str, list[float]] = {}
    for (group, _), value in images.items():
        groups.setdefault(group, []).append(value)
    return {group: float(np.mean(values)) for group, values in sorted(groups.items())}


def average_iou_images(rows: Sequence[IouRow], arm: str) -> dict[tuple[str, str], float]:
    """Mean IoU over seeds, by field and image."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.arm == arm:
            found.setdefault((row.group, row.name), []).append(row.iou)
    return {key: float(np.mean(values)) for key, values in found.items()}


def average_iou_seeds(rows: Sequence[IouRow], arm: str) -> list[float]:
    """Mean IoU over fields of each seed."""
    seeds = sorted({row.seed for row in rows if row.arm == arm})
    return [
        float(np.mean(list(average_iou_fields([r for r in rows if r.seed == s], arm).values())))
        for s in seeds
    ]


def format_iou(rows: Sequence[IouRow]) -> str:
    """All rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "field", "arm", "seed", "iou"])
    writer.writerows([r.name, r.group, r.arm, r.seed, f"{r.iou:.6f}"] for r in rows)
    return text.getvalue()
