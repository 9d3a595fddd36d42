"""Pixel sizes in micrometers."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um


def test_sizes_come_from_the_image_whatever_its_unit() -> None:
    stack = Image(
        np.zeros((2, 3, 4, 4)), scale=(1, 5e-4, 65, 0.065), units=("second", "mm", "nm", "um")
    )
    assert spatial_scale_um(stack) == pytest.approx((0.5, 0.065, 0.065))


def test_an_image_without_a_scale_is_asked_for_it() -> None:
    with pytest.raises(UserError, match=r"^cells does not say its pixel size: state the pixel"):
        spatial_scale_um(Image(np.zeros((4, 4)), name="cells"))
    assert spatial_scale_um(Image(np.zeros((4, 4))), pixel_size_um=0.1) == (0.1, 0.1)


def test_a_size_of_zero_is_refused() -> None:
    with pytest.raises(UserError, match=r"pixel size is 0 µm: it must be more than 0"):
        spatial_scale_um(Image(np.zeros((4, 4))), pixel_size_um=0)
