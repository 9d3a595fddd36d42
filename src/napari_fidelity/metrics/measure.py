"""One call for every number: dock, command line, Python and report all use `measure`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.comparison import Scene, compare, open_scene
from napari_fidelity.metrics.pixels import TEST, AnyImage, spell_name
from napari_fidelity.metrics.reading import Reading
from napari_fidelity.metrics.settings import MeasureSettings
from napari_fidelity.metrics.spec import METRICS


@dataclass(frozen=True)
class Score:
    """The value of one metric, and all that is needed to judge it.

    Parameters
    ----------
    key : str
        Key of the metric in `METRICS`.
    value : float
        May be NaN or infinite.
    reason : str
        Why the value is NaN or infinite, or a reservation about a finite one; else empty.
    settings : mapping
        Settings, the range in use, and the numbers of foreground and background pixels.
    details : mapping
        Companions: baselines of SFM, floor and bandwidths of NFM, gain of BFM.
    """

    key: str
    value: float
    reason: str
    settings: Mapping[str, Any]  # Any: numbers, words and None
    details: Mapping[str, float | str] = field(default_factory=dict)


def measure(
    keys: Iterable[str],
    *,
    test: AnyImage,
    reference: AnyImage,
    mask: AnyImage | None = None,
    background: AnyImage | None = None,
    settings: MeasureSettings | None = None,
) -> list[Score]:
    """The scores of one image against a reference, in the order of `keys`.

    Parameters
    ----------
    keys : iterable of str
        Keys of `METRICS`.
    test, reference : array-like or Image, equal shape (..., Y, X)
        Grey values; two `Image` must agree in scale and position too.
    mask : array-like or Image, optional
        Structures, see `as_mask`. Without one, metrics that need it are NaN with a reason.
    background : array-like or Image, optional
        A mask of the background for NFM and bfm_background, instead of what `mask` leaves.
    settings : MeasureSettings, optional
        How to compute.

    Returns
    -------
    list of Score

    Raises
    ------
    UserError
        An unknown key; different shapes, scales or positions; values that are not finite; a
        mask that is none; an image without Y and X.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.arange(16.0).reshape(4, 4)
    >>> psnr, sfm = measure(["psnr", "sfm"], test=image, reference=image)
    >>> psnr.value, psnr.reason
    (inf, 'identical images: PSNR is infinite')
    >>> sfm.value, sfm.reason
    (nan, 'needs a mask')
    """
    return measure_scene(keys, test, open_scene(reference, mask, background, settings))


def measure_scene(
    keys: Iterable[str],
    test: AnyImage,
    scene: Scene,
    on_metric: Callable[[str], None] | None = None,
) -> list[Score]:
    """`measure` in a scene that is already open: cheaper for several tests of one reference.

    `on_metric` is called with the key of each metric before it is computed; what it raises ends
    the measurement.
    """
    specs = [METRICS[key] for key in keys]
    pair = compare(test, scene)
    if pair.test.ndim < 2:
        raise UserError(f"{spell_name(test, TEST)} has one axis: an image needs Y and X.")
    settings = scene.describe_settings()
    scores = []
    for spec in specs:
        if on_metric is not None:
            on_metric(spec.key)
        reading = spec.function(pair)
        if not isinstance(reading, Reading):
            reading = Reading(float(reading))
        reason = reading.reason
        if not reason and not np.isfinite(reading.value):
            reason = f"{spec.title} is not defined for this pair"
        scores.append(Score(spec.key, reading.value, reason, settings, reading.details))
    return scores
