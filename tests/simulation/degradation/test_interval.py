"""Numbers and intervals: what is read, what is refused, what is drawn."""

import numpy as np
import pytest
from pydantic import ValidationError

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation import Interval, Pipeline
from napari_fidelity.simulation.degradation.interval import draw_amount, number
from napari_fidelity.simulation.degradation.steps.poisson import Poisson

SPAN = Interval(low=10, high=20)


def test_draws_fill_the_interval_evenly():
    draws = [draw_amount(SPAN, seed=seed, index=0, field="x") for seed in range(2000)]
    assert min(draws) >= 10
    assert max(draws) <= 20
    assert np.mean(draws) == pytest.approx(15, abs=0.25)
    assert np.std(draws) == pytest.approx(10 / np.sqrt(12), rel=0.05)


def test_draws_are_keyed_by_seed_place_and_field():
    first = draw_amount(SPAN, seed=1, index=0, field="x")
    assert first == draw_amount(SPAN, seed=1, index=0, field="x")
    for other in (
        {"seed": 2, "index": 0, "field": "x"},
        {"seed": 1, "index": 1, "field": "x"},
        {"seed": 1, "index": 0, "field": "y"},
    ):
        assert draw_amount(SPAN, **other) != first


@pytest.mark.parametrize(("low", "high"), [(3, 3), (1e-9, 1e9), (-2, -1)])
def test_a_draw_lies_in_its_interval(low, high):
    span = Interval(low=low, high=high)
    for seed in range(50):
        assert low <= draw_amount(span, seed=seed, index=3, field="f") <= high


def test_forms_in_which_an_interval_is_given():
    for given in ([50, 200], (50, 200), {"low": 50, "high": 200}, Interval(low=50, high=200)):
        assert Poisson.parse({"photons": given}).photons == Interval(low=50, high=200)
    assert Poisson.parse({"photons": "75"}).photons == 75.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (-5, "'photons' must be more than 0, not -5"),
        ([-1, 5], "'photons' must be more than 0, not -1 to 5"),
        ([1, 1e12], "'photons' must be 1e.09 or less, not 1 to 1e.12"),
        ([5, 1], "'photons' must be an interval from a smaller to a larger number"),
        ("many", "'photons' must be a number or an interval of two, not 'many'"),
        (float("nan"), "'photons' must be a number or an interval"),
        (True, "'photons' must be a number or an interval"),
        (None, "'photons' must be a number or an interval"),
        ([1, 2, 3], "'photons' must be a number or an interval"),
        ({"low": 1}, "'photons' must be a number or an interval"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(given, said):
    with pytest.raises(UserError, match=said):
        Poisson.parse({"photons": given})


def test_an_interval_that_was_not_drawn_is_no_number():
    with pytest.raises(ValueError, match="draw the step first"):
        number(SPAN)
    with pytest.raises(ValidationError, match="less"):
        Interval(low=2, high=1)


def test_a_pipeline_draws_all_of_its_intervals():
    pipeline = Pipeline(
        steps=[
            {"kind": "poisson", "photons": [50, 200], "background_photons": [1, 2]},
            {"kind": "poisson", "photons": [50, 200]},
        ]
    )
    drawn = pipeline.draw(5)
    first, second = drawn.steps
    assert 50 <= first.photons <= 200
    assert 1 <= first.background_photons <= 2
    assert first.photons != second.photons
    assert drawn.drawn_with == 5
    assert drawn.draw(99).steps == drawn.steps
