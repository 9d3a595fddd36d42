"""What the Synthesize dock computes with: the operation and the models, fetched when first used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params


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
    """

    params_class: type[Params]
    levels_class: type[Params]
    synthesize: Callable[..., Image]
    list_models: Callable[[], Sequence[Any]]  # Any: a model's manifest
    thumbnail_path: Callable[[str], Path | None]


def default_backend() -> SynthesisBackend:
    """The operation and the models of this package."""
    from napari_fidelity import models
    from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
    from napari_fidelity.simulation.observation import Levels

    return SynthesisBackend(
        params_class=SynthesizeParams,
        levels_class=Levels,
        synthesize=synthesize,
        list_models=lambda: models.list_models("synthesis"),
        thumbnail_path=models.thumbnail_path,
    )
