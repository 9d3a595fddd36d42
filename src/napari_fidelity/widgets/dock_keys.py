"""What each dock does at its keys, and what its *?* says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.widgets.key_help import KeyAction, KeyHelp
from napari_fidelity.widgets.page_window import PAGES

if TYPE_CHECKING:
    from napari_fidelity.widgets.assess_dock import AssessDock
    from napari_fidelity.widgets.compare_dock import CompareDock
    from napari_fidelity.widgets.degrade_dock import DegradeDock
    from napari_fidelity.widgets.filter_dock import FilterDock
    from napari_fidelity.widgets.restore_dock import RestoreDock
    from napari_fidelity.widgets.segment_dock import SegmentDock
    from napari_fidelity.widgets.synthesize_dock import SynthesizeDock
    from napari_fidelity.widgets.train_dock import TrainDock

SYNTHESIZE = "Makes a fluorescence image for a mask: choose mask and model, then press Synthesize."
ASSESS = (
    "Measures how far images can be trusted: tick them, choose a real one as reference, "
    "then press Assess."
)
COMPARE = (
    "Shows layers beside each other, under a line that swipes, or in turn: tick them, then press "
    "Compare. Stop brings everything back."
)
DEGRADE = (
    "Makes a realistic bad recording of a clean image, with every number known: choose a preset, "
    "look at the preview, then press Degrade."
)
RESTORE = (
    "Undoes blur or noise: choose a method, look at the preview, then press Restore. Each method "
    "says when it fails."
)
SEGMENT = (
    "Finds the foreground of an image by a trained model: choose the model, look at the preview, "
    "then press Segment."
)
TRAIN = (
    "Trains a network on your own images, in a process of its own: choose method and images, press "
    "Start training, then watch, stop, resume and use it. Closing napari leaves it going."
)
NO_RESULT = "There is no result yet: press the large button, then they show in turn."
NO_MATCH = (
    "Choose an image under “Match intensities to” and synthesize one: then they show in turn."
)
NO_PAIR = "Choose a reference and tick an image: then they show in turn."


def synthesize_help(dock: SynthesizeDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Synthesize dock."""

    def pair() -> list[Layer | None]:
        return [dock.match_section.layer(), dock.result.layer()]

    return KeyHelp(
        dock,
        viewer,
        title="Synthesize",
        purpose=SYNTHESIZE,
        actions={
            "run": KeyAction("Synthesize", dock.run),
            "cancel": KeyAction("Cancel; the layers stay as they were", dock.cancel),
            "live": KeyAction("Live on or off", dock.toggle_live),
            "compare": KeyAction("Swap matched image and result", _in_turn(viewer, pair, NO_MATCH)),
        },
        page=PAGES / "synthesize.md",
    )


def assess_help(dock: AssessDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Assess dock."""

    def images() -> list[Layer | None]:
        return [dock.inputs.reference_choice.layer(), *dock.inputs.tests.ticked()]

    return KeyHelp(
        dock,
        viewer,
        title="Assess",
        purpose=ASSESS,
        actions={
            "run": KeyAction("Assess", dock.run),
            "cancel": KeyAction("Cancel; the result before stays", dock.cancel),
            "live": KeyAction("Follow edits on or off", dock.follow_row.box.click),
            "compare": KeyAction(
                "Swap reference and ticked images", _in_turn(viewer, images, NO_PAIR)
            ),
        },
        page=PAGES / "assess.md",
    )


def compare_help(dock: CompareDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Compare dock."""
    return KeyHelp(
        dock,
        viewer,
        title="Compare",
        purpose=COMPARE,
        actions={
            "run": KeyAction("Compare, or stop", dock.toggle),
            "cancel": KeyAction("Stop; everything is as it was before", dock.stop),
            "compare": KeyAction("Next view; in Blink, the next layer", dock.show_next),
        },
        page=PAGES / "compare.md",
    )


def degrade_help(dock: DegradeDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Degrade dock."""
    return _filter_help(dock, viewer, "Degrade", DEGRADE)


def restore_help(dock: RestoreDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Restore dock."""
    return _filter_help(dock, viewer, "Restore", RESTORE)


def segment_help(dock: SegmentDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Segment dock."""
    return _filter_help(dock, viewer, "Segment", SEGMENT)


def train_help(dock: TrainDock, viewer: ViewerModel) -> KeyHelp:
    """The *?* and the keys of the Train dock."""
    return KeyHelp(
        dock,
        viewer,
        title="Train",
        purpose=TRAIN,
        actions={
            "run": KeyAction("What the large button says", dock.run),
            "cancel": KeyAction("Stop: the step ends and all is saved", dock.stop),
            "live": KeyAction("Previews on or off", dock.watch.preview_box.click),
        },
        page=PAGES / "train.md",
    )


def _filter_help(dock: FilterDock, viewer: ViewerModel, title: str, purpose: str) -> KeyHelp:
    def pair() -> list[Layer | None]:
        return [dock.source.layer(), dock.result.layer()]

    return KeyHelp(
        dock,
        viewer,
        title=title,
        purpose=purpose,
        actions={
            "run": KeyAction(title, dock.run),
            "cancel": KeyAction("Cancel; the layers stay as they were", dock.cancel),
            "live": KeyAction("Preview on or off", dock.preview_row.toggle),
            "compare": KeyAction("Swap image and result", _in_turn(viewer, pair, NO_RESULT)),
        },
        page=PAGES / f"{title.lower()}.md",
    )


def show_in_turn(layers: Sequence[Layer]) -> Layer:
    """Show one of `layers` alone: the one after that which is shown alone now, else the first.

    Other layers stay as they are.

    Examples
    --------
    >>> from napari.layers import Labels
    >>> import numpy as np
    >>> real, made = (Labels(np.zeros((2, 2), int), name=name) for name in ("real", "made"))
    >>> [show_in_turn([real, made]).name for press in range(3)]
    ['real', 'made', 'real']
    >>> real.visible, made.visible
    (True, False)
    """
    shown = [number for number, layer in enumerate(layers) if layer.visible]
    following = layers[(shown[0] + 1) % len(layers) if len(shown) == 1 else 0]
    following.visible = True  # first, so that the canvas is never empty in between
    for layer in layers:
        layer.visible = layer is following
    return following


def _in_turn(
    viewer: ViewerModel, layers: Callable[[], list[Layer | None]], missing: str
) -> Callable[[], None]:
    """Shows `layers` in turn and says which in the status bar, or says what is missing."""

    def show_next() -> None:
        first, *others = dict.fromkeys(layers())
        there = [layer for layer in others if layer is not None]
        if first is None or not there:
            viewer.status = missing
        else:
            viewer.status = f"Shown: “{show_in_turn([first, *there]).name}”"

    return show_next
