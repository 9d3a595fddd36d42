"""pix2pix learns, counts what it says it counts, and goes on from a checkpoint."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks import NETWORKS
from napari_fidelity.training.catalog import TRAININGS
from tests.training.adversarial_loop import (
    draw_batch,
    make_method,
    take_step,
    train,
    validate,
)


def mean(rows, key):
    return sum(row[key] for row in rows) / len(rows)


@pytest.mark.parametrize("generator", ["unet", "resnet"])
def test_a_few_dozen_steps_lower_the_loss(generator):
    method = make_method(
        "pix2pix", generator=generator, resnet_width=8, resnet_blocks=1, rate=2e-3, norm="instance"
    )
    rows = train(method, 40)
    assert mean(rows[-5:], "l1") < 0.6 * mean(rows[:5], "l1")
    found = validate(method)
    assert 0 < found["unpaired"] < 3
    assert found["l1"] < 0.15


def test_restoration_learns_to_remove_noise():
    method = make_method("pix2pix", "restoration", rate=5e-3, output="skip", norm="none")
    rows = train(method, 60, task="restoration")
    assert mean(rows[-5:], "l1") < 0.8 * mean(rows[:5], "l1")
    assert method.criterion.key == "val_ssim"
    assert method.criterion.larger_is_better
    assert set(validate(method, task="restoration")) == {"l1"}


def test_volumes_are_learned_too():
    method = make_method("pix2pix", dims=3, patch_px=8)
    rows = train(method, 2, dims=3, side=8, count=2)
    assert all(math.isfinite(value) for row in rows for value in row.values())


def test_the_losses_are_those_of_the_publication():
    method = make_method("pix2pix", dropout=0.0, norm="none", published_input=True)
    batch = draw_batch(1)
    generator, discriminator = (copy.deepcopy(method.networks[key]) for key in method.networks)
    mask, target = 2 * batch.inputs[:, :1] - 1, 2 * batch.targets.clamp(0, 1) - 1
    with torch.no_grad():
        made = 2 * generator(batch.inputs[:, :1]) - 1
        verdicts = discriminator(torch.cat([mask, made], 1)).sigmoid()
        wanted = -verdicts.log().mean() + 100 * (made - target).abs().mean()
        real = discriminator(torch.cat([mask, target], 1)).sigmoid()
        wanted_of_discriminator = -real.log().mean() - (1 - verdicts).log().mean()
    found = take_step(method, 1, batch)
    assert found["generator"] == pytest.approx(wanted.item(), rel=1e-5)
    # it judges the image that the generator made before its own step
    assert found["discriminator"] == pytest.approx(wanted_of_discriminator.item(), rel=1e-5)


def test_the_defaults_are_published():
    settings = TRAININGS["pix2pix"].settings()
    assert (settings.rate, settings.beta1, settings.l1_weight) == (2e-4, 0.5, 100)
    assert (settings.adversarial, settings.norm, settings.schedule) == (
        "cross-entropy",
        "batch",
        "constant",
    )
    spec = TRAININGS["pix2pix"]
    # 800 epochs of 500 pairs, five at a time
    assert (spec.default_batch, spec.default_patch_px, spec.default_steps) == (5, 256, 80_000)


def test_no_phase_moves_what_it_does_not_train():
    method = make_method("pix2pix")
    generator, discriminator = method.networks["generator"], method.networks["discriminator"]
    phases = method.list_phases(1)
    assert [phase.name for phase in phases] == ["generator", "discriminator"]
    batch = draw_batch(1)
    discriminator.requires_grad_(False)
    phases[0].loss(batch).total.backward()
    assert all(parameter.grad is None for parameter in discriminator.parameters())
    assert all(parameter.grad is not None for parameter in generator.parameters())
    assert not batch.kept["made"].requires_grad


def test_without_adversary_there_is_one_phase():
    method = make_method("pix2pix", adversarial_weight=0)
    assert set(take_step(method, 1, draw_batch(1))) == {"generator", "l1"}


@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_a_checkpoint_goes_on_as_if_nothing_had_happened(averaging):
    options = {"norm": "instance", "averaging": averaging}
    method, again = make_method("pix2pix", **options), make_method("pix2pix", seed=5, **options)
    train(method, 3)
    for key, network in method.networks.items():
        again.networks[key].load_state_dict(network.state_dict())
    for key, optimiser in method.optimisers.items():
        again.optimisers[key].load_state_dict(copy.deepcopy(optimiser.state_dict()))
    again.load_state(method.state())
    assert train(method, 4, first=4) == train(again, 4, first=4)
    inputs = torch.rand(1, 3, 16, 16)
    one, other = (each.make_product() for each in (method, again))
    with torch.no_grad():
        torch.testing.assert_close(one.network(inputs), other.network(inputs), rtol=0, atol=0)
    assert one.facts == other.facts


class TestProduct:
    @pytest.mark.parametrize("norm", ["batch", "instance", "none"])
    def test_it_is_local_and_built_from_its_settings(self, norm):
        method = make_method("pix2pix", norm=norm)
        train(method, 3)
        product = method.make_product()
        assert not product.network.has_global_statistics
        assert not product.network.training
        spec = NETWORKS[product.key]
        again = spec.build(spec.params.parse(dict(product.params))).eval()
        again.load_state_dict(product.network.state_dict())
        inputs = torch.rand(1, 3, 32, 32)
        with torch.no_grad():
            torch.testing.assert_close(again(inputs), product.network(inputs), rtol=0, atol=0)

    def test_freezing_is_reported_and_can_be_left(self):
        frozen, left = (
            make_method("pix2pix", "restoration", norm="instance", freeze=freeze)
            for freeze in (True, False)
        )
        for method in (frozen, left):
            train(method, 6, task="restoration")
        facts = frozen.make_product().facts["freezing"]
        assert facts["images"] == 8
        assert 0 < facts["rms_of_range"] < facts["largest_of_range"]
        assert left.make_product().facts == {}
        assert left.make_product().network.has_global_statistics

    def test_it_follows_the_weights(self):
        method = make_method("pix2pix", norm="instance")
        train(method, 8)  # until patches for the statistics of norms are complete
        first = method.make_product()
        assert method.make_product() is first
        before = {key: value.clone() for key, value in first.network.state_dict().items()}
        train(method, 1, first=9)
        after = method.make_product().network.state_dict()
        assert any((before[key] != after[key]).any() for key in before)

    def test_it_outlives_the_validation_that_asked_for_it(self):
        method = make_method("pix2pix", norm="instance")
        train(method, 2)
        validate(method)
        product = method.make_product()
        assert not any(p.is_inference() for p in product.network.state_dict().values())
        assert not product.network.training

    def test_the_average_lags_behind(self):
        method = make_method("pix2pix", averaging=0.999, rate=1e-2)
        start = copy.deepcopy(method.networks["generator"])
        train(method, 5)
        weights = [
            torch.nn.utils.parameters_to_vector(network.parameters())
            for network in (start, method.make_product().network, method.networks["generator"])
        ]
        assert 0 < (weights[1] - weights[0]).norm() < (weights[2] - weights[0]).norm()


class TestInput:
    def test_noise_makes_images_differ_and_keyed_noise_makes_them_equal(self):
        inputs = make_method("pix2pix")._plan.inputs
        data = torch.ones(2, 2, 8, 8)
        assert (inputs.assemble(data) != inputs.assemble(data)).any()
        torch.testing.assert_close(inputs.assemble(data, 3), inputs.assemble(data, 3))
        assert (inputs.assemble(data, 3) != inputs.assemble(data, 4))[:, 2].any()
        torch.testing.assert_close(inputs.assemble(data)[:, :2], data)

    def test_the_published_one_is_the_foreground_alone(self):
        assert make_method("pix2pix", published_input=True).make_product().network.in_channels == 1

    def test_dropout_in_use_is_keyed_by_noise_that_is_not_seen(self):
        method = make_method("pix2pix", published_input=True, dropout_when_predicting=True)
        train(method, 2)
        network = method.make_product().network
        assert network.in_channels == 3
        inputs = torch.rand(1, 3, 16, 16)
        with torch.no_grad():
            before = network(inputs)
            torch.testing.assert_close(network(inputs), before, rtol=0, atol=0)
            inputs[:, 1] = 1 - inputs[:, 1]
            torch.testing.assert_close(network(inputs), before, rtol=0, atol=0)
            inputs[:, 2] = torch.randn(1, 16, 16)
            assert (network(inputs) - before).abs().max() > 1e-4

    def test_dropout_in_use_is_the_same_in_tiles(self):
        method = make_method("pix2pix", dropout_when_predicting=True, widths=(6, 8, 8))
        train(method, 2)
        network = method.make_product().network
        labels = np.zeros((70, 90), np.uint8)
        labels[20:50, 10:80] = 1
        settings = ComputeSettings(device="cpu", precision="float32", threads=1)
        whole, tiled, other = (
            predict_signal(network, labels, seed=seed, tile_px=side, settings=settings)
            for seed, side in ((3, 128), (3, 32), (4, 128))
        )
        np.testing.assert_allclose(tiled, whole, atol=1e-5)
        assert np.abs(other - whole).max() > 1e-3
        part = predict_signal(
            network, labels[16:], seed=3, origin=(16, 0), tile_px=128, settings=settings
        )
        reach = network.receptive_field_px
        np.testing.assert_allclose(part[reach:], whole[16 + reach :], atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"widths": (8,) * 5}, "give multiples of 32"),
        ({"discriminator_layers": 3}, "needs 32 px"),
        ({"norm": "instance", "freeze": False}, "switch freeze on"),
        (
            {"generator": "resnet", "dropout_when_predicting": True},
            "switch dropout_when_predicting",
        ),
        (
            {"task": "restoration", "dropout_when_predicting": True},
            "switch dropout_when_predicting",
        ),
    ],
)
def test_what_cannot_work_is_said_before_training(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_method("pix2pix", **settings)


def test_discriminators_get_no_targets_beyond_what_can_be_made():
    method = make_method("pix2pix", norm="none", l1_weight=1)
    batch = draw_batch(1)
    batch.targets[:] = 3.0
    made = torch.zeros(1)

    def note(module, inputs):
        nonlocal made
        made = torch.maximum(made, inputs[0].max())

    method.networks["discriminator"].register_forward_pre_hook(note)
    take_step(method, 1, batch)
    assert made.item() == 1


def test_detail_is_of_images_not_of_masks():
    judge = make_method("pix2pix", detail=8.0).networks["discriminator"]
    assert (judge.params.detail_channels, judge.params.detail_gain) == (1, 8.0)
    method = make_method("cyclegan", detail=8.0)
    assert method.networks["discriminator"].params.detail_channels == 1
    assert method.networks["back_discriminator"].params.detail_channels == 0
    method = make_method("cyclegan", "restoration", detail=8.0)
    assert method.networks["back_discriminator"].params.detail_channels == 1
    assert make_method("pix2pix").networks["discriminator"].params.detail_channels == 0
