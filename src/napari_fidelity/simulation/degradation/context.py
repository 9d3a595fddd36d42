"""What a step of a degradation knows beside the pixels that it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import SPATIAL_AXES, spatial_scale_um
from napari_fidelity.core.progress import Progress
from napari_fidelity.simulation.degradation.blocks import list_blocks, run_blocks
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.whole_image import WholeImage

Floats = npt.NDArray[np.float32]
TICKS = 100
TEXT = "Degrading"


@dataclass(frozen=True, eq=False)
class Context:
    """Where a step stands.

    Parameters
    ----------
    whole : Image
        Frame of the whole image at this step; the pixels at hand may be a part of it. Its own
        pixels are not read.
    levels : GreyLevels
        What grey levels mean here.
    seed : int
        Keys draws and noise.
    index : int
        Place of the step in its pipeline.
    count : int
        Steps of the pipeline.
    progress : Progress
        Told how far all steps are, asked whether to stop.
    notes : list of str
        Sentences for the person who runs it; steps add theirs.
    """

    whole: Image
    levels: GreyLevels
    seed: int = 0
    index: int = 0
    count: int = 1
    progress: Progress = field(default_factory=Progress)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, image: Image, *, seed: int = 0, index: int = 0, black: float = 0.0) -> Context:
        """The context of a step that is applied to `image` alone."""
        return cls(image, GreyLevels(WholeImage(image.array, image.name), black), seed, index)

    def stream(self, name: str) -> int:
        """The stream of a keyed noise of this step."""
        return crc32(f"noise {self.index} {name}".encode())

    def tell(self, done: int, total: int, text: str = "") -> None:  # noqa: ARG002  # as Progress
        """Tell that `done` of `total` parts of this step are finished."""
        now = self.index + done / max(total, 1)
        self.progress(round(TICKS * now), TICKS * max(self.count, 1), TEXT)

    @property
    def tile_progress(self) -> Progress:
        """The progress of this step alone, part of that of the pipeline."""
        return Progress(self.tell, self._check)

    def _check(self) -> bool:
        self.progress.check()
        return False

    def note(self, sentence: str) -> None:
        """Tell a sentence, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def start_of(self, image: Image) -> tuple[int, ...]:
        """Index of the first pixel of `image` in the whole."""
        return tuple(
            first - zero for first, zero in zip(image.origin, self.whole.origin, strict=True)
        )

    def map_blocks(
        self, image: Image, function: Callable[[Floats, tuple[int, ...]], Floats]
    ) -> Image:
        """`image` with each block of pixels replaced by ``function(block, origin)``.

        The function sees one pixel at a time, keyed by its coordinate: blocks only bound memory,
        keep several cores busy and let a request to stop act soon.
        """
        result = np.empty(image.shape, np.float32)

        def work(box: tuple[slice, ...]) -> None:
            origin = tuple(o + part.start for o, part in zip(image.origin, box, strict=True))
            result[box] = function(np.asarray(image.array[box], np.float32), origin)

        run_blocks(list_blocks(image.shape), work, self.tell)
        return image.with_array(result)


def spread_over_axes(image: Image, **by_axis: int) -> tuple[int, ...]:
    """A number per axis of `image`: those stated by letter, else 0.

    Examples
    --------
    >>> spread_over_axes(Image(np.zeros((2, 3, 4))), Y=5, X=6)
    (0, 5, 6)
    """
    return tuple(by_axis.get(letter, 0) for letter in image.axes)


def plane_sizes_um(image: Image) -> tuple[float, float]:
    """Pixel size along Y and X in micrometers.

    Raises
    ------
    UserError
        The image does not know it.
    """
    *_, y, x = spatial_scale_um(forget_z(image))
    return y, x


def forget_z(image: Image) -> Image:
    """The frame of a plane of `image`: what concerns Y and X needs no z step."""
    kept = [axis for axis, letter in enumerate(image.axes) if letter in SPATIAL_AXES[1:]]
    return Image(
        np.broadcast_to(np.float32(0), [image.shape[axis] for axis in kept]),
        axes="YX",
        scale=tuple(image.scale[axis] for axis in kept),
        units=tuple(image.units[axis] for axis in kept),
        name=image.name,
    )


def frame_of(image: Image, shape: Sequence[int] | None = None) -> Image:
    """`image` without its pixels, perhaps of another shape."""
    size = tuple(image.shape if shape is None else shape)
    return replace(image, array=np.broadcast_to(np.float32(0), size))
