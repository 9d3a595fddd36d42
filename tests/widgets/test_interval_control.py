"""A number or the two ends of an interval, and numbers that may be left open."""

from __future__ import annotations

import pytest

from napari_fidelity.simulation.degradation.interval import Interval
from napari_fidelity.widgets.interval_control import IntervalControl
from napari_fidelity.widgets.optional_number import OptionalNumber


@pytest.fixture
def control(qtbot):
    control = IntervalControl(0, 1000)
    qtbot.addWidget(control)
    return control


def test_a_number_becomes_an_interval_around_it_and_its_middle_again(control):
    control.set_value(40)
    assert control.value() == 40
    control.button.click()
    assert control.value() == {"low": 30, "high": 50}
    control.last.setValue(60)
    control.button.click()
    assert control.value() == 45


def test_it_shows_what_steps_hold(control, qtbot):
    with qtbot.waitSignal(control.changed):
        control.set_value(Interval(low=2, high=5))
    assert control.is_interval
    assert control.value() == {"low": 2, "high": 5}
    with qtbot.assertNotEmitted(control.changed):
        control.set_value({"low": 2, "high": 5})


def test_the_interval_of_zero_has_a_width_and_bounds_hold(control):
    control.set_value(0)
    control.button.click()
    assert control.value() == {"low": 0, "high": 1}
    control.last.setValue(5000)
    assert control.value() == {"low": 0, "high": 1000}


def test_a_number_may_be_left_open(qtbot):
    box = OptionalNumber(0, 10, is_whole=True)
    qtbot.addWidget(box)
    assert box.number() is None
    assert box.text() == "auto"
    box.stepUp()
    assert box.number() == 1
    box.set_number(0)
    assert box.number() == 0
    box.set_number(None)
    assert box.number() is None
