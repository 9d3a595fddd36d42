"""Which scores beat all baselines."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from napari_fidelity.studies.method_evidence import (
    MethodEvidence,
    beats_all,
    find_cost,
    format_summary,
    list_keys,
)


@pytest.fixture
def evidence() -> MethodEvidence:
    figures = {"sfm": 0.5, "nfm": 0.2, "bfm_sigma": 1.1, "loss": 3.0}
    baselines = {
        "random fill": {"sfm": 0.0, "nfm": 0.3, "bfm_sigma": 0.5},
        "mask": {"sfm": 0.6, "nfm": math.nan, "bfm_sigma": 2.0},
    }
    manifest: Any = SimpleNamespace(figures=figures, title="A")
    status: Any = SimpleNamespace(step=10, seconds=60.0)
    return MethodEvidence(Path("a"), cast(Any, manifest), status, (4, 1), (2, 1), 1, baselines)


def test_every_baseline_must_be_beaten(evidence: MethodEvidence) -> None:
    assert list_keys(evidence) == ["sfm", "nfm", "bfm_sigma"]
    assert [beats_all(evidence, key) for key in list_keys(evidence)] == [False, True, True]
    assert "| A | 10 | 1.0 | NFM, BFM, σ 2 px | SFM |" in format_summary([evidence])


def test_costs_know_which_way_is_better() -> None:
    assert find_cost("iou", 0.9) < find_cost("iou", 0.8)
    assert find_cost("mae", 0.1) < find_cost("mae", 0.2)
    assert find_cost("bfm_sigma", 0.9) < find_cost("bfm_sigma", 1.3)
    assert math.isnan(find_cost("bfm", 0.0))
