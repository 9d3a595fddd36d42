"""What a run tells: curves as lines of JSON, and a log for people."""

from __future__ import annotations

import errno
import json
import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from napari_fidelity.imageio.atomic_write import explain_failure, write_atomically
from napari_fidelity.training.run_folder import RunFolder

# on Windows, without O_BINARY, a line would end otherwise
APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class RunLog:
    """Appends to `metrics.jsonl` and `log.txt` of a run."""

    def __init__(self, run: RunFolder) -> None:
        self._metrics, self._log = run.metrics, run.log

    def add_row(self, row: Mapping[str, Any]) -> None:  # Any: numbers and mappings of numbers
        """Append one line of metrics; numbers that are not finite become null.

        Raises
        ------
        UserError
            The disk is full or not writable.
        """
        line = (json.dumps(_to_json(row), allow_nan=False) + "\n").encode()
        try:
            # one call of the system: a reader, or a kill, finds the whole line or none
            place = os.open(self._metrics, APPENDING, 0o666)
            try:
                if os.write(place, line) < len(line):
                    raise OSError(errno.ENOSPC, "no space left")
            finally:
                os.close(place)
        except OSError as error:
            raise explain_failure(self._metrics, error) from error

    def tell(self, text: str) -> None:
        """Append a line with the time to the log."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with suppress(OSError), self._log.open("a", encoding="utf-8") as file:
            file.write(f"{stamp}  {text}\n")

    def cut_rows(self, step: int, validated: int) -> None:
        """Remove rows of later steps, and a last line that was not finished.

        Parameters
        ----------
        step, validated : int
            Of the checkpoint that a run goes on from: rows of losses up to the one stay, rows of
            validations up to the other.
        """
        if not self._metrics.exists():
            return
        text = self._metrics.read_bytes()
        lines = text.splitlines(keepends=True)
        whole = b"".join(line for line in lines if _is_kept(line, step, validated))
        if whole != text:
            with write_atomically(self._metrics) as temporary:
                temporary.write_bytes(whole)


def _is_kept(line: bytes, step: int, validated: int) -> bool:
    try:
        row = json.loads(line)
        last = validated if "previews" in row else step
        return line.endswith(b"\n") and bool(row["step"] <= last)
    except (ValueError, KeyError, TypeError):
        return False


def _to_json(value: Any) -> Any:  # Any: numbers, words, mappings
    if isinstance(value, Mapping):
        return {str(key): _to_json(one) for key, one in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
