"""The table of an assessment: rows, caption and file of the *All metrics* window."""

from __future__ import annotations

import os
from pathlib import Path

from qtpy.QtWidgets import QWidget

from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.metrics.tables import format_csv
from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.metric_table import MetricTableModel
from napari_fidelity.widgets.metric_window import MetricWindow
from napari_fidelity.widgets.palette import Palette


def open_table(
    assessment: Assessment, caption: str, palette: Palette, parent: QWidget
) -> MetricWindow:
    """A window, shown, with every score of `assessment`; older ones of `parent` are closed."""
    for older in parent.findChildren(MetricWindow):
        older.close()
    keys = list(assessment.rows[0].scores)
    model = MetricTableModel(assessment.rows, [METRICS[key] for key in keys], palette)
    notes = "\n".join((caption, *assessment.notes, *assessment.warnings))

    def save(path: Path) -> None:
        save_csv(assessment, path)

    window = MetricWindow(model, caption=notes.strip(), save=save, parent=parent)
    window.show()
    window.raise_()
    return window


def save_csv(assessment: Assessment, path: Path) -> Path:
    """Write all scores and their settings; an older file is replaced only by a whole new one.

    Raises
    ------
    OSError
        The folder does not exist or cannot be written to.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(format_csv(assessment.rows), encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
