"""The table of specimens that can be simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.params import Params
from napari_fidelity.simulation.mitochondria import simulate_mitochondria
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams
from napari_fidelity.simulation.nuclei import simulate_nuclei
from napari_fidelity.simulation.nuclei_params import NucleiParams
from napari_fidelity.simulation.specimen import Specimen


@dataclass(frozen=True)
class SpecimenSpec:
    """A kind of specimen: its name, its settings, and the function that simulates it.

    `function(params, shape=…, seed=…)` returns a `Specimen`.
    """

    key: str
    title: str
    params: type[Params]
    function: Callable[..., Specimen]


SPECIMENS: Catalog[SpecimenSpec] = Catalog(
    "specimen",
    [
        SpecimenSpec("nuclei", "Nuclei", NucleiParams, simulate_nuclei),
        SpecimenSpec("mitochondria", "Mitochondria", MitochondriaParams, simulate_mitochondria),
    ],
)
