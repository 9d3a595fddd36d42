"""Percentiles by counting equal numpy's, for every dtype and more pixels than memory holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_fidelity.inference.order_statistics import count_percentiles

PERCENTAGES = (0, 0.2, 1, 37.5, 50, 99.8, 100)
INTEGERS = ["u1", "i1", "u2", "i2", ">u2", "u4", "i4", "u8", "i8"]


@pytest.mark.parametrize("dtype", [*INTEGERS, "?", "f2", "f4", ">f4", "f8"])
def test_equals_numpy(dtype):
    values = np.random.default_rng(0).normal(0, 40, 20001)
    kind = np.dtype(dtype).kind
    values = (np.abs(values) if kind == "u" else values > 3 if kind == "b" else values).astype(
        dtype
    )
    found = count_percentiles(lambda: iter(np.array_split(values, 7)), PERCENTAGES)
    expected = np.percentile(values.astype(float), PERCENTAGES)
    np.testing.assert_allclose(found.percentiles, expected, rtol=1e-12)
    assert (found.minimum, found.maximum) == (float(values.min()), float(values.max()))
    assert found.pixels == found.finite == 20001


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.integers(1, 40),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    )
)
def test_floats_of_any_size_and_nan(values):
    finite = values[np.isfinite(values)].astype(float)
    found = count_percentiles(lambda: iter([values]), PERCENTAGES)
    assert (found.pixels, found.finite) == (values.size, finite.size)
    if finite.size:
        expected = np.percentile(finite, PERCENTAGES)
        np.testing.assert_allclose(found.percentiles, expected, rtol=1e-9)
    else:
        assert np.isnan(found.percentiles).all()


def test_an_outlier_costs_no_precision():
    values = np.append(np.linspace(0, 1e-3, 999), 1e30).astype(np.float32)
    found = count_percentiles(lambda: iter([values]), (50,))
    assert found.percentiles[0] == pytest.approx(np.percentile(values.astype(float), 50), rel=1e-12)


@pytest.mark.slow
def test_more_pixels_than_32_bits_count():
    # 1100 blocks of 2 million: 2.2e9 pixels, a tenth of them 3, the others 1.
    block = np.where(np.arange(2_000_000) % 10 == 0, 3, 1).astype(np.uint8)

    class Repeated:
        def __iter__(self):
            return (block for _ in range(1100))

    found = count_percentiles(lambda: iter(Repeated()), (89.9, 90.1))
    assert found.pixels == found.finite == 2_200_000_000 > 2**31
    assert found.percentiles == (1, 3)
