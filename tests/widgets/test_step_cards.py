"""Cards of steps: order, switches, and settings that come back as they were."""

from __future__ import annotations

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation.catalog import STEPS
from napari_fidelity.simulation.degradation.interval import Interval
from napari_fidelity.simulation.degradation.steps.camera import Camera
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from napari_fidelity.widgets.step_cards import StepCards

NO_FORM = {"psf", "defocus"}  # they bring a PSF section of their own


@pytest.fixture
def cards(qtbot):
    cards = StepCards(STEPS)
    qtbot.addWidget(cards)
    return cards


@pytest.mark.parametrize("key", [key for key in STEPS if key not in NO_FORM])
def test_every_step_has_a_card_that_gives_its_defaults_back(cards, key):
    card = cards.add(key)
    assert cards.steps() == [STEPS[key].params()]
    assert card.fold.heading.isChecked()


def test_settings_come_back_as_they_were(cards):
    steps = [Poisson(photons=Interval(low=8, high=30)), Camera(bits=12, hot_percent=0.5)]
    cards.set_steps(steps)
    assert cards.steps() == steps


def test_cards_are_switched_moved_and_removed(cards, qtbot):
    cards.set_steps([Poisson(), Camera()])
    first, second = cards.cards
    assert not first.earlier.isEnabled()
    assert not second.later.isEnabled()
    second.earlier.click()
    assert [step.kind for step in cards.steps()] == ["camera", "poisson"]
    with qtbot.waitSignal(cards.changed):
        first.switch.click()
    assert [step.kind for step in cards.steps()] == ["camera"]
    first.switch.click()
    second.removal.click()
    assert [step.kind for step in cards.steps()] == ["poisson"]


def test_steps_that_prepare_come_first(cards):
    cards.set_steps([Poisson()])
    cards.add("contrast-stretch")
    cards.add("local-minimum")
    kinds = [step.kind for step in cards.steps()]
    assert kinds == ["contrast-stretch", "local-minimum", "poisson"]


def test_an_interval_the_wrong_way_round_is_a_sentence(cards):
    cards.set_steps([Poisson()])
    cards.cards[0].form.set_values({"photons": {"low": 50, "high": 20}})
    with pytest.raises(UserError, match="photons"):
        cards.steps()


def test_an_open_card_stays_open_in_another_preset(cards):
    cards.set_steps([Poisson(), Camera()])
    cards.cards[1].fold.set_open(True)
    cards.set_steps([Camera(), Poisson()])
    assert [card.fold.heading.isChecked() for card in cards.cards] == [True, False]
