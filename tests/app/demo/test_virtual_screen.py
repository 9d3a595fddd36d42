"""A screen is found, or made, or its absence is said."""

from __future__ import annotations

import subprocess
import sys

import pytest

from napari_fidelity.app.demo import virtual_screen
from napari_fidelity.app.demo.virtual_screen import has_screen, open_screen
from napari_fidelity.core.errors import UserError

SHOW = "from qtpy.QtWidgets import QApplication, QWidget as W; a = QApplication([]); W().show()"
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems always have a screen"
)


@pytest.fixture
def no_screen(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_without_a_display_there_is_no_screen(no_screen):
    assert not has_screen()


def test_an_unknown_display_counts_as_seen(no_screen, monkeypatch):
    monkeypatch.setenv("DISPLAY", "elsewhere:77.0")
    assert has_screen()


def test_a_virtual_screen_takes_windows_but_is_not_seen(no_screen, monkeypatch):
    with open_screen() as environment:
        subprocess.run([sys.executable, "-c", SHOW], env=environment, check=True, timeout=60)
        monkeypatch.setenv("DISPLAY", environment["DISPLAY"])
        assert not has_screen()


def test_the_screen_at_hand_is_used(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":5")
    with open_screen() as environment:
        assert environment["DISPLAY"] == ":5"


def test_without_xvfb_a_sentence_says_what_to_install(no_screen, monkeypatch):
    monkeypatch.setattr(virtual_screen.shutil, "which", lambda _: None)
    with pytest.raises(UserError, match="apt-get install xvfb"), open_screen():
        pass


def test_a_server_that_does_not_start_is_named(no_screen, monkeypatch):
    monkeypatch.setattr(virtual_screen.shutil, "which", lambda _: "/bin/false")
    with pytest.raises(UserError, match="/bin/false"), open_screen():
        pass
