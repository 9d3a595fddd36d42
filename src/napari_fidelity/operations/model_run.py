"""A trained network on an image or a region of it, with the scaling of the whole image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region
from napari_fidelity.inference.array_part import ArrayPart
from napari_fidelity.inference.chunk_cache import keep_chunks
from napari_fidelity.inference.engine import prepare_engine
from napari_fidelity.inference.lazy_arrays import Source, Target
from napari_fidelity.inference.normalisation import Intensities, Scaling
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.predictor import Predictor
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import Model
from napari_fidelity.operations.measured_scaling import measure_once
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.tiling import align_up

Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class ModelRun:
    """A network that takes images, and an image.

    Parameters
    ----------
    model : Model
        For restoration or segmentation.
    image : Image
        Its array may be lazy.
    options : PredictOptions
        What is to be done.
    compute : ComputeSettings
        Device, threads, and the precision that was settled.
    """

    model: Model
    image: Image
    options: PredictOptions
    compute: ComputeSettings

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that the network sees together: Y and X, or Z, Y and X."""
        letters = "ZYX"[-self.model.network.spatial_dims :]
        return tuple(self.image.axes.index(letter) for letter in letters)

    @property
    def channel_axis(self) -> int | None:
        """The axis C where each channel is an image of its own to the network."""
        is_looped = "C" in self.image.axes and self.model.network.in_channels == 1
        return self.image.axes.index("C") if is_looped else None

    @property
    def lost_axis(self) -> int | None:
        """The axis C where the network makes one image of all channels; results have none."""
        at = self._taken_axis()
        count = self.model.network.out_channels
        count //= 2 if self.options.output == "mean-scale" else 1
        return at if count == 1 else None

    def measure(self, progress: Progress) -> list[Intensities]:
        """The scaling of the whole image; of each channel where each is an image of its own."""
        parts = list(self._list_channels())
        shares = share_progress(progress, [1] * len(parts))
        return [
            measure_once(self.image.array, index, self.options.normalisation, share)
            for index, share in zip(parts, shares, strict=True)
        ]

    def state(self, pairs: Sequence[Pair]) -> list[Intensities]:
        """The same from intensities that are seen as 0 and 1; one pair serves all channels."""
        parts = list(self._list_channels())
        pairs = list(pairs) * len(parts) if len(pairs) == 1 else list(pairs)
        if len(pairs) != len(parts):
            raise UserError(
                f"The scaling has {len(pairs)} pairs, the image {len(parts)} channels: give one "
                "pair, or one for each."
            )
        return [_state_pair(pair) for pair in pairs]

    def predict(
        self,
        intensities: Sequence[Intensities],
        region: Region,
        mean: Target | None,
        spread: Target | None,
        progress: Progress,
    ) -> list[dict[str, Any]]:  # Any: JSON
        """Write the pixels of a region, as they are in the result for the whole image.

        Parameters
        ----------
        intensities : sequence of Intensities
            What `measure` gave.
        region : tuple of slice
            With starts and stops.
        mean, spread : Target, optional
            Of the region's shape without `lost_axis`: what takes the result, and its standard
            deviation.
        progress : Progress
            Called for every tile.

        Returns
        -------
        list of dict
            The facts of each prediction.
        """
        read = self._grow(region)
        jobs = list(self._list_channels(region))
        shares = share_progress(progress, [1] * len(jobs))
        first = 0 if self.channel_axis is None else region[self.channel_axis].start
        facts = []
        for number, (index, share) in enumerate(zip(jobs, shares, strict=True)):
            known = intensities[first + number]
            box = self._with_channel(read, index)
            targets = [self._make_target(each, region, read, number) for each in (mean, spread)]
            facts.append(self._predict_part(box, known, targets, share))
            for written, wanted in zip(targets, (mean, spread), strict=True):
                if wanted is not None and read != region:
                    inner = tuple(
                        slice(region[axis].start - low, region[axis].stop - low)
                        for axis, low in self._list_written(read)
                    )
                    wanted[self._place(number)] = written[inner]
        return facts

    def _predict_part(
        self, box: Sequence[int | slice], known: Intensities, targets: Sequence[Any],
        progress: Progress,
    ) -> dict[str, Any]:  # Any: JSON  # fmt: skip
        model = self.model
        predictor = Predictor(
            model.network, self.compute, options=self.options, example=model.example
        )
        source: Source = self.image.array
        whole = [slice(0, size) for size in self.image.shape]
        if list(box) != whole:
            source = ArrayPart(keep_chunks(source), box)
        letters = [c for c, at in zip(self.image.axes, box, strict=True) if isinstance(at, slice)]
        low_high = model.manifest.use.output_range
        mean, spread = targets
        return predictor.predict(
            source,
            mean,
            uncertainty_target=spread,
            axes="".join(letters),
            intensities=known,
            undo=None if low_high is None else _state_pair(low_high).scaling,
            progress=progress,
        ).facts

    def _make_target(
        self, wanted: Target | None, region: Region, read: Region, number: int
    ) -> Any:  # Any: an array
        """Where the network writes: the target itself, or memory for more than the region."""
        if wanted is None:
            return None
        if read != region:
            shape = [read[axis].stop - low for axis, low in self._list_written(read)]
            return np.empty(shape, wanted.dtype)
        return wanted if self.channel_axis is None else ArrayPart(wanted, self._place(number))

    def _list_written(self, read: Region) -> list[tuple[int, int]]:
        """The axes of one prediction's result, and where they begin."""
        gone = (self.channel_axis, self.lost_axis)
        return [(axis, part.start) for axis, part in enumerate(read) if axis not in gone]

    def _place(self, number: int) -> tuple[int | slice, ...]:
        """Where a prediction lies in the result: all of it, or the channel of this number."""
        gone, at = self.lost_axis, self.channel_axis
        axes = [axis for axis in range(len(self.image.shape)) if axis != gone]
        return tuple(number if axis == at else slice(None) for axis in axes)

    def _grow(self, region: Region) -> Region:
        """What the network must read: its reach further, on the grid of its size multiple."""
        network = self.model.network
        multiple = network.size_multiple
        reach = max(network.receptive_field_px * self.options.times, multiple)
        grown = list(region)
        for axis in self.axes:
            size, part = self.image.shape[axis], region[axis]
            low = max(part.start - reach, 0) // multiple * multiple
            high = min(align_up(part.stop + reach, multiple), size)
            is_whole = network.has_global_statistics
            grown[axis] = slice(0, size) if is_whole else slice(low, high)
        at = self._taken_axis()
        if at is not None:
            grown[at] = slice(0, self.image.shape[at])
        return tuple(grown)

    def _taken_axis(self) -> int | None:
        """The axis C where the network takes all of it at once."""
        is_taken = self.model.network.in_channels > 1 and "C" in self.image.axes
        return self.image.axes.index("C") if is_taken else None

    def _list_channels(self, region: Region | None = None) -> Iterator[tuple[int | slice, ...]]:
        """An index of the image for each prediction: every channel, or all at once."""
        whole = tuple(slice(0, size) for size in self.image.shape)
        at = self.channel_axis
        if at is None:
            yield whole
            return
        part = whole[at] if region is None else region[at]
        for channel in range(part.start, part.stop):
            yield (*whole[:at], channel, *whole[at + 1 :])

    def _with_channel(self, box: Region, index: Sequence[int | slice]) -> tuple[int | slice, ...]:
        at = self.channel_axis
        return box if at is None else (*box[:at], index[at], *box[at + 1 :])


def settle_precision(model: Model, compute: ComputeSettings) -> ComputeSettings:
    """The settings with the precision that suffices for this model on this machine."""
    engine = prepare_engine(model.network, compute, example=model.example)
    return compute.model_copy(update={"precision": engine.precision})


def _state_pair(pair: Pair) -> Intensities:
    low, high = pair
    return Intensities(Scaling(low, high - low, "stated"), 0, 0)
