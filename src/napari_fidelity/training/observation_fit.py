"""The observation model of a training set: its levels, its noise, its haze."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from napari_fidelity.data.crops import MIN_CONTRAST, Floats, measure_pixel_noise
from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.metrics import nfm
from napari_fidelity.simulation.observation import Levels, ObservationModel, measure_levels
from napari_fidelity.simulation.response import observe

FIELD_SCALES_PX = (6.0, 20.0)
_HAZE_SHARES = (0.15, 0.3, 0.45)
_SKEWS = (0.5, 0.8, 1.1)
_SEARCH_GROUPS = 40
_LIMIT_PERCENTILE = 90


def fit_levels(pairs: Sequence[LabelledImage]) -> Levels:
    """The median of each level over the groups."""
    rows = [list(levels.model_dump().values()) for _, levels in _first_of_groups(pairs)]
    return Levels(
        **dict(zip(Levels.model_fields, np.median(rows, axis=0).round(3).tolist(), strict=True))
    )


def fit_observation(pairs: Sequence[LabelledImage], signals: dict[str, Floats]) -> ObservationModel:
    """The model whose images come closest to the real ones in background density.

    Pixel noise follows from a regression over groups; shares and skew of the smooth field from
    a grid search for the least mean NFM on 40 training groups.

    Parameters
    ----------
    pairs : sequence of LabelledImage
        Training images.
    signals : dict of str to ndarray
        The generator's expected signal for the images that `search_pairs` lists, by name.
    """
    noise = _fit_pixel_noise(pairs)
    candidates = [
        noise.model_copy(update={"haze_share": share, "field_skew": skew})
        for share in _HAZE_SHARES
        for skew in _SKEWS
    ]
    chosen = search_pairs(pairs)
    return min(candidates, key=lambda model: _mean_nfm(model, chosen, signals))


def search_pairs(pairs: Sequence[LabelledImage]) -> list[LabelledImage]:
    """One image from each of the first 40 groups with enough contrast."""
    return [pair for pair, _ in _first_of_groups(pairs)][:_SEARCH_GROUPS]


def _fit_pixel_noise(pairs: Sequence[LabelledImage]) -> ObservationModel:
    ratios, factors, foreground = [], [], []
    for pair, levels in _first_of_groups(pairs):
        dark, bright = (
            measure_pixel_noise(pair.image, r) for r in (pair.background, pair.foreground)
        )
        ratios.append(levels.background_sd / levels.contrast)
        factors.append(dark / levels.background_sd)
        foreground.append(bright / levels.foreground_sd)
    exponent, intercept = np.polyfit(np.log(ratios), np.log(factors), 1)
    return ObservationModel(
        pixel_factor=round(float(np.exp(intercept)), 4),
        pixel_exponent=round(float(exponent), 4),
        foreground_factor=round(float(np.median(foreground)), 4),
        field_scales_px=FIELD_SCALES_PX,
        field_limit=round(float(np.percentile(ratios, _LIMIT_PERCENTILE)), 4),
    )


def _mean_nfm(
    model: ObservationModel, pairs: Sequence[LabelledImage], signals: dict[str, Floats]
) -> float:
    distances = []
    for pair in pairs:
        levels = measure_levels(pair.image, pair.foreground, pair.background)
        made = observe(
            signals[pair.name],
            pair.foreground,
            pair.background,
            levels,
            model,
            seed=0,
            origin=(0, 0),
        )
        rounded = np.clip(np.rint(made), 0, 255)
        distances.append(nfm(test=rounded, reference=pair.image, background=pair.background))
    return float(np.nanmean(distances))


def _first_of_groups(pairs: Sequence[LabelledImage]) -> Iterator[tuple[LabelledImage, Levels]]:
    """One image a group and its levels, groups without contrast or background spread left out."""
    seen: set[int] = set()
    for pair in pairs:
        if pair.group in seen:
            continue
        levels = measure_levels(pair.image, pair.foreground, pair.background)
        if levels.contrast >= MIN_CONTRAST and levels.background_sd > 0:
            seen.add(pair.group)
            yield pair, levels
