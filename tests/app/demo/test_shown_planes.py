"""What the figure shows: a telling detail, honest contrast, distinct colours."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.app.demo.shown_planes import (
    BACKGROUND_TINT,
    DARK,
    background_limits,
    choose_plane,
    color_background,
    color_labels,
    find_detail,
    full_limits,
    plane_of,
)
from napari_fidelity.core.image import Image


def test_the_plane_with_most_foreground_is_chosen():
    labels = np.zeros((4, 8, 8), np.uint8)
    labels[1, :2], labels[2, :5] = 1, 2
    assert choose_plane(Image(labels)) == 2
    assert (plane_of(Image(labels), 2) == labels[2]).all()
    assert choose_plane(Image(labels[0])) == 0


def test_the_detail_lies_where_objects_meet_and_inside_the_image():
    labels = np.zeros((120, 150), int)
    labels[70:90, 90:108], labels[70:90, 108:126] = 1, 2
    y, x = find_detail(labels, 30)
    assert (y.stop - y.start, x.stop - x.start) == (30, 30)
    assert y.start >= 0
    assert y.stop <= 120
    assert x.stop <= 150
    assert set(np.unique(labels[y, x])) == {0, 1, 2}


@pytest.mark.parametrize("shape", [(20, 200), (5, 5), (80, 80)])
def test_the_detail_of_a_small_image_is_no_larger(shape):
    y, x = find_detail(np.ones(shape, int), 80)
    assert (y.stop - y.start, x.stop - x.start) == (min(shape[0], 80), min(shape[1], 80))


def test_neighbouring_labels_differ_in_colour_and_background_is_dark():
    colors = color_labels(np.arange(30)[None])
    assert (colors[0, 0] == DARK).all()
    steps = np.abs(np.diff(colors[0, 1:], axis=0)).max(axis=-1)
    assert steps.min() > 0.15
    assert colors.min() >= 0
    assert colors.max() <= 1


def test_background_is_tinted_and_objects_are_not():
    labels = np.array([[0, 0, 1]])
    picture = color_background(labels, np.array([[True, False, False]]))
    assert picture[0, 0] == pytest.approx(BACKGROUND_TINT)
    assert (picture[0, 1] == DARK).all()
    assert (picture[0, 2] == 0.35).all()


def test_limits_spread_what_they_are_for():
    plane = np.concatenate([np.linspace(10, 20, 900), np.full(100, 1000.0)]).reshape(50, 20)
    low, high = background_limits(plane, plane < 100)
    assert 10 <= low < 11
    assert 20 < high < 30
    assert full_limits(plane)[1] == pytest.approx(1000)
    assert full_limits(np.ones((4, 4)))[1] > 1
    assert background_limits(np.ones((4, 4)), np.zeros((4, 4), bool))[1] > 1
