"""The nuclei training on a small made data set: it learns, resumes exactly, and packs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from skimage import io

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.crops import CropSampler, measure_pixel_noise
from napari_fidelity.data.image_mask_folder import load_labelled_images
from napari_fidelity.models import load_model, verify_model
from napari_fidelity.networks.textured_unet import blur
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.training.losses import (
    content_loss,
    discriminator_loss,
    generator_loss,
    texture_loss,
)
from napari_fidelity.training.nuclei_pix2pix import main, open_run
from napari_fidelity.training.nuclei_trainer import NucleiTrainer, TrainingConfig, measure_mixing

OPTIONS = ["--regression-steps", "3", "--adversarial-steps", "3", "--batch", "2", "--crop-px", "64"]
CONFIG = TrainingConfig(regression_steps=3, adversarial_steps=3, batch=2, crop_px=64)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name in ("images", "labels"):
        (folder / name).mkdir()
    with (folder / "split.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "group", "split"])
        for number in range(5):
            specimen = simulate_nuclei(shape=(96, 112), seed=number)
            grey = specimen.image.array * (150 / specimen.image.array.max())
            name = f"{number}.png"
            io.imsave(folder / "images" / name, grey.astype(np.uint8), check_contrast=False)
            io.imsave(folder / "labels" / name, specimen.labels.array, check_contrast=False)
            writer.writerow([name, number, "training" if number < 3 else "validation"])
    return folder


@pytest.fixture(scope="module")
def pairs(data):
    return load_labelled_images(data, data / "split.csv", "training")


def trainer_in(folder, pairs):
    open_run(folder, CONFIG)
    return NucleiTrainer(CONFIG, CropSampler(pairs, CONFIG.crop_px), folder)


def test_the_script_trains_and_packs_two_models(data, tmp_path):
    main(["--data", str(data), "--split", str(data / "split.csv"), "--out", str(tmp_path / "run"),
          "--threads", "1", *OPTIONS])  # fmt: skip
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 6
    assert {"content", "texture", "adversarial", "discriminator"} <= set(rows[-1])
    for key in ("nuclei-pix2pix", "random-fill"):
        assert len(verify_model(tmp_path / "run" / key)) == 4
    manifest = load_model(tmp_path / "run/nuclei-pix2pix").manifest
    assert manifest.training.settings["crop_px"] == 64
    card = (tmp_path / "run/nuclei-pix2pix/README.md").read_text(encoding="utf-8")
    assert f"{manifest.figures['sfm']:.3f} ±" in card
    assert "| blurred mask + camera noise |" in card
    assert (tmp_path / "run/nuclei-pix2pix/validation.png").stat().st_size > 1000


def test_a_run_goes_on_where_it_stopped(pairs, tmp_path):
    whole = trainer_in(tmp_path / "whole", pairs)
    whole.train(checkpoint_every=100, log_every=3)
    first = trainer_in(tmp_path / "parts", pairs)
    first._log = lambda row: (_ for _ in ()).throw(KeyboardInterrupt) if row["step"] == 4 else None
    with pytest.raises(KeyboardInterrupt):
        first.train(checkpoint_every=2, log_every=4)
    second = trainer_in(tmp_path / "parts", pairs)
    second.train(checkpoint_every=100, log_every=3)
    for mine, other in zip(second.averaged.parameters(), whole.averaged.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=0)


def test_a_run_folder_keeps_to_its_settings(tmp_path):
    open_run(tmp_path, CONFIG)
    open_run(tmp_path, CONFIG)
    with pytest.raises(UserError, match="other settings"):
        open_run(tmp_path, TrainingConfig())


def test_crops_are_normalised_and_repeatable(pairs):
    sampler = CropSampler(pairs, 64)
    first, again = (sampler.draw(40, (3, 1)) for _ in range(2))
    np.testing.assert_array_equal(first.images, again.images)
    assert first.masks.shape == (40, 2, 64, 64)
    inside = first.masks[:, :1] > 0
    assert first.images[inside].mean() == pytest.approx(1, abs=0.2)
    assert np.median(first.images[~inside]) == pytest.approx(0, abs=0.1)
    assert 0.2 < (first.masks[:, 1].sum((1, 2)) == 0).mean() < 1
    assert (sampler.draw(2, (3, 2)).images != first.images[:2]).any()


def test_images_without_contrast_cannot_train(pairs):
    flat = [type(pair)(pair.name, 0, np.full_like(pair.image, 9), pair.labels) for pair in pairs]
    with pytest.raises(UserError, match="None of 3 images"):
        CropSampler(flat, 64)


@pytest.mark.parametrize("missing", ["images/1.png", "split.csv"])
def test_missing_files_are_named(data, tmp_path, missing):
    import shutil

    folder = shutil.copytree(data, tmp_path / "data")
    (folder / missing).unlink()
    with pytest.raises(UserError, match="is missing"):
        load_labelled_images(folder, folder / "split.csv", "training")


def test_pixel_noise_is_measured_beside_structure():
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:200, :200]
    image = np.rint(50 + 20 * np.sin(rows / 15) + columns / 4 + rng.normal(0, 2, (200, 200)))
    everywhere = np.ones(image.shape, bool)
    assert measure_pixel_noise(image.astype(np.float32), everywhere) == pytest.approx(2, rel=0.05)


def test_losses_against_hand_calculations():
    real, made = torch.tensor([1.0, 0.5]), torch.tensor([0.0, 0.5])
    assert discriminator_loss(real, made).item() == pytest.approx((0 + 0.25) / 2 + (0 + 0.25) / 2)
    assert generator_loss(made).item() == pytest.approx((1 + 0.25) / 2)
    flat = torch.full((1, 1, 32, 32), 3.0)
    assert blur(flat, 2.0)[0, 0, 16, 16].item() == pytest.approx(3)
    # |d| / spread = 1.5, Huber with β ½: 1.5 - ¼; outside the border blur sees zeros
    ones = torch.ones_like(flat)
    loss = content_loss(flat, flat * 2, torch.tensor(2.0), ones, fine_weight=1.0) - content_loss(
        flat, flat * 2, torch.tensor(2.0), ones, fine_weight=0.0
    )
    assert loss.item() == pytest.approx(1.25)
    bands, amplitudes = torch.full((1, 1, 2, 2), 0.3), torch.full((1, 1, 2, 2), 0.2)
    value = texture_loss(
        bands, amplitudes, torch.ones(1, 1), torch.tensor(0.01), torch.ones(1, 1, 2, 2)
    )
    expected = (np.log(0.301) + 0.6352 - 0.5 * np.log(0.050001)) ** 2
    assert value.item() == pytest.approx(expected, rel=1e-5)


def test_mixing_is_the_variance_that_filtered_noise_has_in_another_band():
    from napari_fidelity.networks.textured_unet import TexturedUNet, TexturedUNetParams

    network = TexturedUNet(TexturedUNetParams(widths=(4, 8)))
    mixing = measure_mixing(network.band_kernels())
    noise = torch.randn(1, 1, 512, 512, generator=torch.Generator().manual_seed(0))
    textures = network.split_bands(noise, normalise=True)
    assert textures.var((0, 2, 3)).tolist() == pytest.approx([1, 1, 1], rel=0.1)
    for source in range(3):
        found = network.split_bands(textures[:, source : source + 1]).var((0, 2, 3))
        assert found.tolist() == pytest.approx(mixing[:, source].tolist(), rel=0.1)
