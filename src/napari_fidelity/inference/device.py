"""Where networks run."""

from __future__ import annotations

import torch

from napari_fidelity.core.errors import UserError


def choose_device(wanted: str = "auto") -> torch.device:
    """The device called `wanted`; for "auto" the first GPU that PyTorch can use, else the CPU.

    Raises
    ------
    UserError
        The device is not there; the sentence lists those that are.
    """
    there = list_devices()
    if wanted == "auto":
        return torch.device(there[0])
    if wanted not in there and f"{wanted}:0" not in there:
        raise UserError(f"There is no device {wanted!r} here: choose auto or {', '.join(there)}.")
    return torch.device(wanted)


def list_devices() -> list[str]:
    """Names of the devices that PyTorch can use here, the fastest kind first, "cpu" last."""
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    names += ["mps"] if torch.backends.mps.is_available() else []
    names += [f"xpu:{number}" for number in range(torch.xpu.device_count())]
    return [*names, "cpu"]
