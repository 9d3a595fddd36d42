"""What a failed computation is called, in one sentence, and what a developer wants to know."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

from napari_fidelity.core.errors import UserError

NAMED_PACKAGES = ("napari-fidelity", "napari", "numpy", "torch")


def describe_failure(error: BaseException, text: str) -> str:
    """A sentence for a person about `error`, which ended the task named `text`.

    Examples
    --------
    >>> describe_failure(UserError("The mask is empty: paint something."), "Synthesize")
    'The mask is empty: paint something.'
    >>> describe_failure(KeyError("scale"), "Synthesize")
    "“Synthesize” failed (KeyError: 'scale')."
    """
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return f"“{text}” ran out of memory: try smaller tiles or a crop."
    first_line = (str(error).splitlines() or [""])[0].rstrip(".")
    kind = type(error).__name__
    cause = f"{kind}: {first_line}" if first_line else kind
    return f"“{text}” failed ({cause})."


def spell_details(error: BaseException) -> str:
    """Versions and traceback, for a report; empty for a `UserError`: its sentence says all.

    Examples
    --------
    >>> spell_details(UserError("The mask is empty: paint something."))
    ''
    >>> spell_details(KeyError("scale")).splitlines()[-1]
    "KeyError: 'scale'"
    """
    if isinstance(error, UserError):
        return ""
    lines = [f"{name} {_find_version(name)}" for name in NAMED_PACKAGES]
    system = f"Python {platform.python_version()}, {platform.platform()}"
    return "\n".join([", ".join(lines), system, "", *_format(error)])


def _format(error: BaseException) -> list[str]:
    return "".join(traceback.format_exception(error)).rstrip().splitlines()


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
