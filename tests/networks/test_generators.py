"""The generators and discriminators of the adversarial methods."""

from __future__ import annotations

import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks.norm_layers import draw_gan_weights
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.pix2pix_unet import Pix2PixUNet, Pix2PixUNetParams
from napari_fidelity.networks.resnet_generator import ResnetGenerator, ResnetGeneratorParams
from napari_fidelity.training.losses_adversarial import discriminator_loss

U, R = Pix2PixUNetParams, ResnetGeneratorParams
LOCAL = {
    "transposed": Pix2PixUNet(U(widths=(4, 6, 8), output="linear")),
    "nearest": Pix2PixUNet(U(widths=(4, 6, 8), upsampling="nearest", norm="none")),
    "two levels, corrected": Pix2PixUNet(U(widths=(4, 6), in_channels=3, output="skip")),
    "volume": Pix2PixUNet(U(widths=(2, 3), spatial_dims=3, norm="frozen")),
    "resnet, nearest": ResnetGenerator(R(width=4, blocks=1, norm="batch", output="skip")),
    "resnet, transposed": ResnetGenerator(
        R(width=4, blocks=2, norm="none", upsampling="transposed")
    ),
    "resnet, zero padding": ResnetGenerator(
        R(width=4, blocks=0, norm="frozen", padding="zero", output="linear")
    ),
    "resnet volume": ResnetGenerator(R(width=2, blocks=0, norm="batch", spatial_dims=3)),
}


@pytest.fixture(params=LOCAL.values(), ids=LOCAL.keys())
def network(request):
    torch.manual_seed(0)
    for parameter in request.param.parameters():
        torch.nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return request.param.eval()


def test_gradients_reach_as_far_as_is_claimed_and_no_farther(network):
    reach, multiple, dims = (
        network.receptive_field_px,
        network.size_multiple,
        network.spatial_dims,
    )
    side = -(-(2 * reach + 3 * multiple) // multiple) * multiple
    # across one axis the reach is measured: the others need the coarsest level alone
    sides = (2 * multiple,) * (dims - 1) + (side,)
    inputs = torch.randn(1, network.in_channels, *sides, requires_grad=True)
    row = network(inputs)[0, 0][(0,) * (dims - 1)]
    found, middle = 0, side // 2 // multiple * multiple
    for pixel in range(middle, middle + multiple):
        (gradient,) = torch.autograd.grad(row[pixel], inputs, retain_graph=True)
        columns = gradient.abs().flatten(0, -2).sum(0).nonzero().flatten()
        found = max(found, pixel - int(columns[0]), int(columns[-1]) - pixel)
    assert found == reach


def test_the_published_generators_have_their_published_sizes():
    unet = Pix2PixUNet(U(in_channels=3, out_channels=3))
    assert sum(p.numel() for p in unet.parameters()) == pytest.approx(54.4e6, rel=0.01)
    assert unet.size_multiple == 256
    resnet = ResnetGenerator(R(in_channels=3, out_channels=3, upsampling="transposed"))
    assert sum(p.numel() for p in resnet.parameters()) == pytest.approx(11.4e6, rel=0.01)


def test_outputs_keep_their_range():
    inputs = 3 * torch.randn(2, 2, 16, 16)
    for build, narrow in ((Pix2PixUNet, U(widths=(4, 6))), (ResnetGenerator, R(width=4, blocks=1))):
        torch.manual_seed(0)
        unit = build(narrow.model_copy(update={"in_channels": 2}))(inputs)
        assert 0 <= unit.min() < unit.max() <= 1
        skip = build(narrow.model_copy(update={"in_channels": 2, "output": "skip"}))
        for parameter in skip.head.parameters():
            torch.nn.init.zeros_(parameter)
        torch.testing.assert_close(skip(inputs), inputs[:, :1], rtol=0, atol=0)


def test_channels_beyond_the_seen_ones_change_nothing():
    network = Pix2PixUNet(U(widths=(4, 6), in_channels=3, seen_channels=1)).eval()
    one, other = torch.randn(2, 1, 3, 16, 16).unbind()
    other[:, 0] = one[:, 0]
    torch.testing.assert_close(network(one), network(other), rtol=0, atol=0)


def test_impossible_channels_are_refused():
    with pytest.raises(UserError, match="3 channels cannot be seen of 2"):
        U.parse({"in_channels": 2, "seen_channels": 3})
    with pytest.raises(UserError, match="2 channels cannot correct 1"):
        R.parse({"out_channels": 2, "output": "skip"})


class TestKeyedDropout:
    @pytest.fixture
    def network(self):
        torch.manual_seed(3)
        params = U(
            widths=(8, 12, 16),
            in_channels=3,
            seen_channels=1,
            norm="none",
            dropout_when_predicting=True,
        )
        return Pix2PixUNet(params).eval()

    def test_the_same_noise_drops_the_same(self, network):
        inputs = torch.randn(1, 3, 32, 32)
        torch.testing.assert_close(network(inputs), network(inputs), rtol=0, atol=0)

    def test_other_noise_drops_others(self, network):
        inputs = torch.randn(1, 3, 32, 32)
        before = network(inputs)
        inputs[:, 2] = torch.randn(1, 32, 32)
        assert (network(inputs) - before).std() > 1e-4

    def test_a_part_of_the_image_equals_the_whole(self, network):
        inputs = torch.randn(1, 3, 32, 96)
        whole = network(inputs)[..., 40:56]
        part = network(inputs[..., 8:88])[..., 32:48]
        torch.testing.assert_close(part, whole, rtol=0, atol=1e-6)

    def test_the_published_share_is_dropped_at_each_level(self, network):
        noise = torch.randn(4, 1, 32, 32)
        for dropout in network.dropouts:
            values = dropout(torch.ones(4, 16, 32, 32), noise)
            assert values.mean().item() == pytest.approx(1, abs=0.02)
            assert set(values.unique().tolist()) == {0.0, 2.0}
        one, other = (dropout(torch.ones(4, 8, 32, 32), noise) for dropout in network.dropouts)
        assert torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].abs() < 0.02
        channels = one.transpose(0, 1).flatten(1)
        assert (torch.corrcoef(channels) - torch.eye(8)).abs().max() < 0.08

    def test_in_training_it_is_ordinary_dropout(self, network):
        network.train()
        inputs = torch.randn(1, 3, 32, 32)
        assert (network(inputs) - network(inputs)).abs().max() > 0

    def test_without_a_key_prediction_drops_nothing(self, network):
        torch.testing.assert_close(
            network.dropouts[0](inputs := torch.randn(1, 2, 4, 4)), inputs, rtol=0, atol=0
        )


