"""Foreground and boundary channels against a pixel-by-pixel reading of the definition."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.data.mask_channels import REACH_PX, encode_mask


def boundary_by_definition(labels):
    found = np.zeros(labels.shape)
    for y, x in np.argwhere(labels > 0):
        window = labels[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        found[y, x] = ((window > 0) & (window != labels[y, x])).any()
    return found


def test_the_boundary_is_where_different_objects_touch():
    labels = np.random.default_rng(0).integers(0, 4, (30, 31)).astype(np.uint16)
    foreground, boundary = encode_mask(labels)
    np.testing.assert_array_equal(foreground, labels > 0)
    np.testing.assert_array_equal(boundary, boundary_by_definition(labels))


def test_a_boolean_mask_has_no_boundary():
    mask = np.ones((5, 6), bool)
    assert encode_mask(mask)[1].sum() == 0


@pytest.mark.parametrize("place", [(0, 0), (10, 17), (29, 30)])
def test_a_change_reaches_no_further_than_stated(place):
    labels = np.random.default_rng(1).integers(0, 3, (30, 31))
    labels[place] = 0
    changed = labels.copy()
    changed[place] = 9
    differs = (encode_mask(labels) != encode_mask(changed)).any(0)
    assert differs.any()
    assert np.abs(np.argwhere(differs) - place).max() <= REACH_PX
