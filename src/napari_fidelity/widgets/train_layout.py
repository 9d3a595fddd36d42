"""Where the parts of the Train dock stand: two tabs, a page under them, buttons below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import LEAST_WIDTH_PX, dock_style
from napari_fidelity.widgets.fitted_scroll import FittedFoot, FittedScroll
from napari_fidelity.widgets.palette import Palette, mix_colors

if TYPE_CHECKING:
    from napari_fidelity.widgets.train_dock import TrainDock


def lay_out(dock: TrainDock) -> dict[str, QWidget]:
    """Put the dock's parts in place; gives its pages by name."""
    group = QButtonGroup(dock)
    tabs = QHBoxLayout()
    tabs.setContentsMargins(8, 8, 8, 4)
    tabs.setSpacing(2)
    for tab in (dock.setup_tab, dock.watch_tab):
        tab.setObjectName("fidelityView")
        tab.setCheckable(True)
        group.addButton(tab)
        tabs.addWidget(tab, 1)
    pages = {"setup": _page(dock.setup), "watch": _page(dock.watch)}
    outer = QVBoxLayout(dock)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    outer.addLayout(tabs)
    for page in pages.values():
        outer.addWidget(page)
    outer.addWidget(_make_foot(dock))
    outer.addStretch(1)
    dock.setMinimumWidth(LEAST_WIDTH_PX)
    return pages


def train_style(palette: Palette) -> str:
    """Style sheet of the dock: as the other docks, and buttons of which one is pressed."""
    accent, track = palette.accent.name(), palette.track.name()
    hover = mix_colors(palette.track, palette.outline, 0.5).name()
    return (
        dock_style(palette)
        + f"""
    QPushButton#fidelityView {{ background-color: {track}; border: 1px solid {track}; }}
    QPushButton#fidelityView:hover {{ background-color: {hover}; }}
    QPushButton#fidelityView:checked {{ background-color: {accent}; border-color: {accent}; }}
    QPushButton#fidelityView:disabled {{ color: {palette.muted.name()}; }}
    """
    )


def _page(content: QWidget) -> QWidget:
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(8, 6, 8, 4)
    layout.addWidget(content)
    return FittedScroll(inside)


def _make_foot(dock: TrainDock) -> QWidget:
    whole = FittedFoot()
    foot = QVBoxLayout(whole)
    foot.setContentsMargins(8, 8, 8, 8)
    foot.setSpacing(4)
    foot.addLayout(dock.key_help.beside(dock.run_button))
    for widget in (dock.bar, dock.words, dock.setup_buttons, dock.watch_buttons):
        foot.addWidget(widget)
    return whole
