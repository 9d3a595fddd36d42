"""Where a run is: the small file that others read while it goes on. Needs no PyTorch."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

RunState = Literal["preparing", "running", "stopped", "finished", "failed"]
LIVE_STATES = ("preparing", "running")
TRIES, PAUSE_S = 4, 0.005  # a reader meets the moment in which the file takes its name
STALE_S = 60.0  # a live run writes every second; a machine under load may be late


class RunStatus(BaseModel):
    """What `status.json` says; unknown fields of newer releases are passed over.

    Parameters
    ----------
    state : str
        "preparing", "running", "stopped" (asked to), "finished" or "failed".
    pid, host : int, str
        The process, and the computer that it runs on.
    step, total_steps : int
        Steps done, and those of the whole run.
    message : str
        A sentence for a person: what it does, or why it failed.
    started, updated : float
        Seconds since 1970: when this process began, and when the file was written.
    seconds : float
        Training time so far, over all resumes, without validation.
    remaining_s : float or None
        Seconds that are left, as far as is known.
    best : dict
        Step, key and value of the best checkpoint; empty before the first.
    batch, accumulate : int
        Patches a step, and the number of parts in which they are computed.
    package : str
        Folder of the model package, once it is written.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: RunState = "preparing"
    pid: int = 0
    host: str = ""
    step: int = 0
    total_steps: int = 0
    message: str = ""
    started: float = 0.0
    updated: float = 0.0
    seconds: float = 0.0
    remaining_s: float | None = None
    best: dict[str, Any] = Field(default_factory=dict)  # Any: a word and numbers
    batch: int = 0
    accumulate: int = 1
    package: str = ""

    def is_live(self) -> bool:
        """Whether its process writes on: it is there, and the last word is recent."""
        if self.state not in LIVE_STATES or time.time() - self.updated > STALE_S:
            return False
        return self.host != socket.gethostname() or has_process(self.pid)


def new_status(**values: Any) -> RunStatus:  # Any: fields of `RunStatus`
    """A status of this process, from now."""
    now = time.time()
    whose = {"pid": os.getpid(), "host": socket.gethostname(), "started": now, "updated": now}
    return RunStatus.model_validate({**whose, **values})


def read_status(path: Path) -> RunStatus | None:
    """The status in a file; None where there is none, or none that can be read."""
    for _ in range(TRIES):
        with suppress(OSError, ValueError, ValidationError):
            return RunStatus.model_validate(json.loads(path.read_text(encoding="utf-8")))
        time.sleep(PAUSE_S)
    return None


def write_status(path: Path, status: RunStatus) -> None:
    """Replace the file at once; a reader sees the old or the new one.

    Not flushed to the disk: the next one comes in a second, and it is read while the machine runs.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(status.model_dump_json(), encoding="utf-8")
    for _ in range(TRIES):
        with suppress(PermissionError):  # on Windows, while somebody reads it
            temporary.replace(path)
            return
        time.sleep(PAUSE_S)
    temporary.unlink(missing_ok=True)


def has_process(pid: int) -> bool:
    """Whether a process of this number runs on this computer.

    Examples
    --------
    >>> has_process(os.getpid()), has_process(0)
    (True, False)
    """
    if pid <= 0:
        return False
    if os.name == "nt":
        return _has_windows_process(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Ended, but its parent has not asked how: Linux lists it still."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def _has_windows_process(pid: int) -> bool:
    # os.kill would end it there
    import ctypes

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009  # absent elsewhere
    handle = kernel.OpenProcess(0x1000, False, pid)  # may ask for little more than whether it is
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == 259  # still active
