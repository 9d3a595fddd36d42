"""Images measured against a reference: the one function behind dock, command line and demo."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress, polled_by
from napari_fidelity.metrics.comparison import Scene, open_scene
from napari_fidelity.metrics.measure import Score, measure_scene
from napari_fidelity.metrics.settings import MeasureSettings
from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.metrics.tables import ScoreRow, format_csv
from napari_fidelity.metrics.verdicts import describe_scores
from napari_fidelity.operations.assess_steps import AssessSteps

COUNTS = ("n_foreground", "n_background")


class AssessParams(Params):
    """What is measured, over which planes, and how.

    Examples
    --------
    >>> AssessParams(scope="plane", plane=(3,)).metrics.margin_px
    5
    """

    scope: Literal["plane", "planes", "stack"] = Field(
        "stack",
        title="Scope",
        description="One plane, each plane in a row of its own with their mean, or all together.",
    )
    plane: tuple[int, ...] = Field(
        (),
        title="Plane",
        description="Index of the plane along the leading axes, for the scope 'plane'.",
    )
    keys: tuple[str, ...] = Field(
        tuple(METRICS), title="Metrics", description="Keys of the metrics, in order."
    )
    metrics: MeasureSettings = Field(
        MeasureSettings(), title="Settings", description="How the metrics are computed."
    )


@dataclass(frozen=True, eq=False)
class Assessment:
    """All scores of some images against one reference.

    Parameters
    ----------
    rows : tuple of ScoreRow
        One for each image; for the scope `"planes"` one for each plane, then their mean.
    baselines : mapping of str to float
        SFM of the mask alone, `"blurred"` and `"distance"`; over planes the mean.
    nfm_floor : float
        NFM between two halves of the reference; over planes the mean.
    settings : mapping
        As `Score.settings`, with the scope; over planes pixel numbers are added up and a range
        that differs is None.
    notes, warnings : tuple of str
        How masks were understood; sentences about values that mislead.
    background : ndarray of bool or None
        The very pixels that NFM compared, in the shape of the reference.
    """

    rows: tuple[ScoreRow, ...]
    baselines: Mapping[str, float]
    nfm_floor: float
    settings: Mapping[str, Any]  # Any: numbers, words and None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    background: npt.NDArray[np.bool_] | None

    def to_csv(self) -> str:
        """A line for each row, with all digits."""
        return format_csv(self.rows)


def assess(
    tests: Sequence[Image],
    *,
    reference: Image,
    mask: Image | None = None,
    background: Image | None = None,
    params: AssessParams | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """The scores of each test image against the reference.

    Parameters
    ----------
    tests : sequence of Image
        Images on the reference's pixels.
    reference : Image
        The real image.
    mask : Image, optional
        Structures; without one, SFM, NFM and what else needs it are NaN with a reason.
    background : Image, optional
        A mask of the background, instead of what the mask and its margin leave.
    params : AssessParams, optional
        Scope and settings.
    progress : Progress, optional
        Called before each metric of each image and plane.

    Raises
    ------
    UserError
        No test image; frames that differ; values that are not finite; a mask that is none; a
        plane that the stack does not have.

    Examples
    --------
    >>> image = Image(np.arange(400.0).reshape(20, 20), name="real")
    >>> row, = assess([image], reference=image, params=AssessParams(keys=("ncc",))).rows
    >>> row.name, round(row.scores["ncc"].value, 6)
    ('real', 1.0)
    """
    params, progress = params or AssessParams(), progress or Progress()
    check_inputs(tests, reference, [mask, background])
    planes = list_planes(reference, params)
    scenes: list[Scene] = []
    rows: list[list[ScoreRow]] = [[] for _ in tests]
    steps = AssessSteps(progress, n_planes=len(planes), n_tests=len(tests), keys=params.keys)
    with polled_by(progress):
        for plane in planes:
            frames = (take_plane(i, plane) for i in (reference, mask, background))
            real, structures, behind = frames
            scene = open_scene(real or reference, structures, behind, params.metrics)
            scenes.append(scene)
            steps.prepare(scene)
            for number, test in enumerate(tests):
                rows[number].append(build_row(test, plane, scene, params.keys, steps))
    steps.end()
    if params.scope == "planes" and len(planes) > 1:
        rows = [[*group, average_rows(group)] for group in rows]
    return collect(rows, scenes, planes, reference, params)


def check_inputs(tests: Sequence[Image], reference: Image, masks: Iterable[Image | None]) -> None:
    """Refuse what cannot be measured before anything is."""
    if not tests:
        raise UserError("There is no image to assess: give at least one beside the reference.")
    for image in (*tests, *masks):
        if image is not None:
            check_same_frame(image, reference)


def list_planes(reference: Image, params: AssessParams) -> list[tuple[int, ...]]:
    """Indices of what is measured by itself; one empty index stands for everything."""
    leading = reference.shape[:-2]
    if params.scope == "stack" or not leading:
        return [()]
    if params.scope == "planes":
        return list(np.ndindex(leading))
    inside = len(params.plane) == len(leading) and all(
        0 <= index < size for index, size in zip(params.plane, leading, strict=False)
    )
    if not inside:
        raise UserError(
            f"Plane {params.plane} is not in {reference.name or 'the reference'}: its leading "
            f"axes {reference.axes[:-2]} have the sizes {leading}, counted from 0."
        )
    return [params.plane]


def take_plane(image: Image | None, plane: tuple[int, ...]) -> Image | None:
    """The YX plane at an index with its own frame; everything for an empty index."""
    if image is None or not plane:
        return image
    n = len(plane)
    return Image(
        image.array[plane],
        image.axes[n:],
        image.scale[n:],
        image.units[n:],
        image.translate[n:],
        image.origin[n:],
        image.name,
    )


def build_row(
    test: Image, plane: tuple[int, ...], scene: Scene, keys: Sequence[str], steps: AssessSteps
) -> ScoreRow:
    """One image, or one of its planes, in an open scene."""
    cut = take_plane(test, plane) or test
    on_metric = partial(steps.measure, test.name)
    scores = {score.key: score for score in measure_scene(keys, cut, scene, on_metric)}
    return ScoreRow(
        name=test.name,
        scores=scores,
        settings=scene.describe_settings(),
        plane=plane,
        baselines={key: reading.value for key, reading in scene.baselines.items()},
        nfm_floor=scene.nfm_floor.value,
        verdicts=describe_scores(scores),
    )


def average_rows(rows: Sequence[ScoreRow]) -> ScoreRow:
    """The mean over planes; planes without a value are left out, and the reason says so."""
    settings = merge_settings([row.settings for row in rows])
    scores = {
        key: average_scores([r.scores[key] for r in rows], settings) for key in rows[0].scores
    }
    return ScoreRow(
        name=rows[0].name,
        scores=scores,
        settings=settings,
        is_mean=True,
        baselines=average_numbers([row.baselines for row in rows]),
        nfm_floor=average([row.nfm_floor for row in rows]),
        verdicts=describe_scores(scores),
    )


def average_scores(scores: Sequence[Score], settings: Mapping[str, Any]) -> Score:  # Any: as above
    """One metric over planes, with its numerical companions."""
    known = [score for score in scores if not math.isnan(score.value)]
    reasons = dict.fromkeys(score.reason for score in scores if score.reason)
    reason = "; ".join(reasons)
    if known and len(known) < len(scores):
        reason = f"mean of {len(known)} of {len(scores)} planes: {reason}"
    value = average([score.value for score in scores])
    return Score(
        scores[0].key, value, reason, settings, average_numbers([s.details for s in scores])
    )


def average_numbers(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:  # Any: or words
    """The mean of each number that occurs, words left out."""
    names = dict.fromkeys(k for r in records for k, v in r.items() if isinstance(v, float))
    return {
        name: average([r[name] for r in records if isinstance(r.get(name), float)])
        for name in names
    }


def average(values: Sequence[float]) -> float:
    """The mean of those that are not NaN; NaN for none."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def merge_settings(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # Any: as above
    """What all planes share; pixel numbers are added up, what differs is None."""
    merged: dict[str, Any] = {}
    for name in records[0]:
        values = [record[name] for record in records]
        same = all(value == values[0] for value in values)
        counted = name in COUNTS and values[0] is not None
        merged[name] = sum(values) if counted else values[0] if same else None
    return merged


def collect(
    rows: Sequence[Sequence[ScoreRow]],
    scenes: Sequence[Scene],
    planes: Sequence[tuple[int, ...]],
    reference: Image,
    params: AssessParams,
) -> Assessment:
    """Rows of all images with what they share."""
    flat = tuple(row for group in rows for row in group)
    first = rows[0][: len(scenes)]  # without the mean
    background = None
    if scenes[0].background is not None:
        background = np.zeros(reference.shape, np.bool_)
        for plane, scene in zip(planes, scenes, strict=True):
            background[plane] = scene.background
    warnings = (f"{row.name}: {warning}" for row in flat for warning in row.warnings)
    settings = {"scope": params.scope, **merge_settings([row.settings for row in first])}
    if params.scope == "plane":
        settings["plane"] = params.plane
    return Assessment(
        rows=flat,
        baselines=average_numbers([row.baselines for row in first]),
        nfm_floor=average([row.nfm_floor for row in first]),
        settings=settings,
        notes=tuple(dict.fromkeys(note for scene in scenes for note in scene.notes)),
        warnings=tuple(dict.fromkeys(warnings)),
        background=background,
    )
