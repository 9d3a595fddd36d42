"""Pieces of a result, made from crops of the mask alone, equal the whole after any edits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.inference.engine import prepare_engine
from napari_fidelity.inference.live import LiveSynthesis
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks.unet import LocalUNet, UNetParams
from napari_fidelity.simulation.observation import ObservationModel
from napari_fidelity.simulation.response import Response, apply_response, blend_weight
from tests.inference.edit_sequences import LivePainting, draw_discs, edits

SEED = 11
RESPONSE = Response(
    exponent=1.3,
    gain=40.0,
    haze_gain=0.4,
    offset=7.0,
    pixel_sd=0.8,
    foreground_noise_sd=3.0,
    field_sd=1.5,
)
OBSERVATION = ObservationModel(field_scales_px=(2.0, 7.0), field_skew=1.1)
CANVASES = [((83, 67), (0, 0)), ((64, 96), (13, 1002)), ((3, 41, 58), (2, 5, 3))]


@pytest.fixture(scope="module", params=[(4, 8), (4, 6, 8)], ids=["reach 10", "reach 24"])
def engine(request):
    return prepare_engine(draw_network(request.param), ComputeSettings(precision="float32"))


def draw_network(widths):
    """A network of random weights whose signal has mean 1 and SD 0.4, so that all of it shows."""
    torch.manual_seed(5)
    network = LocalUNet(UNetParams(widths=widths)).eval()
    for name, values in network.named_parameters():
        if name.endswith("weight"):
            torch.nn.init.kaiming_normal_(values, nonlinearity="leaky_relu")
    signal = predict_signal(network, draw_discs((96, 96)), seed=SEED)
    with torch.no_grad():
        factor = 0.4 / float(signal.std())
        network.head.weight *= factor
        network.head.bias.fill_(1 - factor * float(signal.mean() - network.head.bias[0]))
    return network


def make_live(engine, shape, origin, **changes):
    settings = {"shape": shape, "origin": origin, "seed": SEED, **changes}
    return LiveSynthesis(engine, RESPONSE, OBSERVATION, **settings)


def run_whole(engine, labels, origin, *, noise=True):
    signal = predict_signal(engine, labels, seed=SEED, origin=origin)
    weight = blend_weight(labels > 0)
    return apply_response(
        signal, weight, RESPONSE, OBSERVATION, seed=SEED, origin=origin, noise=noise
    )


def assert_equal_to_rounding(found, expected):
    tolerance = 1e-5 * RESPONSE.gain
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def crop(array, index, start, stop):
    return array[index][start[0] : stop[0], start[1] : stop[1]]


def render(live, labels, index, start, stop):
    return live.render(index, start, stop, crop(labels, index, *live.read_box(start, stop)))


@pytest.mark.parametrize(("shape", "origin"), CANVASES, ids=str)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_any_box_is_the_crop_of_the_whole(engine, shape, origin, data):
    labels = draw_discs(shape)
    start = [data.draw(st.integers(0, size - 1)) for size in shape[-2:]]
    stop = [data.draw(st.integers(a + 1, s)) for a, s in zip(start, shape[-2:], strict=True)]
    index = tuple(data.draw(st.integers(0, size - 1)) for size in shape[:-2])
    found = render(make_live(engine, shape, origin), labels, index, start, stop)
    assert_equal_to_rounding(found, crop(run_whole(engine, labels, origin), index, start, stop))


@pytest.mark.parametrize(("shape", "origin"), CANVASES, ids=str)
@settings(deadline=None, max_examples=15)
@given(sequence=edits)
def test_after_any_edits_the_result_equals_a_full_run(engine, shape, origin, sequence):
    labels = draw_discs(shape)
    live = make_live(engine, shape, origin)
    painting = LivePainting(live, labels, run_whole(engine, labels, origin))
    for edit in sequence:
        painting.apply(edit)
    painting.finish()
    assert_equal_to_rounding(painting.result, run_whole(engine, painting.labels, origin))


@pytest.mark.parametrize("shape", [(1, 1), (2, 90), (70, 3), (5, 5)], ids=str)
def test_canvases_smaller_than_the_reach(engine, shape):
    labels = draw_discs(shape, count=2)
    labels[0, 0] = 1
    found = render(make_live(engine, shape, (3, 6)), labels, (), (0, 0), shape)
    assert_equal_to_rounding(found, run_whole(engine, labels, (3, 6)))


def test_a_change_reaches_no_further_than_stated_and_that_far(engine):
    shape, at = (150, 150), 75
    live, reach = make_live(engine, shape, (0, 0), noise=False), 0
    for seed in range(4):  # which pixels a change reaches depends on where it lies
        labels = draw_discs(shape, seed)
        place = at + seed, at + seed
        labels[place] = 0
        changed = labels.copy()
        changed[place] = 99
        differs = render(live, labels, (), (0, 0), shape) != render(
            live, changed, (), (0, 0), shape
        )
        reach = max(reach, int(np.abs(np.argwhere(differs) - place).max()))
    assert live.reach_px - 4 <= reach <= live.reach_px


def test_boolean_masks_and_a_result_without_noise(engine):
    labels = draw_discs((60, 50)) > 0
    live = make_live(engine, labels.shape, (0, 0), noise=False)
    found = render(live, labels, (), (10, 7), (45, 50))
    assert_equal_to_rounding(found, run_whole(engine, labels, (0, 0), noise=False)[10:45, 7:50])


def test_the_result_has_the_type_that_is_asked_for(engine):
    labels = draw_discs((60, 50))
    whole = run_whole(engine, labels, (0, 0))
    live = make_live(
        engine, labels.shape, (0, 0), finish=lambda pixels: np.rint(pixels).astype(np.int16)
    )
    found = render(live, labels, (), (0, 0), (60, 50))
    assert found.dtype == np.int16
    np.testing.assert_allclose(found, whole, rtol=0, atol=0.5 + 1e-3)


def test_labels_of_another_box_are_refused(engine):
    live = make_live(engine, (60, 50), (0, 0))
    with pytest.raises(ValueError, match=r"\(5, 5\)"):
        live.render((), (0, 0), (20, 20), np.zeros((5, 5), int))
