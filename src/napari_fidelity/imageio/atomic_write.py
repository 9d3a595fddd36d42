"""Files that exist completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_fidelity.core.errors import UserError

ADVICE = {
    errno.ENOSPC: "the disk is full: free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up: free some space or choose another folder",
    errno.EFBIG: "the disk does not take files of this size: choose another folder",
    errno.EACCES: "you may not write there: choose another folder",
    errno.EPERM: "you may not write there: choose another folder",
    errno.EROFS: "that disk is read-only: choose another folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}


@contextmanager
def write_atomically(path: str | Path) -> Iterator[Path]:
    """A temporary path in the same folder that takes the name `path` when the block succeeds.

    Parameters
    ----------
    path : str or Path
        The final name; an existing file of that name stays as it is until the very end. A
        link keeps pointing where it points.

    Yields
    ------
    Path
        Where to write. It is removed when the block fails or is cancelled.

    Raises
    ------
    UserError
        The folder is missing or not writable, `path` is a folder, the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with write_atomically(target) as temporary:
    ...     _ = temporary.write_text("1 2 3")
    >>> target.read_text(), len(list(target.parent.iterdir()))
    ('1 2 3', 1)
    """
    target = check_place(path)
    temporary = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(target)
    except OSError as error:
        raise explain_failure(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def explain_failure(path: str | Path, error: OSError) -> UserError:
    """What a person is told when `path` could not be written."""
    reason = ADVICE.get(error.errno or 0, f"the system says {error.strerror or error}")
    return UserError(f"Cannot write {path}: {reason}.")


def check_place(path: str | Path) -> Path:
    """The absolute path of a file to write, links followed.

    Raises
    ------
    UserError
        Its folder is missing, or it is a folder itself.
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise UserError(f"Cannot write {path}: the folder {target.parent} does not exist.")
    if target.is_dir():
        raise UserError(f"Cannot write {path}: this is a folder, give a file name.")
    return target


def _flush_to_disk(path: Path) -> None:
    # Without this a power cut after the rename can leave the new name on an empty file.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
