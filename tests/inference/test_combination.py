"""Orientations are undone, and members are mixed by the law of total variance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_fidelity.inference.combination import (
    Combination,
    Member,
    Orientation,
    has_uncertainty,
    list_orientations,
)
from napari_fidelity.inference.predict_options import PredictOptions

UPRIGHT = Orientation(0, mirror=False)


class Stage:
    """A function of pixels with the face of an engine."""

    batch_size = 1

    def __init__(self, function):
        self.function = function

    def __call__(self, batch, inner=None):
        inner = inner or [(0, size) for size in batch.shape[2:]]
        return self.function(batch)[(..., *(slice(*side) for side in inner))]


NEGATE = Stage(torch.neg)


@pytest.mark.parametrize("shape", [(1, 2, 4, 6), (2, 1, 3, 4, 6)])
def test_orientations_are_distinct_and_undone(shape):
    batch = torch.rand(shape)
    seen = [each.apply(batch) for each in list_orientations(PredictOptions(flips="all"))]
    assert len({tuple(values.flatten().tolist()) for values in seen}) == 8
    for each, values in zip(list_orientations(PredictOptions(flips="all")), seen, strict=True):
        assert torch.equal(each.undo(values), batch)
        assert values.shape[2:-2] == shape[2:-2]


@pytest.mark.parametrize("shape", [(4, 6), (3, 4, 6)])
def test_a_box_moves_with_the_batch(shape):
    batch = torch.arange(float(np.prod(shape))).reshape(1, 1, *shape)
    inner = (*((0, size) for size in shape[:-2]), (1, 3), (2, 6))
    expected = batch[..., 1:3, 2:6]
    for turns in range(4):
        for mirror in (False, True):
            member = Member(Orientation(turns, mirror), (NEGATE, NEGATE))
            found = Combination([member], PredictOptions())(batch, inner)
            assert torch.equal(found, expected)


def test_mirrored_orientations_keep_the_shape():
    batch = torch.rand(1, 1, 4, 6)
    orientations = list_orientations(PredictOptions(flips="mirrored"))
    assert [each.apply(batch).shape for each in orientations] == [batch.shape] * 4
    assert len(orientations) == 4


@pytest.mark.parametrize(("scale", "factor"), [("laplace", 2.0), ("standard-deviation", 1.0)])
def test_a_mixture_has_the_moments_of_its_samples(scale, factor):
    options = PredictOptions(output="mean-scale", scale=scale)
    means, scales = [0.0, 3.0, 5.0], [0.5, 1.0, 2.0]

    def constant(mean, spread):
        def run(batch):
            return torch.cat([torch.full_like(batch, mean), torch.full_like(batch, spread)], 1)

        return Member(UPRIGHT, (Stage(run),))

    members = [constant(*pair) for pair in zip(means, scales, strict=True)]
    mean, spread = Combination(members, options)(torch.zeros(1, 1, 2, 2)).chunk(2, 1)
    torch.manual_seed(0)
    draw = torch.distributions.Laplace if scale == "laplace" else torch.distributions.Normal
    samples = torch.cat(
        [
            draw(*map(torch.tensor, pair)).sample((400_000,))
            for pair in zip(means, scales, strict=True)
        ]
    )
    assert mean[0, 0, 0, 0].item() == pytest.approx(samples.mean().item(), abs=0.02)
    assert spread[0, 0, 0, 0].item() == pytest.approx(samples.std().item(), abs=0.02)
    assert spread[0, 0, 0, 0].item() ** 2 == pytest.approx(
        sum(factor * s * s for s in scales) / 3 + torch.tensor(means).var(correction=0).item(),
        rel=1e-5,
    )


def test_a_negative_scale_counts_as_none():
    def run(batch):
        return torch.cat([batch, batch - 5], 1)

    options = PredictOptions(output="mean-scale")
    values = Combination([Member(UPRIGHT, (Stage(run),))], options)(torch.ones(1, 1, 2, 2))
    assert values[0, :, 0, 0].tolist() == [1, 0]


def test_one_member_is_handed_on_as_it_is():
    batch = torch.rand(1, 1, 3, 3)
    assert torch.equal(Combination([Member(UPRIGHT, (NEGATE,))], PredictOptions())(batch), -batch)


def test_every_network_is_preceded_by_a_poll():
    polls = []
    members = [Member(UPRIGHT, (NEGATE, NEGATE))] * 3
    combination = Combination(members, PredictOptions(), poll=lambda: polls.append(1))
    combination(torch.ones(1, 1, 2, 2))
    assert len(polls) == 6


def test_uncertainty_needs_a_reason():
    assert not has_uncertainty(1, PredictOptions())
    assert not has_uncertainty(1, PredictOptions(times=3))
    assert has_uncertainty(2, PredictOptions())
    assert has_uncertainty(1, PredictOptions(flips="mirrored"))
    assert has_uncertainty(1, PredictOptions(output="mean-scale"))
