"""What the last convolution of a generator means: a unit range, any number, a correction."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

Output: TypeAlias = Literal["unit", "linear", "skip"]
OUTPUT_DESCRIPTION = (
    "unit: 0..1 by tanh; linear: any number; skip: the input, corrected by up to half its range"
)


def finish_output(raw: Tensor, inputs: Tensor, kind: Output) -> Tensor:
    """The generator's result from its last convolution.

    Publications work on intensities in -1..1, this software in 0..1: their `tanh(raw)` is
    `½ (1 + tanh(raw))` here, their `input + tanh(raw)` is `input + ½ tanh(raw)`, not clipped.

    Parameters
    ----------
    raw : Tensor, shape (batch, channel, *spatial)
    inputs : Tensor
        Of the network; the first channels are corrected by "skip".
    kind : str
        "unit", "linear" or "skip".

    Examples
    --------
    >>> finish_output(torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1), "unit").item()
    0.5
    """
    if kind == "linear":
        return raw
    if kind == "unit":
        return 0.5 + 0.5 * torch.tanh(raw)
    return inputs[:, : raw.shape[1]] + 0.5 * torch.tanh(raw)
