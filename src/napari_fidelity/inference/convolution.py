"""One convolution with what follows it, on whatever device and in whatever precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

MEMORY_FORMAT = {2: torch.channels_last, 3: torch.channels_last_3d}
_CONVOLVE = {2: functional.conv2d, 3: functional.conv3d}
_HEAD_ROWS = 64  # of a 1×1 convolution at once: what is turned into float32 stays in the cache


@dataclass(frozen=True, eq=False)
class Convolution:
    """Padded convolution of stride 1, then leaky ReLU.

    Attributes
    ----------
    weight : Tensor
        (out, in / groups, *kernel).
    bias : Tensor or None
        (out,).
    padding : tuple of int
        Zeros on both sides, one entry an axis.
    groups : int
        As in `torch.nn.Conv2d`.
    slope : float
        Factor on negative values: 0 is ReLU, 1 no activation.
    exact : bool
        Computed in float32 in any precision: 1×1 (a head) and fixed kernels cost little.
    packed : Tensor or None
        The weights as oneDNN wants them; then the activation is part of its kernel.
    """

    weight: Tensor
    bias: Tensor | None
    padding: tuple[int, ...]
    groups: int = 1
    slope: float = 1.0
    exact: bool = False
    packed: Tensor | None = None

    @property
    def dims(self) -> int:
        """Spatial axes."""
        return self.weight.ndim - 2

    @property
    def operations(self) -> int:
        """Multiplications and additions for a pixel of output."""
        return 2 * self.weight.numel()

    def scaled(self, factor: Tensor, shift: Tensor) -> Convolution:
        """The same followed by `factor · x + shift`, one of each a channel."""
        weight = self.weight.double() * factor.view(-1, *(1,) * (self.dims + 1))
        bias = shift if self.bias is None else self.bias.double() * factor + shift
        return replace(self, weight=weight.float(), bias=bias.float())

    def placed(self, device: torch.device, dtype: torch.dtype) -> Convolution:
        """The same, its weights on `device`, in `dtype` unless it is exact."""
        dtype = torch.float32 if self.exact else dtype
        weight = self.weight.to(device, dtype, copy=True)  # the network's may change
        weight = weight.contiguous(memory_format=MEMORY_FORMAT[self.dims])
        bias = None if self.bias is None else self.bias.to(device, dtype, copy=True)
        return replace(self, weight=weight, bias=bias)

    def packed_for(self, side: int) -> Convolution:
        """The same with its weights laid out for oneDNN, which then fuses the activation.

        Unchanged where this processor or build has no kernel for the type.
        """
        ones = [1] * self.dims
        size = [1, self.weight.shape[1] * self.groups, *[side] * self.dims]
        try:  # what torch.compile emits for a convolution on a CPU
            packed = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, list(self.padding), ones, ones, self.groups, size
            )
        except (AttributeError, RuntimeError):
            return self
        return replace(self, packed=packed)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Outputs of the same spatial size, where kernels are odd and padded."""
        if set(self.padding) == {0} and inputs.dtype != self.weight.dtype:
            return self._run_in_rows(inputs)
        x = self._prepare(inputs)
        if self.packed is None:
            convolve = _CONVOLVE[self.dims]
            made = convolve(x, self.weight, self.bias, 1, self.padding, 1, self.groups)
            return _activate(made, self.slope)
        ones = [1] * self.dims
        kind, scalars = self._activation()
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.packed, self.bias, list(self.padding), ones, ones, self.groups,
            kind, scalars, "",
        )  # fmt: skip
        return result

    def add_to(self, total: Tensor, inputs: Tensor) -> Tensor:
        """`activation(total + convolution(inputs))`; `total` is overwritten."""
        x = self._prepare(inputs)
        if self.packed is None or self.slope not in (0.0, 1.0):
            convolve = _CONVOLVE[self.dims]
            total += convolve(x, self.weight, self.bias, 1, self.padding, 1, self.groups)
            return _activate(total, self.slope)
        ones = [1] * self.dims
        result: Tensor = torch.ops.mkldnn._convolution_pointwise_.binary(
            total, x, self.packed, self.bias, list(self.padding), ones, ones, self.groups,
            "add", 1.0, "relu" if self.slope == 0 else None, [], "",
        )  # fmt: skip
        return result

    def _prepare(self, inputs: Tensor) -> Tensor:
        x = inputs.to(self.weight.dtype)
        return x.contiguous(memory_format=MEMORY_FORMAT[self.dims])

    def _activation(self) -> tuple[str, list[float]]:
        """Name and numbers of the activation in oneDNN's words."""
        if self.slope == 1:
            return "none", []
        return ("relu", []) if self.slope == 0 else ("leaky_relu", [self.slope])

    def _run_in_rows(self, inputs: Tensor) -> Tensor:
        parts = torch.split(inputs, _HEAD_ROWS, 2)
        return torch.cat([self(part.to(self.weight.dtype)) for part in parts], 2)


def _activate(values: Tensor, slope: float) -> Tensor:
    if slope == 1:
        return values
    return values.relu_() if slope == 0 else functional.leaky_relu_(values, slope)


def split_phases(convolution: Convolution) -> Convolution:
    """What a 3×3 convolution of an image enlarged twice is on the image itself.

    Nearest-neighbour enlargement repeats every pixel, so that two of the three taps of a row
    read the same one: an output pixel of each of the four phases (eight in 3-D) is a 2×2
    convolution, 4 products a channel instead of 9. Exact.

    Returns
    -------
    Convolution
        Phases first: output channel `phase · out + channel`, kernel 2, padding 1, no bias and no
        activation. Phase p of axis a reads windows that start at `i - 1 + p`.
    """
    weight = convolution.weight.double()
    dims = convolution.dims
    phases = []
    for phase in product((0, 1), repeat=dims):
        kernel = weight.new_zeros(*weight.shape[:2], *(2,) * dims)
        for taps in product(range(3), repeat=dims):
            at = [(p + t - 1) // 2 + 1 - p for p, t in zip(phase, taps, strict=True)]
            _take(kernel, at).add_(_take(weight, taps))
        phases.append(kernel)
    return Convolution(torch.cat(phases).float(), None, (1,) * dims)


def join_phases(parts: Tensor) -> Tensor:
    """The enlarged image (N, C, 2·size) whose phases are (N, 2^dims · C, size + 1)."""
    dims = parts.ndim - 2
    size = [side - 1 for side in parts.shape[2:]]
    channels = parts.shape[1] // 2**dims
    joined = torch.empty(
        (parts.shape[0], channels, *(2 * side for side in size)),
        dtype=parts.dtype,
        device=parts.device,
        memory_format=MEMORY_FORMAT[dims],
    )
    for number, phase in enumerate(product((0, 1), repeat=dims)):
        part = parts[:, number * channels : (number + 1) * channels]
        windows = [slice(p, p + side) for p, side in zip(phase, size, strict=True)]
        _take(joined, [slice(p, None, 2) for p in phase]).copy_(_take(part, windows))
    return joined


def _take(images: Tensor, places: Sequence[int | slice]) -> Tensor:
    """A view of what lies at `places`, one a spatial axis, in all channels."""
    key: tuple[int | slice, ...] = (slice(None), slice(None), *places)
    return images[key]
