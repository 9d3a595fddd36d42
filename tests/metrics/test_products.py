import numpy as np
import pytest

from napari_fidelity.metrics import products
from napari_fidelity.metrics.products import length, sum_products


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000])
def test_pieces_add_up(size, monkeypatch):
    monkeypatch.setattr(products, "PIECE", 8)
    a, b = np.random.default_rng(size).normal(size=(2, size))
    assert sum_products(a, b) == pytest.approx(np.sum(a * b), rel=1e-12, abs=1e-12)
    assert length(a) == pytest.approx(np.linalg.norm(a), rel=1e-12)


def test_short_vectors_give_what_numpy_gives():
    a, b = np.random.default_rng(0).normal(size=(2, 5000))
    assert sum_products(a, b) == a @ b
