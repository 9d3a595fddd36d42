"""Inputs that a degradation makes of the targets, anew at every draw."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import UnknownSizeError
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.inference.normalisation import Scaling, measure_scaling
from napari_fidelity.simulation.degradation import Pipeline
from napari_fidelity.simulation.degradation.context import Context
from napari_fidelity.simulation.degradation.run import run_pipeline, settle_steps
from napari_fidelity.simulation.degradation.whole_image import WholeImage
from napari_fidelity.training.training_image import Pixels, Plane, TrainingImage

Floats = npt.NDArray[np.float32]
VARIANTS = 64  # drawn settings of a random pipeline over the whole set, at least
LEAST_VARIANTS = 2  # of every image
MEASURED_PLANES, MEASURED_SIDE_PX = 4, 512  # of one copy; some 0.1 s
KEPT, KEPT_LEVELS = 4096, 8
VALIDATION_VARIANT = -1


@dataclass(frozen=True, eq=False)
class Variant:
    """One drawn degradation of an image.

    Parameters
    ----------
    image : Image
        The clean image.
    pipeline : Pipeline
        Every number stated; noise is drawn with a seed of its own.
    input_scaling, target_scaling : Scaling
        Measured on a whole copy degraded so.
    """

    image: Image
    pipeline: Pipeline
    input_scaling: Scaling
    target_scaling: Scaling


class Degrader:
    """Patches of degraded copies, computed from as much of the image as they depend on.

    Of every image there are a few variants: what a random pipeline draws, such as the number of
    photons. For each the percentiles are measured once, on a whole copy, as they are of a
    recorded image when the network is applied to it. Noise is new in every patch.

    Parameters
    ----------
    settings : DataSettings
        With a degradation.
    seed : int
        Of the variants.
    images : int
        Number of training images; of few images there are more variants each.
    """

    def __init__(self, settings: DataSettings, seed: int, images: int) -> None:
        assert settings.degradation is not None
        self._settings, self._seed = settings, seed
        self._pipeline = settings.degradation
        is_random = self._pipeline.draw(0).steps != self._pipeline.steps
        self._count = max(LEAST_VARIANTS, -(-VARIANTS // images)) if is_random else 1
        self._lock = Lock()
        self._settled: OrderedDict[tuple[Plane, int], Variant] = OrderedDict()
        self._scalings: dict[tuple[TrainingImage, int], tuple[Scaling, Scaling]] = {}
        self._images: dict[Plane, Image] = {}
        self._levels: OrderedDict[Plane, WholeImage] = OrderedDict()
        self._has_preparation = any(step.prepares for step in self._pipeline.steps)

    def check(self, plane: Plane) -> None:
        """Refuse a degradation that does not fit an image.

        Raises
        ------
        UserError
            It changes the number of pixels, or needs a pixel size that is not known.
        """
        image = as_image(plane)
        _, contexts = settle_steps(
            self._pipeline.draw(0), Context.of(image, black=self._pipeline.black)
        )
        shape = contexts[-1].whole.shape
        if shape != image.shape:
            raise UserError(
                f"The degradation makes {spell_shape(shape)} pixels of {spell_shape(image.shape)}: "
                "take out the steps that change the size, inputs and targets need the same."
            )
        try:
            self.find_variant(plane, 0)  # what steps need to know is told when they are run
        except UnknownSizeError as error:
            raise UserError(f"{error} A training takes it from data.pixel_size_um.") from error

    def find_variant(self, plane: Plane, number: int) -> Variant:
        """One of the variants of an image, measured now or before."""
        number = number if number == VALIDATION_VARIANT else number % self._count
        with self._lock:
            key = (plane, number)
            if key not in self._settled:
                self._settled[key] = self._settle(plane, number)
            self._settled.move_to_end(key)
            while len(self._settled) > KEPT:
                self._settled.popitem(last=False)
            return self._settled[key]

    def read(
        self,
        plane: Plane,
        variant: Variant,
        noise_seed: int,
        start: Sequence[int],
        stop: Sequence[int],
    ) -> tuple[Floats, Floats]:
        """Scaled inputs and targets of a box, (C, *S)."""
        image = variant.image
        box = _make_box(plane, image, start, stop)
        degraded = run_pipeline(image, variant.pipeline, seed=noise_seed, region=box).image.array
        inputs = variant.input_scaling.apply(_put_channel(degraded, image))
        return inputs, self.read_target(plane, variant, noise_seed, start, stop)

    def read_target(
        self,
        plane: Plane,
        variant: Variant,
        noise_seed: int,
        start: Sequence[int],
        stop: Sequence[int],
    ) -> Floats:
        """Scaled targets of a box, (C, *S): the image after the pipeline's preparation."""
        if not self._has_preparation:
            return variant.target_scaling.apply(plane.read(start, stop))
        box = _make_box(plane, variant.image, start, stop)
        clean = self._prepare(variant.image, variant.pipeline, noise_seed, box)
        return variant.target_scaling.apply(_put_channel(clean, variant.image))

    def _prepare(self, image: Image, pipeline: Pipeline, seed: int, box: Any) -> Pixels:
        return run_pipeline(image, pipeline.prepare(), seed=seed, region=box).image.array

    def _settle(self, plane: Plane, number: int) -> Variant:
        seed = self._mix(plane, number)
        key = (plane.image, number)
        if key not in self._scalings:
            self._scalings[key] = self._measure(plane, seed)
        image = self._find_image(plane)
        context = Context.of(image, seed=seed, black=self._pipeline.black)
        context = replace(context, levels=replace(context.levels, whole=self._find_levels(plane)))
        settled, _ = settle_steps(self._pipeline.draw(seed), context)
        return Variant(image, settled, *self._scalings[key])

    def _find_image(self, plane: Plane) -> Image:
        if plane not in self._images:
            self._images[plane] = as_image(plane)
        return self._images[plane]

    def _find_levels(self, plane: Plane) -> WholeImage:
        """The levels of a clean image, which are as large as it is: those of a few are kept."""
        if plane not in self._levels:
            image = self._find_image(plane)
            self._levels[plane] = WholeImage(image.array, image.name)
        self._levels.move_to_end(plane)
        while len(self._levels) > KEPT_LEVELS:
            self._levels.popitem(last=False)
        return self._levels[plane]

    def _measure(self, plane: Plane, seed: int) -> tuple[Scaling, Scaling]:
        """The scaling of a copy of all planes of the image, or of a few of them."""
        planes = plane.image.list_planes(len(plane.shape))
        places = np.linspace(0, len(planes) - 1, min(len(planes), MEASURED_PLANES))
        degraded, clean = [], []
        for place in np.unique(np.round(places).astype(int)):
            # the plane itself is kept and its levels are found again
            image = self._find_image(plane) if len(planes) == 1 else as_image(planes[place])
            box = _choose_middle(image)
            run = run_pipeline(image, self._pipeline, seed=seed, region=box)
            degraded.append(run.image.array)
            if self._has_preparation:
                clean.append(self._prepare(image, run.pipeline, seed, box))
        settings = self._settings
        inputs = measure_scaling(np.stack(degraded), settings.input_scaling).scaling
        if not clean or settings.target_range is not None:
            return inputs, plane.image.scaling
        return inputs, measure_scaling(np.stack(clean), settings.target_scaling).scaling

    def _mix(self, plane: Plane, number: int) -> int:
        text = f"degradation/{self._seed}/{plane.image.path.name}/{number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "little")


