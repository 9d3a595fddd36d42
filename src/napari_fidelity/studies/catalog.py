"""The studies, in the order in which they are listed."""

from __future__ import annotations

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.studies.classical_restoration.run import CLASSICAL_RESTORATION
from napari_fidelity.studies.spec import StudySpec

STUDIES: Catalog[StudySpec] = Catalog("study", [CLASSICAL_RESTORATION])
