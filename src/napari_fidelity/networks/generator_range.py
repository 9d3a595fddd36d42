"""The ranges of generators: -1..1 inside as in publications, 0..1 outside as in this software."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

Output: TypeAlias = Literal["unit", "linear", "skip"]
OUTPUT_DESCRIPTION = (
    "unit: 0..1 by tanh; linear: any number; skip: the input, corrected by up to half its range"
)


SIGNED_DESCRIPTION = (
    "How many channels, the first ones, are in 0..1 and convolved as -1..1; default: all"
)


def sign_channels(inputs: Tensor, count: int) -> Tensor:
    """The first `count` channels x as 2x - 1, the others as they are.

    It is not for the looks: with zeros as background a generator's features are strongest in
    the foreground, so that a discriminator which asks for a darker image darkens that first,
    and without pairs an inverted image is stable.

    Examples
    --------
    >>> sign_channels(torch.zeros(1, 2, 1, 1), 1).flatten().tolist()
    [-1.0, 0.0]
    """
    if count == 0:
        return inputs
    signed = 2 * inputs[:, :count] - 1
    return signed if count == inputs.shape[1] else torch.cat([signed, inputs[:, count:]], 1)


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
