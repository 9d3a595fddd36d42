"""The loop: steps, curves, validations, checkpoints, until the end or until asked to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from napari_fidelity.core.amount_text import spell_time
from napari_fidelity.training.checkpoints import (
    BEST,
    LAST,
    RunPosition,
    copy_checkpoint,
    save_checkpoint,
)
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.evaluation import Evaluator
from napari_fidelity.training.heartbeat import Heartbeat
from napari_fidelity.training.method import Batch, TrainingMethod
from napari_fidelity.training.previews import write_results
from napari_fidelity.training.read_ahead import DrawsPatches, ReadAhead
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_log import RunLog
from napari_fidelity.training.schedules import RateSchedule
from napari_fidelity.training.spec import Criterion
from napari_fidelity.training.step import StepRunner
from napari_fidelity.training.stopping import StopRequest

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Ending = Literal["finished", "stopped"]


@dataclass
class RunParts:
    """What the loop works with."""

    config: TrainConfig
    run: RunFolder
    fabric: Fabric
    method: TrainingMethod
    data: DrawsPatches
    evaluator: Evaluator
    schedule: RateSchedule
    criterion: Criterion
    log: RunLog
    heart: Heartbeat
    request: StopRequest


class Loop:
    """Trains from a position on.

    Several devices run it together: each draws patches of its own and takes the same steps; the
    first one alone validates and writes.
    """

    def __init__(self, parts: RunParts, position: RunPosition) -> None:
        self._parts, self._position = parts, position
        self._settings = parts.config.run
        self._chief = parts.fabric.global_rank == 0
        self._runner = StepRunner(
            parts.method,
            parts.fabric,
            seed=self._settings.seed,
            part=position.part,
            on_part=self._note_part,
        )
        self._saved = (position.step, position.validated)
        self._begun, self._first = time.perf_counter(), position.step
        self._best_written = -1

    def run(self) -> Ending:
        """Train to the end, or until asked to stop; the last checkpoint is then written."""
        parts, position = self._parts, self._position
        total = parts.config.steps
        ending: Ending = "finished"
        with self._read_ahead(total) as batches:
            while position.step < total and not self._is_time_over():
                if self._is_stopped():
                    ending = "stopped"
                    break
                self._take_step(batches.take)
                self._do_what_is_due()
        if ending == "finished" and position.validated < position.step:
            self._validate()
        if self._saved != (position.step, position.validated):
            self._save()
        return ending

    def _read_ahead(self, total: int) -> ReadAhead:
        fabric, config = self._parts.fabric, self._parts.config
        several = fabric.world_size > 1
        return ReadAhead(
            self._parts.data,
            config.batch // fabric.world_size,
            seed=self._settings.seed,
            rest=(fabric.global_rank,) if several else (),
            first=self._position.step + 1,
            last=total,
            device=fabric.device,
        )

    def _take_step(self, take: Callable[[], Batch]) -> None:
        position, begin = self._position, time.perf_counter()
        step = position.step + 1
        self._parts.schedule.apply(step)
        losses = self._runner.run(take(), step)
        for key, value in losses.items():
            position.sums[key] = position.sums.get(key, 0.0) + value
        position.count += 1
        position.step = step
        position.seconds += time.perf_counter() - begin

    def _do_what_is_due(self) -> None:
        settings, step = self._settings, self._position.step
        if step % settings.log_every == 0:
            self._add_losses()
        if step % settings.validate_every == 0:
            self._validate()
        keep = settings.keep_every is not None and step % settings.keep_every == 0
        if keep or step % settings.checkpoint_every == 0:
            self._save(keep=keep)
        self._tell()

    def _add_losses(self) -> None:
        """A row of the mean losses since the last one."""
        position = self._position
        means = {key: value / position.count for key, value in position.sums.items()}
        position.sums, position.count = {}, 0
        if self._chief:
            rates = self._parts.schedule.list_rates()
            row = {"step": position.step, "seconds": round(position.seconds, 3), **means, **rates}
            self._parts.log.add_row(row)

    def _validate(self) -> None:
        parts, position = self._parts, self._position
        value = self._measure() if self._chief else 0.0
        if parts.fabric.world_size > 1:
            value = float(parts.fabric.broadcast(value))
        parts.schedule.note_validation(value)
        position.validated = position.step
        if self._chief and parts.criterion.is_better(value, position.best.get("value")):
            position.best = {"step": position.step, "key": parts.criterion.key, "value": value}
            self._write(BEST)
            self._best_written = position.step
            parts.heart.tell(best=position.best)
            parts.log.tell(f"Step {position.step}: best so far, {parts.criterion.key} {value:.6g}.")

    def _measure(self) -> float:
        """Validate, write row and previews; the criterion's value."""
        parts, position = self._parts, self._position
        parts.heart.tell(message="Validating", step=position.step)
        found = parts.evaluator.evaluate(parts.method)
        row = {"step": position.step, "seconds": round(position.seconds, 3), **found.values}
        write_results(parts.run, position.step, found.images, parts.evaluator.shown)
        parts.log.add_row({**row, "previews": found.scores})
        parts.heart.tell(message="")
        return found.values.get(parts.criterion.key, float("nan"))

    def _save(self, *, keep: bool = False) -> None:
        if self._chief:
            folder = self._parts.run.checkpoints
            if self._best_written == self._position.step:
                copy_checkpoint(folder / BEST, folder / LAST)
            else:
                self._write(LAST)
            if keep:
                copy_checkpoint(folder / LAST, folder / f"step_{self._position.step:07d}.pt")
        self._saved = (self._position.step, self._position.validated)

    def _write(self, name: str) -> None:
        self._position.part = self._runner.part
        self._position.schedule = self._parts.schedule.state()
        path = self._parts.run.checkpoints / name
        save_checkpoint(path, self._parts.method, self._position)

    def _note_part(self, part: int) -> None:
        batch = self._parts.config.batch // self._parts.fabric.world_size
        if self._chief:
            text = (
                f"Memory ran out: {part} patches at a time from now on, added up to batches of "
                f"{batch}."
            )
            self._parts.log.tell(f"Step {self._position.step + 1}: {text}")
            self._parts.heart.change(accumulate=-(-batch // part), message=text)

    def _tell(self) -> None:
        if not self._chief:
            return
        parts, position = self._parts, self._position
        left = self._estimate_remaining()
        parts.heart.tell(step=position.step, seconds=position.seconds, remaining_s=left)
        text = f"Training, {spell_time(left)} left, step"
        parts.request.tell(position.step, parts.config.steps, text)

    def _estimate_remaining(self) -> float:
        """Seconds to the end, by what the steps so far took with all that came between."""
        position, settings = self._position, self._settings
        passed = time.perf_counter() - self._begun
        left = (self._parts.config.steps - position.step) * passed / (position.step - self._first)
        if settings.max_minutes is not None:
            left = min(left, max(0.0, settings.max_minutes * 60 - position.seconds))
        return left

    def _is_time_over(self) -> bool:
        limit = self._settings.max_minutes
        over = limit is not None and self._position.seconds >= limit * 60
        return self._agree(over)

    def _is_stopped(self) -> bool:
        return self._agree(self._parts.request.is_asked())

    def _agree(self, mine: bool) -> bool:
        """What the first device says, on all of them."""
        fabric = self._parts.fabric
        if fabric.world_size == 1:
            return mine
        said = torch.tensor(float(mine and self._chief), device=fabric.device)
        together = fabric.all_reduce(said, reduce_op="sum")
        assert isinstance(together, torch.Tensor)  # one went in
        return bool(together > 0)
