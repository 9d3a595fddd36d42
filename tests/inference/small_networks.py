"""Small seeded networks for tests of prediction."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.spec import LocalNetwork


class Identity(LocalNetwork):
    """Gives back its input, and asks for a size multiple and a halo all the same."""

    def __init__(self, dims=2, multiple=4, channels=1, reach_px=5):
        super().__init__()
        self.in_channels = self.out_channels = channels
        self.size_multiple, self.receptive_field_px = multiple, reach_px
        self.spatial_dims = dims

    def forward(self, inputs):
        assert all(side % self.size_multiple == 0 for side in inputs.shape[2:])
        return inputs.clone()


class Affine(LocalNetwork):
    """`factor · x + shift` for each output, of the first input channel."""

    def __init__(self, *outputs):
        super().__init__()
        self.in_channels, self.out_channels = 1, len(outputs)
        self.size_multiple, self.receptive_field_px = 1, 0
        self.outputs = outputs

    def forward(self, inputs):
        return torch.cat([factor * inputs + shift for factor, shift in self.outputs], 1)


class GroupNormed(LocalNetwork):
    """Two convolutions with a group norm behind each."""

    has_global_statistics = True

    def __init__(self, channels=6, groups=2):
        super().__init__()
        self.in_channels = self.out_channels = 1
        self.size_multiple, self.receptive_field_px = 1, 2
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.GroupNorm(groups, channels),
            nn.ReLU(),
            nn.Conv2d(channels, 1, 3, padding=1),
            nn.GroupNorm(1, 1),
        )

    def forward(self, inputs):
        return self.layers(inputs)


def make_unet(seed=0, *, levels=3, **settings):
    """A NormUNet with random weights, statistics, gains and shifts."""
    torch.manual_seed(seed)
    widths = tuple(4 * 2**level for level in range(levels))
    network = NormUNet(NormUNetParams(widths=widths, **settings))
    return randomise(network)


def randomise(network):
    """The network with outputs of order 1 and norms that do something, in evaluation mode."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight)
        if getattr(layer, "running_mean", None) is not None:
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 2)
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d | nn.GroupNorm):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
    return network.eval()


def run_whole(network, plane):
    """The plain network on a plane or volume (channels first), reflected up to its multiple."""
    pads = [(0, -size % network.size_multiple) for size in plane.shape[1:]]
    padded = np.pad(plane, [(0, 0), *pads], mode="reflect").astype(np.float32)
    with torch.inference_mode():
        whole = network(torch.from_numpy(padded)[None])[0].numpy()
    return whole[(slice(None), *(slice(size) for size in plane.shape[1:]))]


def assert_same(found, expected):
    """Equal to 1e-5 of the larger of 1 and the expected range: the rounding of float32."""
    largest = 1e-5 * max(1.0, float(np.ptp(expected)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=largest)
