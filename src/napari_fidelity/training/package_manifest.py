"""The manifest of a trained network: what it is for, how it is used, on what it was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_fidelity.core.physical_units import length_um
from napari_fidelity.metrics.masks import background_region
from napari_fidelity.models.manifest import (
    FORMAT_VERSION,
    Manifest,
    PredictionRecord,
    TrainingRecord,
)
from napari_fidelity.simulation.observation import NOTHING_ADDED, Levels, measure_levels
from napari_fidelity.simulation.response import Response
from napari_fidelity.training.apply_product import apply_network
from napari_fidelity.training.method import Product

if TYPE_CHECKING:
    from napari_fidelity.networks.spec import LocalNetwork
    from napari_fidelity.training.config import TrainConfig
    from napari_fidelity.training.training_data import Example, TrainingData

VERSION = "1.0"
MAX_LIVE_REACH_PX, MAX_LIVE_PARAMETERS = 27, 2_000_000
TEST_TOLERANCE = 1e-3  # outputs are about 0 to 1; other processors round otherwise
THRESHOLD = 0.5


def is_live(network: LocalNetwork) -> bool:
    """Whether a generator is small and local enough to follow a brush."""
    is_small = count_parameters(network) <= MAX_LIVE_PARAMETERS
    return is_small and network.receptive_field_px <= MAX_LIVE_REACH_PX


def count_parameters(network: LocalNetwork) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in network.parameters())


def make_manifest(
    product: Product,
    config: TrainConfig,
    data: TrainingData,
    examples: Sequence[Example],
    figures: Mapping[str, float],
) -> Manifest:
    """The manifest of a package; its hashes come when it is saved."""
    info, spec = config.model, config.spec
    values: dict[str, Any] = {  # Any: fields of the manifest
        "format_version": FORMAT_VERSION,
        "key": info.key,
        "title": info.title,
        "task": data.task,
        "description": info.description or _describe(spec.title, data.task),
        "version": VERSION,
        "licence": info.licence,
        "network": product.key,
        "network_params": dict(product.params),
        "live": data.task == "synthesis" and is_live(product.network),
        "training": TrainingRecord(
            data=info.data,
            data_licence=info.data_licence,
            citation=info.citation,
            method=f"{spec.title} ({spec.source})",
            settings=name_files(config.model_dump(mode="json", exclude_none=True)),
        ),
        "figures": _keep_finite(figures),
        "test_tolerance": TEST_TOLERANCE,
        "sha256": {},
    }
    values["prediction"] = _describe_use(product, config, data, examples)
    if data.task == "synthesis":
        values.update(_describe_intensities(product, config, examples))
    return Manifest(**values)


def _describe(title: str, task: str) -> str:
    made = {
        "synthesis": "makes images of masks",
        "restoration": "restores images",
        "segmentation": "finds the foreground of images",
    }
    return f"Trained by {title}: {made[task]}"


def name_files(settings: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """Settings of a run without the places of files, which mean nothing elsewhere.

    Examples
    --------
    >>> name_files({"data": {"folder": "/home/me/cells", "inputs": ["/home/me/a.tif"]}})
    {'data': {'folder': 'cells', 'inputs': ['a.tif']}}
    """
    data = dict(settings.get("data", {}))
    for name in ("folder", "groups"):
        if isinstance(data.get(name), str) and "/" in data[name].replace("\\", "/"):
            data[name] = Path(data[name]).name
    for name in ("inputs", "targets"):
        if name in data:
            data[name] = [Path(place).name for place in data[name]]
    return {**settings, "data": data}


def _describe_intensities(
    product: Product, config: TrainConfig, examples: Sequence[Example]
) -> dict[str, Any]:  # Any: fields of the manifest
    """As fitted; else the network gives 0 to 1, and intensities are those of the targets."""
    if (fitted := product.intensities) is not None:
        return {
            "levels": fitted.levels,
            "observation": fitted.observation,
            "response": fitted.response,
        }
    low, span = find_target_scaling(config, examples)
    found = []
    for example in examples:
        mask = example.inputs[0] > 0.5 if example.mask is None else example.mask
        background = background_region(mask)
        if mask.any() and background.any():
            is_real = example.paired
            image = example.targets if is_real else apply_network(product.network, example.inputs)
            found.append(measure_levels(image[0], mask, background))
    middle = {
        name: float(np.median([getattr(each, name) for each in found])) if found else default
        for name, default in zip(
            ("foreground_mean", "foreground_sd", "background_mean", "background_sd"),
            (0.5, 0.0, 0.0, 0.0),
            strict=True,
        )
    }
    levels = Levels(**{
        name: value * span + (low if name.endswith("mean") else 0.0)
        for name, value in middle.items()
    })  # fmt: skip
    response = Response(offset=low, gain=span)
    return {"levels": levels, "observation": NOTHING_ADDED, "response": response}


def find_target_scaling(config: TrainConfig, examples: Sequence[Example]) -> tuple[float, float]:
    """Intensity that output 0 stands for, and how much more output 1 is.

    The common range of the targets where one was stated, else the median over the images.
    """
    if config.data.target_range is not None:
        low, high = config.data.target_range
        return low, high - low
    scalings = [example.target_scaling for example in examples]
    low = float(np.median([scaling.offset for scaling in scalings]))
    return low, float(np.median([scaling.span for scaling in scalings]))


def _describe_use(
    product: Product, config: TrainConfig, data: TrainingData, examples: Sequence[Example]
) -> PredictionRecord:
    sizes: dict[str, list[float]] = {"Z": [], "Y": [], "X": []}
    for example in examples:
        letters = "ZYX"[-len(example.pixel_size) :]
        for letter, size, unit in zip(letters, example.pixel_size, example.units, strict=True):
            known = length_um(size, unit)
            if known is not None:
                sizes[letter].append(known)
    is_mask = product.output == "probability"
    return PredictionRecord(
        normalisation=config.data.input_scaling,
        output=product.output,
        output_range=None if is_mask else config.data.target_range,
        threshold=float(product.facts.get("threshold", THRESHOLD)) if is_mask else None,
        spatial_dims=product.network.spatial_dims,
        patch_px=tuple(data.patch_px),
        pixel_size_um=_find_ends(sizes["Y"] + sizes["X"]),
        z_step_um=_find_ends(sizes["Z"]),
    )


def _find_ends(sizes: Sequence[float]) -> tuple[float, float] | None:
    return (min(sizes), max(sizes)) if sizes else None


def _keep_finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {
        key.removeprefix("val_"): float(value)
        for key, value in figures.items()
        if math.isfinite(value)
    }
