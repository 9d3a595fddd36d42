"""A tiny method in the catalog, images for it, and its settings."""

import pytest

from napari_fidelity.training.catalog import TRAININGS
from napari_fidelity.training.config import TrainConfig
from tests.training.tiny_method import TINY, write_pairs


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """The method in the catalog, for this test."""
    monkeypatch.setitem(TRAININGS._specs, "tiny", TINY)


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """A folder of six pairs."""
    return write_pairs(tmp_path_factory.mktemp("tiny") / "data")


@pytest.fixture
def configure(pairs):
    """Settings of a short run; others by keyword, those of the method as `method`."""

    def make(method=None, data=None, **run):
        short = {"max_steps": 12, "validate_every": 5, "checkpoint_every": 4, "log_every": 3}
        fixed = {"precision": "float32", "device": "cpu", "threads": 1, "previews": 1}
        return TrainConfig.parse(
            {
                "method": {"kind": "tiny", **(method or {})},
                "data": {"folder": str(pairs), "patch_px": 16, **(data or {})},
                "run": {**short, **fixed, **run},
            }
        )

    return make
