"""The way up of a U-Net: the shorter way in training gives the numbers of the plain one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.networks.enlarged_convolution import (
    EnlargedConvolution,
    place_taps,
    split_kernels,
)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("dims", [2, 3])
def test_training_gives_what_evaluation_gives_and_equal_gradients(dims, kernel):
    torch.manual_seed(0)
    convolution = {2: nn.Conv2d, 3: nn.Conv3d}[dims](5, 4, kernel, padding=kernel // 2)
    layer = EnlargedConvolution(convolution)
    coarse = torch.randn(2, 2, *(4, 6, 5)[:dims], requires_grad=True)
    fine = torch.randn(2, 3, *(8, 12, 10)[:dims], requires_grad=True)
    seen = []
    for training in (True, False):
        output = layer.train(training)(coarse, fine)
        wanted = (coarse, fine, convolution.weight, convolution.bias)
        seen.append((output, *torch.autograd.grad(output.square().sum(), wanted)))
    for quick, plain in zip(*seen, strict=True):
        torch.testing.assert_close(quick, plain, rtol=1e-4, atol=1e-4)


def test_kernels_of_the_phases_sum_what_lies_on_one_coarse_pixel():
    weight = torch.zeros(1, 1, 5, 5)
    weight[0, 0, 2] = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0])  # one row: Y changes nothing
    even, odd = split_kernels(weight, place_taps())[:2, 0, 1]
    assert even.tolist() == [3, 12, 16]
    assert odd.tolist() == [1, 6, 24]


def test_the_network_of_care_is_the_same_in_training():
    torch.manual_seed(0)
    network = CareUNet(CareUNetParams(first_filters=4))
    inputs = torch.rand(2, 1, 16, 24)
    torch.testing.assert_close(network.train()(inputs), network.eval()(inputs))
    with torch.autocast("cpu", torch.bfloat16):
        rough = network.train()(inputs)
    assert (rough - network.eval()(inputs)).abs().max() < 0.02
