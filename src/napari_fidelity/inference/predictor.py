"""Image-to-image networks applied to images of any size, tile by tile, equal to the whole."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.chunk_cache import keep_chunks
from napari_fidelity.inference.combination import Combination, Member, has_uncertainty
from napari_fidelity.inference.device import choose_device
from napari_fidelity.inference.engine import Engine, prepare_engine
from napari_fidelity.inference.image_run import ImageRun, Step
from napari_fidelity.inference.layout import Layout, plan_layout
from napari_fidelity.inference.lazy_arrays import (
    Source,
    check_source,
    read_box,
)
from napari_fidelity.inference.members import (
    check_networks,
    choose_statistics,
    count_bytes_per_pixel,
    count_passes,
    freeze_members,
    join_engines,
)
from napari_fidelity.inference.normalisation import Intensities, Scaling, measure_scaling
from napari_fidelity.inference.polled_call import call_polled
from napari_fidelity.inference.predict_facts import collect_facts
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.prediction import Prediction
from napari_fidelity.inference.prediction_plan import PredictionPlan
from napari_fidelity.inference.result_places import (
    Place,
    ResultPlaces,
    choose_chunks,
    note_facts,
    reopen,
)
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.step_count import Steps
from napari_fidelity.inference.working_memory import count_working_bytes
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import align_up

EXAMPLE_PX = {2: 256, 3: 48}


class Predictor:
    """One network, or several whose mean counts, ready for images of any size.

    The result is that of the network on the whole plane or volume, which is continued by
    reflection only as far as the network's size multiple asks for; at the borders the network
    pads as it did in training. Tiles read the receptive field around them, so they equal the
    whole to 1e-5 in float32; a part of the image is run both ways and the difference written
    into the facts. Networks with instance norms get the statistics of the whole plane: in one
    piece if it fits in memory, else summed over tiles, else approximately, which is said.

    With several networks, orientations (`flips`) or a predicted scale the result has an
    uncertainty: the standard deviation by the law of total variance (see `Combination`).

    Parameters
    ----------
    networks : LocalNetwork or sequence of LocalNetwork
        With equal channels and spatial axes.
    settings : ComputeSettings, optional
        Device, precision, threads, memory.
    options : PredictOptions, optional
    example : Tensor, shape (1, in_channels, *spatial), optional
        Typical input on which engines try out their precision, so that it does not depend on
        the image. Default: the middle of each image.

    Raises
    ------
    UserError
        The networks do not fit each other or the options.

    Examples
    --------
    >>> from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
    >>> network = NormUNet(NormUNetParams(widths=(2, 4)))
    >>> prediction = Predictor(network).predict(np.zeros((3, 20, 30), np.uint16) + 7)
    >>> prediction.mean.shape, prediction.notes
    ((3, 20, 30), ('Every pixel of the image is 7: the network sees zeros.',))
    """

    def __init__(
        self,
        networks: LocalNetwork | Sequence[LocalNetwork],
        settings: ComputeSettings | None = None,
        *,
        options: PredictOptions | None = None,
        example: Tensor | None = None,
    ) -> None:
        given = [networks] if isinstance(networks, LocalNetwork) else list(networks)
        self._settings = settings or ComputeSettings()
        self._options = options or PredictOptions()
        self._example = example
        self._channels = check_networks(given, self._options)
        self._networks = [n if not n.training else copy.deepcopy(n).eval() for n in given]
        self._multiple = math.lcm(*(network.size_multiple for network in given))
        reach = max(network.receptive_field_px for network in given)
        self._reach_px = reach * self._options.times

    def predict(
        self,
        source: Source,
        target: Place = None,
        *,
        uncertainty_target: Place = None,
        axes: str | None = None,
        intensities: Intensities | None = None,
        undo: Scaling | None = None,
        progress: Progress | None = None,
    ) -> Prediction:
        """The networks' result for an image.

        Leading axes are looped over; all planes share one scaling. Where a pixel is NaN or
        infinite, the result is NaN as far as the network looks.

        Parameters
        ----------
        source : array
            NumPy, memory-mapped, Dask, Zarr, or anything with `shape`, `dtype` and slices: only
            the boxes that are needed are read, on another thread. `open_source` opens files.
        target : array, str or Path, optional
            Where the mean is written, in the target's type; integers are rounded and clipped.
            A path becomes a Zarr, complete or not at all, with the facts in its attribute
            `napari_fidelity`. Default: a new array in memory.
        uncertainty_target : array, str or Path, optional
            The same for the uncertainty. Default: a new array in memory, or none where `target`
            is given.
        axes : str, optional
            A letter of TCZYX for each axis, ending in YX. Default: the last letters of TZYX.
        intensities : Intensities, optional
            The scaling, where it is known: for a part of an image that of the whole. Default:
            measured on the source.
        undo : Scaling, optional
            What the results are scaled back by, where the source's units are to be restored.
            Default: the scaling of the source.
        progress : Progress, optional
            Called before every block and tile; may raise `Cancelled`.

        Returns
        -------
        Prediction

        Raises
        ------
        UserError
            The image or the targets cannot be used; the sentence says why.
        """
        progress = progress or Progress()
        check_source(source)
        layout = self._plan_layout(source, axes)
        places = self._find_places(source, layout, target, uncertainty_target)
        if intensities is None:
            intensities = measure_scaling(source, self._options.normalisation, progress)
        example = self._example
        if example is None:
            example = self._read_example(source, layout, intensities.scaling)
        engines = self._prepare(example, progress)
        plan = self._plan(layout, engines)
        chunks = choose_chunks(layout.result_shape, layout.spatial_dims, plan.tile_px)
        with places.open(chunks) as (mean, uncertainty):
            run = ImageRun(
                keep_chunks(source),
                layout,
                intensities.scaling,
                undo=(undo or intensities.scaling) if self._options.restore_units else None,
                reach_px=self._reach_px,
                mean=mean,
                uncertainty=uncertainty,
            )
            difference = self._run(run, plan, engines, progress)
            facts = collect_facts(
                source, self._options, plan, intensities, engines, run, difference
            )
            note_facts(mean, target, facts)
            note_facts(uncertainty, uncertainty_target, facts)
        results = (reopen(mean, target), reopen(uncertainty, uncertainty_target))
        return Prediction(*results, facts)

    def _plan_layout(self, source: Source, axes: str | None) -> Layout:
        is_bool = np.dtype(source.dtype).kind == "b"
        if self._options.restore_dtype and is_bool:
            raise UserError("The image is a mask of type bool, which cannot hold intensities.")
        return plan_layout(
            source.shape,
            axes,
            spatial_dims=self._networks[0].spatial_dims,
            in_channels=self._networks[0].in_channels,
            channels=self._channels,
        )

    def _find_places(
        self, source: Source, layout: Layout, mean: Place, uncertainty: Place
    ) -> ResultPlaces:
        own = np.dtype(source.dtype).newbyteorder("=")
        dtype = own if self._options.restore_dtype else np.dtype(np.float32)
        says = has_uncertainty(len(self._networks), self._options)
        places = ResultPlaces(mean, uncertainty, source, layout.result_shape, dtype, says)
        places.check()
        return places

    def _read_example(self, source: Source, layout: Layout, scaling: Scaling) -> Tensor:
        """The middle of the image, on which engines try out their precision."""
        indices = layout.indices
        side = align_up(EXAMPLE_PX[layout.spatial_dims], self._multiple)
        start = [max((size - side) // 2, 0) for size in layout.spatial]
        lengths = [min(side, align_up(size, self._multiple)) for size in layout.spatial]
        stop = [first + length for first, length in zip(start, lengths, strict=True)]
        pixels = scaling.apply(read_box(source, indices[len(indices) // 2], start, stop))
        example = torch.from_numpy(np.nan_to_num(pixels, posinf=0.0, neginf=0.0))
        return example.reshape(1, self._networks[0].in_channels, *lengths)

    def _prepare(self, example: Tensor, progress: Progress) -> list[Engine]:
        """An engine for each network; engines are kept, so Cancel need not wait for one."""
        engines, total = [], len(self._networks)
        for done, network in enumerate(self._networks):
            engines.append(
                call_polled(
                    partial(prepare_engine, network, self._settings, example=example),
                    partial(progress, done, total, "Preparing"),
                )
            )
        return engines

    def _plan(self, layout: Layout, engines: Sequence[Engine]) -> PredictionPlan:
        memory = count_working_bytes(self._settings, choose_device(self._settings.device))
        plan = PredictionPlan(
            layout,
            "local",
            min(engine.tile_px for engine in engines),
            self._reach_px,
            self._multiple,
        )
        has_norms = any(network.has_global_statistics for network in self._networks)
        if has_norms and max(plan.padded) <= self._multiple:
            raise UserError(
                f"A plane of {layout.spatial} pixels leaves one pixel at the network's coarsest "
                f"level, which it cannot normalise: it needs more than {self._multiple} px."
            )
        statistics = choose_statistics(
            self._networks, self._options, math.prod(plan.padded), memory
        )
        return replace(plan, statistics=statistics)

    def _run(
        self,
        run: ImageRun,
        plan: PredictionPlan,
        engines: Sequence[Engine],
        progress: Progress,
    ) -> float | None:
        """Write every tile; returns the measured difference between tiles and whole."""
        steps = Steps(progress)

        def combine(members: Sequence[Member]) -> Combination:
            size = min(engine.batch_size for engine in engines)
            return Combination(members, self._options, size, steps.poll)

        indices, tiles = plan.layout.indices, plan.tiles
        if plan.statistics in ("local", "whole"):
            runner = combine(join_engines(engines, self._options))
            difference = plan.probe(run, runner, indices[len(indices) // 2], steps.poll)
            run.run(runner, [Step(i, tile) for i in indices for tile in tiles], steps.progress)
            return difference
        difference, part = None, self._count_part_pixels()
        settings = self._settings.model_copy(update={"precision": engines[0].precision})
        for index in indices:
            region = plan.find_region(run, index, part, steps.count)
            steps.start(count_passes(self._networks, self._options) * len(region.tiles))
            runner = combine(freeze_members(self._networks, self._options, settings, region))
            here = plan.probe(run, runner, index, steps.poll)
            difference = here if difference is None else max(difference, here or 0.0)
            run.run(runner, [Step(index, tile) for tile in tiles], steps.progress)
        return difference

    def _count_part_pixels(self) -> float:
        """How many pixels fit in half of the memory at once."""
        memory = count_working_bytes(self._settings, choose_device(self._settings.device))
        return memory / 2 / max(map(count_bytes_per_pixel, self._networks))
