"""Layers as the images of a training: pairs of them, and how their planes become examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.settings import Task
from napari_fidelity.operations.train_images import Example
from napari_fidelity.widgets.layer_frames import layer_shape, spell_shape
from napari_fidelity.widgets.layers import (
    LayerSource,
    grey_problem,
    mask_image_problem,
    mask_source_from_layer,
    source_from_layer,
)
from napari_fidelity.widgets.save_result import file_stem

ROLES: dict[Task, tuple[str, str]] = {
    "synthesis": ("Masks", "Images"),
    "segmentation": ("Images", "Masks"),
    "restoration": ("Degraded", "Clean"),
}
MOST_BLOCKS = 8  # of one stack: a few planes in a row go together, neighbours are alike

Pair = tuple[Layer | None, Layer | None]


def verdict_on(role: str) -> Callable[[Layer], str | None]:
    """What a list of layers for `role` says of each: None leaves it out, a sentence refuses it."""
    return _judge_mask if role == "Masks" else _judge_image


def pair_problem(pair: Pair, task: Task, *, paired: bool, one_side: bool) -> str:
    """Why a pair cannot be trained on, naming its layers; empty when it can.

    Parameters
    ----------
    pair : (Layer or None, Layer or None)
        Input and target.
    task : str
        Decides what the two are called.
    paired : bool
        Whether pixels must lie on each other.
    one_side : bool
        Whether the inputs are made from the targets.
    """
    source, target = pair
    needed = zip(ROLES[task], pair, strict=True)
    for role, layer in list(needed)[1 if one_side else 0 :]:
        if layer is None:
            return f"Choose a layer under “{role}”."
        if reason := verdict_on(role)(layer):
            return reason
    if one_side or source is None or target is None:
        return ""
    if source is target:
        return f"“{source.name}” is on both sides: choose two layers."
    first, second = layer_shape(source), layer_shape(target)
    if paired and first and second and first != second:
        return (
            f"“{source.name}” is {spell_shape(first)}, “{target.name}” is {spell_shape(second)}: "
            "layers of a pair need the same size."
        )
    return ""


def count_planes(layer: Layer) -> int:
    """Images of Y and X in a layer."""
    return math.prod(layer_shape(layer)[:-2])


def make_examples(pairs: list[Pair], task: Task, *, one_side: bool, is_3d: bool) -> list[Example]:
    """What is written for a training; the layers are read later, on a thread. Main thread.

    Two pairs or more: a file a layer. A single stack is cut into runs of planes, so that some can
    be kept for validation; its planes stay whole.

    Raises
    ------
    UserError
        A layer cannot be read as an image or a mask.
    """
    examples = []
    for number, pair in enumerate(pairs, 1):
        target = pair[1]
        assert target is not None
        sources = _open(pair, task, one_side)
        name = f"{number:02d}_{file_stem(target.name)}"
        counts = {source.shape[0] for source in sources if source and len(source.shape) > 2}
        is_single_stack = len(pairs) == 1 and not is_3d and len(counts) == 1
        parts = _blocks(counts.pop()) if is_single_stack else []
        if len(parts) < 2:
            load = [_load_whole(source) for source in sources]
            examples.append(Example(name, load[0], load[1]))
            continue
        for start, stop in parts:
            load = [_load_block(source, start, stop) for source in sources]
            planes = f"{start + 1:04d}" + (f"-{stop:04d}" if stop > start + 1 else "")
            examples.append(Example(f"{name}_{planes}", load[0], load[1]))
    return examples


def describe_pairs(pairs: list[Pair], *, is_3d: bool) -> str:
    """What was found, in words; what is wrong with a good will is said too."""
    targets = [target for _, target in pairs if target is not None]
    if not targets:
        return ""
    planes = sum(count_planes(layer) for layer in targets)
    shapes = {spell_shape(layer_shape(layer)[-2:]) for layer in targets}
    size = shapes.pop() if len(shapes) == 1 else "different sizes"
    images = f"{planes} images" if planes > 1 else "One image"
    words = f"{images} of {size}."
    if len(targets) == 1 and planes > 1 and not is_3d:
        words += (
            " Some planes in a row are kept for validation; neighbours are alike, so that a second "
            "stack makes the numbers more honest."
        )
    return words


def too_few(pairs: list[Pair], *, is_3d: bool) -> str:
    """Why so few layers are not enough; empty when they are."""
    targets = [target for _, target in pairs if target is not None]
    if len(targets) != 1 or (count_planes(targets[0]) > 1 and not is_3d):
        return ""
    what = "volume" if is_3d else "image"
    return (
        f"One {what} only: add a second pair, one to train on and one to validate. Parts of one "
        f"{what} are not independent."
    )


def _open(pair: Pair, task: Task, one_side: bool) -> list[LayerSource | None]:
    sources: list[LayerSource | None] = []
    for role, layer, other in zip(ROLES[task], pair, pair[::-1], strict=True):
        if layer is None or (one_side and layer is pair[0]):
            sources.append(None)
        elif role == "Masks":
            sources.append(mask_source_from_layer(layer, like=other))
        else:
            sources.append(source_from_layer(layer))
    return sources


def _blocks(planes: int) -> list[tuple[int, int]]:
    """Runs of planes.

    Examples
    --------
    >>> _blocks(5), len(_blocks(100))
    ([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], 8)
    """
    edges = np.linspace(0, planes, min(planes, MOST_BLOCKS) + 1).round().astype(int).tolist()
    return list(pairwise(edges))


def _load_whole(source: LayerSource | None) -> Callable[[], Image] | None:
    return None if source is None else source.load


def _load_block(source: LayerSource | None, start: int, stop: int) -> Callable[[], Image] | None:
    if source is None:
        return None

    def load() -> Image:
        if len(source.shape) < 3:
            raise UserError(f"“{source.name}” has one plane, its partner is a stack.")
        planes = np.stack([source.read((index,)) for index in range(start, stop)])
        return replace(source.frame, array=planes, origin=())

    return load


def _judge_image(layer: Layer) -> str | None:
    return grey_problem(layer) if isinstance(layer, ImageLayer) else None


def _judge_mask(layer: Layer) -> str | None:
    if isinstance(layer, Labels):
        return grey_problem(layer)
    if isinstance(layer, Shapes):
        return "" if layer.data else f"“{layer.name}” holds no shapes: draw one first."
    if isinstance(layer, ImageLayer):
        return None if mask_image_problem(layer) else ""
    return None
