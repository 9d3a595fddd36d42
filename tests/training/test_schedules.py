"""Learning rates over a run."""

import math

import pytest
import torch

from napari_fidelity.training.method import Schedule
from napari_fidelity.training.schedules import RateSchedule
from napari_fidelity.training.spec import Criterion


@pytest.fixture
def make():
    def build(kind, **more):
        groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.02}]
        optimiser = torch.optim.SGD(groups, lr=0.1)
        criterion = Criterion("val_loss")
        return RateSchedule(Schedule(kind, **more), {"main": optimiser}, 10, criterion), optimiser

    return build


@pytest.mark.parametrize(
    ("kind", "factors"),
    [
        ("constant", [1] * 10),
        ("linear", [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]),
        ("cosine", [(1 + math.cos(math.pi * k / 10)) / 2 for k in range(10)]),
    ],
)
def test_rates_of_every_step(make, kind, factors):
    schedule, optimiser = make(kind)
    for step, factor in enumerate(factors, start=1):
        schedule.apply(step)
        rates = [group["lr"] for group in optimiser.param_groups]
        assert rates == pytest.approx([0.1 * factor, 0.02 * factor])
    assert schedule.list_rates() == {"rate_main": optimiser.param_groups[0]["lr"]}


def test_a_plateau_lowers_the_rate_after_its_patience(make):
    schedule, _ = make("plateau", factor=0.5, patience=2)
    found = []
    for value in (1.0, 0.9, 0.95, 0.9, 0.8, 0.9, math.nan, 0.9, 0.9):
        schedule.note_validation(value)
        found.append(schedule.find_factor(1))
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_a_plateau_goes_on_where_it_was(make):
    first, _ = make("plateau", patience=3)
    for value in (1.0, 2.0, 2.0):
        first.note_validation(value)
    second, _ = make("plateau", patience=3)
    second.load_state(first.state())
    second.note_validation(1.0)
    assert second.find_factor(1) == 0.5