@pytest.mark.parametrize(("layers", "patch_px"), [(1, 16), (2, 34), (3, 70)])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_verdict_sees_a_patch_of_the_published_size(layers, patch_px, norm):
    torch.manual_seed(0)
    network = PatchGan(PatchGanParams(in_channels=1, width=4, strided_layers=layers, norm=norm))
    assert network.patch_px == patch_px
    # norms of a whole image reach everywhere: what is measured is the convolutions
    bare = PatchGan(network.params.model_copy(update={"norm": "none"}))
    images = torch.randn(1, 1, 160, 160, requires_grad=True)
    verdicts = bare(images)[0, 0]
    middle = len(verdicts) // 2
    (gradient,) = torch.autograd.grad(verdicts[middle, middle], images)
    seen = gradient[0, 0].nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [patch_px, patch_px]


@pytest.mark.parametrize("detail_channels", [0, 1])
def test_a_discriminator_of_volumes(detail_channels):
    params = PatchGanParams(
        in_channels=2, width=4, spatial_dims=3, norm="batch", detail_channels=detail_channels
    )
    assert PatchGan(params)(torch.randn(2, 2, 16, 16, 16)).shape == (2, 1, 2, 2, 2)


class TestDetail:
    @pytest.fixture
    def network(self):
        torch.manual_seed(0)
        params = {"in_channels": 2, "width": 8, "norm": "none", "detail_channels": 1}
        return PatchGan(PatchGanParams.parse({**params, "detail_gain": 3.0}))

    def test_it_is_the_image_less_its_mean(self, network):
        images = torch.randn(1, 2, 32, 32)
        seen = []
        network.layers[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        network(images)
        torch.testing.assert_close(seen[0][:, :2], images, rtol=0, atol=0)
        for y, x in ((10, 12), (0, 31)):  # the mean is of what there is of the square
            square = images[0, 1, max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
            wanted = 3 * (images[0, 1, y, x] - square.mean())
            torch.testing.assert_close(seen[0][0, 2, y, x], wanted)

    def test_a_verdict_sees_four_pixels_more(self, network):
        assert network.patch_px == 34 + 4
        images = torch.randn(1, 2, 96, 96, requires_grad=True)
        verdicts = network(images)[0, 0]
        middle = len(verdicts) // 2
        (gradient,) = torch.autograd.grad(verdicts[middle, middle], images)
        for channel, side in ((0, 34), (1, 38)):
            seen = gradient[0, channel].nonzero()
            assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [side, side]

    def test_noise_is_noticed_early(self):
        def learn(detail_channels):
            torch.manual_seed(0)
            network = PatchGan(PatchGanParams(in_channels=1, width=8, norm="batch",
                                              detail_channels=detail_channels))  # fmt: skip
            draw_gan_weights(network)
            optimiser = torch.optim.Adam(network.parameters(), 1e-3, betas=(0.5, 0.999))
            for _ in range(60):
                smooth = torch.randn(4, 1, 3, 3)
                smooth = torch.nn.functional.interpolate(smooth, 32, mode="bicubic") / 2
                noisy = smooth + 0.04 * torch.randn_like(smooth)
                loss = discriminator_loss(network(noisy), network(smooth), "cross-entropy")
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            return loss.item()

        assert learn(1) < 0.5
        assert learn(0) > 1.2  # 1.39 is chance


def test_weights_start_as_published():
    torch.manual_seed(0)
    network = PatchGan(PatchGanParams(width=32, strided_layers=3, norm="batch"))
    draw_gan_weights(network)
    for layer in network.layers:
        if isinstance(layer, torch.nn.Conv2d):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert layer.bias.abs().max() == 0
        if isinstance(layer, torch.nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
