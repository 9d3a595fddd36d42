"""What the Synthesize dock computes with: the operation and the models, fetched when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.widgets.live_painting import Renderer
from napari_fidelity.widgets.method_choices import name_place

Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True)
class SynthesisBackend:
    """The functions behind the dock's buttons; tests hand in quick ones.

    Parameters
    ----------
    params_class, levels_class : type of Params
        Settings of the operation, and of the four intensities that may be stated.
    synthesize : callable
        `synthesize(mask, params, progress, reference=None) -> Image`.
    list_models : callable
        Manifests of the models for synthesis, with key, title, description,
        levels, licence, training.
    thumbnail_path : callable
        Picture of a model by its key, or None.
    model_problems : callable, optional
        A sentence for each model that should be listed and cannot be.
    start_live : callable, optional
        `start_live(shape, origin, recipe_params) -> Renderer`; the settings are those of a
        result's recipe.
    follows_brush : callable, optional
        Whether a model, by its key, is made for that.
    estimate : callable, optional
        `estimate(shape, params)`, before a run: an object with `seconds` and `words`.
    """

    params_class: type[Params]
    levels_class: type[Params]
    synthesize: Callable[..., Image]
    list_models: Callable[[], Sequence[Any]]  # Any: a model's manifest
    thumbnail_path: Callable[[str], Path | None]
    model_problems: Callable[[], Sequence[str]] = tuple
    start_live: Callable[[Sequence[int], Sequence[int], Json], Renderer] | None = None
    follows_brush: Callable[[str], bool] = lambda _key: False
    estimate: Callable[..., Any] | None = None  # Any: an `Estimate`


def default_backend() -> SynthesisBackend:
    """The operation and the models of this package, with the preferences of this computer."""
    from napari_fidelity import models
    from napari_fidelity.operations.live_synthesis import start_live
    from napari_fidelity.operations.preflight import estimate_synthesis
    from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
    from napari_fidelity.simulation.observation import Levels
    from napari_fidelity.widgets.preferences import apply_model_folder, compute_settings

    def list_models() -> Sequence[Any]:  # Any: as above
        apply_model_folder()
        return [
            manifest if manifest.key == model else _name_by_folder(manifest, model)
            for model, manifest in models.list_packages("synthesis")
        ]

    return SynthesisBackend(
        params_class=SynthesizeParams,
        levels_class=Levels,
        synthesize=lambda mask, params, progress, reference=None: synthesize(
            mask, params, progress, reference=reference, compute=compute_settings()
        ),
        list_models=list_models,
        thumbnail_path=models.thumbnail_path,
        model_problems=models.model_problems,
        start_live=lambda shape, origin, params: start_live(
            shape, origin, SynthesizeParams.parse(dict(params)), compute_settings()
        ),
        follows_brush=lambda key: models.read_manifest(models.find_model(key)).live,
        estimate=lambda shape, params: estimate_synthesis(shape, params, compute_settings()),
    )


def _name_by_folder(manifest: Any, folder: str) -> Any:  # Any: a manifest
    """A manifest whose key another model has already: its folder stands for it."""
    title = f"{manifest.title} ({name_place(Path(folder))})"
    return manifest.model_copy(update={"key": folder, "title": title})
