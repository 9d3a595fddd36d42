"""Distances between sets of images that are no pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from napari_fidelity.training.unpaired_distance import (
    measure_separation,
    measure_unpaired,
    wasserstein,
)


@pytest.fixture
def scene():
    """Blobs, their mask, and grainy images of them."""
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.normal(size=(8, 1, 64, 64)), (0, 0, 4, 4))
    mask = field > 0.05
    texture = 1 + 0.3 * rng.normal(size=mask.shape)
    image = ndimage.gaussian_filter(mask * texture, (0, 0, 1, 1)) + rng.normal(0, 0.02, mask.shape)
    return torch.from_numpy(image.astype(np.float32)), torch.from_numpy(mask)


def test_the_distance_of_samples_is_that_of_scipy():
    rng = np.random.default_rng(1)
    one, other = rng.gamma(2, 1, 5000), rng.normal(1, 2, 3000)
    found = wasserstein(torch.from_numpy(one), torch.from_numpy(other)).item()
    assert found == pytest.approx(stats.wasserstein_distance(one, other), rel=0.01)


def test_a_shift_is_worth_its_size():
    values = torch.rand(1000)
    assert wasserstein(values, values + 0.3).item() == pytest.approx(0.3, abs=1e-5)


def test_the_properties_are_those_of_scipy(scene):
    images, _ = scene
    made, real = images[:4], 0.5 * images[4:]
    coarse = made.numpy().reshape(4, 1, 16, 4, 16, 4).mean((3, 5))
    found = measure_unpaired(made, real)
    for name, ours, theirs in (
        ("intensity", made.numpy(), real.numpy()),
        ("fine", *(laplace(each.numpy()) for each in (made, real))),
        (
            "coarse",
            laplace(coarse),
            laplace(real.numpy().reshape(4, 1, 16, 4, 16, 4).mean((3, 5))),
        ),
    ):
        spread = np.abs(theirs - np.median(theirs)).mean()
        wanted = stats.wasserstein_distance(ours.ravel(), theirs.ravel()) / spread
        assert found[f"unpaired_{name}"] == pytest.approx(wanted, rel=0.03)
    assert found["unpaired"] == pytest.approx(
        np.mean([found[f"unpaired_{name}"] for name in ("intensity", "fine", "coarse")])
    )


def laplace(images):
    return np.stack([ndimage.laplace(image[0], mode="nearest")[None] for image in images])


def test_other_images_of_the_same_kind_are_near_and_blurred_ones_far(scene):
    images, mask = scene
    near = measure_unpaired(images[:4], images[4:])["unpaired"]
    blurred = torch.from_numpy(ndimage.gaussian_filter(images[:4].numpy(), (0, 0, 2, 2)))
    smooth = torch.from_numpy(
        ndimage.gaussian_filter(mask[:4].numpy().astype(np.float32), (0, 0, 1, 1))
    )
    assert near < 0.15
    assert measure_unpaired(blurred, images[4:])["unpaired"] > 3 * near
    # a blurred mask, which the best paired metrics favour, has no texture
    assert measure_unpaired(smooth, images[4:])["unpaired"] > 2 * near


def test_the_scale_of_intensities_does_not_matter(scene):
    images, mask = scene
    first = measure_unpaired(images[:4], images[4:], mask[:4], mask[4:])
    second = measure_unpaired(1000 * images[:4] + 7, 1000 * images[4:] + 7, mask[:4], mask[4:])
    for key, value in first.items():
        assert second[key] == pytest.approx(value, rel=1e-2)


def test_masks_tell_an_inverted_image_from_a_right_one(scene):
    images, mask = scene
    turned = images.flip(-1)
    without = measure_unpaired(turned, images)["unpaired_intensity"]
    with_masks = measure_unpaired(turned, images, mask, mask)["unpaired_intensity"]
    assert without < 0.01 < 10 * 0.01 < with_masks


def test_volumes_are_measured_too():
    torch.manual_seed(0)
    volume = torch.rand(1, 1, 8, 16, 16)
    assert measure_unpaired(volume, volume)["unpaired"] == 0
    assert measure_unpaired(volume.sqrt(), volume)["unpaired"] > 0.1


def test_constant_real_images_measure_nothing():
    assert np.isnan(measure_unpaired(torch.rand(1, 1, 8, 8), torch.ones(1, 1, 8, 8))["unpaired"])


def test_separation_is_the_area_under_the_roc_curve(scene):
    images, mask = scene
    rounded = (images * 8).round()  # with ties
    for values in (images, rounded, -images):
        inside, outside = values[mask].numpy(), values[~mask].numpy()
        wanted = stats.mannwhitneyu(inside, outside).statistic / len(inside) / len(outside)
        assert measure_separation(values, mask) == pytest.approx(wanted, abs=1e-6)
    assert measure_separation(mask.float(), mask) == 1
    assert np.isnan(measure_separation(images, torch.ones_like(mask)))
