"""Where a prediction is written: memory, arrays that were given, or new Zarr folders."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import explain_failure
from napari_fidelity.inference.lazy_arrays import Source, Target, check_target
from napari_fidelity.inference.open_source import open_source
from napari_fidelity.inference.prediction_plan import PredictionPlan
from napari_fidelity.inference.zarr_target import CHUNK_PX, create_target
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
    plan : PredictionPlan
    dtype : dtype
        Of a mean that is made here; an uncertainty is float32.
    has_uncertainty : bool
        Whether there will be one.
    """

    mean: Place
    uncertainty: Place
    source: Source
    plan: PredictionPlan
    dtype: np.dtype[Any]  # Any: of every kind
    has_uncertainty: bool

    @contextmanager
    def open(self) -> Iterator[tuple[Target, Target | None]]:
        """The arrays to write the mean and, if wanted, the uncertainty into.

        An uncertainty is kept where there is one, and either it has a place or all is in memory.

        Raises
        ------
        UserError
            A place cannot be written to, or there is no uncertainty to write.
        """
        if self.uncertainty is not None and not self.has_uncertainty:
            raise UserError(
                "One network without flips or a scale has no uncertainty to write: "
                "leave its target out."
            )
        wanted = self.uncertainty is not None or self.mean is None
        try:
            with ExitStack() as stack:
                mean, spread = self._open_one(stack, self.mean, self.dtype), None
                if self.has_uncertainty and wanted:
                    spread = self._open_one(stack, self.uncertainty, np.dtype(np.float32))
                yield mean, spread
        except OSError as error:
            raise explain_failure("the result", error) from error

    def _open_one(self, stack: ExitStack, place: Place, dtype: np.dtype[Any]) -> Target:
        shape = self.plan.layout.result_shape
        if isinstance(place, str | Path):
            dims = self.plan.layout.spatial_dims
            # A tile then fills whole chunks, or shares one with few others.
            side = align_up(CHUNK_PX if dims == 2 else CHUNK_PX // 4, self.plan.tile_px)
            chunks = (1,) * (len(shape) - dims) + (side,) * dims
            return stack.enter_context(create_target(place, shape, dtype, chunks))
        if place is not None:
            check_target(place, shape, self.source)
            return place
        try:
            return np.empty(shape, dtype)
        except MemoryError:
            size = math.prod(shape) * dtype.itemsize / 1e9
            raise UserError(
                f"The result takes {size:.1f} GB, more than is free: give a target on disk."
            ) from None


def reopen(written: Target | None, place: Place) -> Any:  # Any: an array of any library
    """The finished result: a Zarr under its final name, or the array that was written."""
    return open_source(place) if written is not None and isinstance(place, str | Path) else written
