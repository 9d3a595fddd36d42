"""A screen where there is none: Xvfb on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_fidelity.core.errors import UserError

SIZE_PX = (1920, 1200)
STOP_S = 10


def has_screen() -> bool:
    """Whether a window that is opened now would be seen by a person.

    Windows and macOS always have a screen; on Linux a display must be named, and it must not
    be the virtual one of Xvfb.
    """
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("WAYLAND_DISPLAY"):
        return True
    display = os.environ.get("DISPLAY", "")
    return bool(display) and not _is_xvfb(display)


@contextmanager
def open_screen() -> Iterator[dict[str, str]]:
    """Within the block a process with the environment given can open windows.

    On the screen at hand, else on a virtual one. It is a process of its own because Qt cannot
    outlive its screen.

    Raises
    ------
    UserError
        There is neither a screen nor Xvfb.
    """
    if has_screen() or os.environ.get("DISPLAY"):
        yield dict(os.environ)
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise UserError(
            "There is no screen, and the virtual one (Xvfb) is not installed: "
            "install it with 'apt-get install xvfb', or leave the screenshot out with --no-window."
        )
    width, height = SIZE_PX
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24"],
        pass_fds=[write_end],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if not number:
            raise UserError(f"The virtual screen did not start: try '{program} :99' by hand.")
        yield {**os.environ, "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait(STOP_S)


def _is_xvfb(display: str) -> bool:
    """Whether the local X server of `display` (":99", ":99.0") is Xvfb; False if unknown.

    The server is the process that listens on the display's socket.
    """
    number = display.rpartition(":")[2].partition(".")[0]
    try:
        sockets = Path("/proc/net/unix").read_text().splitlines()
    except OSError:
        return False
    path = f"/tmp/.X11-unix/X{number}"
    listening = {f"socket:[{line.split()[6]}]" for line in sockets if line.endswith(path)}
    return any(listening & _open_files(process) for process in Path("/proc").glob("[0-9]*"))


def _open_files(process: Path) -> set[str]:
    """What an Xvfb process holds open; nothing for any other process or one that has ended."""
    try:
        if (process / "comm").read_text().strip() != "Xvfb":
            return set()
        return {os.readlink(link) for link in (process / "fd").iterdir()}
    except OSError:
        return set()
