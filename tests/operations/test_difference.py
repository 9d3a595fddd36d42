"""Difference maps: signed, absolute, relative; their numbers; lazy and unsigned pixels."""

import dask.array as da
import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.operations.difference import DifferenceParams, map_difference, map_plane

RNG = np.random.default_rng(0)
A = RNG.integers(0, 65536, (3, 700, 20), dtype=np.uint16)  # more rows than are read at once
B = RNG.integers(0, 65536, (3, 700, 20), dtype=np.uint16)


def test_maps_equal_a_computation_by_hand_and_do_not_wrap_around():
    image, reference = Image(A, name="a"), Image(B, name="b")
    wanted = A.astype(float) - B
    signed = map_difference(image, reference)
    np.testing.assert_array_equal(signed.array, wanted.astype(np.float32))
    assert (signed.name, signed.array.dtype) == ("a − b", np.float32)
    absolute = map_difference(image, reference, DifferenceParams(kind="absolute"))
    np.testing.assert_array_equal(absolute.array, np.abs(wanted).astype(np.float32))
    relative = map_difference(image, reference, DifferenceParams(kind="relative", floor=1000))
    assert np.array_equal(np.isnan(relative.array), B <= 1000)
    known = B > 1000
    np.testing.assert_allclose(relative.array[known], 100 * np.abs(wanted[known]) / B[known], 1e-6)


def test_numbers_are_those_of_the_plane():
    _, summary = map_plane(A[0], B[0], DifferenceParams(kind="relative"))
    wanted = A[0].astype(float) - B[0]
    assert summary.mean == pytest.approx(wanted.mean())
    assert summary.mean_absolute == pytest.approx(np.abs(wanted).mean())
    assert summary.rmse == pytest.approx(np.sqrt((wanted**2).mean()))
    assert (summary.largest, summary.n_pixels) == (np.abs(wanted).max(), wanted.size)


def test_nan_stays_and_is_left_out_of_the_numbers():
    image = np.array([[1.0, np.nan, 4.0]])
    found, summary = map_plane(image, np.zeros((1, 3)), DifferenceParams())
    assert np.isnan(found[0, 1])
    assert (summary.n_pixels, summary.mean) == (2, 2.5)
    _, nothing = map_plane(image * np.nan, image, DifferenceParams())
    assert (nothing.n_pixels, np.isnan(nothing.rmse)) == (0, True)


def test_lazy_arrays_are_read_and_frames_compared():
    lazy = Image(da.from_array(A, chunks=(1, 100, 20)), name="a")
    np.testing.assert_array_equal(map_difference(lazy, Image(A)).array, 0)
    with pytest.raises(UserError, match="shape"):
        map_difference(Image(A), Image(B[:2]))
    with pytest.raises(UserError, match="scale"):
        map_difference(Image(A), Image(B, scale=(1, 2, 2)))
    with pytest.raises(UserError, match="equal size"):
        map_plane(A[0], B[0, :5], DifferenceParams())
    assert map_difference(Image(A), Image(B)).provenance["operation"] == "difference"
