"""What an operation says about itself: settings, inputs, and the function that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params


@dataclass(frozen=True)
class InputSpec:
    """An image that an operation takes by keyword beside its first one."""

    name: str
    title: str
    optional: bool = True


@dataclass(frozen=True)
class OperationSpec:
    """An entry of the catalog of operations.

    `run(image, params, progress, **inputs) -> Image`; `inputs` are named in `inputs`. The
    result's provenance holds all that `rerun` needs.
    """

    key: str
    title: str
    description: str
    params: type[Params]
    run: Callable[..., Image]
    inputs: tuple[InputSpec, ...] = ()
