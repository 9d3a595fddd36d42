"""A method of some hundred weights, and images for it: what the engine is tested with."""

from __future__ import annotations

from typing import Literal

import numpy as np
import tifffile
import torch
from pydantic import Field
from torch import nn

from napari_fidelity.networks.catalog import NETWORKS
from napari_fidelity.training.catalog import TRAININGS
from napari_fidelity.training.method import Losses, Phase, Product, Schedule, TrainingMethod
from napari_fidelity.training.spec import Criterion, MethodSettings, TrainingSpec


class TinySettings(MethodSettings):
    kind: Literal["tiny"] = "tiny"
    rate: float = Field(0.01, gt=0)
    two_phases: bool = False
    norm: Literal["batch", "none"] = "none"
    schedule: Literal["constant", "linear", "plateau", "cosine"] = "linear"
    nan_at: int = 0
    most_patches: int = 1024
    dropout: float = 0.0
    sleep_ms: float = 0.0


class TinyMethod(TrainingMethod):
    """Mean squared error, twice with `two_phases`; counts its steps in its state."""

    criterion = Criterion("val_psnr", larger_is_better=True)

    def __init__(self, settings, facts):
        self.settings, self.steps = settings, torch.zeros(1)
        self.params = {
            "in_channels": facts.in_channels,
            "out_channels": facts.out_channels,
            "widths": (4, 4),
            "norm": settings.norm,
            "spatial_dims": facts.spatial_dims,
        }
        spec = NETWORKS["norm-unet"]
        self.networks = {"main": spec.build(spec.params(**self.params))}
        self.networks["other"] = nn.Conv2d(facts.out_channels, 1, 1)
        self.optimisers = {
            key: torch.optim.Adam(network.parameters(), settings.rate)
            for key, network in self.networks.items()
        }
        self.schedule = Schedule(settings.schedule, patience=1)

    def list_phases(self, step):
        self.step = step
        phases = [Phase("main", "main", ("main",), self.find_loss)]
        if self.settings.two_phases:
            phases.append(Phase("other", "other", ("other",), self.find_other_loss))
        return phases

    def find_loss(self, batch):
        if len(batch.inputs) > self.settings.most_patches:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        if self.settings.sleep_ms:
            torch.arange(int(self.settings.sleep_ms * 1e5)).sum()
        inputs = batch.inputs
        if self.settings.dropout:
            inputs = nn.functional.dropout(inputs, self.settings.dropout)
        made = self.networks["main"](inputs)
        batch.kept["made"] = made.detach()
        loss = (made - batch.targets).square().mean()
        if self.step == self.settings.nan_at:
            loss = loss * float("nan")
        return Losses(loss, {"square": loss})

    def find_other_loss(self, batch):
        return Losses((self.networks["other"](batch.kept["made"]) - batch.targets).abs().mean())

    def finish_step(self, step):
        assert step == self.step
        self.steps += 1

    def state(self):
        return {"steps": self.steps}

    def load_state(self, state):
        self.steps = state["steps"].clone()

    def validate(self, inputs, targets):
        return {"loss": float((self.networks["main"](inputs) - targets).square().mean())}

    def make_product(self):
        return Product(self.networks["main"].eval(), "norm-unet", self.params)


TINY = TrainingSpec(
    key="tiny",
    title="Tiny",
    description="For tests",
    source="none",
    settings=TinySettings,
    tasks=("restoration",),
    paired=True,
    default_patch_px=16,
    default_batch=4,
    default_steps=20,
    build=TinyMethod,
)


def add_tiny():
    """Put the method into the catalog of this process."""
    TRAININGS._specs["tiny"] = TINY


def write_pairs(folder, count=6, side=40):
    """Noisy and clean images of discs in inputs/ and targets/."""
    random = np.random.default_rng(3)
    rows, columns = np.indices((side, side))
    for kind in ("inputs", "targets"):
        (folder / kind).mkdir(parents=True)
    for number in range(count):
        clean = np.full((side, side), 100.0)
        for _ in range(6):
            (y, x), radius = random.uniform(4, side - 4, 2), random.uniform(2, 6)
            clean += 800.0 * ((rows - y) ** 2 + (columns - x) ** 2 < radius**2)
        noisy = clean + random.normal(0, 100, clean.shape)
        for kind, image in (("inputs", noisy), ("targets", clean)):
            pixels = np.clip(np.rint(image), 0, 65535).astype(np.uint16)
            tifffile.imwrite(folder / kind / f"field{number}.tif", pixels)
    return folder
