"""What every test relies on: few threads, nobody's preferences, real data only where it is."""

from __future__ import annotations

import os
from pathlib import Path

# Before numpy and torch are loaded: several threads on small arrays only wait for each other.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# Before napari is loaded: its settings, and those of this plugin, are read from no file.
os.environ["NAPARI_CONFIG"] = ""

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real images: FIDELITY_DATA, else `shared/data` beside the checkout."""
    named = os.environ.get("FIDELITY_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real images are not here ({folder}): set FIDELITY_DATA to their folder")
    return folder


@pytest.fixture
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY
