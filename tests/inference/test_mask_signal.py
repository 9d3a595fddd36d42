"""Tiled equals whole, crop-then-run equals run-then-crop, for every shipped generator."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.models import list_models, load_model

KEYS = [manifest.key for manifest in list_models("synthesis")]


def draw_labels(shape, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint16)
    rows, columns = np.ogrid[: shape[-2], : shape[-1]]
    for index in np.ndindex(shape[:-2]):
        for number in range(1, 12):
            y, x = rng.integers(0, shape[-2]), rng.integers(0, shape[-1])
            inside = (rows - y) ** 2 + (columns - x) ** 2 < rng.integers(4, 18) ** 2
            labels[index][inside] = number
    return labels


@pytest.fixture(params=KEYS)
def network(request):
    return load_model(request.param).network


@pytest.mark.parametrize(
    "shape", [(97, 131), (31, 20), (3, 61, 70), (2, 2, 40, 37), (1, 1)], ids=str
)
@pytest.mark.parametrize("tile_px", [32, 50])
def test_tiled_equals_whole(network, shape, tile_px):
    labels = draw_labels(shape)
    whole = predict_signal(network, labels, seed=3, tile_px=4096)
    tiled = predict_signal(network, labels, seed=3, tile_px=tile_px)
    assert whole.shape == shape
    assert whole.dtype == np.float32
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


def test_a_crop_that_knows_its_origin_gives_the_same_pixels(network):
    labels = draw_labels((2, 120, 130))
    whole = predict_signal(network, labels, seed=3)
    y, x, reach = 13, 22, network.receptive_field_px + 1
    crop = predict_signal(network, labels[1:, y:, x:], seed=3, origin=(1, y, x))
    inner = crop[:, reach:, reach:]
    np.testing.assert_allclose(inner, whole[1:, y + reach :, x + reach :], rtol=0, atol=1e-5)


def test_a_change_reaches_no_further_than_the_receptive_field(network):
    labels = draw_labels((120, 120))
    changed = labels.copy()
    changed[60, 60] = 0 if labels[60, 60] else 99
    differs = predict_signal(network, labels, seed=3) != predict_signal(network, changed, seed=3)
    assert differs.any()
    assert np.abs(np.argwhere(differs) - 60).max() <= network.receptive_field_px + 1


def test_seed_and_mask_decide_the_result(network):
    labels = draw_labels((64, 64))
    first = predict_signal(network, labels, seed=3)
    np.testing.assert_array_equal(predict_signal(network, labels, seed=3), first)
    assert (predict_signal(network, labels, seed=4) != first)[labels > 0].mean() > 0.9


def test_an_object_is_brighter_than_what_is_far_from_it(network):
    labels = np.zeros((128, 128), np.uint16)
    labels[52:76, 50:78] = 1
    signal = predict_signal(network, labels, seed=0)
    assert 0.4 < signal[labels > 0].mean() < 2.0
    assert abs(signal[:16].mean()) < 0.1


def test_cancelling_stops_before_the_next_tile(network):
    seen = []
    progress = Progress(lambda done, total, _: seen.append((done, total)), lambda: len(seen) == 3)
    with pytest.raises(Cancelled):
        predict_signal(network, draw_labels((128, 128)), seed=0, tile_px=32, progress=progress)
    assert seen == [(0, 16), (1, 16), (2, 16)]


class Lazy:
    """Labels that note how much of them is read at once."""

    def __init__(self, labels):
        self.labels, self.shape, self.most = labels, labels.shape, 0

    def __getitem__(self, key):
        part = self.labels[key]
        self.most = max(self.most, part.size)
        return part


def test_lazy_labels_are_read_tile_by_tile(network):
    labels = draw_labels((2, 150, 170))
    lazy = Lazy(labels)
    made = predict_signal(network, lazy, seed=3, tile_px=32)
    np.testing.assert_allclose(made, predict_signal(network, labels, seed=3), rtol=0, atol=1e-5)
    side = 32 + 2 * (network.receptive_field_px + network.size_multiple + 1)
    assert 0 < lazy.most <= side**2