class LazyPlane:
    """A plane or volume whose pixels are read box by box."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._has_channels = "C" in plane.image.frame.axes
        self.shape = (plane.channels, *plane.shape) if self._has_channels else plane.shape
        self.dtype, self.ndim = np.dtype(plane.image.frame.array.dtype), len(self.shape)

    def __getitem__(self, index: tuple[slice, ...]) -> Pixels:
        """The pixels of a box, perhaps every n-th."""
        parts = [part.indices(side) for part, side in zip(index, self.shape, strict=True)]
        spatial = parts[1:] if self._has_channels else parts
        pixels = self._plane.read([p[0] for p in spatial], [p[1] for p in spatial])
        thin = pixels[(slice(None), *(slice(None, None, p[2]) for p in spatial))]
        return thin[slice(*parts[0])] if self._has_channels else thin[0]


def as_image(plane: Plane) -> Image:
    """A plane or volume as an image of its own."""
    frame = plane.image.frame
    held: Any = frame.array  # Any: in memory or lazy
    pixels: Any = LazyPlane(plane)  # Any: the same
    if isinstance(held, np.ndarray):
        pixels = plane.read() if "C" in frame.axes else plane.read()[0]
    axes = ("C" if "C" in frame.axes else "") + plane.spatial
    places = [frame.axes.index(letter) for letter in axes]
    return Image(
        pixels,
        axes=axes,
        scale=tuple(frame.scale[place] for place in places),
        units=tuple(frame.units[place] for place in places),
        name=plane.image.path.name,
    )


def _make_box(
    plane: Plane, image: Image, start: Sequence[int], stop: Sequence[int]
) -> tuple[slice, ...]:
    """A spatial box as one over all axes of the image."""
    box = tuple(map(slice, start, stop))
    return (slice(0, plane.channels), *box) if "C" in image.axes else box


def _put_channel(pixels: Pixels, image: Image) -> Pixels:
    return pixels if "C" in image.axes else pixels[None]


def _choose_middle(image: Image) -> tuple[slice, ...]:
    """All of an image, or the middle of a large one."""
    box = []
    for letter, side in zip(image.axes, image.shape, strict=True):
        size = min(side, MEASURED_SIDE_PX) if letter in "YX" else side
        first = (side - size) // 2
        box.append(slice(first, first + size))
    return tuple(box)
