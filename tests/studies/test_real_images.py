"""What the evidence says, on a few of the real images."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.richardson_lucy import RichardsonLucySettings
from napari_fidelity.studies.classical_restoration.conditions import CONDITIONS
from napari_fidelity.studies.classical_restoration.fields import (
    SIDE_PX,
    read_clean_fields,
    read_hagen_pairs,
    read_w2s_pairs,
)
from napari_fidelity.studies.classical_restoration.run import score_whole
from napari_fidelity.studies.classical_restoration.trials import Trial, score_trial
from napari_fidelity.studies.spec import StudyRequest

pytestmark = pytest.mark.data


def test_a_plain_gaussian_brings_w2s_ten_decibels(data_folder, tmp_path):
    request = StudyRequest(data_folder, tmp_path, quick=True)
    before, after = score_whole(request, Progress()).values()
    assert 18 < np.mean(before) < 22
    assert 30 < np.mean(after) < 34
    assert np.min(np.subtract(after, before)) > 9


def test_richardson_lucy_undoes_blur_with_little_noise(data_folder):
    field = read_clean_fields(data_folder, quick=True)[0]
    blurred = CONDITIONS["blurred"]
    settings = RichardsonLucySettings(iterations=40, tv_weight=0)
    before, after = (
        score_trial(Trial(blurred, field, 0, one, blurred.psf)) for one in (None, settings)
    )
    assert after["pcc"] > before["pcc"] + 0.01
    assert before["bfm_sigma"] < 0.6 < 0.8 < after["bfm_sigma"] < 1.25


def test_fields_are_cut_alike(data_folder):
    for field in [*read_hagen_pairs(data_folder), *read_w2s_pairs(data_folder)]:
        assert field.recorded is not None
        assert field.truth.shape == field.recorded.shape == (SIDE_PX, SIDE_PX)
    clean = read_clean_fields(data_folder)
    assert len(clean) == 12
    assert len({field.group for field in clean}) == 10
    assert {field.series for field in clean} == {"hagen", "bpae", "nuclei"}
