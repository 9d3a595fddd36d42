"""Colours of a dock: napari's theme, and three for good, so-so, bad that all eyes tell apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor

if TYPE_CHECKING:
    from napari.components import ViewerModel

Grade = Literal["good", "fair", "poor", "none"]

# Blue, amber and vermillion of Okabe and Ito (2008), shifted in lightness for each theme: they
# stay apart in protanopia, deuteranopia and tritanopia, and in grey by their lightness.
_DARK_GRADES = {"good": "#5ab4f0", "fair": "#f2b632", "poor": "#e8642c", "none": "#8a929c"}
_LIGHT_GRADES = {"good": "#0f6cad", "fair": "#cc8a00", "poor": "#c2410c", "none": "#85827f"}


@dataclass(frozen=True)
class Palette:
    """Colours by their use.

    Parameters
    ----------
    background, track, outline, text, muted, accent, warning : QColor
        Of the napari theme: behind everything, behind a bar, borders, words, small words,
        the button to press, the mark of something that needs care.
    grades : dict
        A colour for each of "good", "fair", "poor", "none".
    """

    background: QColor
    track: QColor
    outline: QColor
    text: QColor
    muted: QColor
    accent: QColor
    warning: QColor
    grades: dict[str, QColor]


def palette_of_theme(name: str) -> Palette:
    """Colours of the napari theme called `name`.

    Examples
    --------
    >>> palette_of_theme("dark").text.lightness() > palette_of_theme("light").text.lightness()
    True
    """
    theme = get_theme(name)
    background, text = (QColor(color.as_hex("long")) for color in (theme.background, theme.text))
    grades = _DARK_GRADES if background.lightness() < 128 else _LIGHT_GRADES
    return Palette(
        background=background,
        track=QColor(theme.primary.as_hex("long")),
        outline=QColor(theme.secondary.as_hex("long")),
        text=text,
        muted=mix_colors(text, background, 0.35),
        accent=QColor(theme.current.as_hex("long")),
        warning=QColor(theme.warning.as_hex("long")),
        grades={grade: QColor(color) for grade, color in grades.items()},
    )


def mix_colors(first: QColor, second: QColor, share: float) -> QColor:
    """`first` with a `share` (0 to 1) of `second` in it."""
    parts = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
    return QColor(*(round(a * (1 - share) + b * share) for a, b in parts))


def follow_theme(viewer: ViewerModel, apply: Callable[[Palette], None]) -> Callable[[], None]:
    """Call `apply` with the palette now and at every change of theme; returns what ends that."""

    def on_theme() -> None:
        apply(palette_of_theme(viewer.theme))

    viewer.events.theme.connect(on_theme)
    on_theme()
    return lambda: viewer.events.theme.disconnect(on_theme)
