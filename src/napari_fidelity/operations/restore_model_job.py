"""A restoration by a trained model made ready: what `RestoreJob` is for the classical methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region
from napari_fidelity.inference.lazy_arrays import Index, Target, check_target
from napari_fidelity.inference.polled_call import call_polled
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import Model, load_model
from napari_fidelity.operations.model_fit import (
    check_use,
    describe_model,
    note_intensities,
    note_pixel_size,
)
from napari_fidelity.operations.preflight import check_memory
from napari_fidelity.restoration.learned import LearnedSettings
from napari_fidelity.restoration.spec import Settled

if TYPE_CHECKING:
    from napari_fidelity.operations.model_run import ModelRun
    from napari_fidelity.operations.restore import RestoreParams

LEAST_TILE_PX = 32
# Of the facts of a prediction, what a reader of a result wants to know.
TOLD_FACTS = ("tile_px", "halo_px", "statistics", "tiled_equals_whole", "engines")


@dataclass(frozen=True, eq=False)
class RestoreModelJob:
    """A trained model and an image.

    Parameters
    ----------
    model : Model
        For restoration.
    image : Image
        What is restored; its array may be lazy.
    params : RestoreParams
        What was asked for; the method is that of a trained model.
    compute : ComputeSettings
        Device and threads.
    facts : list of dict
        Of the predictions that were made.
    """

    model: Model
    image: Image
    params: RestoreParams
    compute: ComputeSettings
    facts: list[dict[str, Any]] = field(default_factory=list)  # Any: JSON

    @property
    def title(self) -> str:
        """What the result is called after."""
        is_spread = self.settings.uncertainty
        return f"{self.model.manifest.title}{' · uncertainty' if is_spread else ''}"

    @property
    def settings(self) -> LearnedSettings:
        """The settings of the method."""
        method = self.params.method
        assert isinstance(method, LearnedSettings)
        return method

    def settle(self, progress: Progress) -> tuple[None, Settled]:
        """The settings with the scaling of the whole image, and with the precision."""
        # tensors are heavy to load: only a run needs them
        from napari_fidelity.operations.model_run import settle_precision

        settings = self.settings
        run = self._make_run(settings)
        settle = partial(settle_precision, self.model, run.compute)
        precision = call_polled(settle, progress.check).precision
        notes = note_pixel_size(self.model.manifest, self.image)
        pairs = settings.scaling
        if pairs is None:
            measured = run.measure(progress)
            pairs = tuple((m.scaling.offset, m.scaling.offset + m.scaling.span) for m in measured)
            notes += note_intensities(measured)
        single = len(pairs) == 1
        low, high = ([pair[side] for pair in pairs] for side in (0, 1))
        found = {
            "low": low[0] if single else low,
            "high": high[0] if single else high,
            "precision": precision,
        }
        settled = settings.model_copy(update={"scaling": pairs, "precision": precision})
        return None, Settled(settled, found, notes=tuple(notes))

    def run(
        self,
        sample: object,
        settled: Settled,
        region: Region,
        target: Target | None,
        progress: Progress,
    ) -> Any:  # Any: an array of the target's kind
        """The restored pixels of a region, or their standard deviations if they were asked for."""
        del sample  # classical methods restore it on the way
        target = self._find_target(region, target)
        if self.settings.uncertainty:
            self._predict(settled, region, _Discarded(tuple(target.shape)), target, progress)
        else:
            self._predict(settled, region, target, None, progress)
        return target

    def run_both(
        self, settled: Settled, region: Region, target: Target | None, spread: Target | None,
        progress: Progress,
    ) -> tuple[Any, Any]:  # Any: arrays of the targets' kinds  # fmt: skip
        """The restored pixels of a region and their standard deviations, computed at once."""
        target, spread = (self._find_target(region, each) for each in (target, spread))
        self._predict(settled, region, target, spread, progress)
        return target, spread

    def describe(self, settled: Settled) -> dict[str, Any]:  # Any: JSON
        """What a reader wants to know beside the settings."""
        told = [note for facts in self.facts for note in facts["notes"]]
        notes = list(dict.fromkeys((*settled.notes, *told)))
        volumes = self.model.network.spatial_dims == 3
        found: dict[str, Any] = {
            "method": {"key": self.settings.kind, "title": self.model.manifest.title},
            "model": describe_model(self.model),
            "restored": "volumes" if volumes else "planes",
            "found": dict(settled.facts),
            "compute": [{name: facts[name] for name in TOLD_FACTS} for facts in self.facts],
        }
        return found | ({"notes": notes} if notes else {})

    def _predict(
        self, settled: Settled, region: Region, mean: Target, spread: Target | None,
        progress: Progress,
    ) -> None:  # fmt: skip
        settings = settled.settings
        assert isinstance(settings, LearnedSettings)
        assert settings.scaling is not None
        run = self._make_run(settings)
        intensities = run.state(settings.scaling)
        self.facts[:] = run.predict(intensities, region, mean, spread, progress)

    def _make_run(self, settings: LearnedSettings) -> ModelRun:
        # tensors are heavy to load: only a run needs them
        from napari_fidelity.operations.model_run import ModelRun

        use = self.model.manifest.use
        options = PredictOptions(
            normalisation=use.normalisation,
            flips=settings.flips,
            times=self.params.times,
            output="mean-scale" if use.output == "mean-scale" else "mean",
        )
        pinned: dict[str, object] = {}
        if settings.precision != "auto":
            pinned["precision"] = settings.precision
        if self.params.tile_px is not None:
            pinned["tile_px"] = max(self.params.tile_px, LEAST_TILE_PX)
        return ModelRun(self.model, self.image, options, self.compute.model_copy(update=pinned))

    def _find_target(self, region: Region, target: Target | None) -> Target:
        shape = tuple(part.stop - part.start for part in region)
        dtype = self.params.dtype or "float32"
        if target is None:
            check_memory(shape, dtype)
            target = np.empty(shape, dtype)
        check_target(target, shape, self.image.array)
        return target


def prepare_restore_model(
    image: Image, params: RestoreParams, compute: ComputeSettings, progress: Progress
) -> RestoreModelJob:
    """The model loaded and found to fit the image.

    Raises
    ------
    UserError
        No model was chosen, it is damaged, for another task or for other images.
    """
    settings = params.method
    assert isinstance(settings, LearnedSettings)
    if not settings.model:
        raise UserError("No model is chosen: give its key, or the folder of a model or a run.")
    model = call_polled(partial(load_model, settings.model), progress.check)
    check_use(model, image, "restoration", "restore")
    title, network, use = model.manifest.title, model.network, model.manifest.use
    given = network.out_channels // (2 if use.output == "mean-scale" else 1)
    if given != network.in_channels:
        raise UserError(
            f"{title} turns {network.in_channels} channels into {given}, which is not an image "
            "on the same axes: use it with Predictor in Python."
        )
    asked = {"plane": 2, "volume": 3}.get(params.spatial, network.spatial_dims)
    if asked != network.spatial_dims:
        made = "volumes" if network.spatial_dims == 3 else "planes"
        raise UserError(f"{title} restores {made}: choose {made} or auto.")
    if settings.uncertainty and params.times > 1:
        raise UserError(
            f"Applied {params.times} times, {title} cannot say how sure it is: ask for the "
            "uncertainty of one application."
        )
    if settings.uncertainty and use.output != "mean-scale" and settings.flips == "none":
        raise UserError(
            f"{title} does not say how sure it is: choose flips, whose spread tells something, "
            "or a model that was trained for it."
        )
    return RestoreModelJob(model, image, params, compute)


class _Discarded:
    """Takes the mean where the standard deviation alone is wanted."""

    dtype = np.dtype(np.float32)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __setitem__(self, index: Index, pixels: Any) -> None:  # Any: an array
        """Forget the pixels."""
