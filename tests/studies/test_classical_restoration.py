"""The study of classical restoration: what it tunes on, what it keeps, what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import napari_fidelity
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.studies.catalog import STUDIES
from napari_fidelity.studies.classical_restoration import scores, tables
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES
from napari_fidelity.studies.classical_restoration.conditions import (
    BLUR,
    CONDITIONS,
    Condition,
    add_noise,
    draw_motion,
)
from napari_fidelity.studies.classical_restoration.failures import FAILURES, plan_failures
from napari_fidelity.studies.classical_restoration.fields import EvidenceField, choose_box
from napari_fidelity.studies.classical_restoration.trials import CODE, TrialFile
from napari_fidelity.studies.classical_restoration.tuning import (
    INPUT,
    list_rows,
    list_trials,
    tune,
)
from napari_fidelity.studies.spec import StudyRequest

METHODS_TRIED = ("gaussian", "wiener")


@pytest.fixture(scope="module")
def condition():
    return Condition("noisy", "Noisy", "Noise.", add_noise(0.0), BLUR, METHODS_TRIED)


@pytest.fixture(scope="module")
def fields():
    """Three fields of two groups: rings of different width."""
    y, x = np.mgrid[:96, :96]
    found = []
    for key, group, width in (("a/1", "a", 3), ("a/2", "a", 4), ("b/3", "b", 9)):
        rings = 100 + 100 * np.sin(np.hypot(y - 40, x - 50) / width)
        truth = Image(rings.astype(np.float32), scale=(0.1, 0.1), units=("micrometer",) * 2)
        found.append(EvidenceField(key, group, truth))
    return found


@pytest.fixture(scope="module")
def trials(condition, fields, tmp_path_factory):
    """A file with every trial done."""
    file = TrialFile(tmp_path_factory.mktemp("study") / "trials.jsonl")
    file.run_all(list_all(condition, fields), Progress(), workers=2)
    return file


def list_all(condition, fields):
    return list_trials(condition, fields, [CANDIDATES[key] for key in METHODS_TRIED])


def test_settings_are_tuned_on_other_groups(condition, fields, trials):
    gaussian = CANDIDATES["gaussian"]
    table = {trial.field.key: {} for trial in list_all(condition, fields)}
    for trial in list_all(condition, fields):
        if trial.settings is not None and trial.settings.kind == "gaussian":
            table[trial.field.key][trial.settings] = trials.scores[trial.key]["pcc"]

    def best(*keys):
        return max(gaussian.settings, key=lambda one: sum(table[key][one] for key in keys))

    chosen = tune(condition, fields, gaussian, trials)
    assert chosen["a/1"] == chosen["a/2"] == best("b/3")
    assert chosen["b/3"] == best("a/1", "a/2")
    assert best("b/3").sigma_px > best("a/1", "a/2").sigma_px
    apart = [replace(fields[0], reported=False), *fields[1:]]
    chosen = tune(condition, apart, gaussian, trials)
    assert set(chosen.values()) == {best("a/1")}
    assert {row.field for row in list_rows(condition, apart, trials)} == {"a/2", "b/3"}


def test_rows_and_tables_tell_the_input_first(condition, fields, trials, monkeypatch):
    monkeypatch.setattr(tables, "CONDITIONS", {"noisy": condition})
    rows = list_rows(condition, fields, trials)
    assert [row.method for row in rows] == [m for m in (INPUT, *METHODS_TRIED) for _ in fields]
    written = tables.format_rows(rows).splitlines()
    assert written[0].startswith("condition,field,method,settings,psnr,ssim,pcc")
    assert len(written) == 1 + len(rows)
    text = tables.format_condition(condition, rows)
    assert "| *the input* |" in text
    assert "Means over 3 fields" in text
    assert "3 of 3" in text
    psnr = [np.mean([r.scores["psnr"] for r in rows if r.method == m]) for m in METHODS_TRIED]
    assert f"**{max(psnr):.2f}**" in text


def test_an_interrupted_run_goes_on(condition, fields, trials, tmp_path):
    wanted = list_all(condition, fields)
    again = TrialFile(tmp_path / "trials.jsonl")
    done = []

    def stop_soon():
        return len(done) > 4

    with pytest.raises(Cancelled):
        again.run_all(wanted, Progress(lambda *step: done.append(step), stop_soon), workers=2)
    assert 0 < len(again.scores) < len(wanted)
    with again.path.open("a", encoding="utf-8") as file:
        file.write('{"trial": "torn')
    resumed = TrialFile(again.path)
    assert resumed.scores == again.scores
    steps = []
    resumed.run_all(wanted, Progress(lambda *step: steps.append(step)), workers=1)
    assert steps[0][0] == len(again.scores) + 1
    assert steps[-1][:2] == (len(wanted), len(wanted))
    assert resumed.scores == trials.scores
    assert TrialFile(again.path).scores == trials.scores


def test_scores_do_not_depend_on_brightness(fields):
    truth = fields[0].truth
    noise = np.random.default_rng(0).normal(0, 10, truth.shape)
    test = truth.with_array((truth.array + noise).astype(np.float32))
    brighter = truth.with_array((3 * test.array + 50).astype(np.float32))
    first, second = (scores.score_against_truth(image, truth) for image in (test, brighter))
    assert first == pytest.approx(second, rel=1e-3)
    assert first["psnr"] > 25
    fitted = scores.fit_to_truth(test.array, truth.array)
    assert np.square(fitted - truth.array).mean() <= np.square(noise).mean()
    flat = scores.fit_to_truth(np.ones((4, 4)), np.eye(4))
    np.testing.assert_array_equal(flat, 0.25)


def test_textured_noise_is_as_strong_as_white(fields):
    field = fields[0]
    white, textured = (add_noise(sigma)(field, 0).array - field.truth.array for sigma in (0, 1))
    assert white.std() == pytest.approx(textured.std(), rel=1e-3)
    neighbours = [np.corrcoef(n[:, 1:].ravel(), n[:, :-1].ravel())[0, 1] for n in (white, textured)]
    assert abs(neighbours[0]) < 0.05 < 0.7 < neighbours[1]


def test_what_is_listed_is_there():
    for condition in CONDITIONS.values():
        assert set(condition.methods) <= set(CANDIDATES)
    for candidate in CANDIDATES.values():
        assert {one.kind for one in candidate.settings} <= set(METHODS)
    shown = {CANDIDATES[failure.method].settings[0].kind for failure in FAILURES.values()}
    assert shown == set(METHODS)  # each method's failure is shown
    for failure in FAILURES.values():
        assert failure.method in CONDITIONS[failure.home].methods
        assert failure.regime in CONDITIONS
    assert draw_motion().sum() == pytest.approx(1)
    assert draw_motion().shape == (15, 15)


def test_what_stamps_trials_is_there():
    package = Path(napari_fidelity.__file__).parent
    assert [name for name in CODE if not (package / name).exists()] == []


def test_methods_that_are_not_installed_are_left_out(fields, trials):
    assert plan_failures(fields, trials, dict.fromkeys(CANDIDATES, False)) == []


def test_bad_input_is_told(tmp_path):
    study = STUDIES["classical-restoration"]
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        study.run(StudyRequest(tmp_path / "nowhere", tmp_path / "out"), Progress())
    with pytest.raises(
        UserError, match=r"There is no .*groups.csv: name the folder of real images"
    ):
        study.run(StudyRequest(tmp_path, tmp_path / "out"), Progress())
    with pytest.raises(UserError, match="has 20×300 px: the study needs 256"):
        choose_box(Image(np.zeros((20, 300)), name="A field"))
