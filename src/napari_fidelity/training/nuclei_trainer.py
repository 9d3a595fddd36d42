"""The steps of the nuclei generator's training, and their state on disk.

A conditional GAN after pix2pix (Isola 2017), narrow and without normalisation layers, in two
phases: first brightness and amplitude of texture by regression, then all of it under a
PatchGAN. **Ours:** texture comes from noise by construction (`TexturedUNet`), and pixel noise
is added to the made images before the discriminator sees them, so that the generator is not
asked for it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.data.crops import CropBatch, CropSampler
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.textured_unet import TexturedUNet, TexturedUNetParams
from napari_fidelity.training.losses import (
    content_loss,
    discriminator_loss,
    generator_loss,
    texture_loss,
)

_OUTLINE_PX, _MIN_BASE = 3, 0.2


class TrainingConfig(Params):
    """Settings of a run; all are stored with the model."""

    regression_steps: int = Field(1200, ge=1, description="Steps of the first phase")
    adversarial_steps: int = Field(2200, ge=0, description="Steps of the second phase")
    batch: int = Field(8, ge=1, description="Crops a step")
    crop_px: int = Field(128, ge=32, description="Side of a crop")
    widths: tuple[int, ...] = Field((24, 48, 96), description="Filters of the generator's levels")
    discriminator_width: int = Field(32, description="Filters of the discriminator's first layer")
    regression_rate: float = Field(1e-3, gt=0, description="Adam's rate, first phase")
    adversarial_rate: float = Field(4e-4, gt=0, description="Adam's rate, second phase")
    content_weight: float = Field(10.0, gt=0, description="Weight of the content loss")
    fine_weight: float = Field(1.0, ge=0, description="Weight of sharp beside blurred content")
    texture_weight: float = Field(0.2, ge=0, description="Weight of the texture's amplitude")
    adversarial_weight: float = Field(0.5, ge=0, description="Weight of the adversarial loss")
    adversarial_base_share: float = Field(
        0.05, ge=0, le=1, description="Share of the adversarial gradient that brightness gets"
    )
    background_weight: float = Field(2.0, gt=0, description="Weight of background pixels")
    averaging: float = Field(0.995, ge=0, lt=1, description="Decay of the averaged weights")
    seed: int = Field(0, ge=0, description="Seed of everything random")


class NucleiTrainer:
    """Networks, optimisers and the step of both phases, with their state on disk."""

    def __init__(self, config: TrainingConfig, sampler: CropSampler, run: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self._sampler, self._run = config, sampler, run
        self.generator = TexturedUNet(TexturedUNetParams(widths=config.widths))
        self.averaged = TexturedUNet(TexturedUNetParams(widths=config.widths))
        self.averaged.load_state_dict(self.generator.state_dict())
        kernels = self.generator.band_kernels()
        self._band_floor = kernels.square().sum((1, 2)).view(1, -1, 1, 1)
        self._mixing = measure_mixing(kernels)
        critic = PatchGanParams(in_channels=3, width=config.discriminator_width)
        self.discriminator = PatchGan(critic)
        for network in (self.generator, self.discriminator):
            _order_channels_last(network)
        adam = torch.optim.Adam
        self.optimisers = {
            "regression": adam(self.generator.parameters(), betas=(0.9, 0.99)),
            "generator": adam(self.generator.parameters(), betas=(0.5, 0.99)),
            "discriminator": adam(self.discriminator.parameters(), betas=(0.5, 0.99)),
        }
        self.step = 0

    @property
    def total_steps(self) -> int:
        """Steps of both phases."""
        return self.config.regression_steps + self.config.adversarial_steps

    def train(self, *, checkpoint_every: int = 250, log_every: int = 50) -> None:
        """Run to the end, from the checkpoint if there is one."""
        self._load_checkpoint()
        started, count = time.monotonic(), 0
        sums: dict[str, float] = {}
        while self.step < self.total_steps:
            for key, value in self._take_step().items():
                sums[key] = sums.get(key, 0.0) + value
            self.step += 1
            count += 1
            if self.step % log_every == 0 or self.step == self.total_steps:
                row = {key: value / count for key, value in sums.items()}
                self._log({"step": self.step, "seconds": time.monotonic() - started, **row})
                sums, count = {}, 0
            if self.step % checkpoint_every == 0 or self.step == self.total_steps:
                self._save_checkpoint()

    def _take_step(self) -> dict[str, float]:
        config = self.config
        torch.manual_seed(config.seed * 1_000_003 + self.step)
        batch = self._sampler.draw(config.batch, (config.seed, self.step))
        crops = _to_tensors(batch)
        adversarial = self.step >= config.regression_steps
        self._set_rates(adversarial)
        masks, images = crops["masks"], crops["images"]
        noise = torch.randn_like(images)
        base, amplitudes = self._predict_parts(masks, noise)
        weight = torch.where(masks[:, :1] > 0, 1.0, config.background_weight)
        content = content_loss(
            base, images, crops["spreads"], weight, fine_weight=config.fine_weight
        )
        texture = self._texture_loss(base.detach(), amplitudes, crops)
        losses = {"content": float(content.detach()), "texture": float(texture.detach())}
        loss = config.content_weight * content + config.texture_weight * texture
        if adversarial:
            # the discriminator shapes texture; brightness follows the mask and yields only a little
            yielding = torch.lerp(base.detach(), base, config.adversarial_base_share)
            signal = self.generator.add_texture(yielding, amplitudes, noise)
            made = _add_pixel_noise(signal, crops["noises"])
            fooling = generator_loss(_in_bfloat16(self.discriminator, torch.cat([masks, made], 1)))
            loss = loss + config.adversarial_weight * fooling
            losses["adversarial"] = float(fooling.detach())
        optimiser = self.optimisers["generator" if adversarial else "regression"]
        _descend(optimiser, loss, self.generator)
        if adversarial:
            losses["discriminator"] = self._train_discriminator(crops, made.detach())
        self._average()
        return losses

    def _predict_parts(self, masks: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        inputs = torch.cat([masks, noise], 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            base, amplitudes = self.generator.predict_parts(inputs)
        return base.float(), amplitudes.float()

    def _texture_loss(self, base: Tensor, amplitudes: Tensor, crops: dict[str, Tensor]) -> Tensor:
        """Distance from the residual's bands inside objects, away from their outlines."""
        foreground = crops["masks"][:, :1]
        inside = -functional.max_pool2d(-foreground, 2 * _OUTLINE_PX + 1, 1, _OUTLINE_PX)
        inside = inside * (base > _MIN_BASE)
        base = base.clamp_min(_MIN_BASE)
        bands = self.generator.split_bands(crops["images"] - base) / base
        floor = _noise_variance(base, crops["noises"]) / base**2 * self._band_floor
        return texture_loss(bands, amplitudes, self._mixing, floor, inside)

    def _train_discriminator(self, crops: dict[str, Tensor], made: Tensor) -> float:
        """One step on real crops, whose grey levels are smeared so that they do not give away."""
        smear = (torch.rand_like(crops["images"]) - 0.5) * crops["steps"] * 0.5
        real = torch.cat([crops["masks"], crops["images"] + smear], 1)
        fake = torch.cat([crops["masks"], made], 1)
        verdicts = [_in_bfloat16(self.discriminator, images) for images in (real, fake)]
        loss = discriminator_loss(*verdicts)
        _descend(self.optimisers["discriminator"], loss, self.discriminator)
        return float(loss.detach())

    def _set_rates(self, adversarial: bool) -> None:
        """Warm-up over 100 steps, constant to the middle of a phase, then linear to 2 %."""
        config = self.config
        first = config.regression_steps if adversarial else 0
        length = config.adversarial_steps if adversarial else config.regression_steps
        done = (self.step - first) / length
        factor = min(1.0, (self.step - first + 1) / 100) * min(1.0, max(0.02, 2 * (1 - done)))
        rate = config.adversarial_rate if adversarial else config.regression_rate
        for key in ("generator", "regression"):
            for group in self.optimisers[key].param_groups:
                group["lr"] = rate * factor
        for group in self.optimisers["discriminator"].param_groups:
            group["lr"] = config.adversarial_rate

    def _average(self) -> None:
        decay = min(self.config.averaging, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, value in zip(
                self.averaged.parameters(), self.generator.parameters(), strict=True
            ):
                mean.lerp_(value, 1 - decay)

    def _parts(self) -> dict[str, Any]:  # Any: modules and optimisers share no base
        networks = {
            "generator_weights": self.generator,
            "averaged_weights": self.averaged,
            "discriminator_weights": self.discriminator,
        }
        return {**networks, **self.optimisers}

    def _save_checkpoint(self) -> None:
        state = {key: part.state_dict() for key, part in self._parts().items()}
        temporary = self._run / "checkpoint.tmp"
        torch.save({"step": self.step, **state}, temporary)
        os.replace(temporary, self._run / "checkpoint.pt")

    def _load_checkpoint(self) -> None:
        path = self._run / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.step = int(state["step"])
        for key, part in self._parts().items():
            part.load_state_dict(state[key])

    def _log(self, row: dict[str, float]) -> None:
        with (self._run / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _to_tensors(batch: CropBatch) -> dict[str, Tensor]:
    return {
        key: torch.from_numpy(getattr(batch, key))
        for key in ("masks", "images", "spreads", "steps", "noises")
    }


def _order_channels_last(network: nn.Module) -> None:
    """Weights in the memory order in which the processor convolves fastest."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def _in_bfloat16(network: nn.Module, inputs: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        result: Tensor = network(inputs.contiguous(memory_format=torch.channels_last))
    return result.float()


def _add_pixel_noise(signal: Tensor, noises: Tensor) -> Tensor:
    """The made image as a camera would see it; `noises` as in `CropBatch`."""
    deviation = _noise_variance(signal.detach(), noises).sqrt()
    return signal + deviation * torch.randn_like(signal)


def _noise_variance(signal: Tensor, noises: Tensor) -> Tensor:
    """Variance of pixel noise: that of the background, growing to that of the foreground at 1."""
    dark, bright = noises
    growth = (bright**2 - dark**2).clamp_min(0)
    result: Tensor = dark**2 + growth * signal.clamp(0, 3)
    return result


def measure_mixing(kernels: Tensor) -> Tensor:
    """Variance in band k of noise that was filtered to variance 1 in band j, shape (band, band)."""
    size = 3 * kernels.shape[-1]
    power = torch.fft.fft2(kernels, s=(size, size)).abs() ** 2
    mixed = torch.einsum("kyx,jyx->kj", power, power) / size**2
    return mixed / kernels.square().sum((1, 2))


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, network: nn.Module) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch publishes no type here
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
