"""Trains the nuclei generator: `python -m napari_fidelity.training.nuclei_pix2pix --data DIR --out RUN`.

A conditional GAN after pix2pix (Isola 2017), narrow and without normalisation layers, in two
phases: first the expected signal alone, then texture under a PatchGAN. **Ours:** pixel noise
is added to the made images before the discriminator sees them, so the generator is not asked
for it. The run folder holds the configuration, `metrics.jsonl` and a checkpoint; a run that
was stopped goes on where its checkpoint was. The finished package is `RUN/nuclei-pix2pix`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.data.crops import CropBatch, CropSampler
from napari_fidelity.data.image_mask_folder import load_labelled_images
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.unet import LocalUNet, UNetParams
from napari_fidelity.training.losses import content_loss, discriminator_loss, generator_loss

SPLIT_TABLE = Path(__file__).parent / "nuclei_split.csv"


class TrainingConfig(Params):
    """Settings of a run; all are stored with the model."""

    regression_steps: int = Field(2500, ge=1, description="Steps of the first phase")
    adversarial_steps: int = Field(5000, ge=0, description="Steps of the second phase")
    batch: int = Field(8, ge=1, description="Crops a step")
    crop_px: int = Field(128, ge=32, description="Side of a crop")
    widths: tuple[int, ...] = Field((24, 48, 96), description="Filters of the generator's levels")
    discriminator_width: int = Field(32, description="Filters of the discriminator's first layer")
    regression_rate: float = Field(1e-3, gt=0, description="Adam's rate, first phase")
    adversarial_rate: float = Field(4e-4, gt=0, description="Adam's rate, second phase")
    content_weight: float = Field(10.0, gt=0, description="Weight of the content loss")
    fine_weight: float = Field(0.15, ge=0, description="Share of sharp content, second phase")
    adversarial_weight: float = Field(0.4, ge=0, description="Weight of the adversarial loss")
    background_weight: float = Field(2.0, gt=0, description="Weight of background pixels")
    averaging: float = Field(0.995, ge=0, lt=1, description="Decay of the averaged weights")
    seed: int = Field(0, ge=0, description="Seed of everything random")


class NucleiTrainer:
    """Networks, optimisers and the step of both phases, with their state on disk."""

    def __init__(self, config: TrainingConfig, sampler: CropSampler, run: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self._sampler, self._run = config, sampler, run
        layout = torch.channels_last
        self.generator = LocalUNet(UNetParams(widths=config.widths)).to(memory_format=layout)
        self.averaged = LocalUNet(UNetParams(widths=config.widths))
        self.averaged.load_state_dict(self.generator.state_dict())
        critic = PatchGanParams(in_channels=3, width=config.discriminator_width)
        self.discriminator = PatchGan(critic).to(memory_format=layout)
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
        started, sums, count = time.monotonic(), {}, 0
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
        signal = _in_bfloat16(self.generator, torch.cat([masks, noise], 1))
        weight = torch.where(masks[:, :1] > 0, 1.0, config.background_weight)
        fine = config.fine_weight if adversarial else 1.0
        content = content_loss(signal, images, crops["spreads"], weight, fine_weight=fine)
        losses = {"content": float(content.detach())}
        loss = config.content_weight * content
        if adversarial:
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


def _in_bfloat16(network: nn.Module, inputs: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        result: Tensor = network(inputs.contiguous(memory_format=torch.channels_last))
    return result.float()


def _add_pixel_noise(signal: Tensor, noises: Tensor) -> Tensor:
    """The made image as a camera would see it; `noises` as in `CropBatch`."""
    dark, bright = noises
    growth = (bright**2 - dark**2).clamp_min(0)
    variance = dark**2 + growth * signal.detach().clamp(0, 3)
    return signal + variance.sqrt() * torch.randn_like(signal)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, network: nn.Module) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch publishes no type here
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()


def open_run(run: Path, config: TrainingConfig) -> None:
    """Create the run folder, or check that it belongs to the same configuration.

    Raises
    ------
    UserError
        The folder holds a run with other settings.
    """
    run.mkdir(parents=True, exist_ok=True)
    path, text = run / "config.json", config.model_dump_json(indent=2)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UserError(f"{run} holds a run with other settings: choose another folder.")
    path.write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Train and package, with options from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and labels/")
    parser.add_argument("--split", type=Path, default=SPLIT_TABLE, help="CSV: image, group, split")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    for name, field in TrainingConfig.model_fields.items():
        if name != "widths":
            option = "--" + name.replace("_", "-")
            parser.add_argument(option, type=type(field.default), default=field.default)
    options = vars(parser.parse_args(argv))
    config = TrainingConfig.parse(
        {key: options[key] for key in TrainingConfig.model_fields if key in options}
    )
    torch.set_num_threads(options["threads"])
    open_run(options["out"], config)
    training, validation = (
        load_labelled_images(options["data"], options["split"], split)
        for split in ("training", "validation")
    )
    trainer = NucleiTrainer(config, CropSampler(training, config.crop_px), options["out"])
    trainer.train()
    # the package needs metrics and figures, training does not
    from napari_fidelity.training.nuclei_package import write_packages

    write_packages(options["out"], trainer.averaged, config, training, validation)


if __name__ == "__main__":
    main()
