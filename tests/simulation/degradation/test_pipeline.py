"""Pipelines: as files, as presets, in their order; every refusal is a sentence."""

import json

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation import (
    PREPARATION,
    PRESETS,
    STEPS,
    Interval,
    Pipeline,
    parse_step,
    run_pipeline,
)
from tests.simulation.degradation.scenes import make_cells
from tests.simulation.degradation.test_catalog import VARIANTS

STEP_VALUES = [{"kind": key, **values} for key, many in VARIANTS.items() for values in many]
EVERYTHING = Pipeline(
    name="all · µm",
    black=101.25,
    steps=sorted(STEP_VALUES, key=lambda v: not STEPS[v["kind"]].params.prepares),
)


@pytest.mark.parametrize(
    "pipeline",
    [EVERYTHING, EVERYTHING.draw(7), Pipeline(), *(spec.pipeline for spec in PRESETS.values())],
)
def test_a_file_reloads_to_the_same_bytes(pipeline):
    text = pipeline.to_yaml()
    again = Pipeline.from_yaml(text)
    assert again == pipeline
    assert again.to_yaml().encode() == text.encode()
    assert Pipeline.from_yaml(json.dumps(pipeline.model_dump(mode="json"))) == pipeline
    assert text.startswith("napari-fidelity: pipeline 1\n")


@pytest.mark.parametrize("value", [1e-05, 1e20, 0.1 + 0.2, 123456789.123456789, 1 / 3])
def test_numbers_come_back_to_the_last_bit(value):
    pipeline = Pipeline(steps=[{"kind": "camera", "sensor_seed": 2**62 + 1}], black=value)
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline


def test_a_person_writes_only_what_differs():
    text = """
    steps:
      - kind: psf
        psf: {numerical_aperture: 0.8, immersion_index: 1}
      - {kind: poisson, photons: [20, 80]}
      - {kind: gaussian-noise, sd_percent: 1e-1}
    """
    first, second, third = Pipeline.from_yaml(text).steps
    assert first.psf.numerical_aperture == 0.8
    assert second.photons == Interval(low=20, high=80)
    assert third.sd_percent == 0.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [", "P.yaml is no YAML text"),
        ("- 3", "P.yaml holds no settings"),
        ("name: x", "P.yaml has no steps"),
        ("napari-fidelity: recipe 1\nsteps: []", "P.yaml is no pipeline of steps"),
        ("steps: 5", "P.yaml: The steps of a pipeline are a list, not 5"),
        ("steps: [5]", "P.yaml: Step 1: A step is given by its settings, with its kind"),
        ("steps: [{kind: blur}]", "Step 1: There is no step 'blur': choose one of contrast-"),
        ("steps: [{photons: 5}]", "Step 1: A step is given by its settings"),
        (
            "steps: [{kind: haze}, {kind: poisson, photons: -5}]",
            "P.yaml: Step 2: Setting 'photons' must be more than 0, not -5",
        ),
        ("steps: [{kind: haze, colour: 1}]", "Step 1: Setting 'colour' is not known here"),
        ("steps: [{kind: haze, width_um: 0}]", "Step 1: Setting 'width_um' must be more than 0"),
        (
            "steps: [{kind: psf, psf: {numerical_aperture: 0}}]",
            "Step 1: Setting 'numerical_aperture' must be more than 0, not 0",
        ),
        ("steps: [{kind: psf, psf: 3}]", "Step 1: A PSF is given by its settings, not by 3"),
        (
            "steps: [{kind: camera, bits: 8, offset: 300}]",
            "Step 1: A camera of 8 bits ends at 255: an offset of 300 saturates everything",
        ),
        ("steps: [{kind: down-sampling, factor: 0}]", "'factor' must be 1 or more, not 0"),
        (
            "steps: [{kind: haze}, {kind: contrast-stretch}]",
            "Step 2, Contrast stretch, prepares the clean image: put it before",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named(text, said):
    with pytest.raises(UserError) as caught:
        Pipeline.from_yaml(text, name="P.yaml")
    assert said in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_an_aperture_above_the_index_is_refused():
    steps = [{"kind": "psf", "psf": {"numerical_aperture": 1.4, "immersion_index": 1}}]
    pipeline = Pipeline.parse({"steps": steps})
    with pytest.raises(UserError, match=r"aperture 1\.4 is above the refractive index 1 of the"):
        run_pipeline(make_cells((40, 40)), pipeline)


def test_presets_follow_the_order_of_the_literature_and_get_worse():
    order = ["psf", "poisson", "gaussian-noise", "intensity-factor"]
    image = make_cells((160, 160))
    errors = []
    assert list(PRESETS) == ["mild", "medium", "strong"]
    for key, spec in PRESETS.items():
        assert [step.kind for step in spec.pipeline.steps] == order
        assert (spec.key, spec.pipeline.name) == (key, key)
        residuals = []
        for seed in range(3):
            found = run_pipeline(image, spec.pipeline, seed=seed).image.array
            slope, shift = np.polyfit(found.ravel(), image.array.ravel().astype(float), 1)
            residuals.append(np.std(slope * found + shift - image.array))
        errors.append(np.mean(residuals))
    assert errors == sorted(errors)
    assert errors[2] > 1.5 * errors[0]


def test_preparation_makes_the_target_and_comes_first():
    pipeline = Pipeline(steps=(*PREPARATION, *PRESETS["mild"].pipeline.steps))
    assert [step.kind for step in pipeline.prepare().steps] == ["contrast-stretch", "local-minimum"]
    assert PRESETS["mild"].pipeline.prepare().steps == ()


def test_a_step_is_taken_as_it_is_or_parsed():
    step = parse_step({"kind": "haze"})
    assert parse_step(step) is step
    assert Pipeline(steps=[step]).steps[0] is step


def test_the_pipeline_in_the_documentation_runs(repository):
    page = (repository / "docs/concepts/degradation.md").read_text(encoding="utf-8")
    _, _, rest = page.partition("```yaml\n")
    pipeline = Pipeline.from_yaml(rest.partition("```")[0])
    found = run_pipeline(make_cells((64, 64)), pipeline).image
    assert found.array.mean() > 100
