"""A few plain words for signal, noise and blur, with the thresholds behind them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from napari_fidelity.metrics.measure import Score

BEYOND_MASK = 0.03
FAITHFUL_SFM = 0.8
FAITHFUL_NFM, CLOSE_NFM = 0.10, 0.30
FLOORS = 1.5
RIGHT_LOW, RIGHT_HIGH = 0.6, 1.6


def describe_scores(scores: Mapping[str, Score]) -> dict[str, str]:
    """Verdicts for `"signal"`, `"noise"` and `"blur"`; a key whose scores are missing is left out.

    Parameters
    ----------
    scores : mapping of str to Score
        As `measure` gives them, by key.

    Examples
    --------
    >>> score = Score("bfm_sigma", 0.2, "", {})
    >>> describe_scores({"bfm_sigma": score})
    {'blur': 'too blurred'}
    """
    verdicts = {}
    if "sfm" in scores:
        verdicts["signal"] = describe_signal(scores["sfm"])
    if "nfm" in scores:
        verdicts["noise"] = describe_noise(scores["nfm"])
    if "bfm_sigma" in scores:
        verdicts["blur"] = describe_blur(scores["bfm_sigma"], scores.get("bfm_background"))
    return verdicts


def describe_signal(sfm: Score) -> str:
    """The signal: faithful from SFM 0.8, else it must beat the mask alone by 0.03."""
    if not np.isfinite(sfm.value):
        return sfm.reason
    given = [float(v) for k, v in sfm.details.items() if k.startswith("baseline_")]
    baseline = max([0.0, *(v for v in given if np.isfinite(v))])
    if sfm.value < baseline + BEYOND_MASK:
        return "no better than the mask alone"
    return "signal faithful" if sfm.value >= FAITHFUL_SFM else "signal partly right"


def describe_noise(nfm: Score) -> str:
    """The noise: faithful up to 0.10 or 1.5 times the floor, close up to 0.30, else different."""
    if not np.isfinite(nfm.value):
        return nfm.reason
    if nfm.reason:
        return nfm.reason.split(":")[0]
    floor = float(nfm.details.get("floor", float("nan")))
    if nfm.value <= FAITHFUL_NFM or nfm.value <= FLOORS * floor:
        return "noise faithful"
    return "noise close" if nfm.value <= CLOSE_NFM else "noise differs"


def describe_blur(bfm_sigma: Score, bfm_background: Score | None = None) -> str:
    """The blur: right where bfm_sigma and bfm_background both lie within 0.6–1.6.

    Without a background only bfm_sigma is judged. Structure is named before background.
    """
    if not np.isfinite(bfm_sigma.value):
        return bfm_sigma.reason
    if bfm_sigma.value < RIGHT_LOW:
        return "too blurred"
    if bfm_sigma.value > RIGHT_HIGH:
        return "too sharp"
    if bfm_background is None or not np.isfinite(bfm_background.value):
        return "blur right, background unknown"
    if bfm_background.value < RIGHT_LOW:
        return "background too smooth"
    return "background too grainy" if bfm_background.value > RIGHT_HIGH else "blur right"
