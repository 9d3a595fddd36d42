"""Losses of restoration and segmentation against independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import ssim
from napari_fidelity.training.losses_regression import (
    cross_entropy_loss,
    l1_loss,
    laplace_loss,
    ssim_loss,
)


def draw_pair(*shape, noise=0.1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(*shape, generator=generator)
    return target + noise * torch.randn(*shape, generator=generator), target


def test_l1_is_the_mean_distance():
    predicted = torch.tensor([[0.0, 2.0], [-1.0, 5.0]])
    assert l1_loss(predicted, torch.tensor([[1.0, 2.0], [1.0, 4.0]])).item() == (1 + 0 + 2 + 1) / 4


def test_laplace_is_the_likelihood_of_the_distribution():
    mean, target = draw_pair(2, 1, 8, 8)
    scale = torch.rand(2, 1, 8, 8) + 1e-3
    wanted = -torch.distributions.Laplace(mean, scale).log_prob(target).mean()
    found = laplace_loss(mean=mean, scale=scale, target=target)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)


def test_the_scale_of_least_laplace_loss_is_the_mean_distance():
    mean, target = draw_pair(1, 1, 32, 32)
    best = float((mean - target).abs().mean())

    def loss(factor):
        return laplace_loss(mean=mean, scale=torch.tensor(factor * best), target=target)

    assert loss(1.0) < loss(0.98)
    assert loss(1.0) < loss(1.02)


@pytest.mark.parametrize("data_range", [1.0, 1.7])
def test_ssim_agrees_with_the_metric_and_with_torchmetrics(data_range):
    predicted, target = draw_pair(1, 1, 37, 45)
    found = 1 - ssim_loss(predicted, target, data_range).item()
    _, local = structural_similarity_index_measure(
        predicted, target, data_range=data_range, return_full_image=True
    )
    theirs = float(local[..., 5:-5, 5:-5].mean())  # the rest is padded
    assert found == pytest.approx(theirs, abs=1e-5)
    arrays = [np.asarray(image[0, 0], np.float64) for image in (predicted, target)]
    ours = ssim(*arrays, data_range=data_range)
    assert found == pytest.approx(ours, abs=1e-5)


def test_ssim_takes_every_channel_as_a_plane_and_is_none_for_equal_images():
    predicted, target = draw_pair(2, 3, 16, 16)
    planes = [ssim_loss(predicted[i : i + 1, c : c + 1], target[i : i + 1, c : c + 1])
              for i in range(2) for c in range(3)]  # fmt: skip
    torch.testing.assert_close(ssim_loss(predicted, target), torch.stack(planes).mean())
    assert ssim_loss(target, target).item() == pytest.approx(0, abs=1e-6)


def test_the_gradient_of_ssim_is_that_of_differences():
    predicted, target = (image.requires_grad_() for image in draw_pair(1, 1, 12, 12))
    (gradient,) = torch.autograd.grad(ssim_loss(predicted, target), predicted)
    step = torch.zeros_like(predicted)
    step[0, 0, 5, 6] = 1e-2
    with torch.no_grad():
        change = ssim_loss(predicted + step, target) - ssim_loss(predicted - step, target)
    assert gradient[0, 0, 5, 6].item() == pytest.approx(change.item() / 2e-2, rel=0.02)


@pytest.mark.parametrize("shape", [(1, 1, 10, 20), (1, 1, 16, 16, 16)])
def test_ssim_of_what_is_no_plane_is_refused(shape):
    with pytest.raises(UserError, match="planes of at least 11 px"):
        ssim_loss(torch.zeros(shape), torch.zeros(shape))


def test_cross_entropy_is_that_of_probabilities():
    logits, target = torch.randn(3, 1, 5, 5), torch.rand(3, 1, 5, 5).round()
    p = 1 / (1 + np.exp(-logits.double().numpy()))
    y = target.numpy()
    wanted = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    assert cross_entropy_loss(logits, target).item() == pytest.approx(wanted, abs=1e-6)
    assert cross_entropy_loss(torch.tensor([200.0]), torch.zeros(1)).item() == 200  # no overflow


@pytest.mark.parametrize("loss", [l1_loss, ssim_loss, cross_entropy_loss])
def test_sixteen_bits_are_computed_in_float32(loss):
    predicted, target = draw_pair(1, 1, 16, 16)
    found = loss(predicted.bfloat16(), target.bfloat16())
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(loss(predicted, target).item(), rel=0.02)
