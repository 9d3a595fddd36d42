"""Keys of the docks: none of napari's, only while a dock is shown, only for the one in front."""

from __future__ import annotations

from functools import partial

import napari.layers
import numpy as np
import pytest
from app_model.types import KeyBinding
from napari._app_model import get_app_model
from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils._proxies import PublicOnlyProxy
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import coerce_keybinding
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QAction, QKeySequence, QShortcut
from qtpy.QtWidgets import QLineEdit, QSpinBox, QVBoxLayout, QWidget

from napari_fidelity.widgets.assess_dock import AssessDock
from napari_fidelity.widgets.dock_keys import show_in_turn
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.key_help import KeyAction, KeyHelp, spell_combo
from napari_fidelity.widgets.key_list import KEYS
from napari_fidelity.widgets.keys import LAYER_TYPES
from napari_fidelity.widgets.page_window import PAGES
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

OURS = {coerce_keybinding(key.combo) for key in KEYS}
RUN, CANCEL, LIVE, COMPARE = KEYS
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
STROKES = {
    "run": (Qt.Key.Key_Return, CONTROL),
    "cancel": (Qt.Key.Key_Escape, SHIFT),
    "live": (Qt.Key.Key_L, CONTROL | SHIFT),
    "compare": (Qt.Key.Key_X, CONTROL | SHIFT),
}


class Dock(QWidget):
    """Fields to type in, and every action noted in `heard`."""

    def __init__(self, viewer, name, heard, leave_out=()):
        super().__init__()
        self.name, self.heard = name, heard
        self.number, self.line = QSpinBox(), QLineEdit()
        self.help = KeyHelp(
            self,
            viewer,
            title=name,
            purpose="Does what a test wants.",
            actions={
                key.name: KeyAction(f"Does {key.name}", partial(self.note, key.name))
                for key in KEYS
                if key.name not in leave_out
            },
            page=PAGES / "synthesize.md",
        )
        layout = QVBoxLayout(self)
        for widget in (self.number, self.line, self.help):
            layout.addWidget(widget)

    def note(self, action):
        self.heard.append((self.name, action))


@pytest.fixture
def model():
    return ViewerModel()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def dock(qtbot, model, heard):
    dock = Dock(model, "a", heard)
    qtbot.addWidget(dock)
    dock.show()
    return dock


