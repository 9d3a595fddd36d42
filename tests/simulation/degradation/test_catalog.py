"""Every step keeps the contract: explains itself, is drawn, keyed by coordinate, exact in parts."""

from dataclasses import replace

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.simulation.degradation import STEPS, Interval, Pipeline, run_pipeline
from tests.simulation.degradation.scenes import make_cells

OPTICS = {"model": "gaussian", "numerical_aperture": 0.8, "immersion_index": 1}
# What makes each step act on a small image; each entry is a variant of its own.
VARIANTS = {
    "contrast-stretch": [{"bright_percent": 5}],
    "local-minimum": [{"mode": "erode", "radius_px": 2}, {"gate_percent": 30}],
    "psf": [{"psf": OPTICS}, {"psf": {**OPTICS, "microscope": "confocal"}, "spatial": "plane"}],
    "defocus": [{"psf": OPTICS, "defocus_um": [0.5, 1]}],
    "haze": [{"width_um": 0.5}],
    "uneven-illumination": [
        {"centre_x": 0.2},
        {"shape": "gradient", "angle_deg": 30},
        {"shape": "patches", "patch_px": 9.5},
    ],
    "bleaching": [{"axis": "T"}, {"axis": "Z", "loss_percent": [5, 20]}],
    "axial-subsampling": [{"factor": 2}, {"factor": 3, "fill": "linear"}, {"fill": "repeat"}],
    "down-sampling": [{"factor": 3}, {"factor": 4, "keep_size": True}, {"method": "pick"}],
    "poisson": [{"photons": [20, 50], "background_photons": 3}],
    "camera": [
        {"offset_spread": 2, "gain_spread_percent": 5, "read_noise_spread": 0.3, "hot_percent": 1}
    ],
    "gaussian-noise": [{"sd_percent": [5, 9], "amplitude": [0.5, 1]}],
    "intensity-factor": [{"factor": [1.2, 1.8]}],
}
CASES = [
    pytest.param({"kind": key, **values}, id=f"{key}-{number}")
    for key, variants in VARIANTS.items()
    for number, values in enumerate(variants)
]
KEYS = list(STEPS)


def run(image, *steps, seed=3, **keywords):
    return run_pipeline(image, Pipeline(black=90, steps=steps), seed=seed, **keywords)


def crop(image, box):
    """A part of an image that knows its origin."""
    starts = [part.start for part in box]
    return replace(
        image,
        array=image.array[box],
        origin=tuple(o + s for o, s in zip(image.origin, starts, strict=True)),
        translate=tuple(
            t + s * size for t, s, size in zip(image.translate, starts, image.scale, strict=True)
        ),
    )


def agree(one, other, image):
    np.testing.assert_allclose(
        one.array, other.array, atol=2e-6 * float(np.abs(image.array).max()) + 1e-6
    )
    assert one.scale == pytest.approx(other.scale)
    assert one.translate == pytest.approx(other.translate)
    assert one.units == other.units
    assert one.origin == other.origin


def test_all_steps_are_tested_here():
    assert list(VARIANTS) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_every_step_explains_itself(key):
    spec = STEPS[key]
    assert spec.params.model_fields["kind"].default == key
    assert issubclass(spec.params, Params)
    for name, field in spec.params.model_fields.items():
        if name != "kind":
            assert field.title, name
            assert field.description, name
            assert not field.is_required(), name


@pytest.mark.parametrize("values", CASES)
def test_a_step_changes_the_image_and_not_its_source(values):
    image = make_cells((2, 1, 7, 40, 44))
    before = image.array.copy()
    found = run(image, values)
    np.testing.assert_array_equal(image.array, before)
    assert found.image.array.dtype == np.float32
    assert np.isfinite(found.image.array).all()
    if found.image.shape == image.shape:
        assert not np.array_equal(found.image.array, image.array)
    else:
        assert found.image.scale != image.scale


@pytest.mark.parametrize("values", CASES)
@pytest.mark.parametrize(
    "box",
    [
        (slice(0, 2), slice(0, 1), slice(2, 5), slice(7, 22), slice(11, 37)),
        (slice(1, 2), slice(0, 1), slice(6, 7), slice(39, 40), slice(0, 1)),
        (slice(0, 1), slice(0, 1), slice(0, 7), slice(0, 40), slice(0, 44)),
    ],
    ids=["inside", "corner", "plane"],
)
def test_a_region_holds_the_pixels_of_the_whole(values, box):
    image = replace(make_cells((2, 1, 7, 40, 44)), origin=(0, 0, 6, 12, 24))
    whole = run(image, values).image
    part = run(image, values, region=box).image
    offset = [p - w for p, w in zip(part.origin, whole.origin, strict=True)]
    inner = tuple(slice(o, o + n) for o, n in zip(offset, part.shape, strict=True))
    agree(part, crop(whole, inner), image)
    kept = part.scale == pytest.approx(image.scale)
    assert (part.shape == tuple(p.stop - p.start for p in box)) == kept or part.array.size == 1


