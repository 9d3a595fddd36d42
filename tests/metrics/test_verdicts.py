import math

import pytest

from napari_fidelity.metrics import Score
from napari_fidelity.metrics.verdicts import describe_scores


def verdict(what: str, **values: float) -> str:
    return describe_scores({k: Score(k, v, "", {}) for k, v in values.items()})[what]


@pytest.mark.parametrize(
    ("sfm", "baseline", "said"),
    [(0.9, 0.5, "signal faithful"), (0.8, 0.79, "no better than the mask alone"),
     (0.6, 0.5, "signal partly right"), (0.52, 0.5, "no better than the mask alone"),
     (0.02, -0.3, "no better than the mask alone"), (0.3, math.nan, "signal partly right")],
)  # fmt: skip
def test_signal(sfm: float, baseline: float, said: str) -> None:
    details = {"baseline_blurred": baseline, "baseline_distance": 0.1}
    assert describe_scores({"sfm": Score("sfm", sfm, "", {}, details)}) == {"signal": said}


@pytest.mark.parametrize(
    ("nfm", "floor", "said"),
    [(0, 0, "noise faithful"), (0.09, 0.01, "noise faithful"), (0.2, 0.15, "noise faithful"),
     (0.25, 0.15, "noise close"), (0.31, 0.1, "noise differs")],
)  # fmt: skip
def test_noise(nfm: float, floor: float, said: str) -> None:
    score = Score("nfm", nfm, "", {}, {"floor": floor})
    assert describe_scores({"nfm": score}) == {"noise": said}


@pytest.mark.parametrize(
    ("sigma", "background", "said"),
    [(1, 1, "blur right"), (0.6, 1.6, "blur right"), (0.59, 1, "too blurred"),
     (1.61, 1, "too sharp"), (1, 0.59, "background too smooth"), (1, 1.61, "background too grainy"),
     (1, math.nan, "blur right, background unknown")],
)  # fmt: skip
def test_blur_needs_both(sigma: float, background: float, said: str) -> None:
    assert verdict("blur", bfm_sigma=sigma, bfm_background=background) == said


def test_a_missing_value_gives_its_reason() -> None:
    score = Score("sfm", math.nan, "needs a mask", {})
    assert describe_scores({"sfm": score}) == {"signal": "needs a mask"}
    clipped = Score("nfm", 0.4, "clipped background, not meaningful: 30% of the image at 0", {})
    assert describe_scores({"nfm": clipped})["noise"] == "clipped background, not meaningful"
    assert describe_scores({}) == {}