@pytest.fixture
def window(make_napari_viewer):
    """A viewer whose window can have the focus."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.activateWindow()
    return viewer


def press(model, key):
    """What napari does when `key` is pressed in a viewer without layers."""
    model.keymap[coerce_keybinding(key.combo)](model)


def bound(model):
    return {combo for combo in model.keymap if combo in OURS}


# ── nobody else's ────────────────────────────────────────────────────────────────────────


def test_no_key_is_one_of_napari_on_any_system(window):
    used = {combo for combos in default_shortcuts.values() for combo in combos}
    used |= {combo for combos in get_settings().shortcuts.shortcuts.values() for combo in combos}
    used |= {coerce_keybinding(key) for keys in action_manager._shortcuts.values() for key in keys}
    assert {getattr(napari.layers, name.capitalize()) for name in napari.layers.NAMES} == set(
        LAYER_TYPES
    )
    for kind in (type(window), *LAYER_TYPES):
        for base in kind.__mro__:
            used |= set(getattr(base, "class_keymap", {}))
    rules = [rule for _, action in get_app_model().registered_actions.items()
             for rule in action.keybindings or ()]  # fmt: skip
    assert len(rules) > 20
    for rule in rules:
        for combo in (rule.primary, rule.win, rule.mac, rule.linux):
            if combo:
                used.add(coerce_keybinding(combo))
    assert len(used) > 80
    assert not used & OURS
    assert coerce_keybinding("Control-Shift-T") in used  # both sides are spelt alike


def test_no_key_is_one_of_the_window_or_of_qt(window):
    root = window.window._qt_window
    sequences = [shortcut.key() for shortcut in root.findChildren(QShortcut)]
    sequences += [key for action in root.findChildren(QAction) for key in action.shortcuts()]
    for standard in QKeySequence.StandardKey:
        sequences += QKeySequence.keyBindings(standard)
    written = {sequence.toString() for sequence in sequences}
    assert {"Ctrl+M", "Ctrl+C"} <= written
    ours = {QKeySequence(key.combo.replace("Control", "Ctrl").replace("-", "+")) for key in KEYS}
    assert not written & {sequence.toString() for sequence in ours}


def test_no_key_is_a_letter_number_or_sign_that_one_types():
    for key in KEYS:
        (stroke,) = KeyBinding.from_str(str(key).replace("Esc", "Escape")).parts
        assert stroke.ctrl or str(stroke.key) == "Escape"
        assert not stroke.alt  # writes letters on Macs, opens menus on Windows


# ── only while a dock is shown ───────────────────────────────────────────────────────────


def test_keys_are_there_while_a_dock_is_shown(dock, model, heard):
    assert bound(model) == OURS
    for key in KEYS:
        press(model, key)
    assert heard == [("a", key.name) for key in KEYS]
    dock.hide()
    assert bound(model) == set()
    dock.show()
    assert bound(model) == OURS


def test_keys_stay_while_another_dock_is_shown(qtbot, dock, model, heard):
    other = Dock(PublicOnlyProxy(model), "b", heard)  # as napari hands it to docks of plugins
    qtbot.addWidget(other)
    other.show()
    dock.hide()
    press(model, RUN)
    other.hide()
    assert heard == [("b", "run")]
    assert bound(model) == set()


def test_a_deleted_dock_gets_no_key(qtbot, model, heard):
    gone, stays = Dock(model, "gone", heard), Dock(model, "stays", heard)
    qtbot.addWidget(stays)
    stays.show()
    gone.show()
    gone.deleteLater()
    qtbot.waitUntil(lambda: not is_alive(gone))
    press(model, RUN)
    assert heard == [("stays", "run")]


def test_a_key_that_the_dock_in_front_has_not_goes_to_the_one_that_has(qtbot, dock, model, heard):
    front = Dock(model, "front", heard, leave_out={"live"})
    qtbot.addWidget(front)
    front.show()
    press(model, LIVE)
    press(model, RUN)
    assert heard == [("a", "live"), ("front", "run")]
    assert [key.name for key, _ in front.help.lines()] == ["run", "cancel", "compare"]


# ── in a real window ─────────────────────────────────────────────────────────────────────


def add_dock(qtbot, window, heard, name, area="right"):
    """A dock called `name`, in front of others in the same area, and its frame."""
    dock = Dock(window, name, heard)
    frame = window.window.add_dock_widget(dock, name=name, area=area, tabify=area == "right")
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    return dock, frame


def stroke(qtbot, widget, name):
    qtbot.keyClick(widget, *STROKES[name])


def test_keys_work_in_the_canvas_on_every_kind_of_layer(qtbot, window, heard):
    add_dock(qtbot, window, heard, "a")
    canvas = window.window._qt_viewer.canvas.native
    layers = [
        window.add_image(np.zeros((8, 8))),
        window.add_labels(np.zeros((8, 8), int)),
        window.add_shapes(),
        window.add_points(),
    ]
    for layer in layers:
        window.layers.selection.active = layer
        for name in STROKES:
            stroke(qtbot, canvas, name)
    assert heard == [("a", name) for _ in layers for name in STROKES]
    assert len(window.layers) == 4


def test_typing_into_a_field_presses_no_key_and_keys_work_there(qtbot, window, heard):
    dock, _frame = add_dock(qtbot, window, heard, "a")
    dock.number.selectAll()
    qtbot.keyClicks(dock.number, "12")
    qtbot.keyClicks(dock.line, "Lx, 1.5 xL")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_X, Qt.Key.Key_L):
        qtbot.keyClick(dock.number, key)
    assert (dock.number.value(), dock.line.text(), heard) == (12, "Lx, 1.5 xL", [])
    for field in (dock.number, dock.line):
        for name in STROKES:
            stroke(qtbot, field, name)
    assert heard == [("a", name) for _ in range(2) for name in STROKES]


def test_of_two_tabs_the_raised_one_gets_the_keys(qtbot, window, heard):
    frames = [add_dock(qtbot, window, heard, name)[1] for name in "ab"]
    canvas = window.window._qt_viewer.canvas.native
    for frame in (*frames, frames[0]):
        frame.raise_()
        qtbot.waitUntil(lambda frame=frame: not frame.widget().visibleRegion().isEmpty())
        stroke(qtbot, canvas, "run")
    assert heard == [("a", "run"), ("b", "run"), ("a", "run")]
    frames[0].destroyOnClose()
    stroke(qtbot, canvas, "run")
    assert heard[3:] == [("b", "run")]
    frames[1].destroyOnClose()
    stroke(qtbot, canvas, "run")
    assert len(heard) == 4
    assert bound(window) == set()


def test_of_two_docks_in_sight_the_one_with_the_cursor_gets_the_keys(qtbot, window, heard):
    areas = {"a": "right", "b": "bottom"}
    docks = [add_dock(qtbot, window, heard, name, area)[0] for name, area in areas.items()]
    for dock in docks:
        dock.line.setFocus()
        qtbot.waitUntil(dock.line.hasFocus)
        stroke(qtbot, dock.line, "run")
    assert heard == [("a", "run"), ("b", "run")]


# ── a key that somebody has ──────────────────────────────────────────────────────────────


def test_a_key_bound_in_the_viewer_stays_and_is_named(qtbot, model, heard):
    def theirs(viewer):
        heard.append("theirs")

    model.bind_key(RUN.combo, theirs)
    dock = Dock(model, "a", heard)
    qtbot.addWidget(dock)
    dock.show()
    press(model, RUN)
    assert heard == ["theirs"]
    words = dict(dock.help.lines())
    assert words[RUN] == "Not ours: a key binding of this viewer has this key, and keeps it"
    assert words[CANCEL] == "Does cancel"
    dock.hide()
    press(model, RUN)
    assert heard == ["theirs", "theirs"]


def test_a_key_bound_over_ours_survives_the_dock(dock, model, heard):
    def theirs(viewer):
        heard.append("theirs")

    model.bind_key(COMPARE.combo, theirs, overwrite=True)
    dock.hide()
    press(model, COMPARE)
    assert heard == ["theirs"]


@pytest.mark.parametrize("name", ["napari:toggle_grid", "napari:new_label"])
def test_a_key_taken_in_the_preferences_is_given_up_and_named(dock, model, monkeypatch, name):
    combo = coerce_keybinding(LIVE.combo)
    before = list(action_manager._shortcuts[name])
    stated = dict(get_settings().shortcuts.shortcuts)
    monkeypatch.setattr(get_settings().shortcuts, "shortcuts", {**stated, name: [*before, combo]})
    action_manager.bind_shortcut(name, combo)
    try:
        assert bound(model) == OURS - {combo}
        taken = dict(dock.help.lines())[LIVE]
        words = name.partition(":")[2].replace("_", " ")
        assert taken == f"Not ours: “{words}” has this key, and keeps it"
    finally:
        action_manager.unbind_shortcut(name)
        for shortcut in before:
            action_manager.bind_shortcut(name, shortcut)
    assert bound(model) == OURS


# ── the question mark ────────────────────────────────────────────────────────────────────


def test_the_list_names_every_key_and_leads_to_the_page(qtbot, dock):
    qtbot.mouseClick(dock.help, Qt.MouseButton.LeftButton)
    popup = dock.help.popup
    assert popup.isVisible()
    assert [cap.text() for cap, _ in popup.rows] == [spell_combo(key.combo) for key in KEYS]
    assert [words.text() for _, words in popup.rows] == [f"Does {key.name}" for key in KEYS]
    for _, words in popup.rows:
        assert words.height() >= words.heightForWidth(words.width())
    popup.link.linkActivated.emit("page")
    (page,) = dock.help.findChildren(QWidget, "fidelityPage")
    assert not popup.isVisible()
    assert page.windowTitle() == "The Synthesize dock"
    assert "Match intensities to" in page.browser.toPlainText()
    page.close()


def test_the_list_closes_at_escape_and_opens_again(qtbot, dock):
    first = dock.help.open()
    qtbot.keyClick(first, Qt.Key.Key_Escape)
    assert not first.isVisible()
    again = dock.help.open()
    assert again.isVisible()
    assert again is not first


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_list_has_the_colours_of_the_theme(dock, model, theme):
    model.theme = theme
    popup = dock.help.open()
    inside = popup.grab().toImage().pixelColor(QPoint(5, popup.height() // 2))
    assert (inside.lightness() < 128) == (theme == "dark")


# ── in turn ──────────────────────────────────────────────────────────────────────────────


def test_images_show_in_turn_whatever_was_shown(model):
    layers = [model.add_image(np.zeros((4, 4)), name=name) for name in "rab"]
    mask = model.add_labels(np.zeros((4, 4), int))
    assert "".join(show_in_turn(layers).name for _ in range(5)) == "rabra"
    assert [layer.visible for layer in layers] == [False, True, False]
    for layer in layers:
        layer.visible = False
    assert show_in_turn(layers).name == "r"
    assert mask.visible


# ── the docks themselves ─────────────────────────────────────────────────────────────────


@pytest.fixture
def docks(scene, backend, qtbot):
    """The Synthesize and the Assess dock of one viewer; the first is in front."""
    assess, synthesize = AssessDock(scene), SynthesizeDock(scene, backend)
    for dock in (assess, synthesize):
        qtbot.addWidget(dock)
        dock.show()
    return synthesize, assess


def test_every_key_does_something_in_both_docks(docks):
    for dock in docks:
        assert [key for key, _ in dock.key_help.lines()] == list(KEYS)
        assert dock.key_help.page.read_text(encoding="utf-8").startswith("# The ")


def test_keys_start_and_cancel_a_synthesis(qtbot, docks, scene, operation):
    synthesize, _assess = docks
    operation.gate.clear()
    press(scene, RUN)
    job = synthesize._job
    assert operation.in_tile.wait(10)
    press(scene, RUN)
    assert synthesize._job is job
    layers = list(scene.layers)
    with qtbot.waitSignal(job.finished, timeout=10000):
        press(scene, CANCEL)
    assert list(scene.layers) == layers
    assert synthesize.words.text().startswith("Cancelled")
    press(scene, CANCEL)  # nothing runs
    operation.gate.set()
    press(scene, RUN)
    with qtbot.waitSignal(synthesize._job.finished, timeout=10000):
        pass
    assert len(scene.layers) == len(layers) + 1


def test_what_cannot_start_is_said_in_the_dock(docks, scene, operation):
    synthesize, _assess = docks
    scene.layers.clear()
    press(scene, RUN)
    assert synthesize.words.text() == synthesize.problem() != ""
    assert operation.seen == []


def test_the_matched_image_and_the_result_show_in_turn(qtbot, docks, scene):
    synthesize, _assess = docks
    press(scene, COMPARE)
    assert "Match intensities to" in scene.status
    synthesize.match_section.choice.choose(scene.layers["real"])
    with qtbot.waitSignal(synthesize.start().finished, timeout=10000):
        pass
    result = synthesize.result.layer()
    for shown, hidden in ((scene.layers["real"], result), (result, scene.layers["real"])):
        press(scene, COMPARE)
        assert (shown.visible, hidden.visible) == (True, False)
        assert shown.name in scene.status
    assert scene.layers["nuclei"].visible


def test_the_reference_and_the_ticked_images_show_in_turn(docks, scene):
    synthesize, assess = docks
    synthesize.hide()
    images = [assess.inputs.reference_choice.layer(), *assess.inputs.tests.ticked()]
    assert len(images) > 1
    for image in (*images, images[0]):
        press(scene, COMPARE)
        assert [layer for layer in images if layer.visible] == [image]


def test_the_key_of_live_presses_follow_edits_in_the_assess_dock(docks, scene):
    synthesize, assess = docks
    synthesize.hide()
    before = assess.follow_row.box.isChecked()
    press(scene, LIVE)
    assert assess.follow_row.box.isChecked() != before
