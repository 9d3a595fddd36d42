"""Estimates as JSON, as text, as cameras, and in a pipeline."""

import json
import math

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.presets import PRESETS
from napari_fidelity.simulation.estimation import Estimated, ImageEstimate, apply_estimate
from napari_fidelity.simulation.psf.profile import measure_fwhms_um

NUMBERS = {"offset": 100, "gain": 2, "read_noise": 1.5, "background": 110, "bright": 900,
           "blur_sigma_px": 1.5, "blur_fwhm_um": 0.35}  # fmt: skip


def make(**changes):
    numbers = {**NUMBERS, **changes}
    known = {
        name: Estimated.unknown("not seen") if value is None else Estimated(value, value, value, "")
        for name, value in numbers.items()
    }
    return ImageEstimate(**known, image="cells", notes=("A note.",))


def test_json_round_trip_with_what_is_not_known():
    found = make(read_noise=None)
    text = json.dumps(found.to_json(), allow_nan=False)
    again = ImageEstimate.from_json(json.loads(text))
    assert math.isnan(again.read_noise.value)
    assert again.to_json() == found.to_json()


def test_text_says_values_ranges_reasons_and_notes():
    text = make(gain=None).describe()
    assert "Offset      100" in text
    assert "not known" in text
    assert "not seen" in text
    assert "Note: A note." in text


def test_a_specimens_camera_takes_what_is_known():
    camera = make().specimen_camera()
    assert (camera.offset, camera.gain, camera.read_noise) == (100, 2, 1.5)
    assert camera.background_photons == 5
    assert make(read_noise=None).camera().read_noise == 0
    with pytest.raises(UserError, match="offset is not known from cells: not seen"):
        make(offset=None).specimen_camera()


@pytest.mark.parametrize("pipeline", [Pipeline(), PRESETS["medium"].pipeline])
def test_a_pipeline_starts_from_the_estimate(pipeline):
    steps = {step.kind: step for step in apply_estimate(pipeline, make()).steps}
    assert list(steps)[:3] == ["psf", "poisson", "camera"]
    camera, light = steps["camera"], steps["poisson"]
    assert (camera.offset, camera.gain, camera.read_noise) == (100, 2, 1.5)
    assert (light.photons, light.background_photons) == (395, 5)
    assert measure_fwhms_um(steps["psf"].psf)[-1] == pytest.approx(0.35, rel=1e-3)
    assert "gaussian-noise" not in steps


def test_a_pipeline_keeps_what_the_estimate_does_not_know():
    preset = PRESETS["medium"].pipeline
    assert apply_estimate(preset, make(gain=None, blur_fwhm_um=None)).steps == preset.steps
    once = apply_estimate(preset, make())
    assert apply_estimate(once, make()) == once
    assert Pipeline.from_yaml(once.to_yaml()) == once
