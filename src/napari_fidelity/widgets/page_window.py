"""A window with a page of the documentation that comes with the package: it needs no network."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from napari_fidelity.widgets.palette import Palette

PAGES = Path(__file__).parent / "pages"


class PageWindow(QDialog):
    """Markdown to read and to scroll.

    Parameters
    ----------
    page : Path
        A Markdown file; its first line is its title.
    palette : Palette
        Colours of the theme.
    """

    def __init__(self, page: Path, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = page.read_text(encoding="utf-8")
        self.setWindowTitle(text.splitlines()[0].lstrip("# "))
        self.setObjectName("fidelityPage")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.browser = QTextBrowser()
        self.browser.setOpenExternalLinks(True)
        self.browser.setStyleSheet(
            f"background-color: {palette.background.name()}; color: {palette.text.name()};"
            "border: 0px; padding: 8px;"
        )
        self.browser.setMarkdown(text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.browser)
        self.setStyleSheet(f"QDialog {{ background-color: {palette.background.name()}; }}")
        self.resize(560, 620)


def open_page(page: Path, palette: Palette, parent: QWidget | None) -> PageWindow:
    """Show `page` in a window of its own."""
    window = PageWindow(page, palette, parent)
    window.show()
    return window
