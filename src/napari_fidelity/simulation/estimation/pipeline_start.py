"""A degradation pipeline with the camera, light and blur that were estimated from an image."""

from __future__ import annotations

from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.step import Step
from napari_fidelity.simulation.degradation.steps.camera import Camera
from napari_fidelity.simulation.degradation.steps.gaussian_noise import GaussianNoise
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.estimation.result import ImageEstimate
from napari_fidelity.simulation.psf import PsfSettings
from napari_fidelity.simulation.psf.profile import measure_fwhms_um

LEAST_NA = 0.02


def apply_estimate(pipeline: Pipeline, estimate: ImageEstimate) -> Pipeline:
    """`pipeline` with the steps of what is known of an image's camera, light and blur put in.

    Each known number replaces the one of a step that is there: offset, gain and read noise of
    the camera; photons and background photons; a Gaussian PSF of the measured width. A camera
    takes the place of Gaussian noise, or comes last; other missing steps are put where light
    meets them. What is not known leaves its step as it was, so does the black level: it
    belongs to the clean image.

    Parameters
    ----------
    pipeline : Pipeline
        Not changed.
    estimate : ImageEstimate
        Of an image that the degraded ones shall be like.

    Examples
    --------
    >>> from napari_fidelity.simulation.estimation import Estimated
    >>> two, nan = Estimated(2.0, 2.0, 2.0, ""), Estimated.unknown("")
    >>> known = ImageEstimate(two, two, two, nan, nan, nan, nan)
    >>> apply_estimate(Pipeline(), known).steps[0].gain
    2.0
    """
    steps = list(pipeline.steps)
    if estimate.offset.is_known and estimate.gain.is_known:
        _put_camera(steps, estimate)
        _put_photons(steps, estimate)
    if estimate.blur_fwhm_um.is_known:
        _put_blur(steps, estimate.blur_fwhm_um.value)
    return Pipeline(**{**dict(pipeline), "steps": steps, "drawn_with": None})


def _put_camera(steps: list[Step], estimate: ImageEstimate) -> None:
    known = estimate.camera()
    values = {
        "offset": max(known.offset, 0.0),  # a camera's range begins at 0
        "gain": known.gain,
        "read_noise": known.read_noise,
    }
    place = _find(steps, Camera)
    if place is None:
        place = _find(steps, GaussianNoise)
        camera = Camera.parse(values)
        if place is None:
            steps.append(camera)
        else:
            steps[place] = camera
        return
    steps[place] = type(steps[place]).parse({**dict(steps[place]), **values})


def _put_photons(steps: list[Step], estimate: ImageEstimate) -> None:
    offset, gain = estimate.offset.value, estimate.gain.value
    values = {}
    if estimate.bright.is_known and estimate.bright.value > offset:
        values["photons"] = (estimate.bright.value - offset) / gain
    if estimate.background.is_known:
        light = max((estimate.background.value - offset) / gain, 0.0)
        values["background_photons"] = light
        if "photons" in values:  # the background is counted beside the light of the objects
            values["photons"] = max(values["photons"] - light, 0.01 * values["photons"])
    place = _find(steps, Poisson)
    if not values:
        return
    if place is None:
        place = _find(steps, Camera) or 0
        steps.insert(place, Poisson.parse(values))
    else:
        steps[place] = type(steps[place]).parse({**dict(steps[place]), **values})


def _put_blur(steps: list[Step], fwhm_um: float) -> None:
    place = _find(steps, PsfBlur)
    before = [step.psf for step in steps if isinstance(step, PsfBlur)]
    known = next((psf for psf in before if isinstance(psf, PsfSettings)), None)
    settings = known or PsfSettings()
    settings = settings.model_copy(update={"model": "gaussian"})
    for _ in range(4):  # the width is nearly inverse to the aperture
        ratio = measure_fwhms_um(settings)[1] / fwhm_um
        aperture = min(settings.numerical_aperture * ratio, 0.999 * settings.immersion_index, 1.7)
        changes = {"numerical_aperture": max(aperture, LEAST_NA)}
        settings = settings.model_copy(update=changes)
    step = PsfBlur(psf=PsfSettings(**dict(settings)))
    if place is not None:
        steps[place] = step
    else:
        first = next((n for n, each in enumerate(steps) if not each.prepares), len(steps))
        steps.insert(first, step)


def _find(steps: list[Step], kind: type[Step]) -> int | None:
    return next((n for n, step in enumerate(steps) if isinstance(step, kind)), None)
