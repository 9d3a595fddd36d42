"""Simulated fields in place of recorded ones: to see the study work, and for its test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_fidelity.simulation.mitochondria import simulate_mitochondria
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams
from napari_fidelity.studies.synthesis_000.fields import (
    GENERATORS,
    SEGMENTATION,
    TEST,
    VALIDATION,
    MitoImage,
    match_group_levels,
)

COUNTS = ((GENERATORS, 4), (SEGMENTATION, 3), (VALIDATION, 1), (TEST, 4))
CELL_UM = 12.0  # small cells: every field of a few micrometres holds mitochondria


def simulate_fields(side_px: int, counts: Sequence[tuple[str, int]] = COUNTS) -> list[MitoImage]:
    """Fields of simulated mitochondria with true masks, each a group of its own."""
    roles = [role for role, count in counts for _ in range(count)]
    params = MitochondriaParams(cell_diameter_um=CELL_UM, density=0.4)
    found = []
    for number, role in enumerate(roles):
        specimen = simulate_mitochondria(params, shape=(side_px, side_px), seed=number)
        part = ("masks", "images")[number % 2] if role == GENERATORS else ""
        image = specimen.image.array.astype(np.float32)
        name = f"field{number:02d}"
        found.append(MitoImage(name, name, role, part, image, specimen.labels.array > 0))
    return match_group_levels(found)
