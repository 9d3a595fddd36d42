"""Progress in a terminal, silence elsewhere."""

import io
import sys

import pytest

from napari_fidelity.cli.console import show_progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_progress_overwrites_its_line_and_clears_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = show_progress()
    progress(1, 2, "tile")
    first = sys.stderr.getvalue()
    assert first == "\r" + "tile 1/2".ljust(60)
    progress(2, 2, "tile")
    assert sys.stderr.getvalue().endswith("\r" + " " * 60 + "\r")
    assert "\n" not in sys.stderr.getvalue()


def test_progress_is_silent_without_a_terminal(capsys):
    show_progress()(1, 2, "tile")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("total", [0, 1])
def test_the_end_is_cleared_whatever_the_total(monkeypatch, total):
    monkeypatch.setattr(sys, "stderr", Terminal())
    show_progress()(total, total, "x")
    assert sys.stderr.getvalue().endswith("\r")
