import math

import pytest
from qtpy.QtCore import QPointF
from qtpy.QtGui import QColor

from napari_fidelity.widgets.bar_scale import BLUR_SCALE, NOISE_SCALE, SIGNAL_SCALE
from napari_fidelity.widgets.palette import palette_of_theme
from napari_fidelity.widgets.score_bars import Bar, Mark, ScoreBar

BLURRED = Mark(0.5, "mask only", "the blurred mask alone")


def signal_bar(value=0.75, **changes):
    fields = {
        "title": "Signal",
        "value": value,
        "scale": SIGNAL_SCALE,
        "grade": "good",
        "words": "faithful",
        "tooltip": "Pearson",
        "marks": (BLURRED,),
    }
    return Bar(**{**fields, **changes})


@pytest.fixture
def shown(qtbot):
    def show(bar, theme="dark"):
        widget = ScoreBar(bar, palette_of_theme(theme))
        widget.resize(264, widget.sizeHint().height())
        qtbot.addWidget(widget)
        return widget

    return show


def row_of_track(widget):
    image = widget.grab().toImage()
    track = widget._track()
    y = round(track.top() + 1.5)  # above the ticks
    return [image.pixelColor(x, y) for x in range(image.width())], track


def is_near(color, other, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(color.getRgb(), other.getRgb(), strict=True))


def filled(widget, grade):
    """First and last filled fraction of the track."""
    colors, track = row_of_track(widget)
    wanted = palette_of_theme("dark").grades[grade]
    hits = [x for x, color in enumerate(colors) if is_near(color, wanted)]
    return [(x - track.left()) / track.width() for x in (hits[0], hits[-1])]


@pytest.mark.parametrize(
    ("scale", "value", "fraction"),
    [
        (SIGNAL_SCALE, 0.25, 0.25),
        (SIGNAL_SCALE, -0.5, 0.0),
        (NOISE_SCALE, 0.3, 0.3),
        (BLUR_SCALE, 1.0, 0.5),
        (BLUR_SCALE, 4.0, 0.75),
        (BLUR_SCALE, 0.25, 0.25),
        (BLUR_SCALE, 0.0, 0.0),
        (BLUR_SCALE, 1e9, 1.0),
    ],
)
def test_positions(scale, value, fraction):
    assert scale.fraction(value) == pytest.approx(fraction)


def test_signal_is_filled_from_zero_to_its_value(shown):
    start, end = filled(shown(signal_bar(0.75)), "good")
    assert start == pytest.approx(0, abs=0.02)
    assert end == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(("value", "ends"), [(0.25, (0.25, 0.5)), (4.0, (0.5, 0.75))])
def test_blur_is_filled_from_its_centre(shown, value, ends):
    bar = signal_bar(value, scale=BLUR_SCALE, grade="poor", marks=())
    assert filled(shown(bar), "poor") == pytest.approx(list(ends), abs=0.02)


def test_out_of_date_bar_has_no_grade_colour(shown):
    widget = shown(signal_bar(0.75))
    widget.set_pale(True)
    colors, _ = row_of_track(widget)
    assert not any(is_near(c, palette_of_theme("dark").grades["good"], 30) for c in colors)


def test_no_number_draws_no_bar(shown):
    widget = shown(signal_bar(math.nan, words="needs a mask", grade="none"))
    colors, track = row_of_track(widget)
    middle = colors[int(track.left() + 5) : int(track.right() - 5)]
    assert all(is_near(color, palette_of_theme("dark").track) for color in middle)
    assert widget.bar.number == "–"
    assert widget.accessibleName() == "Signal –: needs a mask"


def test_tooltip_of_tick_and_of_bar(shown):
    widget = shown(signal_bar())
    track = widget._track()
    assert widget.tooltip_at(QPointF(track.center().x(), track.center().y())) == BLURRED.tooltip
    assert widget.tooltip_at(QPointF(track.left() + 10, track.center().y())) == "Pearson"
    assert widget.tooltip_at(QPointF(track.center().x(), 2)) == "Pearson"


@pytest.mark.parametrize(
    ("value", "number"),
    [(0.987, "0.99"), (-0.004, "0.00"), (-0.5, "−0.50"), (12.34, "12.3"), (math.inf, "∞")],
)
def test_numbers(value, number):
    assert signal_bar(value).number == number


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_grades_are_told_apart_by_lightness_too(theme):
    grades = palette_of_theme(theme).grades

    def luminance(color: QColor):
        r, g, b, _ = color.getRgbF()
        return 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2

    good, fair, poor = (luminance(grades[key]) for key in ("good", "fair", "poor"))
    assert fair > 1.2 * good
    assert good != pytest.approx(poor, rel=0.05)


def test_bar_fits_into_a_narrow_dock(shown):
    assert shown(signal_bar(words="a very long sentence " * 5)).minimumSizeHint().width() <= 300
