"""Adversarial losses against PyTorch's own and calculations by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from napari_fidelity.training.losses_adversarial import (
    cycle_loss,
    discriminator_loss,
    generator_loss,
    identity_loss,
    signed_l1_loss,
    to_signed,
)


@pytest.fixture
def verdicts():
    torch.manual_seed(0)
    return 4 * torch.randn(2, 3, 1, 5, 5).unbind()[0], 4 * torch.randn(3, 1, 5, 5)


def test_cross_entropy_is_that_of_pytorch(verdicts):
    real, made = verdicts
    one, zero = torch.ones_like(real), torch.zeros_like(made)
    entropy = functional.binary_cross_entropy_with_logits
    torch.testing.assert_close(generator_loss(made, "cross-entropy"), entropy(made, one))
    torch.testing.assert_close(
        discriminator_loss(real, made, "cross-entropy"), entropy(real, one) + entropy(made, zero)
    )


def test_cross_entropy_by_hand():
    undecided = torch.zeros(1)
    assert generator_loss(undecided, "cross-entropy").item() == pytest.approx(math.log(2))
    assert discriminator_loss(undecided, undecided, "cross-entropy").item() == pytest.approx(
        2 * math.log(2)
    )
    sure = torch.full((1,), 1e4)  # the authors' logarithm of 1e-12 has no gradient there
    assert generator_loss(-sure, "cross-entropy").item() == pytest.approx(1e4)


def test_least_squares_is_that_of_pytorch(verdicts):
    real, made = verdicts
    square = functional.mse_loss
    torch.testing.assert_close(generator_loss(made), square(made, torch.ones_like(made)))
    torch.testing.assert_close(
        discriminator_loss(real, made),
        square(real, torch.ones_like(real)) + square(made, torch.zeros_like(made)),
    )


@pytest.mark.parametrize("kind", ["cross-entropy", "least-squares"])
def test_better_verdicts_cost_less(kind):
    low, high = torch.zeros(4), torch.ones(4)
    assert generator_loss(high, kind) < generator_loss(low, kind)
    assert discriminator_loss(high, low, kind) < discriminator_loss(low, high, kind)


@pytest.mark.parametrize("loss", [signed_l1_loss, cycle_loss, identity_loss])
def test_differences_count_in_the_published_range(loss):
    torch.manual_seed(0)
    one, other = torch.rand(2, 2, 1, 8, 8).unbind()
    published = functional.l1_loss(to_signed(one), to_signed(other))
    torch.testing.assert_close(loss(one, other), published)


def test_losses_of_half_precision_are_float32(verdicts):
    real, made = (each.bfloat16() for each in verdicts)
    for value in (generator_loss(made), discriminator_loss(real, made), cycle_loss(real, made)):
        assert value.dtype == torch.float32
