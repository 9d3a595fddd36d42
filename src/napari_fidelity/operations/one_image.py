"""What compares several images, as operations on one image with the others as further inputs."""

from __future__ import annotations

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.assess import Assessment, AssessParams, assess
from napari_fidelity.operations.difference import DifferenceParams, map_difference
from napari_fidelity.operations.line_profile import LineProfiles, ProfileParams, measure_profiles


def subtract_reference(
    image: Image, params: DifferenceParams, progress: Progress, *, reference: Image
) -> Image:
    """`map_difference` of `image` and `reference`."""
    return map_difference(image, reference, params, progress)


def assess_image(
    image: Image,
    params: AssessParams,
    progress: Progress,
    *,
    reference: Image,
    mask: Image | None = None,
    background: Image | None = None,
) -> Assessment:
    """`assess` of `image` alone."""
    return assess(
        [image],
        reference=reference,
        mask=mask,
        background=background,
        params=params,
        progress=progress,
    )


def profile_image(image: Image, params: ProfileParams, progress: Progress) -> LineProfiles:
    """`measure_profiles` of `image` alone."""
    return measure_profiles([image], params, progress)
