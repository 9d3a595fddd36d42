"""An Image keeps its frame, and refuses one that does not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame, default_axes


def test_the_frame_defaults_to_unit_pixels():
    image = Image(np.zeros((4, 5, 6)))
    assert (image.axes, image.scale, image.units) == ("ZYX", (1, 1, 1), ("pixel",) * 3)
    assert (image.translate, image.origin, image.shape) == ((0, 0, 0), (0, 0, 0), (4, 5, 6))


def test_axes_are_the_last_letters():
    assert [default_axes(n) for n in (2, 3, 4, 5)] == ["YX", "ZYX", "TZYX", "TCZYX"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"axes": "XY"}, "ending in YX"),
        ({"axes": "ZYX"}, "do not fit"),
        ({"scale": (1.0,)}, "1 entries for 2 axes"),
        ({"array": np.zeros(3)}, "1 axes"),
        ({"array": np.zeros((1,) * 6)}, "6 axes"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        Image(**{"array": np.zeros((2, 3)), **changes})


def test_with_array_keeps_the_frame_and_refuses_another_shape():
    image = Image(np.zeros((2, 3)), scale=(0.5, 0.25), name="cells")
    other = image.with_array(np.ones((2, 3), np.uint8), name="made")
    assert other.scale == (0.5, 0.25)
    assert other.name == "made"
    with pytest.raises(ValueError, match="does not fit"):
        image.with_array(np.ones((3, 2)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"array": np.zeros((2, 4))}, "shape 2×4.*shape|2×4, real has 2×3"),
        ({"scale": (0.5, 1.0)}, "scale 0.5×1, real has 1×1"),
        ({"translate": (3.0, 0.0)}, "translate 3×0"),
    ],
)
def test_frames_that_differ_are_named(changes, words):
    real = Image(np.zeros((2, 3)), name="real")
    check_same_frame(replace(real, name="made"), real)
    with pytest.raises(UserError, match=words):
        check_same_frame(replace(real, name="made", **changes), real)
