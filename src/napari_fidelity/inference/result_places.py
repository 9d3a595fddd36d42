"""Where a prediction is written: memory, arrays that were given, or new Zarr folders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import explain_failure
from napari_fidelity.inference.lazy_arrays import Source, Target, check_target
from napari_fidelity.inference.open_source import import_zarr, open_source
from napari_fidelity.inference.zarr_target import CHUNK_PX, check_zarr_place, create_target
from napari_fidelity.tiling import align_up

Place = Target | str | Path | None


@dataclass(frozen=True)
class ResultPlaces:
    """What was asked for, and what the result will be.

    Attributes
    ----------
    mean, uncertainty : Target, str, Path or None
        An array, the path of a new Zarr, or None.
    source : Source
        Which must not be written into.
    shape : tuple of int
        Of the result.
    dtype : dtype
        Of a mean that is made here; an uncertainty is float32.
    has_uncertainty : bool
        Whether there will be one.
    """

    mean: Place
    uncertainty: Place
    source: Source
    shape: tuple[int, ...]
    dtype: np.dtype[Any]  # Any: of every kind
    has_uncertainty: bool

    def check(self) -> None:
        """Refuse what cannot be written to, before anything is computed.

        Raises
        ------
        UserError
            A place cannot be written to, both are one, or there is no uncertainty to write.
        """
        if self.uncertainty is not None and not self.has_uncertainty:
            raise UserError(
                "One network without flips or a scale has no uncertainty to write: "
                "leave its target out."
            )
        if self.mean is not None and _is_same(self.mean, self.uncertainty):
            raise UserError(
                "The mean and the uncertainty have one target: choose another one for either."
            )
        for place in (self.mean, self.uncertainty):
            if isinstance(place, str | Path):
                import_zarr()
                check_zarr_place(place)
            elif place is not None:
                check_target(place, self.shape, self.source)

    @contextmanager
    def open(self, chunks: Sequence[int]) -> Iterator[tuple[Target, Target | None]]:
        """The arrays to write the mean and, if wanted, the uncertainty into.

        An uncertainty is kept where there is one, and either it has a place or all is in memory.
        New Zarrs get these chunks.

        Raises
        ------
        UserError
            The disk is full, memory does not suffice.
        """
        wanted = self.uncertainty is not None or self.mean is None
        try:
            with ExitStack() as stack:
                mean, spread = self._open_one(stack, self.mean, self.dtype, chunks), None
                if self.has_uncertainty and wanted:
                    float32 = np.dtype(np.float32)
                    spread = self._open_one(stack, self.uncertainty, float32, chunks)
                yield mean, spread
        except OSError as error:
            raise explain_failure("the result", error) from error

    def _open_one(
        self, stack: ExitStack, place: Place, dtype: np.dtype[Any], chunks: Sequence[int]
    ) -> Target:
        if isinstance(place, str | Path):
            return stack.enter_context(create_target(place, self.shape, dtype, chunks))
        if place is not None:
            return place
        try:
            return np.empty(self.shape, dtype)
        except MemoryError:
            size = math.prod(self.shape) * dtype.itemsize / 1e9
            raise UserError(
                f"The result takes {size:.1f} GB, more than is free: give a target on disk."
            ) from None


def _is_same(place: Place, other: Place) -> bool:
    if isinstance(place, str | Path) and isinstance(other, str | Path):
        return Path(place).resolve() == Path(other).resolve()
    both_here = isinstance(place, np.ndarray) and isinstance(other, np.ndarray)
    return place is other or (both_here and np.may_share_memory(place, other))


def choose_chunks(shape: Sequence[int], spatial_dims: int, tile_px: int) -> tuple[int, ...]:
    """Chunks of a new Zarr: whole tiles, so that each chunk is encoded once."""
    side = align_up(CHUNK_PX if spatial_dims == 2 else CHUNK_PX // 4, tile_px)
    return (1,) * (len(shape) - spatial_dims) + (side,) * spatial_dims


def note_facts(written: Target | None, place: Place, facts: dict[str, Any]) -> None:  # Any: JSON
    """Store the facts with a new Zarr, under the attribute `napari_fidelity`."""
    if written is not None and isinstance(place, str | Path):
        zarr: Any = written  # Any: a Zarr array, whose package is optional
        zarr.attrs["napari_fidelity"] = facts


def reopen(written: Target | None, place: Place) -> Any:  # Any: an array of any library
    """The finished result: a Zarr under its final name, or the array that was written."""
    return open_source(place) if written is not None and isinstance(place, str | Path) else written
