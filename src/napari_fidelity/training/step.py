"""One step of training: every phase's loss, part by part, and its optimiser's descent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.out_of_memory import is_out_of_memory
from napari_fidelity.training.method import Batch, Losses, Phase, TrainingMethod
from napari_fidelity.training.part_size import split_batch
from napari_fidelity.training.seeding import seed_step

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class NotFinite(UserError):
    """A loss became NaN or infinite: nothing was learned from it, the run must end."""


class StepRunner:
    """Runs the steps of a method.

    Parameters
    ----------
    method : TrainingMethod
        Placed on its device.
    fabric : Fabric
        For precision, and for the mean of gradients over several devices.
    seed : int
        Every phase of every step draws its random numbers from (seed, step, phase, device).
    part : int
        Patches to compute at once; 0: the whole batch.
    on_part : callable, optional
        Called with the new number of patches where memory ran out and they were halved.
    """

    def __init__(
        self,
        method: TrainingMethod,
        fabric: Fabric,
        *,
        seed: int,
        part: int = 0,
        on_part: Callable[[int], None] | None = None,
    ) -> None:
        self.part = part
        self._method, self._fabric, self._seed, self._on_part = method, fabric, seed, on_part
        self._trainable = {
            key: [one for one in network.parameters() if one.requires_grad]
            for key, network in method.networks.items()
        }
        self._thawed: frozenset[str] | None = None

    def run(self, batch: Batch, step: int) -> dict[str, float]:
        """Take step `step`; the losses, keyed "loss_<phase>" and "loss_<part>".

        Raises
        ------
        NotFinite
            A loss is NaN or infinite; its phase has not descended.
        UserError
            Memory does not suffice for a single patch.
        """
        parts = split_batch(batch, self.part or len(batch.inputs))
        found: dict[str, float] = {}
        for number, phase in enumerate(self._method.list_phases(step)):
            self._freeze_others(phase)
            parts, losses = self._find_gradient(phase, number, step, parts)
            self._share_gradient(phase)
            self._method.optimisers[phase.optimiser].step()
            found |= losses
        self._method.finish_step(step)
        return found

    def _find_gradient(
        self, phase: Phase, number: int, step: int, parts: list[Batch]
    ) -> tuple[list[Batch], dict[str, float]]:
        """Gradients of a phase over all parts; these are smaller where memory ran out."""
        while True:
            seed_step(self._seed, step, number, self._fabric.global_rank)
            self._method.optimisers[phase.optimiser].zero_grad(set_to_none=True)
            try:
                return parts, self._add_gradients(phase, step, parts)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # outside of `except`: until it ends, the error keeps what filled the memory
            parts = self._halve(phase, parts)

    def _add_gradients(self, phase: Phase, step: int, parts: Sequence[Batch]) -> dict[str, float]:
        total = sum(len(part.inputs) for part in parts)
        found: dict[str, float] = {}
        for part in parts:
            share = len(part.inputs) / total
            with self._fabric.autocast():
                losses = phase.loss(part)
            for key, value in read_losses(losses, phase, step).items():
                found[key] = found.get(key, 0.0) + share * value
            self._fabric.backward(losses.total if share == 1 else losses.total * share)
        return found

    def _halve(self, phase: Phase, parts: Sequence[Batch]) -> list[Batch]:
        largest = max(len(part.inputs) for part in parts)
        self._method.optimisers[phase.optimiser].zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if largest <= 1:
            raise UserError(
                "Memory does not suffice for a single patch: take smaller patches, or a narrower "
                "network."
            )
        self.part = (largest + 1) // 2
        if self._on_part is not None:
            self._on_part(self.part)
        return [half for part in parts for half in split_batch(part, self.part)]

    def _freeze_others(self, phase: Phase) -> None:
        trains = frozenset(phase.trains)
        if trains == self._thawed:
            return
        for key, parameters in self._trainable.items():
            for one in parameters:
                one.requires_grad_(key in trains)
        self._thawed = trains

    def _share_gradient(self, phase: Phase) -> None:
        """The mean over devices.

        Not left to DistributedDataParallel: it wants every parameter in every backward pass,
        and networks called through its own wrapper; phases freeze networks, and losses call them.
        """
        if self._fabric.world_size == 1:
            return
        groups = self._method.optimisers[phase.optimiser].param_groups
        gradients = [p.grad for group in groups for p in group["params"] if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        shared = self._fabric.all_reduce(flat, reduce_op="mean")
        assert isinstance(shared, Tensor)  # one went in
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, mean in zip(gradients, torch.split(shared, sizes), strict=True):
            gradient.copy_(mean.view_as(gradient))


def read_losses(losses: Losses, phase: Phase, step: int) -> dict[str, float]:
    """The numbers of a phase, fetched from the device at once.

    Raises
    ------
    NotFinite
        One of them is NaN or infinite.
    """
    names = [phase.name, *losses.parts]
    tensors = [losses.total, *losses.parts.values()]
    values = torch.stack([one.detach().float().reshape(()) for one in tensors]).tolist()
    for name, value in zip(names, values, strict=True):
        if not math.isfinite(value):
            raise NotFinite(
                f"Training broke down: the loss {name!r} is {value} at step {step}. Lower the "
                "learning rate, or look for odd values in the images."
            )
    return {f"loss_{name}": value for name, value in zip(names, values, strict=True)}
