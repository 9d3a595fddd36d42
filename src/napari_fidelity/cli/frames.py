"""Images from several files brought into one frame where some files know no pixel size."""

from __future__ import annotations

from collections.abc import Sequence

from napari_fidelity.cli.console import print_note
from napari_fidelity.core.image import Image
from napari_fidelity.operations.lent_frame import find_owner, lend_frames


def share_frame(images: Sequence[Image | None]) -> list[Image | None]:
    """The images after `lend_frames`; what was assumed is told on stderr. None stays None."""
    given = [image for image in images if image is not None]
    shared = lend_frames(given)
    borrowed: dict[str, list[str]] = {}
    for before in given:
        if (owner := find_owner(before, given)) is not None:
            borrowed.setdefault(owner.name, []).append(before.name)
    for name, names in borrowed.items():
        print_note(f"Note: no pixel size in {', '.join(names)}: that of {name} is taken.")
    left = iter(shared)
    return [None if image is None else next(left) for image in images]
