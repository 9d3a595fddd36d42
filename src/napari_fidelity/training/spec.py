"""What a training method says about itself. Needs no PyTorch: forms and files read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.data.settings import Task

if TYPE_CHECKING:
    from napari_fidelity.training.method import TrainingMethod


class MethodSettings(Params):
    """Base of the settings of a method; `kind` is the method's key in the catalog.

    A method's own class narrows it: `kind: Literal["care"] = "care"`.
    """

    kind: str


@dataclass(frozen=True)
class DataFacts:
    """What a method must know of the data before it builds its networks.

    Parameters
    ----------
    task : str
        "synthesis" (masks to images), "restoration" (images to images) or "segmentation"
        (images to masks).
    in_channels, out_channels : int
        Channels of a batch's inputs and targets. Masks as inputs have two, foreground and
        boundary (`data.mask_channels`); as targets one, the foreground.
    spatial_dims : int
        2 for planes, 3 for volumes.
    patch_px : tuple of int
        Sides of the patches.
    total_steps : int
        Steps that the run will take, for learning rates that fall towards its end.
    """

    task: Task
    in_channels: int
    out_channels: int
    spatial_dims: int
    patch_px: tuple[int, ...]
    total_steps: int

    def check_patches(self, size_multiple: int) -> None:
        """Refuse patches that a network cannot halve as often as it does.

        Raises
        ------
        UserError
            A side is no multiple of `size_multiple`.
        """
        if any(side % size_multiple for side in self.patch_px):
            sides = " × ".join(map(str, self.patch_px))
            raise UserError(
                f"Patches of {sides} px do not fit this network, which halves them several times: "
                f"give multiples of {size_multiple}."
            )


@dataclass(frozen=True)
class Criterion:
    """The validation metric by which the best checkpoint is chosen.

    Parameters
    ----------
    key : str
        Its name in `metrics.jsonl`, such as "val_loss".
    larger_is_better : bool
        Else smaller is.
    """

    key: str
    larger_is_better: bool = False

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether `value` beats `best`; the first number beats none, NaN beats nothing."""
        if value != value:
            return False
        if best is None:
            return True
        return value > best if self.larger_is_better else value < best


@dataclass(frozen=True)
class TrainingSpec:
    """One line of the catalog of training methods.

    Parameters
    ----------
    key, title, description : str
        Its name in files, its name for people, and one sentence on what it does.
    source : str
        The publication.
    settings : type
        Its settings, a `MethodSettings` whose `kind` defaults to `key`.
    tasks : tuple of str
        What it can be trained for.
    paired : bool
        Whether inputs and targets belong together; else they are drawn apart, from disjoint
        fields.
    default_patch_px, default_batch, default_steps : int
        What a run takes where nothing is stated.
    build : callable
        `build(settings, facts) -> TrainingMethod`; imports PyTorch when called.
    """

    key: str
    title: str
    description: str
    source: str
    settings: type[MethodSettings]
    tasks: tuple[Task, ...]
    paired: bool
    default_patch_px: int
    default_batch: int
    default_steps: int
    build: Callable[[Any, DataFacts], TrainingMethod]  # Any: its own settings class
