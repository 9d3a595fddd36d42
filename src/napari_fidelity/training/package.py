"""A trained network as a model package: manifest, weights, test pair, card, pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.models.load import check_network
from napari_fidelity.models.save import save_model
from napari_fidelity.models.store import THUMBNAIL_FILE
from napari_fidelity.tiling import align_up
from napari_fidelity.training.apply_product import apply_network, make_input
from napari_fidelity.training.baselines import KEYS, measure_baselines
from napari_fidelity.training.curves_figure import CURVES_FILE, draw_run_curves
from napari_fidelity.training.example_figure import (
    FIGURE_ROWS,
    draw_panels,
    draw_thumbnail,
    find_structures,
)
from napari_fidelity.training.method import Product
from napari_fidelity.training.package_manifest import count_parameters, make_manifest
from napari_fidelity.training.trained_card import FIGURE_FILE, CardFacts, write_card

if TYPE_CHECKING:
    from napari_fidelity.networks.spec import LocalNetwork
    from napari_fidelity.training.config import TrainConfig
    from napari_fidelity.training.training_data import Example, TrainingData

Floats = npt.NDArray[np.float32]
_TEST_PX = {2: 64, 3: 16}
_SHOWN_PX = {2: 512, 3: 64}  # of a validation image, for the figure


def write_package(
    folder: Path,
    product: Product,
    *,
    config: TrainConfig,
    data: TrainingData,
    figures: Mapping[str, float],
    examples: Sequence[Example],
    facts: Mapping[str, Any],  # Any: JSON
) -> Path:
    """The trained network written to `folder`, which is replaced only when all is on disk.

    Parameters
    ----------
    folder : Path
        Of the package, such as RUN/model: the run's curves are put on the card.
    product : Product
        The network to store, in evaluation mode.
    config : TrainConfig
        The settings of the run.
    data : TrainingData
        What it was trained on.
    figures : mapping of str to float
        Validation metrics of this very network, with or without "val_" in front; those that
        are not finite are left out.
    examples : sequence of Example
        The validation images that the figures are of: baselines are measured on them.
    facts : mapping
        What else the card says: "step" and "seconds" of the run, and any other JSON value.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UserError
        The network cannot do its task, there is no validation image, the disk is full.
    """
    if not examples:
        raise UserError("There is no validation image: a package needs one for its test pair.")
    network = product.network.cpu().eval()
    manifest = make_manifest(product, config, data, examples, figures)
    check_network(network, manifest, folder)
    shown = [_show(network, product.output, example) for example in examples[:FIGURE_ROWS]]
    card = CardFacts(
        manifest=manifest,
        config=config,
        parameters=count_parameters(network),
        reach_px=network.receptive_field_px,
        train_images=len(data.train_names),
        validation_images=len(data.validation_names),
        scored_images=len(examples),
        groups=len({example.group for example in examples}),
        paired=all(example.paired for example in examples),
        baselines=measure_baselines(data.task, examples),
        facts={**product.facts, **facts},
    )
    pictures = {
        FIGURE_FILE: draw_panels(shown),
        THUMBNAIL_FILE: draw_thumbnail(shown[0][1]),
    }
    if (curves := draw_run_curves(folder.parent, KEYS[data.task])) is not None:
        pictures[CURVES_FILE] = curves
    return save_model(
        folder,
        manifest,
        network,
        test_input=_cut_test_input(network, examples[0]),
        card=write_card(card, pictures),
        pictures=pictures,
    )


def _show(network: LocalNetwork, output: str, example: Example) -> tuple[Floats, ...]:
    """Planes of input, result (and its uncertainty), target."""
    most = _SHOWN_PX[network.spatial_dims]
    inputs, targets = (_cut_middle(each, most) for each in (example.inputs, example.targets))
    result = apply_network(network, inputs)
    panels = [inputs[0], result[0]]
    if output == "mean-scale":
        panels.append(math.sqrt(2) * result[len(result) // 2])
    panels.append(targets[0])
    planes = [each if each.ndim == 2 else each[len(each) // 2] for each in panels]
    return tuple(np.asarray(plane, np.float32) for plane in planes)


def _cut_middle(image: Floats, most: int) -> Floats:
    """At most so many pixels along each axis, from the middle."""
    starts = [max((size - most) // 2, 0) for size in image.shape[1:]]
    return image[(slice(None), *(slice(start, start + most) for start in starts))]


def _cut_test_input(network: LocalNetwork, example: Example) -> Tensor:
    """A small part with structures, as the network takes it."""
    least = 2 * network.size_multiple  # norms need more than one pixel at the coarsest level
    side = max(_TEST_PX[network.spatial_dims], least)
    image = example.inputs
    middle = image if image.ndim == 3 else _cut_middle(image, side)
    plane = middle[0] if middle.ndim == 3 else middle[0, len(middle[0]) // 2]
    part = middle[(..., *find_structures(plane, side))]
    sides = [max(align_up(size, network.size_multiple), least) for size in part.shape[1:]]
    grown = [(0, 0), *((0, want - size) for want, size in zip(sides, part.shape[1:], strict=True))]
    return make_input(network, np.pad(part, grown, mode="symmetric"))
