"""Which axes of an image a network sees, and which are looped over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import AXIS_LETTERS, default_axes
from napari_fidelity.imageio.raw_image import refuse_colour
from napari_fidelity.inference.lazy_arrays import Index


@dataclass(frozen=True)
class Layout:
    """The axes of a source and of its result.

    Attributes
    ----------
    shape, axes
        Of the source.
    spatial_dims : int
        So many last axes are those of the network: 2 for Y, X; 3 for Z, Y, X.
    channel_axis : int or None
        The axis that holds the network's input channels; None: it has one.
    channels : int
        How many images the network makes of one.
    """

    shape: tuple[int, ...]
    axes: str
    spatial_dims: int
    channel_axis: int | None
    channels: int

    @property
    def spatial(self) -> tuple[int, ...]:
        """Shape of a plane or volume."""
        return self.shape[-self.spatial_dims :]

    @property
    def indices(self) -> list[Index]:
        """Where each plane or volume lies: a number for every axis that is looped over."""
        leading = self.shape[: -self.spatial_dims]
        every: list[Sequence[int | slice]] = [
            (slice(None),) if axis == self.channel_axis else range(size)
            for axis, size in enumerate(leading)
        ]
        return list(product(*every))

    def place(self, index: Index) -> Index:
        """Where the result of a plane lies."""
        if self.channels > 1:
            return index if self.channel_axis is not None else (*index, slice(None))
        return tuple(at for axis, at in enumerate(index) if axis != self.channel_axis)

    @property
    def result_shape(self) -> tuple[int, ...]:
        """Shape of the result: the channel axis holds its images, and is gone if there is one."""
        sizes = [s for axis, s in enumerate(self.shape) if axis != self.channel_axis]
        if self.channels > 1:
            at = len(sizes) - self.spatial_dims
            sizes.insert(at if self.channel_axis is None else self.channel_axis, self.channels)
        return tuple(sizes)


def plan_layout(
    shape: Sequence[int], axes: str | None, *, spatial_dims: int, in_channels: int, channels: int
) -> Layout:
    """How a network goes over an image.

    Parameters
    ----------
    shape : sequence of int
        Of the image.
    axes : str, optional
        A letter of TCZYX for every axis. Default: the last letters of TZYX.
    spatial_dims, in_channels, channels : int
        Of the network: axes of its input, images that it takes and makes.

    Raises
    ------
    UserError
        The axes do not fit the image or the network; the image holds colours.

    Examples
    --------
    >>> plan_layout((5, 2, 64, 64), "TCYX", spatial_dims=2, in_channels=2, channels=1).result_shape
    (5, 64, 64)
    """
    shape = tuple(shape)
    if len(shape) < 2:
        raise UserError(f"The image has {len(shape)} axes: an image needs Y and X.")
    axes = axes or default_axes(len(shape))
    if len(axes) != len(shape) or len(set(axes)) != len(axes) or set(axes) - set(AXIS_LETTERS):
        raise UserError(
            f"Axes {axes!r} do not fit an image of shape {shape}: "
            f"give one letter of {AXIS_LETTERS} per axis."
        )
    refuse_colour(shape, axes, "The image")
    needed = "ZYX"[-spatial_dims:]
    if not axes.endswith(needed):
        raise UserError(
            f"The network looks along {', '.join(needed)}, the image has the axes {axes}: "
            f"an image whose axes end in {needed} is needed."
        )
    at = axes.find("C")
    if in_channels > 1 and (at < 0 or shape[at] != in_channels):
        has = "no axis C" if at < 0 else f"{shape[at]} along C"
        raise UserError(
            f"The network takes {in_channels} channels, the image of shape {shape} with axes "
            f"{axes} has {has}: choose another network or name the axes."
        )
    if in_channels == 1 and channels > 1 and at >= 0:
        raise UserError(
            f"The network makes {channels} channels of every one of the image's {shape[at]}: "
            "give it one channel at a time."
        )
    return Layout(shape, axes, spatial_dims, at if in_channels > 1 else None, channels)
