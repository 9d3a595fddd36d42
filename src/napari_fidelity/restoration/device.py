"""Where methods compute, told once around their runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from napari_fidelity.inference.settings import ComputeSettings

if TYPE_CHECKING:
    import torch

_around: ContextVar[ComputeSettings | None] = ContextVar("compute", default=None)


@contextmanager
def computed_with(compute: ComputeSettings) -> Iterator[None]:
    """Let methods that are run inside the `with`, on this thread, use these settings."""
    token = _around.set(compute)
    try:
        yield
    finally:
        _around.reset(token)


def open_device() -> torch.device:
    """The device to compute on, with its threads set: the first GPU, else the processor.

    Raises
    ------
    UserError
        The device that was asked for is not there.
    """
    # tensors are heavy to load: methods without them need no device
    from napari_fidelity.inference.allocation import keep_freed_memory
    from napari_fidelity.inference.device import choose_device
    from napari_fidelity.inference.threads import count_threads, use_threads

    compute = _around.get() or ComputeSettings()
    use_threads(count_threads(compute))
    keep_freed_memory()  # transforms ask for the same sizes again: 8 % of an iteration
    return choose_device(compute.device)
