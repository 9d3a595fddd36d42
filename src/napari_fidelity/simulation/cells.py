"""Outlines of cells and of their nuclei, which tell tubules where they may grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.fields import draw_normals, draw_uniforms

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CELL_STREAM = 2000
NUCLEUS_SHARE = 0.27  # radius of the nucleus over that of the cell
WAVES = (2, 3, 5)


@dataclass(frozen=True)
class Cells:
    """Elongated cells in a monolayer, `n` of them, in micrometre.

    A cell's relative radius is 1 on its outline and `NUCLEUS_SHARE` on that of its nucleus.

    Parameters
    ----------
    centre_um : ndarray, (n, 2)
        Y and X of the nucleus.
    to_unit : ndarray, (n, 2, 2)
        Maps an offset to the unit circle before the outline's waves.
    waves : ndarray, (n, len(WAVES), 2)
        Amplitude and phase of each wave of the outline.
    height_um : float
        Greatest height.
    """

    centre_um: Array
    to_unit: Array
    waves: Array
    height_um: float

    def unit_offsets(self, cell: Ints, points_um: Array) -> Array:
        """Offsets (m, 2) of points (m, 2) from the nuclei of `cell` (m), nucleus and cell round."""
        offsets = points_um - self.centre_um[cell]
        return np.asarray(np.einsum("mij,mj->mi", self.to_unit[cell], offsets))

    def outline(self, cell: Ints, angle: Array) -> Array:
        """Relative radius at which the cell ends in the direction of `angle`."""
        wave = self.waves[cell]
        turns = np.array(WAVES) * angle[:, None] + wave[:, :, 1]
        return np.asarray(1 + (wave[:, :, 0] * np.cos(turns)).sum(axis=1))

    def relative_radius(self, cell: Ints, points_um: Array) -> Array:
        """0 at the centre of the nucleus, 1 on the cell's outline."""
        unit = self.unit_offsets(cell, points_um)
        angle = np.arctan2(unit[:, 0], unit[:, 1])
        return np.asarray(np.hypot(unit[:, 0], unit[:, 1]) / self.outline(cell, angle))

    def half_height_um(self, radius: Array) -> Array:
        """Half the height of the cytoplasm at a relative radius: thin at the edge."""
        return self.height_um / 2 * np.clip(1.15 - radius, 0.12, 1.0)

    def areas_um2(self) -> Array:
        """Area of each cell outside its nucleus."""
        angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
        areas = []
        for index, matrix in enumerate(self.to_unit):
            radius = self.outline(np.full(360, index), angle)
            inner = NUCLEUS_SHARE * radius
            area = np.pi * float((radius**2 - inner**2).mean())
            areas.append(area / abs(float(np.linalg.det(matrix))))
        return np.array(areas)


def place_cells(
    field_um: Sequence[float], diameter_um: float, height_um: float, *, seed: int
) -> Cells:
    """Cells on a jittered lattice around one whose nucleus lies near the middle of the field.

    In a field smaller than a cell the middle lies in the cytoplasm, beside the nucleus. Cells
    further than a diameter from the field are left out; about one in four sites is empty, so
    that most fields show some background.
    """
    middle = np.array(field_um) / 2
    pitch = 1.15 * diameter_um
    turn, share = draw_uniforms(2, seed=seed, stream=CELL_STREAM)
    shares = (0.0, 0.6) if min(field_um) > diameter_um else (0.35, 0.6)
    away_um = diameter_um / 2 * (shares[0] + (shares[1] - shares[0]) * share)
    angle = 2 * np.pi * turn
    centres: list[Array] = [middle + away_um * np.array([np.sin(angle), np.cos(angle)])]
    reach = [int(np.ceil(size / 2 / pitch)) + 1 for size in field_um]
    rows, columns = (np.arange(-n, n + 1) for n in reach)
    sites = [(row, column) for row in rows for column in columns if row or column]
    draws = draw_uniforms(3 * len(sites), seed=seed, stream=CELL_STREAM + 1).reshape(-1, 3)
    for (row, column), draw in zip(sites, draws, strict=True):
        lattice = np.array([row, column + 0.5 * (row % 2)]) * pitch
        centre = centres[0] + lattice + (draw[:2] - 0.5) * 0.3 * pitch
        outside = np.maximum(np.abs(centre - middle) - middle, 0)
        if draw[2] > 0.25 and outside.max() < diameter_um:
            centres.append(centre)
    return _shape_cells(np.array(centres), diameter_um, height_um, seed)


def _shape_cells(centres: Array, diameter_um: float, height_um: float, seed: int) -> Cells:
    count = len(centres)
    angle = draw_uniforms(count, seed=seed, stream=CELL_STREAM + 2, high=np.pi)
    stretch = draw_uniforms(count, seed=seed, stream=CELL_STREAM + 3, low=1.1, high=2.0)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], axis=1)
    radii = diameter_um / 2 * np.stack([1 / np.sqrt(stretch), np.sqrt(stretch)], axis=-1)
    waves = np.empty((count, len(WAVES), 2))
    waves[:, :, 0] = 0.1 * draw_normals((count, len(WAVES)), seed=seed, stream=CELL_STREAM + 4)
    waves[:, :, 0] = np.clip(waves[:, :, 0], -0.2, 0.2)
    phases = draw_uniforms(count * len(WAVES), seed=seed, stream=CELL_STREAM + 5)
    waves[:, :, 1] = 2 * np.pi * phases.reshape(count, -1)
    return Cells(centres, rotation / radii[:, :, None], waves, height_um)
