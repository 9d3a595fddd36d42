"""The pool of earlier images."""

from __future__ import annotations

import pytest
import torch

from napari_fidelity.training.image_pool import ImagePool


def number(value):
    return torch.full((1, 1, 2, 2), float(value))


def fill(pool, count):
    torch.manual_seed(0)
    return [float(pool.exchange(number(value)).mean()) for value in range(count)]


def test_the_first_images_are_kept_and_passed_on():
    pool = ImagePool(5)
    assert fill(pool, 5) == [0, 1, 2, 3, 4]
    assert pool.state()[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]


def test_half_of_the_later_ones_are_exchanged():
    pool = ImagePool(5)
    seen = fill(pool, 2005)
    passed = sum(value == place for place, value in enumerate(seen[5:], start=5))
    assert passed / 2000 == pytest.approx(0.5, abs=0.04)
    assert all(value <= place for place, value in enumerate(seen))
    # each image is shown once when it passes by or is kept, and at most once from the pool
    assert max(seen.count(value) for value in set(seen)) <= 2
    ages = [place - value for place, value in enumerate(seen[5:], start=5) if value != place]
    assert sum(ages) / len(ages) == pytest.approx(2 * 5, rel=0.2)  # one in ten leaves at a step


def test_an_empty_pool_changes_nothing():
    images = torch.rand(3, 1, 4, 4)
    assert ImagePool(0).exchange(images) is images


def test_the_same_seed_goes_on_the_same_way_from_a_state():
    pool, again = ImagePool(4), ImagePool(4)
    fill(pool, 20)
    again.load_state(pool.state())
    results = []
    for each in (pool, again):
        torch.manual_seed(7)
        results.append(torch.cat([each.exchange(number(value)) for value in range(20, 40)]))
    torch.testing.assert_close(*results, rtol=0, atol=0)
    torch.testing.assert_close(pool.state(), again.state(), rtol=0, atol=0)


def test_the_state_of_an_empty_pool_is_empty():
    pool = ImagePool(3)
    pool.load_state(pool.state())
    assert pool.state().shape == (0,)


def test_images_of_the_pool_carry_no_gradient():
    pool = ImagePool(1)
    image = number(1).requires_grad_()
    assert not pool.exchange(2 * image).requires_grad
