"""The shortest loop that drives a training method, and scenes of blobs to learn from."""

from __future__ import annotations

import torch
from torch.nn import functional

from napari_fidelity.training.catalog import TRAININGS, parse_method
from napari_fidelity.training.method import Batch
from napari_fidelity.training.spec import DataFacts


def build_method(kind, *, task, facts=None, **settings):
    """The method with these settings, for single-channel patches of 16² unless `facts` differ."""
    torch.manual_seed(0)
    usual = {
        "in_channels": 1, "out_channels": 1, "spatial_dims": 2, "patch_px": (16, 16),
        "total_steps": 100,
    }  # fmt: skip
    given = DataFacts(task=task, **(usual | (facts or {})))
    return TRAININGS[kind].build(parse_method({"kind": kind, **settings}), given)


def train_steps(method, draw, steps):
    """Train on `draw(step)`, a pair of tensors; the total losses of every step."""
    losses = []
    for step in range(1, steps + 1):
        batch = Batch(*draw(step))
        for phase in method.list_phases(step):
            optimiser = method.optimisers[phase.optimiser]
            optimiser.zero_grad()
            found = phase.loss(batch)
            found.total.backward()
            optimiser.step()
        method.finish_step(step)
        losses.append(found.total.item())
    return losses


def validate(method, inputs, targets):
    """What the method says of one whole image."""
    for network in method.networks.values():
        network.eval()
    with torch.inference_mode():
        return method.validate(inputs, targets)


def draw_blobs(count, side, *, seed, dims=2):
    """Smooth images from 0 to about 1: noise, blurred."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 1, *(side + 8,) * dims, generator=generator)
    average = {2: functional.avg_pool2d, 3: functional.avg_pool3d}[dims]
    for _ in range(2):
        images = average(images, 5, 1)
    spread = images.std(dim=tuple(range(1, dims + 2)), keepdim=True)
    return (0.5 + images / (4 * spread)).clamp(0, 1)
