"""Where networks run."""

from __future__ import annotations

import torch


def choose_device() -> torch.device:
    """The first GPU that PyTorch can use, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
