"""Whole images to which texture, noise and intensities of a generator are fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_fidelity.metrics.masks import background_region
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.simulation.observation import Levels, measure_levels
from napari_fidelity.tiling import align_up
from napari_fidelity.training.apply_product import apply_network

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
MIN_PIXELS = 50
_ROUNDED = 1e-3  # of a grey level: what scaling to 0..1 and back leaves of whole numbers


@dataclass(frozen=True, eq=False)
class FitImage:
    """A real image and what a generator makes of its mask.

    Parameters
    ----------
    name, group : str
    masks : ndarray of float32, shape (2, Y, X)
        Foreground and boundary.
    image : ndarray of float32, shape (Y, X)
        In own units.
    step : float
        Distance of grey levels: 1 for whole numbers, 0 where there are none.
    signal : ndarray of float32, shape (Y, X), optional
        What the generator makes of the mask: background 0, objects about 1.
    """

    name: str
    group: str
    masks: Floats
    image: Floats
    step: float = 0.0
    signal: Floats | None = None

    @cached_property
    def foreground(self) -> Bools:
        """Pixels of objects."""
        return np.asarray(self.masks[0] > 0, np.bool_)

    @cached_property
    def background(self) -> Bools:
        """Pixels further than the metrics' margin from every object."""
        return background_region(self.foreground)

    @cached_property
    def levels(self) -> Levels:
        """The image's four levels."""
        return measure_levels(self.image, self.foreground, self.background)

    @property
    def is_usable(self) -> bool:
        """Whether there are objects and background, the objects brighter than its noise."""
        if min(self.foreground.sum(), self.background.sum()) < MIN_PIXELS:
            return False
        levels = self.levels
        return levels.background_sd > 0 and levels.contrast >= max(2 * self.step, 1e-9)

    def round_like(self, made: Floats) -> Floats:
        """An image in the grey levels of this one."""
        return np.rint(made) if self.step else made

    def with_signal(self, network: LocalNetwork, *, seed: int = 0) -> FitImage:
        """The same image beside what `network` makes of its mask."""
        return replace(self, signal=predict_whole(network, self.masks, seed=seed))


def predict_whole(network: LocalNetwork, masks: Floats, *, seed: int = 0) -> Floats:
    """The signal of a mask (2, Y, X) whose outermost pixels go on, as in use: no dark frame."""
    pad = align_up(network.receptive_field_px, network.size_multiple)
    wider = np.pad(masks, ((0, 0), (pad, pad), (pad, pad)), mode="edge")
    height, width = masks.shape[1:]
    return apply_network(network, wider, seed=seed)[0, pad : pad + height, pad : pad + width]


def read_examples(examples: Sequence[Example]) -> list[FitImage]:
    """Usable images of a training or validation set, in own units."""
    found = (_read(example) for example in examples)
    return [image for image in found if image.is_usable]


def take_first_of_groups(images: Sequence[FitImage]) -> list[FitImage]:
    """One image a group, in order."""
    first: dict[str, FitImage] = {}
    for image in images:
        first.setdefault(image.group, image)
    return list(first.values())


def _read(example: Example) -> FitImage:
    image = np.asarray(example.target_scaling.undo(example.targets[0]), np.float32)
    rounded = np.rint(image)
    scale = max(1.0, float(np.abs(image).max()) * 1e-6 / _ROUNDED)
    is_whole = float(np.abs(image - rounded).max()) <= _ROUNDED * scale
    is_whole = is_whole and float(np.ptp(rounded)) > 4
    return FitImage(
        name=example.name,
        group=example.group,
        masks=np.asarray(example.inputs[:2], np.float32),
        image=rounded if is_whole else image,
        step=1.0 if is_whole else 0.0,
    )
