"""Device, precision and threads of a run, through Lightning Fabric."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from napari_fidelity.core.cores import count_cores
from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.convolution import MEMORY_FORMAT
from napari_fidelity.inference.device import choose_device
from napari_fidelity.inference.precision import list_fast_precisions
from napari_fidelity.inference.threads import use_threads
from napari_fidelity.training.config import RunSettings
from napari_fidelity.training.method import TrainingMethod

if TYPE_CHECKING:
    from lightning_fabric import Fabric

MISSING = (
    'Training needs Lightning Fabric, which is not installed: pip install "napari-fidelity[train]".'
)
_PRECISIONS = {"float32": "32-true", "bfloat16": "bf16-mixed"}


def open_fabric(settings: RunSettings) -> Fabric:
    """Fabric for the device, precision and number of devices that are set.

    Raises
    ------
    UserError
        Lightning Fabric is missing; the device is not there, or not so many of them.
    """
    try:
        with _quiet():
            from lightning_fabric import Fabric
    except ImportError:
        raise UserError(MISSING) from None
    device = choose_device(settings.device)
    several = settings.devices > 1
    if several and device.type not in ("cuda", "cpu"):
        raise UserError(f"Several devices work together on cuda and cpu alone, not on {device}.")
    if several and device.type == "cuda" and torch.cuda.device_count() < settings.devices:
        raise UserError(
            f"devices is {settings.devices}, but there are {torch.cuda.device_count()} GPUs here."
        )
    devices: Any = settings.devices  # Any: a number, or the indices of GPUs
    if device.type == "cuda" and not several:
        devices = [device.index or 0]
    with _quiet():
        return Fabric(
            accelerator=device.type,
            devices=devices,
            strategy="ddp_spawn" if several else "auto",
            precision=_PRECISIONS[choose_precision(settings, device)],  # type: ignore[arg-type]
        )


def choose_precision(settings: RunSettings, device: torch.device) -> str:
    """What is asked for; with "auto" bfloat16 where the hardware is fast at it, else float32."""
    if settings.precision != "auto":
        return settings.precision
    return "bfloat16" if "bfloat16" in list_fast_precisions(device) else "float32"


def place_method(method: TrainingMethod, device: torch.device, spatial_dims: int) -> None:
    """Move networks to the device, weights in the layout that convolutions are fastest in.

    Optimisers hold the very parameters that are moved, so they need nothing; their own state
    is made at the first step or put there by a checkpoint.
    """
    layout = MEMORY_FORMAT[spatial_dims]
    for network in method.networks.values():
        network.to(device)
        for parameter in network.parameters():
            if parameter.ndim == spatial_dims + 2:
                parameter.data = parameter.data.contiguous(memory_format=layout)


@contextmanager
def steady_numbers(threads: int | None) -> Iterator[None]:
    """Threads set once, and kernels of cuDNN that give equal numbers at every run."""
    before = (
        torch.get_num_threads(),
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
    )
    use_threads(threads or count_cores())
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        use_threads(before[0])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before[1:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Fabric says to developers."""
    for name in ("lightning.fabric", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
