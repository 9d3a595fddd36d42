"""The papers whose experiments can be run again, in their order."""

from __future__ import annotations

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.studies.care_001.run import CARE_001
from napari_fidelity.studies.reproduction import PaperSpec
from napari_fidelity.studies.synthesis_000.run import SYNTHESIS_000

PAPERS: Catalog[PaperSpec] = Catalog("paper", [SYNTHESIS_000, CARE_001])
