"""A pipeline run on an image, or on as much of it as a region needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.pixel_type import to_float32
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import parse_region, place_region
from napari_fidelity.simulation.degradation.context import Context, frame_of
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.step import Box
from napari_fidelity.simulation.degradation.whole_image import MeasuredImages, WholeImage

_MEASURED = MeasuredImages()  # a cache of what previews ask again and again


@dataclass(frozen=True, eq=False)
class PipelineRun:
    """What a pipeline made of an image.

    Parameters
    ----------
    image : Image
        Float32 pixels on their true frame.
    pipeline : Pipeline
        The very steps: everything drawn and measured is stated.
    levels : GreyLevels
        What the grey levels of the result mean.
    notes : list of str
        Sentences for the person who runs it.
    """

    image: Image
    pipeline: Pipeline
    levels: GreyLevels
    notes: list[str]


def run_pipeline(
    image: Image,
    pipeline: Pipeline,
    *,
    seed: int = 0,
    region: Box | None = None,
    progress: Progress | None = None,
) -> PipelineRun:
    """`image` degraded by the steps of `pipeline` in their order.

    Parameters
    ----------
    image : Image
        The clean image; its array may be lazy.
    pipeline : Pipeline
        Its intervals are drawn with `seed`.
    seed : int
        Keys draws and noise.
    region : tuple of slice, optional
        A box over all axes of `image`: the result is that part of the whole result, computed
        from as much of the image as it depends on.
    progress : Progress, optional
        Called for every step.

    Raises
    ------
    UserError
        NaN or infinite pixels, an image without pixel size where a step needs it, a region
        outside of the image, settings that do not fit the image.

    Examples
    --------
    >>> clean = Image(np.full((8, 8), 50, np.uint8))
    >>> noisy = run_pipeline(clean, Pipeline(steps=[{"kind": "poisson"}]), seed=1)
    >>> noisy.image.shape, noisy.pipeline.steps[0].level
    ((8, 8), 50.0)
    """
    progress = progress or Progress()
    check_pixels(image)
    levels = GreyLevels(_find_whole(image, region), pipeline.black)
    count = len(pipeline.steps)
    context = Context(frame_of(image), levels, seed, count=count, progress=progress)
    settled, contexts = settle_steps(pipeline.draw(seed), context)
    frames = [each.whole for each in contexts]
    boxes = plan_boxes(settled, frames, parse_region(region, image.shape))
    block = _read(image, boxes[0])
    for index, step in enumerate(settled.steps):
        contexts[index].tell(0, 1)
        found = step.apply(block, contexts[index])
        covered = step.map_box(boxes[index], frames[index])
        block = _cut(found, covered, boxes[index + 1], frames[index + 1])
    progress(1, 1)
    return PipelineRun(block, settled, contexts[-1].levels, context.notes)


def _find_whole(image: Image, region: Box | None) -> WholeImage:
    """The levels of the image as a whole; for a part those that were measured before."""
    if region is None:
        return WholeImage(image.array, image.name)
    return _MEASURED.find(image.array, image.name)


def check_pixels(image: Image) -> None:
    """Refuse pixels that are no grey levels.

    Raises
    ------
    UserError
        They are complex numbers, colors or text, or there are none.
    """
    name, dtype = image.name or "The image", np.dtype(image.array.dtype)
    if dtype.kind not in "biuf":
        raise UserError(f"{name} holds {dtype} values: grey levels are real numbers.")
    if 0 in image.shape:
        raise UserError(f"{name} has no pixels: choose another.")


def settle_steps(pipeline: Pipeline, context: Context) -> tuple[Pipeline, list[Context]]:
    """The steps with everything stated, and the context of each, then of the result."""
    contexts, steps = [context], []
    for index, step in enumerate(pipeline.steps):
        here = replace(contexts[-1], index=index)
        contexts[-1] = here
        settled = step.settle(here)
        steps.append(settled)
        frame, levels = settled.frame_after(here.whole), settled.levels_after(here.levels)
        contexts.append(replace(here, whole=frame, levels=levels, index=index + 1))
    return pipeline.model_copy(update={"steps": tuple(steps)}), contexts


def plan_boxes(pipeline: Pipeline, frames: Sequence[Image], region: Box) -> list[Box]:
    """The part of the image that each step must know, and last that of the result."""
    box = region
    for step, frame in zip(pipeline.steps, frames, strict=False):
        box = step.map_box(box, frame)
    boxes = [box]
    for step, frame in zip(reversed(pipeline.steps), reversed(frames[:-1]), strict=True):
        boxes.append(step.source_box(boxes[-1], frame))
    return boxes[::-1]


def _read(image: Image, box: Box) -> Image:
    """The pixels of a box as float32 on their frame, checked."""
    values = to_float32(image.array[box], image.name)
    return place_region(replace(image, array=values), box, image)


def _cut(image: Image, covered: Box, box: Box, frame: Image) -> Image:
    """The part of `image`, which covers one box of the frame, that lies in another."""
    inner = tuple(
        slice(part.start - first.start, part.stop - first.start)
        for part, first in zip(box, covered, strict=True)
    )
    return place_region(replace(image, array=image.array[inner]), box, frame)
