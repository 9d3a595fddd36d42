"""CycleGAN learns without pairs, keeps its pools, and is never chosen by pairs."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch

from napari_fidelity.core.errors import UserError
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
def test_a_few_dozen_steps_lower_the_cycle(generator):
    method = make_method(
        "cyclegan", generator=generator, resnet_width=8, resnet_blocks=1, rate=5e-3, dropout=0.0
    )
    rows = train(method, 60, paired=False)
    assert mean(rows[-5:], "cycle") < 0.6 * mean(rows[:5], "cycle")
    found = validate(method, paired=False)
    assert {"unpaired", "separation", "cycle_iou"} <= set(found)
    assert found["cycle_iou"] > 0.5
    assert found["separation"] > 0.9  # not inverted, which a cycle would allow


def test_defocus_and_focus_are_images_both():
    method = make_method("cyclegan", "restoration", identity_weight=0.5)
    rows = train(method, 3, task="restoration", paired=False)
    assert "identity" in rows[0]
    assert "cycle_iou" not in validate(method, task="restoration")
    product = method.make_product()
    assert (product.network.in_channels, product.network.out_channels) == (1, 1)


def test_the_losses_are_those_of_the_publication():
    method = make_method(
        "cyclegan", dropout=0.0, norm="none", published_input=True, discriminator_width=8
    )
    batch = draw_batch(1, paired=False)
    there, back, judge, judge_back = (copy.deepcopy(each) for each in method.networks.values())
    mask, image = batch.inputs[:, :1], batch.targets.clamp(0, 1)
    with torch.no_grad():
        made, made_mask = there(mask), back(image)
        cycle = 2 * (back(made) - mask).abs().mean() + 2 * (there(made_mask) - image).abs().mean()
        verdicts = [judge(2 * made - 1), judge_back(2 * made_mask - 1)]
        wanted = sum(((verdict - 1) ** 2).mean() for verdict in verdicts) + 10 * cycle
        real = [judge(2 * image - 1), judge_back(2 * mask - 1)]
        wanted_back = sum(
            ((one - 1) ** 2).mean() + (other**2).mean()
            for one, other in zip(real, verdicts, strict=True)
        )
    found = take_step(method, 1, batch)
    assert found["cycle"] == pytest.approx(cycle.item(), rel=1e-5)
    assert found["generators"] == pytest.approx(wanted.item(), rel=1e-5)
    assert found["discriminators"] == pytest.approx(wanted_back.item(), rel=1e-5)


def test_the_defaults_are_those_of_the_original():
    settings = TRAININGS["cyclegan"].settings()
    assert (settings.rate, settings.beta1, settings.cycle_weight) == (2e-4, 0.5, 10)
    assert (settings.adversarial, settings.schedule, settings.pool) == (
        "least-squares",
        "linear",
        50,
    )
    assert settings.identity_weight == 0
    spec = TRAININGS["cyclegan"]
    assert not spec.paired
    # 200 epochs of 500 images, one at a time
    assert (spec.default_batch, spec.default_steps) == (1, 100_000)


@pytest.mark.parametrize("task", ["synthesis", "restoration"])
def test_the_best_checkpoint_is_never_chosen_by_pairs(task):
    method = make_method("cyclegan", task)
    assert method.criterion.key == "val_unpaired"
    assert "unpaired" in validate(method, task=task)


def test_a_generator_that_inverts_the_mask_does_not_pass():
    method = make_method("cyclegan")
    batch = draw_batch(1, count=1)

    class Fixed(torch.nn.Module):
        def __init__(self, image):
            super().__init__()
            self.image = image

        def forward(self, _):
            return self.image

    right, turned = batch.targets, 0.9 - batch.targets
    scores = []
    for image in (right, turned):
        method._products = SimpleNamespace(make=lambda _, i=image: product(Fixed(i)))
        scores.append(method.validate(batch.inputs, batch.targets))
    assert scores[0]["separation"] > 0.95
    assert scores[1]["separation"] < 0.05
    assert scores[1]["unpaired"] > scores[0]["unpaired"] + 0.7


def product(network):
    return SimpleNamespace(network=network)


def test_a_mask_that_comes_back_is_binarised_first():
    method = make_method("cyclegan")
    batch = draw_batch(1, count=1)
    mask = batch.inputs[:, :1]
    method.networks["back_generator"].forward = lambda _: 0.4 * mask + 0.3
    assert validate_raw(method, batch)["cycle_iou"] == 1
    method.networks["back_generator"].forward = lambda _: 0.4 * mask
    assert validate_raw(method, batch)["cycle_iou"] == 0


def validate_raw(method, batch):
    with torch.no_grad():
        return method.validate(batch.inputs, batch.targets)


def test_the_pool_shows_discriminators_older_images():
    method = make_method("cyclegan", pool=2)
    train(method, 4, paired=False)
    assert method.state()["pool_made"].shape == (2, 1, 16, 16)
    assert method.state()["pool_made_back"].shape == (2, 1, 16, 16)
    without = make_method("cyclegan", pool=0)
    train(without, 1, paired=False)
    assert without.state()["pool_made"].shape == (0,)


@pytest.mark.parametrize("steps", [0, 3])
def test_a_checkpoint_goes_on_as_if_nothing_had_happened(steps):
    options = {"pool": 3, "averaging": 0.9}
    method, again = make_method("cyclegan", **options), make_method("cyclegan", seed=5, **options)
    train(method, steps, paired=False)
    for key, network in method.networks.items():
        again.networks[key].load_state_dict(network.state_dict())
    for key, optimiser in method.optimisers.items():
        again.optimisers[key].load_state_dict(copy.deepcopy(optimiser.state_dict()))
    again.load_state(method.state())
    first = steps + 1
    assert train(method, 3, first=first, paired=False) == train(again, 3, first=first, paired=False)
    for key, value in method.state().items():
        torch.testing.assert_close(again.state()[key], value, rtol=0, atol=0)
    assert again.make_product().facts == method.make_product().facts


def test_no_gradient_reaches_discriminators_from_the_generators():
    method = make_method("cyclegan")
    for key, network in method.networks.items():
        network.requires_grad_("generator" in key)
    method.list_phases(1)[0].loss(draw_batch(1)).total.backward()
    for key, network in method.networks.items():
        has = [parameter.grad is not None for parameter in network.parameters()]
        assert all(has) if "generator" in key else not any(has)


@pytest.mark.parametrize("settings", [{}, {"published_input": True}])
def test_identity_needs_images_of_one_kind(settings):
    with pytest.raises(UserError, match="set identity_weight to 0"):
        make_method("cyclegan", identity_weight=0.5, **settings)


def test_volumes_are_learned_too():
    method = make_method("cyclegan", dims=3, patch_px=8)
    before = copy.deepcopy(method.networks)
    train(method, 2, dims=3, side=8, count=1)
    for key, network in method.networks.items():
        pairs = zip(network.parameters(), before[key].parameters(), strict=True)
        assert any(not torch.equal(now, then) for now, then in pairs), key
    assert method.make_product().network.spatial_dims == 3
