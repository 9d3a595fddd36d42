"""Settings chosen on other fields than the one that they are judged on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES, Candidate
from napari_fidelity.studies.classical_restoration.conditions import Condition
from napari_fidelity.studies.classical_restoration.fields import EvidenceField
from napari_fidelity.studies.classical_restoration.trials import Trial, TrialFile

INPUT = "input"
TUNED_BY = "pcc"


@dataclass(frozen=True)
class Row:
    """The scores of a method on a field.

    Parameters
    ----------
    condition, field, method : str
        Keys; the method `"input"` is the image as it was.
    settings : RestorationSettings, optional
        What was chosen for this field.
    scores : mapping of str to float
        By metric.
    """

    condition: str
    field: str
    method: str
    settings: RestorationSettings | None
    scores: Mapping[str, float]


def list_trials(
    condition: Condition, fields: Sequence[EvidenceField], candidates: Sequence[Candidate]
) -> list[Trial]:
    """Every setting on every field, and the inputs."""
    return [
        Trial(condition, field, number, settings, condition.psf)
        for number, field in enumerate(fields)
        for settings in [None, *(one for c in candidates for one in c.settings)]
    ]


def tune(
    condition: Condition, fields: Sequence[EvidenceField], candidate: Candidate, trials: TrialFile
) -> dict[str, RestorationSettings]:
    """For each field the settings with the best mean correlation on fields of other groups.

    Where some fields are there for tuning alone, all others get what is best on those.
    """
    numbered = list(enumerate(fields))
    apart = [pair for pair in numbered if not pair[1].reported]
    table = {
        (field.key, index): trials.scores[
            Trial(condition, field, number, settings, condition.psf).key
        ][TUNED_BY]
        for number, field in numbered
        for index, settings in enumerate(candidate.settings)
    }
    chosen = {}
    for _, field in numbered:
        others = apart or [pair for pair in numbered if pair[1].group != field.group]
        means = [
            np.nanmean([table[other.key, index] for _, other in others])
            for index in range(len(candidate.settings))
        ]
        chosen[field.key] = candidate.settings[int(np.argmax(means))]
    return chosen


def list_rows(
    condition: Condition, fields: Sequence[EvidenceField], trials: TrialFile
) -> list[Row]:
    """The input and each tuned method of a condition on the fields that are reported."""
    rows = []
    chosen = {m: tune(condition, fields, CANDIDATES[m], trials) for m in condition.methods}
    for method in (INPUT, *condition.methods):
        for number, field in enumerate(fields):
            if not field.reported:
                continue
            settings = None if method == INPUT else chosen[method][field.key]
            trial = Trial(condition, field, number, settings, condition.psf)
            scores = trials.scores[trial.key]
            rows.append(Row(condition.key, field.key, method, settings, scores))
    return rows
