"""Forms from settings: range, tooltip, label, default, and validation on the way back."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field
from qtpy.QtWidgets import QLabel

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.synthesize import SynthesizeParams
from napari_fidelity.simulation.observation import Levels
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.synthesis_settings import SynthesisSettings


class Blur(Params):
    sigma_px: float = Field(2.0, ge=0.5, le=8, title="Sigma", description="Width of the blur.")
    steps: int = Field(3, gt=0, lt=10)
    border: Literal["reflect", "zero"] = "zero"
    keep: bool = True
    note: str = ""


def test_range_label_tooltip_and_default_come_from_the_field(qtbot):
    form = ParamsForm(Blur)
    qtbot.addWidget(form)
    sigma, steps = form.controls["sigma_px"].widget, form.controls["steps"].widget
    assert (sigma.minimum(), sigma.maximum(), sigma.value()) == (0.5, 8.0, 2.0)
    assert (steps.minimum(), steps.maximum()) == (1, 9)
    assert sigma.toolTip() == "Width of the blur."
    assert sigma.text() == "2"
    assert [label.text() for label in form.findChildren(QLabel)][:2] == ["Sigma", "Steps"]
    assert form.params() == Blur()


def test_values_go_in_and_come_back_validated(qtbot):
    form = ParamsForm(Blur)
    qtbot.addWidget(form)
    with qtbot.waitSignal(form.changed):
        form.set_values({"sigma_px": 0.75, "border": "reflect", "keep": False, "note": "x"})
    assert form.params() == Blur(sigma_px=0.75, border="reflect", keep=False, note="x")
    with pytest.raises(UserError, match="'odd'"):
        form.params(odd=1)


def test_a_type_without_a_control_is_an_error(qapp):  # a form needs one
    class Odd(Params):
        table: dict[str, int] = Field(default_factory=dict)

    with pytest.raises(TypeError, match="no control"):
        ParamsForm(Odd)


def test_the_settings_of_the_real_operation_make_a_form(qtbot):
    settings = SynthesisSettings(SynthesizeParams, Levels)
    qtbot.addWidget(settings)
    assert list(settings.form.controls) == ["seed", "noise"]
    assert settings.params(model="nuclei-pix2pix") == SynthesizeParams(model="nuclei-pix2pix")


def test_levels_start_at_the_training_set_and_are_stated_only_when_asked(qtbot):
    settings = SynthesisSettings(SynthesizeParams, Levels)
    qtbot.addWidget(settings)
    training = {
        "foreground_mean": 0.75,
        "foreground_sd": 0.125,
        "background_mean": 0.25,
        "background_sd": 0.0625,
    }
    settings.set_training_levels(training)
    assert settings.params(model="m").levels is None
    settings.levels_box.setChecked(True)
    assert settings.params(model="m").levels == Levels(**training)
    settings.match_to("real image")
    assert settings.params(model="m").levels is None
    assert "real image" in settings.levels_words.text()


def test_the_die_draws_another_seed(qtbot):
    settings = SynthesisSettings(SynthesizeParams, Levels)
    qtbot.addWidget(settings)
    seeds = set()
    for _ in range(5):
        settings.dice.click()
        seeds.add(settings.params(model="m").seed)
    assert len(seeds) > 1
