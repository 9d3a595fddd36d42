"""Prediction as the authors of pix2pix have it."""

from __future__ import annotations

import pytest
import torch

from napari_fidelity.networks.pix2pix_unet import Pix2PixUNet, Pix2PixUNetParams
from napari_fidelity.networks.training_mode import predict_in_training_mode


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Pix2PixUNet(Pix2PixUNetParams(widths=(8, 12, 16))).eval()


def test_the_seed_chooses_the_dropout(network):
    inputs = torch.rand(1, 1, 32, 32)
    one, again, other = (predict_in_training_mode(network, inputs, seed=s) for s in (1, 1, 2))
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert (one - other).abs().max() > 1e-3


def test_it_is_what_training_mode_gives(network):
    inputs = torch.rand(2, 1, 32, 32)
    given = predict_in_training_mode(network, inputs, seed=5)
    torch.manual_seed(5)
    torch.testing.assert_close(given, network.train()(inputs), rtol=0, atol=0)


def test_nothing_else_changes(network):
    inputs = torch.rand(1, 1, 32, 32)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    predict_in_training_mode(network, inputs, seed=1)
    assert not network.training
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    assert torch.equal(torch.random.get_rng_state(), state)
