"""The textured pix2pix: losses by hand, patches in known units, a run from masks to a package."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from skimage import io

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import load_model, verify_model
from napari_fidelity.networks.textured_unet import TexturedUNet, TexturedUNetParams, blur
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.fit_images import FitImage, predict_whole
from napari_fidelity.training.losses_texture import (
    background_loss,
    correlation_loss,
    levels_loss,
    texture_loss,
)
from napari_fidelity.training.method import Batch
from napari_fidelity.training.methods.textured_pix2pix import TexturedSettings
from napari_fidelity.training.methods.textured_pix2pix_steps import (
    TexturedTraining,
    measure_mixing,
)
from napari_fidelity.training.observation_fit import measure_pixel_noise
from napari_fidelity.training.spec import DataFacts
from napari_fidelity.training.texture_fit import choose_texture, set_gain
from napari_fidelity.training.textured_patches import (
    find_background,
    measure_noise,
    normalise_patches,
    sharpen_patches,
)
from napari_fidelity.training.train import train

TINY = {"kind": "textured-pix2pix", "widths": (4, 8), "discriminator_width": 4}
FACTS = DataFacts("synthesis", 2, 1, 2, (32, 32), 4)
ONE = torch.ones(1, 1, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("nuclei")
    for name in ("masks", "images"):
        (place / name).mkdir()
    for number in range(4):
        specimen = simulate_nuclei(shape=(72, 80), seed=number)
        grey = specimen.image.array * (150 / specimen.image.array.max())
        io.imsave(place / "images" / f"{number}.png", grey.astype(np.uint8), check_contrast=False)
        labels = specimen.labels.array.astype(np.uint16)
        io.imsave(place / "masks" / f"{number}.png", labels, check_contrast=False)
    return place


@pytest.fixture
def patches():
    rng = np.random.default_rng(0)
    labels = simulate_nuclei(shape=(64, 64), seed=1).labels.array > 0
    masks = torch.from_numpy(np.stack([labels, np.zeros_like(labels)])[None].astype(np.float32))
    image = 0.2 + 0.5 * labels + rng.normal(0, 0.02, labels.shape)
    return normalise_patches(masks, torch.from_numpy(image[None, None].astype(np.float32)))


def make_method(**settings):
    torch.manual_seed(0)
    return TexturedTraining(TexturedSettings(**{**TINY, **settings}), FACTS)


def test_a_run_gives_a_package_that_makes_images_in_own_units(folder, tmp_path):
    config = TrainConfig.parse(
        {
            "method": {**TINY, "regression_share": 0.5, "sharper_share": 0.5},
            "data": {"folder": str(folder), "validation_share": 0.3, "patch_px": 32},
            "run": {"max_steps": 4, "batch": 2, "validate_every": 2, "log_every": 1, "threads": 1},
        }
    )
    result = train(config, tmp_path / "run")
    assert result.state == "finished"
    assert result.best["step"] == 4, "texture is not finished before the discriminator joins"
    lines = (tmp_path / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    keys = set().union(*map(json.loads, lines))
    assert {"loss_correlation", "loss_texture", "loss_adversarial", "val_base_sfm"} <= keys
    assert len(verify_model(result.package)) == 4
    manifest = load_model(result.package).manifest
    assert manifest.live
    assert manifest.levels.foreground_mean > manifest.levels.background_mean + 10
    assert manifest.observation.field_scales_px == (6.0, 20.0)
    assert {"sfm", "nfm"} <= set(manifest.figures)


def test_the_discriminator_joins_after_its_share_of_the_steps():
    method = make_method(regression_share=0.5)
    assert [len(method.list_phases(step)) for step in (1, 2, 3, 4)] == [1, 1, 2, 2]
    alone = make_method(regression_share=1.0)
    assert len(alone.list_phases(4)) == 1


def test_its_place_and_average_are_kept():
    method, other = make_method(regression_share=0.5), make_method(regression_share=0.5)
    for parameter in method.networks["generator"].parameters():
        parameter.data += 1
    before = [p.clone() for p in method.networks["averaged"].parameters()]
    method.finish_step(3)
    for mean, first in zip(method.networks["averaged"].parameters(), before, strict=True):
        torch.testing.assert_close(mean, first + 1 - 3 / 13)
    other.load_state(method.state())
    inputs, targets = torch.ones(1, 2, 8, 8), torch.rand(1, 1, 8, 8)
    with torch.no_grad():
        assert np.isfinite(other.validate(inputs, targets)["finished_sfm"])
        assert np.isnan(make_method().validate(inputs, targets)["finished_sfm"])


def test_patches_without_contrast_teach_nothing():
    method = make_method()
    masks = torch.zeros(2, 2, 32, 32)
    masks[0, 0, 8:24, 8:24] = 1
    losses = method.list_phases(1)[0].loss(Batch(masks, torch.full((2, 1, 32, 32), 0.3)))
    assert losses.parts["correlation"].item() == 0
    assert torch.isfinite(losses.total)


@pytest.mark.parametrize(
    "facts",
    [
        DataFacts("synthesis", 2, 1, 3, (32, 32, 32), 4),
        DataFacts("synthesis", 2, 3, 2, (32, 32), 4),
    ],
)
def test_what_it_cannot_make_is_said(facts):
    with pytest.raises(UserError, match="choose pix2pix"):
        TexturedTraining(TexturedSettings(**TINY), facts)


def test_patches_have_background_0_and_foreground_1(patches):
    inside, outside = patches.foreground > 0, find_background(patches.foreground) > 0
    assert patches.images[inside].mean().item() == pytest.approx(1, abs=1e-4)
    assert patches.images[outside].mean().item() == pytest.approx(0, abs=1e-4)
    assert patches.dark_noise.item() == pytest.approx(0.04, rel=0.1)
    assert patches.usable.item() == 1


def test_noise_is_measured_beside_structure():
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:200, :200]
    smooth = 50 + 20 * np.sin(rows / 15) + columns / 4
    image = smooth + rng.normal(0, 2, (200, 200))
    tensor = torch.from_numpy(image[None, None].astype(np.float32))
    assert measure_noise(tensor, torch.ones_like(tensor)).item() == pytest.approx(2, rel=0.05)
    everywhere, whole = np.ones(image.shape, bool), np.rint(image).astype(np.float32)
    assert measure_pixel_noise(whole, everywhere) == pytest.approx(2, rel=0.05)


def test_sharper_optics_steepen_outlines_and_tighten_masks(patches):
    chosen = torch.tensor([True])
    masks, images = sharpen_patches(patches, chosen, 1.0)
    assert masks[:, :1].sum() < patches.foreground.sum()
    assert images[masks[:, :1] > 0].mean().item() == pytest.approx(1, abs=1e-3)
    same = sharpen_patches(patches, ~chosen, 1.0)
    assert same[0] is patches.masks
    assert same[1] is patches.images
    soft = blur(patches.images, 1.5)
    blurred = normalise_patches(patches.masks, soft)
    _, sharp = sharpen_patches(blurred, chosen, 1.5)
    steep = [image.diff(dim=-1).abs().max() for image in (soft, sharp)]
    assert steep[1] > 1.2 * steep[0]


def test_losses_against_hand_calculations():
    a, b = torch.tensor([[[[1.0, 2.0, 3.0, 9.0]]]]), torch.tensor([[[[20.0, 40.0, 60.0, 0.0]]]])
    region = torch.tensor([[[[1.0, 1.0, 1.0, 0.0]]]])
    assert correlation_loss(a, b, region, ONE).item() == pytest.approx(0, abs=1e-3)
    assert correlation_loss(-a, b, region, ONE).item() == pytest.approx(2, abs=1e-3)
    assert correlation_loss(-a, b, region, 0 * ONE).item() == 0
    assert levels_loss(a, a, region, ONE).item() == pytest.approx(0, abs=1e-6)
    assert levels_loss(a + 2, a, region, ONE).item() == pytest.approx(4 / (2 / 3), rel=0.01)
    assert levels_loss(2 * a - 2, a, region, ONE).item() == pytest.approx(np.log(2) ** 2, rel=0.01)
    assert background_loss(a, a + 2, region, ONE).item() == pytest.approx(0.75 * (2 - 0.25))
    bands, amplitudes = torch.full((1, 1, 2, 2), 0.3), torch.full((1, 1, 2, 2), 0.2)
    value = texture_loss(
        bands, amplitudes, torch.ones(1, 1), torch.tensor(0.01), torch.ones(1, 1, 2, 2)
    )
    expected = (np.log(0.301) + 0.6352 - 0.5 * np.log(0.050001)) ** 2
    assert value.item() == pytest.approx(expected, rel=1e-5)


def test_mixing_is_the_variance_that_filtered_noise_has_in_another_band():
    network = TexturedUNet(TexturedUNetParams(widths=(4, 8)))
    mixing = measure_mixing(network.band_kernels())
    noise = torch.randn(1, 1, 512, 512, generator=torch.Generator().manual_seed(0))
    textures = network.split_bands(noise, normalise=True)
    assert textures.var((0, 2, 3)).tolist() == pytest.approx([1, 1, 1], rel=0.1)
    for source in range(3):
        found = network.split_bands(textures[:, source : source + 1]).var((0, 2, 3))
        assert found.tolist() == pytest.approx(mixing[:, source].tolist(), rel=0.1)


def test_a_signal_is_that_of_the_synthesis():
    network = load_model("nuclei-pix2pix").network
    network = set_gain(network, 0.0)
    labels = simulate_nuclei(shape=(70, 90), seed=2).labels.array
    found = predict_whole(network, encode_mask(labels))
    exact = ComputeSettings(precision="float32")
    wanted = predict_signal(network, labels, seed=0, settings=exact)
    # brightness hardly depends on the noise, whose coordinates differ
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.999
    assert np.abs(found - wanted).max() < 0.2


def test_texture_is_as_strong_as_its_price_allows():
    torch.manual_seed(0)
    network = set_gain(TexturedUNet(TexturedUNetParams(widths=(4, 8))), 1.0)
    network.unet.head.bias.data = torch.tensor([1.0, 3.0, 3.0, 3.0])
    masks = np.zeros((2, 48, 48), np.float32)
    masks[0, 8:40, 8:40] = 1
    plain = FitImage("a", "a", masks, np.zeros((48, 48), np.float32)).with_signal(
        set_gain(network, 0.0)
    )
    image = FitImage("a", "a", masks, plain.signal)
    free, _ = choose_texture(network, [image], 2.0)
    dear, (kept,) = choose_texture(network, [image], 0.0)
    assert free.params.texture_gain == 1
    assert dear.params.texture_gain == 0
    np.testing.assert_allclose(kept.signal, plain.signal, atol=1e-6)
