"""Packages of tiny untrained networks, for what uses models."""

from __future__ import annotations

import torch

from napari_fidelity.models.manifest import FORMAT_VERSION, Manifest, PredictionRecord
from napari_fidelity.models.save import save_model
from napari_fidelity.networks import NETWORKS

TRAINING = {
    "data": "drawn cells",
    "data_licence": "CC0-1.0",
    "citation": "none",
    "method": "none",
    "settings": {},
}


def write_model(folder, *, task="restoration", network="care-unet", seed=0, use=None, **params):
    """A package in `folder`; `params` are those of the network, `use` those of its use.

    Its key is the folder's name.
    """
    torch.manual_seed(seed)
    spec = NETWORKS[network]
    settings = spec.params.parse(params)
    net = spec.build(settings).eval()
    is_care = network == "care-unet" and settings.probabilistic
    output = {"segmentation": "probability"}.get(task, "mean-scale" if is_care else "image")
    record = {"output": output, "spatial_dims": net.spatial_dims, **(use or {})}
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        key=folder.name,
        title=f"Tiny {folder.name}",
        task=task,
        description="Knows nothing",
        version="1.0",
        licence="MIT",
        network=network,
        network_params=settings.model_dump(mode="json"),
        live=False,
        prediction=PredictionRecord(**record),
        training=TRAINING,
        figures={},
        test_tolerance=1e-3,
        sha256={},
    )
    side = 4 * net.size_multiple
    test_input = torch.rand(1, net.in_channels, *(side,) * net.spatial_dims)
    return save_model(folder, manifest, net, test_input=test_input, card="# Tiny", pictures={})


def write_care(folder, **settings):
    """A restoring network with a scale; small, but with a reach of 12 px."""
    params = {"first_filters": 2, "depth": 1, "kernel_px": 3, **settings}
    return write_model(folder, **params)
