"""Networks with instance norm made local."""

from __future__ import annotations

import pytest
import torch

from napari_fidelity.networks.freezing import freeze_network
from napari_fidelity.networks.frozen_norm import FixedNorm
from napari_fidelity.networks.pix2pix_unet import Pix2PixUNet, Pix2PixUNetParams
from napari_fidelity.networks.resnet_generator import ResnetGenerator, ResnetGeneratorParams
from napari_fidelity.networks.unet import LocalUNet, UNetParams

BUILDS = {
    "unet": lambda: Pix2PixUNet(Pix2PixUNetParams(widths=(4, 8, 8), norm="instance")),
    "resnet": lambda: ResnetGenerator(ResnetGeneratorParams(width=4, blocks=2)),
    "volume": lambda: Pix2PixUNet(
        Pix2PixUNetParams(widths=(4, 8), norm="instance", spatial_dims=3)
    ),
}


@pytest.fixture(params=BUILDS.values(), ids=BUILDS.keys())
def network(request):
    torch.manual_seed(0)
    return request.param().eval()


def draw_images(network, count, side=32):
    images = torch.rand(count, 1, *(side,) * network.spatial_dims)
    return [image[None] for image in images]


def test_one_calibration_image_keeps_its_output_exactly(network):
    (image,) = draw_images(network, 1)
    frozen, report = freeze_network(network, [image])
    torch.testing.assert_close(frozen(image), network(image), rtol=0, atol=2e-5)
    assert report.largest_of_range < 1e-4
    norms = [m for m in network.modules() if "InstanceNorm" in type(m).__name__]
    assert report.layers == len(norms) > 0


def test_a_frozen_network_is_local_and_stored_by_its_settings(network):
    images = draw_images(network, 4, side=16)
    frozen, _ = freeze_network(network, images)
    assert network.has_global_statistics
    assert not frozen.has_global_statistics
    assert frozen.params.norm == "frozen"
    again = type(frozen)(type(frozen.params).parse(frozen.params.model_dump(mode="json"))).eval()
    again.load_state_dict(frozen.state_dict())
    torch.testing.assert_close(again(images[0]), frozen(images[0]), rtol=0, atol=0)


@pytest.mark.parametrize("key", ["unet", "resnet"])
def test_tiles_equal_the_whole_only_when_frozen(key):
    torch.manual_seed(0)
    network = BUILDS[key]().eval()
    frozen, _ = freeze_network(network, draw_images(network, 4))
    multiple = network.size_multiple
    halo = -(-network.receptive_field_px // multiple) * multiple
    image = torch.rand(1, 1, 2 * multiple, 2 * halo + 6 * multiple)
    image[..., : image.shape[-1] // 2] *= 3
    place = slice(halo + multiple, halo + 3 * multiple)
    with torch.no_grad():
        for made, is_local in ((network, False), (frozen, True)):
            part = made(image[..., multiple : 2 * halo + 4 * multiple])
            part = part[..., place.start - multiple : place.stop - multiple]
            difference = (part - made(image)[..., place]).abs().max().item()
            assert (difference < 1e-5) == is_local


def test_the_change_is_measured_on_images_held_out(network):
    images = draw_images(network, 8)
    dark = [0.2 * image for image in draw_images(network, 2)]
    _, alike = freeze_network(network, images[:6], images[6:])
    _, other = freeze_network(network, images[:6], dark)
    assert alike.images == other.images == 2
    assert 0 < alike.rms_of_range <= alike.largest_of_range
    assert other.rms_of_range > alike.rms_of_range
    assert set(alike.describe()) == {"layers", "images", "rms_of_range", "largest_of_range"}


def test_the_report_is_the_change_that_a_hand_calculation_finds():
    torch.manual_seed(0)
    network = BUILDS["unet"]().eval()
    images = draw_images(network, 3)
    frozen, report = freeze_network(network, images)
    with torch.no_grad():
        before, after = (
            torch.stack([made(image) for image in images]) for made in (network, frozen)
        )
    span = before.max() - before.min()
    change = (after - before) / span
    assert report.rms_of_range == pytest.approx(change.square().mean().sqrt().item(), rel=1e-4)
    assert report.largest_of_range == pytest.approx(change.abs().max().item(), rel=1e-4)


def test_weights_of_a_norm_are_taken_along():
    layer = FixedNorm(torch.tensor([2.0, -1.0]), torch.tensor([0.5, 0.0]))
    values = layer(torch.ones(1, 2, 3, 3))
    assert values[0, :, 0, 0].tolist() == [2.5, -1.0]


def test_what_cannot_be_frozen_is_refused(network):
    with pytest.raises(ValueError, match="one calibration image"):
        freeze_network(network, [])
    with pytest.raises(ValueError, match="no setting"):
        freeze_network(LocalUNet(UNetParams(widths=(4, 6))), [torch.zeros(1, 3, 8, 8)])
