"""Learning rates over a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from napari_fidelity.training.method import Schedule
from napari_fidelity.training.spec import Criterion


class RateSchedule:
    """Sets the rates of a method's optimisers before every step.

    The rate of step k (1 is the first) is a factor times the rate that the optimiser was built
    with. The factor depends on k alone, but for "plateau", which counts validations.

    Parameters
    ----------
    schedule : Schedule
    optimisers : mapping of str to Optimizer
        As built; each group keeps its own rate.
    total_steps : int
    criterion : Criterion
        What "no better" means.
    """

    def __init__(
        self,
        schedule: Schedule,
        optimisers: Mapping[str, Optimizer],
        total_steps: int,
        criterion: Criterion,
    ) -> None:
        self._schedule, self._total, self._criterion = schedule, total_steps, criterion
        self._optimisers = dict(optimisers)
        self._first = {
            name: [float(group["lr"]) for group in optimiser.param_groups]
            for name, optimiser in self._optimisers.items()
        }
        self._plateau = 1.0
        self._best: float | None = None
        self._worse = 0

    def apply(self, step: int) -> None:
        """Set the rates for a step."""
        factor = self.find_factor(step)
        for name, optimiser in self._optimisers.items():
            for group, first in zip(optimiser.param_groups, self._first[name], strict=True):
                group["lr"] = first * factor

    def find_factor(self, step: int) -> float:
        """What the first rates are multiplied with at a step, 1 being the first."""
        done = (step - 1) / self._total
        kind = self._schedule.kind
        if kind == "linear":
            return min(1.0, 2.0 * (1.0 - done))
        if kind == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * done))
        return self._plateau if kind == "plateau" else 1.0

    def note_validation(self, value: float) -> None:
        """Count a validation in which the criterion got no better ("plateau")."""
        if self._criterion.is_better(value, self._best):
            self._best, self._worse = value, 0
            return
        self._worse += 1
        if self._worse >= self._schedule.patience:
            self._plateau, self._worse = self._plateau * self._schedule.factor, 0

    def list_rates(self) -> dict[str, float]:
        """The rates in use: of the first group of each optimiser, keyed "rate_<name>"."""
        return {
            f"rate_{name}": float(optimiser.param_groups[0]["lr"])
            for name, optimiser in self._optimisers.items()
        }

    def state(self) -> dict[str, Any]:  # Any: numbers and None
        """What a checkpoint holds."""
        return {"factor": self._plateau, "best": self._best, "worse": self._worse}

    def load_state(self, state: Mapping[str, Any]) -> None:  # Any: as above
        """Go on from what `state` gave."""
        self._plateau, self._best = float(state["factor"]), state["best"]
        self._worse = int(state["worse"])
