"""Usual objectives: what to start from when only the engraving is known."""

from __future__ import annotations

from dataclasses import dataclass

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.simulation.psf.settings import PsfSettings

AIR, WATER, GLYCEROL, SILICONE, OIL = 1.0, 1.333, 1.45, 1.406, 1.515


@dataclass(frozen=True)
class ObjectiveSpec:
    """An objective: its key, what is engraved on it, and its settings of a PSF."""

    key: str
    title: str
    magnification: float
    numerical_aperture: float
    immersion_index: float
    working_distance_um: float

    def apply(self, settings: PsfSettings | None = None) -> PsfSettings:
        """`settings` (default: the defaults) seen through this objective.

        Examples
        --------
        >>> OBJECTIVES["20x-0.8"].apply().numerical_aperture
        0.8
        """
        return (settings or PsfSettings()).model_copy(
            update={
                "numerical_aperture": self.numerical_aperture,
                "immersion_index": self.immersion_index,
                "working_distance_um": self.working_distance_um,
                "design_immersion_index": None,
            }
        )


OBJECTIVES: Catalog[ObjectiveSpec] = Catalog(
    "objective",
    [
        ObjectiveSpec("4x-0.13", "4×/0.13 air", 4, 0.13, AIR, 17000),
        ObjectiveSpec("10x-0.3", "10×/0.3 air", 10, 0.3, AIR, 5200),
        ObjectiveSpec("20x-0.5", "20×/0.5 air", 20, 0.5, AIR, 2000),
        ObjectiveSpec("20x-0.8", "20×/0.8 air", 20, 0.8, AIR, 550),
        ObjectiveSpec("40x-0.95", "40×/0.95 air", 40, 0.95, AIR, 250),
        ObjectiveSpec("25x-1.05-water", "25×/1.05 water", 25, 1.05, WATER, 2000),
        ObjectiveSpec("40x-1.15-water", "40×/1.15 water", 40, 1.15, WATER, 600),
        ObjectiveSpec("60x-1.2-water", "60×/1.2 water", 60, 1.2, WATER, 280),
        ObjectiveSpec("30x-1.05-silicone", "30×/1.05 silicone", 30, 1.05, SILICONE, 800),
        ObjectiveSpec("60x-1.3-silicone", "60×/1.3 silicone", 60, 1.3, SILICONE, 300),
        ObjectiveSpec("63x-1.3-glycerol", "63×/1.3 glycerol", 63, 1.3, GLYCEROL, 280),
        ObjectiveSpec("40x-1.3-oil", "40×/1.3 oil", 40, 1.3, OIL, 200),
        ObjectiveSpec("63x-1.4-oil", "63×/1.4 oil", 63, 1.4, OIL, 140),
        ObjectiveSpec("100x-1.4-oil", "100×/1.4 oil", 100, 1.4, OIL, 130),
        ObjectiveSpec("100x-1.49-oil", "100×/1.49 oil (TIRF)", 100, 1.49, OIL, 120),
    ],
)
