"""CARE learns to denoise, knows how wrong it is, and says what does not fit it."""

from __future__ import annotations

import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks import NETWORKS
from napari_fidelity.training.losses_regression import laplace_loss, ssim_loss
from napari_fidelity.training.method import Batch
from tests.training.plain_loop import build_method, draw_blobs, train_steps, validate

NOISE = 0.2
NARROW = {"first_filters": 8, "depth": 1, "kernel_px": 3, "rate": 3e-3}


def draw_noisy(count, side, *, seed, dims=2):
    targets = draw_blobs(count, side, seed=seed, dims=dims)
    generator = torch.Generator().manual_seed(seed + 10_000)
    return targets + NOISE * torch.randn(targets.shape, generator=generator), targets


def build_care(**settings):
    facts = settings.pop("facts", None)
    return build_method("care", task="restoration", facts=facts, **{**NARROW, **settings})


@pytest.fixture(scope="module")
def trained():
    method = build_care()
    losses = train_steps(method, lambda step: draw_noisy(8, 16, seed=step), 150)
    return method, losses


def test_the_loss_falls_and_the_image_is_closer_than_the_input(trained):
    method, losses = trained
    inputs, targets = draw_noisy(1, 64, seed=0)
    found = validate(method, inputs, targets)
    assert sum(losses[-10:]) / 10 < losses[0] - 0.5
    assert found["loss"] == pytest.approx(sum(losses[-10:]) / 10, abs=0.3)
    assert found["mae"] < 0.6 * float((inputs - targets).abs().mean())


def test_half_of_the_pixels_lie_within_the_half_interval(trained):
    method, _ = trained
    inputs, targets = draw_noisy(1, 128, seed=1)
    product = method.make_product()
    with torch.inference_mode():
        mean, scale = product.network(inputs).chunk(2, 1)
    inside = (targets - mean).abs() < scale * torch.log(torch.tensor(2.0))
    assert float(inside.float().mean()) == pytest.approx(0.5, abs=0.1)


def test_the_product_is_a_network_of_the_catalog(trained):
    method, _ = trained
    product = method.make_product()
    spec = NETWORKS[product.key]
    other = spec.build(spec.params.parse(dict(product.params))).eval()
    other.load_state_dict(product.network.state_dict())
    inputs, _ = draw_noisy(1, 32, seed=2)
    with torch.inference_mode():
        torch.testing.assert_close(other(inputs), product.network(inputs))
    assert product.output == "mean-scale"
    assert not product.network.training


def test_without_uncertainty_it_is_the_image_by_its_mean_distance():
    method = build_care(probabilistic=False)
    inputs, targets = draw_noisy(4, 16, seed=0)
    losses = method.list_phases(1)[0].loss(Batch(inputs, targets))
    wanted = (method.networks["unet"](inputs) - targets).abs().mean()
    torch.testing.assert_close(losses.total, wanted)
    assert list(losses.parts) == ["l1", "mae"]
    product = method.make_product()
    assert product.output == "image"
    assert product.network.out_channels == 1


def test_the_loss_is_the_likelihood_inside_the_border_and_ssim_beside():
    method = build_care(border_px=2, ssim_weight=0.5)
    inputs, targets = draw_noisy(4, 16, seed=0)
    losses = method.list_phases(1)[0].loss(Batch(inputs, targets))
    mean, scale = method.networks["unet"](inputs)[:, :, 2:-2, 2:-2].chunk(2, 1)
    inner = targets[:, :, 2:-2, 2:-2]
    wanted = laplace_loss(mean=mean, scale=scale, target=inner) + 0.5 * ssim_loss(mean, inner)
    torch.testing.assert_close(losses.total, wanted)
    torch.testing.assert_close(losses.parts["mae"], (mean - inner).abs().mean())
    assert not losses.parts["mae"].requires_grad  # watched alone


def test_volumes_and_channels():
    facts = {"in_channels": 2, "spatial_dims": 3, "patch_px": (8, 8, 8)}
    method = build_care(facts=facts, first_filters=4)
    inputs, targets = draw_noisy(2, 8, seed=0, dims=3)
    losses = train_steps(method, lambda _: (torch.cat([inputs, inputs], 1), targets), 20)
    assert losses[-1] < losses[0]
    assert method.make_product().params["residual"] is False  # two channels onto one


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"facts": {"patch_px": (18, 16)}, "depth": 2}, "18 × 16 px do not fit .* of 4"),
        ({"border_px": 8}, "leaves nothing of patches of 16 px"),
        ({"kernel_px": 4}, "give an odd number"),
        (
            {"ssim_weight": 1, "facts": {"spatial_dims": 3, "patch_px": (8, 8, 8)}},
            "a loss of planes",
        ),
    ],
)
def test_what_does_not_fit_is_said(changes, problem):
    with pytest.raises(UserError, match=problem):
        build_care(**changes)
