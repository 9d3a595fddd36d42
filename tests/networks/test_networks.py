"""Contract of every network in the catalog: shape, gradient, receptive field, save and load."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save

from napari_fidelity.networks import NETWORKS
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.random_fill import RandomFill, RandomFillParams
from napari_fidelity.networks.unet import LocalUNet, UNetParams

# What the defaults of these need is too large for a test.
NARROW = {
    "pix2pix-unet": {"widths": (4, 6, 8)},
    "resnet-generator": {"width": 2, "blocks": 2},
}
BUILDS = [
    *[
        (spec.key, spec.build(spec.params(**NARROW.get(spec.key, {}))))
        for spec in NETWORKS.values()
    ],
    ("deeper", LocalUNet(UNetParams(widths=(4, 6, 8, 10), bottom_convolutions=1))),
    ("longer", LocalUNet(UNetParams(widths=(4, 6), bottom_convolutions=4))),
    ("no norm", NormUNet(NormUNetParams(widths=(8, 8, 8), norm="none"))),
    ("instance norm", NormUNet(NormUNetParams(widths=(8, 8), norm="instance", out_channels=2))),
    ("volume", NormUNet(NormUNetParams(widths=(8, 8), spatial_dims=3))),
    ("volume of CARE", CareUNet(CareUNetParams(first_filters=4, depth=1, spatial_dims=3))),
    ("mean alone", CareUNet(CareUNetParams(first_filters=4, probabilistic=False))),
    (
        "deeper CARE",
        CareUNet(
            CareUNetParams(in_channels=2, first_filters=2, depth=3, kernel_px=3, residual=False)
        ),
    ),
    ("one level", NormUNet(NormUNetParams(widths=(4,), in_channels=2))),
]


@pytest.fixture(params=[network for _, network in BUILDS], ids=[key for key, _ in BUILDS])
def network(request):
    torch.manual_seed(0)
    for parameter in request.param.parameters():
        fan_in = parameter[
            0
        ].numel()  # outputs of order 1: a sigmoid that saturates has no gradient
        torch.nn.init.normal_(parameter, std=min(0.1, fan_in**-0.5))
    return request.param.eval()


def side_of(network):
    multiple = network.size_multiple
    return -(-(2 * network.receptive_field_px + 3 * multiple) // multiple) * multiple


def draw_inputs(network, *sides):
    return torch.randn(2, network.in_channels, *sides[-network.spatial_dims :])


def test_channels_and_shape(network):
    inputs = draw_inputs(network, *(n * network.size_multiple for n in (4, 3, 5)))
    assert network(inputs).shape == (2, network.out_channels, *inputs.shape[2:])


def test_the_receptive_field_is_what_it_claims(network):
    if network.has_global_statistics:
        pytest.skip("a pixel depends on the whole input")
    side, multiple = side_of(network), network.size_multiple
    inputs = torch.randn(
        1, network.in_channels, *(side,) * network.spatial_dims, requires_grad=True
    )
    outputs = network(inputs)[0, 0]
    middle, reach = side // 2 // multiple * multiple, 0
    row = outputs[(middle,) * (network.spatial_dims - 1)]
    for pixel in range(middle, middle + multiple):
        (gradient,) = torch.autograd.grad(row[pixel], inputs, retain_graph=True)
        columns = gradient.abs().flatten(0, -2).sum(0).nonzero().flatten()
        if len(columns):
            reach = max(reach, pixel - int(columns[0]), int(columns[-1]) - pixel)
    assert reach == network.receptive_field_px


def test_a_tile_with_its_halo_equals_the_whole_unless_statistics_are_global(network):
    multiple = network.size_multiple
    halo = -(-network.receptive_field_px // multiple) * multiple
    whole = draw_inputs(network, *(halo + 3 * multiple,) * 3)
    with torch.inference_mode():
        wanted = network(whole)[..., halo + multiple :]
        difference = (network(whole[..., multiple:])[..., halo:] - wanted).abs().max()
    if network.has_global_statistics:
        assert difference > 1e-3
    else:
        assert difference <= 1e-5


def test_saved_and_loaded_gives_the_same(network):
    inputs = draw_inputs(network, *(4 * network.size_multiple,) * 3)
    before = network(inputs)
    tensors = load(save(network.state_dict()))
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    network.load_state_dict(tensors)
    torch.testing.assert_close(network(inputs), before, rtol=0, atol=0)


def test_a_unet_learns():
    torch.manual_seed(0)
    network = LocalUNet(UNetParams(widths=(8, 16)))
    inputs = torch.rand(4, 3, 16, 16)
    target = inputs[:, :1] * 2 - 1
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(150):
        loss = (network(inputs) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_random_fill_draws_its_table_inside_the_mask():
    network = RandomFill(RandomFillParams(quantiles=3))
    network.table.copy_(torch.tensor([0.5, 1.0, 3.0]))
    inputs = torch.zeros(1, 3, 100, 100)
    inputs[:, 0, :, 50:] = 1
    inputs[:, 2] = torch.randn(100, 100, generator=torch.Generator().manual_seed(0))
    outputs = network(inputs)[0, 0]
    assert (outputs[:, :50] == 0).all()
    inside = outputs[:, 50:]
    # a piecewise linear quantile function with a mean of (0.75 + 2) / 2 and a median of 1
    assert inside.mean().item() == pytest.approx(1.375, abs=0.03)
    assert inside.median().item() == pytest.approx(1.0, abs=0.02)
    assert 0.5 <= inside.min() < inside.max() <= 3.0


@pytest.mark.parametrize(("layers", "patch_px"), [(2, 34), (3, 70)])
def test_the_discriminator_sees_patches_of_the_published_size(layers, patch_px):
    network = PatchGan(PatchGanParams(in_channels=1, width=4, strided_layers=layers))
    strides, reach = (2,) * layers + (1, 1), 1
    for stride in reversed(strides):
        reach = (reach - 1) * stride + 4
    assert reach == patch_px
    convolutions = [layer for layer in network.layers if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.stride[0] for layer in convolutions] == list(strides)
    assert {layer.kernel_size for layer in convolutions} == {(4, 4)}
    assert network(torch.rand(2, 1, 128, 128)).shape[:2] == (2, 1)
