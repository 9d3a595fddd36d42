"""Networks as steps: the same outputs, halos cut, batch norms and enlargements gone."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from napari_fidelity.inference.convolution import Convolution, join_phases, split_phases
from napari_fidelity.inference.fold import fold_batch_norms
from napari_fidelity.inference.program import compile_network
from napari_fidelity.inference.steps import ConvolveEnlarged, Enlarge, Join
from napari_fidelity.inference.trace import Untraceable
from napari_fidelity.networks import NETWORKS
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.segmentation_unet import SegmentationUNet, SegmentationUNetParams
from napari_fidelity.networks.spec import LocalNetwork

CPU = torch.device("cpu")


def draw_unet(**settings):
    torch.manual_seed(0)
    network = NormUNet(NormUNetParams(widths=(4, 6, 8), **settings)).eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.2)
    return network


CASES = {
    "batch": draw_unet(),
    "none": draw_unet(norm="none"),
    "volume": draw_unet(spatial_dims=3),
    "CARE volume": CareUNet(CareUNetParams(first_filters=4, spatial_dims=3)),
    "segmentation": SegmentationUNet(SegmentationUNetParams(widths=(4, 6, 8))),
    **{key: NETWORKS[key].build(NETWORKS[key].params()) for key in ("local-unet", "textured-unet")},
}


@pytest.fixture(params=CASES)
def network(request):
    return CASES[request.param].eval()


def run_box(outputs, box):
    return outputs[(slice(None), slice(None), *(slice(*side) for side in box))]


@pytest.mark.parametrize("packed", [False, True])
def test_the_steps_give_what_the_network_gives_in_any_box(network, packed):
    side, dims = 48, network.spatial_dims
    inputs = torch.randn(2, network.in_channels, *(side,) * dims)
    program = compile_network(network, dims).placed(CPU, torch.float32, packed=packed)
    with torch.inference_mode():
        wanted = network(inputs)
        torch.testing.assert_close(program(inputs), wanted, rtol=0, atol=1e-5)
        for box in (((20, 25),) * dims, ((0, 7), (33, 48), (5, 6))[:dims], ((47, 48),) * dims):
            torch.testing.assert_close(
                program(inputs, box), run_box(wanted, box), rtol=0, atol=1e-5
            )


def test_no_enlarged_image_is_made_and_a_small_box_costs_less(network):
    program = compile_network(network, network.spatial_dims)
    assert sum(isinstance(step, ConvolveEnlarged) for step in program.steps) == 2
    assert not any(isinstance(step, Enlarge) for step in program.steps)
    size = (128,) * network.spatial_dims
    part = program.operations(size, ((60, 68),) * network.spatial_dims)
    assert 0 < part < 0.4 * program.operations(size)


def test_operations_are_those_of_the_convolutions():
    network = NormUNet(NormUNetParams(widths=(4,), norm="none"))
    # 3×3: 1→4 and 4→4; 1×1: 4→1; two operations a weight and pixel
    assert compile_network(network, 2).operations((10, 10)) == 2 * 100 * (36 + 144 + 4)


@pytest.mark.parametrize("dims", [2, 3])
def test_phases_joined_are_the_convolution_of_the_enlarged_image(dims):
    torch.manual_seed(1)
    weight = torch.randn(5, 3, *(3,) * dims)
    images = torch.randn(2, 3, *(6, 5, 4)[:dims])
    enlarged = functional.interpolate(images, scale_factor=2.0, mode="nearest")
    convolve = {2: functional.conv2d, 3: functional.conv3d}[dims]
    phases = split_phases(Convolution(weight, None, (1,) * dims))
    assert phases.weight.shape[2:] == (2,) * dims
    torch.testing.assert_close(
        join_phases(phases(images)), convolve(enlarged, weight, padding=1), rtol=0, atol=5e-5
    )


def test_sixteen_bits_are_close_and_the_head_is_float32():
    network = draw_unet()
    inputs = torch.randn(1, 1, 48, 48)
    program = compile_network(network, 2).placed(CPU, torch.bfloat16, packed=False)
    with torch.inference_mode():
        wanted, given = network(inputs), program(inputs)
    assert given.dtype == torch.float32
    # not rounded to the 8 bits of bfloat16
    assert (given.to(torch.bfloat16).float() != given).float().mean() > 0.9
    assert (given - wanted).square().mean().sqrt() < 0.02 * (wanted.max() - wanted.min())


@pytest.mark.parametrize("probabilistic", [False, True])
def test_five_by_five_kernels_residuals_and_scales_are_steps(probabilistic):
    torch.manual_seed(0)
    settings = CareUNetParams(first_filters=4, probabilistic=probabilistic)
    network = CareUNet(settings).eval()
    inputs = torch.randn(2, 1, 48, 48)
    program = compile_network(network, 2).placed(CPU, torch.float32, packed=True)
    with torch.inference_mode():
        wanted = network(inputs)
        for box in (((0, 48), (0, 48)), ((20, 25), (9, 10))):
            torch.testing.assert_close(
                program(inputs, box), run_box(wanted, box), rtol=0, atol=1e-5
            )


@pytest.mark.parametrize("dims", [2, 3])
def test_folded_batch_norms_change_nothing(dims):
    network = draw_unet(spatial_dims=dims)
    inputs = torch.randn(1, 1, *(16,) * dims)
    with torch.inference_mode():
        wanted = network(inputs)
        folded = fold_batch_norms(network)
        torch.testing.assert_close(folded(inputs), wanted, rtol=0, atol=1e-5)
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d) for layer in folded.modules())


class Odd(LocalNetwork):
    """Does to its input whatever it is told."""

    in_channels = out_channels = size_multiple = 1
    receptive_field_px = 9

    def __init__(self, act):
        super().__init__()
        self.act = act
        self.layer = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, inputs):
        return self.act(self.layer(inputs))


@pytest.mark.parametrize(
    "act",
    [
        lambda x: x - x.mean(),
        lambda x: x.flip(-1),
        lambda x: x[:, :, 1:],
        lambda x: functional.interpolate(x, scale_factor=2.0, mode="bilinear"),
        lambda x: functional.max_pool2d(x, 3, stride=1, padding=1),
        lambda x: functional.conv2d(x, torch.ones(1, 1, 2, 2)),
        lambda x: functional.conv2d(x, torch.ones(1, 1, 3, 3), padding=2, dilation=2),
        functional.instance_norm,
        lambda x: torch.cat([x, x], 2),
        lambda x: x + torch.ones(1, 1, 8, 8),
        lambda x: x.shape[0] * x,
        lambda x: functional.dropout(x, 0.5, training=True),
    ],
)
def test_what_has_no_step_is_said(act):
    with pytest.raises(Untraceable):
        compile_network(Odd(act), 2)


def test_pointwise_functions_and_a_value_used_twice_are_steps():
    def act(x):
        y = torch.cat([functional.relu(x), 2 * x, 1 - x, x.clamp_min(0.1)], 1)
        return functional.softplus(-y).sum(1, keepdim=True) / 3 + x

    network = Odd(act)
    inputs = torch.randn(1, 1, 9, 9)
    program = compile_network(network, 2)
    assert any(isinstance(step, Join) for step in program.steps)
    with torch.no_grad():
        torch.testing.assert_close(program(inputs), network(inputs))
