"""The shortest loop that trains a method, and a scene that is quickly learned."""

from __future__ import annotations

import torch

from napari_fidelity.training.catalog import TRAININGS
from napari_fidelity.training.method import Batch
from napari_fidelity.training.spec import DataFacts

NARROW = {"widths": (8, 12), "discriminator_width": 4, "discriminator_layers": 1}


def make_method(kind, task="synthesis", *, patch_px=16, dims=2, seed=0, **settings):
    """A narrow method with fresh weights."""
    torch.manual_seed(seed)
    spec = TRAININGS[kind]
    in_channels = 2 if task == "synthesis" else 1
    facts = DataFacts(task, in_channels, 1, dims, (patch_px,) * dims, 100)
    return spec.build(spec.settings.parse({"kind": kind, **NARROW, **settings}), facts)


def draw_batch(step, *, count=4, side=16, task="synthesis", paired=True, dims=2):
    """Discs on a background, brighter in the target, with grain."""
    generator = torch.Generator().manual_seed(step)
    places = [torch.rand(count, *(1,) * dims, generator=generator) * side for _ in range(dims)]
    axes = torch.meshgrid(*[torch.arange(side) + 0.5] * dims, indexing="ij")
    masks = sum((axis - place) ** 2 for axis, place in zip(axes, places, strict=True)) < 25
    masks = masks[:, None].float()
    grain = torch.randn(masks.shape, generator=generator)
    images = 0.2 + 0.5 * masks + 0.05 * grain
    inputs = torch.cat([masks, torch.zeros_like(masks)], 1)
    if task == "restoration":
        inputs = (images + 0.2 * torch.randn(masks.shape, generator=generator)).clamp(0, 1)
    if not paired:
        images = images.roll(1, 0)
    return Batch(inputs, images)


def take_step(method, step, batch):
    """One step as the loop takes it; the losses by phase and part."""
    torch.manual_seed(1000 + step)
    found = {}
    for phase in method.list_phases(step):
        for key, network in method.networks.items():
            if key != "averaged":
                network.requires_grad_(key in phase.trains)
        optimiser = method.optimisers[phase.optimiser]
        optimiser.zero_grad(set_to_none=True)
        losses = phase.loss(batch)
        losses.total.backward()
        optimiser.step()
        found |= {phase.name: losses.total.item()}
        found |= {key: value.item() for key, value in losses.parts.items()}
    method.finish_step(step)
    return found


def train(method, steps, *, first=1, **scene):
    """The losses of each step."""
    return [
        take_step(method, step, draw_batch(step, **scene)) for step in range(first, first + steps)
    ]


def validate(method, **scene):
    """What a method says of a validation image, as the loop asks it."""
    batch = draw_batch(10_000, count=1, **scene)
    for network in method.networks.values():
        network.eval()
    with torch.inference_mode():
        found = method.validate(batch.inputs, batch.targets)
    for network in method.networks.values():
        network.train()
    return found
