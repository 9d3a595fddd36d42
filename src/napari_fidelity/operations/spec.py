"""What an operation says about itself: settings, inputs, and the function that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params


class Table(Protocol):
    """Numbers rather than an image."""

    def to_csv(self) -> str:
        """All of it as CSV; lines that begin with # are remarks."""
        ...


@dataclass(frozen=True)
class InputSpec:
    """An image that an operation takes by keyword beside its first one."""

    name: str
    title: str
    optional: bool = True


def keep_settings(recipe: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A recipe's settings as they are."""
    return dict(recipe["params"])


@dataclass(frozen=True)
class OperationSpec:
    """An entry of the catalog of operations.

    `run(image, params, progress, **inputs) -> Image`; `inputs` are named in `inputs`. The
    result's provenance holds all that `rerun` needs, further inputs under `inputs` unless its
    settings say all about them; `migrate` gives the settings of a recipe, also of one that an
    earlier release wrote. What `gives` a table returns a `Table` and ends a recipe. What
    `streams` also takes `target=`, an array that it writes into as it goes.
    """

    key: str
    title: str
    description: str
    params: type[Params]
    run: Callable[..., Image | Table]
    inputs: tuple[InputSpec, ...] = ()
    migrate: Callable[[Mapping[str, Any]], dict[str, Any]] = keep_settings  # Any: JSON
    gives: Literal["image", "table"] = "image"
    streams: bool = False
