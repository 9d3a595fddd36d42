"""How much memory a computation may take for its intermediate results."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from napari_fidelity.inference.settings import ComputeSettings

SHARE = 0.6
UNKNOWN_BYTES = 4 << 30  # where the system does not tell what is free


def count_working_bytes(settings: ComputeSettings, device: torch.device) -> int:
    """The memory limit of the settings, else 60 % of what is free on the device, in bytes."""
    if settings.memory_limit_gb is not None:
        return int(settings.memory_limit_gb * 1e9)
    if device.type == "cuda":
        return int(SHARE * torch.cuda.mem_get_info(device)[0])
    return int(SHARE * count_free_bytes())


def count_free_bytes() -> int:
    """Memory that new arrays can have, in bytes."""
    # Linux: caches count as free there, which sysconf leaves out.
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN_BYTES