@pytest.mark.parametrize("values", CASES)
def test_crop_then_run_is_run_then_crop_away_from_borders(values):
    image = make_cells((2, 1, 6, 84, 96))
    settled = run(image, values)
    (step,) = settled.pipeline.steps
    box = (slice(1, 2), slice(0, 1), slice(0, 6), slice(12, 72), slice(24, 84))
    cropped = crop(image, box)
    again = run_pipeline(cropped, settled.pipeline, seed=3).image
    region = run(image, values, region=box).image
    reach = step.reach_px(image)[-1] if again.shape == cropped.shape else 0
    inner = (..., slice(reach, again.shape[-2] - reach), slice(reach, again.shape[-1] - reach))
    assert again.array[inner].size > 50
    np.testing.assert_allclose(again.array[inner], region.array[inner], atol=2e-3)
    assert again.origin == region.origin
    assert again.translate == pytest.approx(region.translate)


@pytest.mark.parametrize("values", CASES)
def test_the_settled_step_makes_the_same_image(values):
    image = make_cells((2, 1, 5, 30, 30))
    first = run(image, values)
    again = run_pipeline(image, first.pipeline, seed=3)
    np.testing.assert_array_equal(first.image.array, again.image.array)
    assert again.pipeline == first.pipeline
    for step in first.pipeline.steps:
        assert not any(isinstance(value, Interval) for _, value in step)


@pytest.mark.parametrize("values", CASES)
@pytest.mark.parametrize("shape", [(40, 40), (1, 41, 42)])
def test_planes_and_single_planes(values, shape):
    image = make_cells(shape)
    found = run(image, values).image
    assert found.array.ndim == len(shape)
    assert found.axes == image.axes


@pytest.mark.parametrize("values", CASES)
@pytest.mark.parametrize("level", [0, 90, 700])
def test_constant_images_stay_finite_or_are_refused(values, level):
    flat = replace(make_cells((5, 40, 40)), array=np.full((5, 40, 40), level, np.uint16))
    if values["kind"] == "contrast-stretch":
        with pytest.raises(UserError, match="without contrast"):
            run(flat, values)
    else:
        assert np.isfinite(run(flat, values).image.array).all()


@pytest.mark.parametrize("key", KEYS)
def test_nan_and_text_are_refused(key):
    image = replace(make_cells((40, 40)), array=np.ones((40, 40), np.float32))
    image.array[3, 4] = np.nan
    with pytest.raises(UserError, match=r"cells holds (1 of 1...|NaN)"):
        run(image, VARIANTS[key][0] | {"kind": key})
    words = replace(image, array=np.full((40, 40), "a"))
    with pytest.raises(UserError, match="holds <U1 values: grey"):
        run(words, {"kind": "poisson", "level": 1})


@pytest.mark.parametrize("key", KEYS)
def test_steps_tell_how_far_they_are_and_stop_when_asked(key):
    told = []
    image = make_cells((4, 40, 40))
    values = VARIANTS[key][0] | {"kind": key}
    run(image, values, progress=Progress(lambda *now: told.append(now[:2])))
    assert told[0][0] == 0
    assert all(0 <= done <= total for done, total in told)
    assert [done / total for done, total in told] == sorted(done / total for done, total in told)
    with pytest.raises(Cancelled):
        run(image, values, progress=Progress(is_cancelled=lambda: True))


def test_a_region_must_lie_in_the_image():
    image = make_cells((8, 9))
    for box, said in (
        ((slice(0, 4),), "has 1 axes, the image 2"),
        ((slice(0, 4), slice(9, 12)), "holds none of 9 pixels"),
        ((slice(4, 4), slice(0, 3)), "holds none of 8 pixels"),
        ((slice(0, 8, 2), slice(0, 3)), "steps"),
    ):
        with pytest.raises(UserError, match=said):
            run(image, region=box)


def test_a_pipeline_of_all_steps_is_exact_in_parts():
    chain = [{"kind": key, **VARIANTS[key][0]} for key in KEYS]
    image = make_cells((2, 1, 8, 72, 72))
    whole = run(image, *chain)
    box = (slice(1, 2), slice(0, 1), slice(3, 5), slice(30, 44), slice(25, 50))
    part = run(image, *chain, region=box)
    assert part.pipeline == whole.pipeline
    offset = [p - w for p, w in zip(part.image.origin, whole.image.origin, strict=True)]
    inner = tuple(slice(o, o + n) for o, n in zip(offset, part.image.shape, strict=True))
    expected = crop(whole.image, inner)
    # a camera rounds: where the two differ by 1e-6 before, one pixel in a thousand differs by one
    assert (part.image.array != expected.array).mean() < 0.02
    assert part.image.translate == pytest.approx(expected.translate)
    assert part.image.scale == whole.image.scale


def test_an_image_without_pixels_says_so():
    with pytest.raises(UserError, match="has no pixels"):
        run(Image(np.zeros((0, 4), np.uint8)), {"kind": "poisson"})
