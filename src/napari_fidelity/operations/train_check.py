"""A look at data and settings before a training, in a process of its own: no program waits.

`python -m napari_fidelity.operations.train_check SETTINGS FOLDER` is what `check_in_process` runs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.training.config import TrainConfig, read_config

WORDS_FILE, PICTURE_FILE = "preflight.txt", "contact_sheet.png"
POLL_S = 0.1
BAD_INPUT = 2  # the exit code of commands for what a person can put right


def check_in_process(config: TrainConfig, folder: Path, progress: Progress) -> str:
    """What a check finds, in words; the picture of patches is written into `folder`.

    Raises
    ------
    UserError
        The images or the settings cannot be trained on.
    Cancelled
        The process is ended.
    """
    with tempfile.TemporaryDirectory() as place:
        settings, output = Path(place) / "settings.yaml", Path(place) / "output.txt"
        settings.write_text(config.to_yaml(), encoding="utf-8")
        # Windows would write what it says in another encoding than it is read in
        words = [sys.executable, "-X", "utf8", "-m", __name__, str(settings), str(folder)]
        with output.open("wb") as file:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                creationflags=_quiet_flags(),
            )
            try:
                _wait(process, progress)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        said = output.read_text(encoding="utf-8", errors="replace").strip()
    if process.returncode == 0:
        return (folder / WORDS_FILE).read_text(encoding="utf-8").strip()
    if process.returncode == BAD_INPUT:
        raise UserError(said.splitlines()[-1] if said else "The check found a problem.")
    raise RuntimeError(f"The check ended with code {process.returncode}.\n{said}")


def main(words: Sequence[str]) -> int:
    """Check the settings in the first word's file, write what is found into the second's folder."""
    from napari_fidelity.training.preflight import check_training

    settings, folder = (Path(word) for word in words)
    try:
        found = check_training(read_config(settings), folder)
        (folder / WORDS_FILE).write_text(found.to_text(), encoding="utf-8")
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    return 0


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> None:
    while process.poll() is None:
        progress(0, 0, "looking at the images, trying a few steps")
        try:
            process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            continue


def _quiet_flags() -> int:
    """No window of a terminal on Windows."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
