"""The segmentation U-Net learns to find blobs in noise that no threshold finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.filters import threshold_otsu

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks import NETWORKS
from tests.training.plain_loop import build_method, draw_blobs, train_steps, validate

NARROW = {"widths": (8, 16), "dropout": 0.1}


def draw_scenes(count, side, *, seed):
    masks = (draw_blobs(count, side, seed=seed) > 0.6).float()
    generator = torch.Generator().manual_seed(seed + 10_000)
    return 0.8 * masks + 0.5 * torch.randn(masks.shape, generator=generator), masks


def build_segmentation(**settings):
    facts = settings.pop("facts", None)
    return build_method("segmentation", task="segmentation", facts=facts, **{**NARROW, **settings})


def find_iou(found, mask):
    return float((found & mask).sum() / (found | mask).sum())


def predict_mask(method, images):
    product = method.make_product()
    with torch.inference_mode():
        return product.network(images)[0, 0].numpy() > 0.5


def test_it_beats_otsu_and_the_trivial_mask():
    method = build_segmentation(optimiser="adam", rate=3e-3)
    losses = train_steps(method, lambda step: draw_scenes(4, 32, seed=step), 120)
    images, masks = draw_scenes(1, 96, seed=0)
    image, mask = images[0, 0].numpy(), masks[0, 0].numpy() > 0.5
    found = predict_mask(method, images)
    trivial = find_iou(np.ones_like(mask), mask)
    assert sum(losses[-10:]) < 0.6 * sum(losses[:3]) * 10 / 3
    assert find_iou(found, mask) > find_iou(image > threshold_otsu(image), mask) + 0.1
    assert find_iou(found, mask) > trivial + 0.1


def test_the_published_optimiser_lowers_the_loss():
    method = build_segmentation(rate=0.1)
    losses = train_steps(method, lambda step: draw_scenes(4, 32, seed=step % 4), 60)
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])
    assert list(method.optimisers) == ["sgd"]


def test_defaults_are_the_published_ones():
    method = build_method("segmentation", task="segmentation")
    group = method.optimisers["sgd"].param_groups[0]
    assert (group["lr"], group["momentum"]) == (0.01, 0)
    assert method.make_product().params["widths"] == [64, 128, 256, 512]
    assert method.criterion.key == "val_iou"
    assert method.criterion.larger_is_better


def test_dropout_is_on_in_training_alone():
    method = build_segmentation(dropout=0.5)
    network, images = method.networks["unet"], draw_scenes(1, 16, seed=0)[0]
    network.train()
    assert not torch.equal(network(images), network(images))
    product = method.make_product()
    assert torch.equal(product.network(images), product.network(images))


def test_the_product_is_a_network_of_the_catalog_and_its_loss_that_of_logits():
    method = build_segmentation()
    images, masks = draw_scenes(1, 32, seed=0)
    product = method.make_product()
    spec = NETWORKS[product.key]
    other = spec.build(spec.params.parse(dict(product.params))).eval()
    other.load_state_dict(product.network.state_dict())
    with torch.inference_mode():
        probabilities = other(images)
    wanted = torch.nn.functional.binary_cross_entropy(probabilities, masks)
    assert validate(method, images, masks)["loss"] == pytest.approx(float(wanted), abs=1e-5)
    assert product.output == "probability"


def test_patches_that_cannot_be_halved_are_refused():
    with pytest.raises(UserError, match=r"30 × 32 px do not fit .* multiples of 8"):
        build_segmentation(widths=(4, 4, 4, 4), facts={"patch_px": (30, 32)})
