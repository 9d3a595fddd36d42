"""Which precision a network bears: tried on an example, and float32 unless it is good enough."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_fidelity.inference.backend import Backend
from napari_fidelity.inference.steps import Box

LARGEST_RMSE = 0.002  # of the range of the float32 output
LARGEST_STEP = 0.002  # of the range, between two tiles that meet


@dataclass(frozen=True)
class Deviation:
    """How far a low precision is from float32, in parts of the range of the float32 output."""

    rmse: float
    step: float

    @property
    def is_small(self) -> bool:
        """Within 0.2 % of the range, and no step where tiles meet; False for NaN."""
        return self.rmse <= LARGEST_RMSE and self.step <= LARGEST_STEP


def list_fast_precisions(device: torch.device) -> list[str]:
    """Precisions of 16 bits in which the hardware multiplies, the best first."""
    if device.type == "cuda":
        both = torch.cuda.get_device_capability(device)[0] >= 8
        return ["bfloat16", "float16"] if both else ["float16"]
    if device.type == "xpu":
        return ["bfloat16", "float16"]
    if device.type == "mps":
        return ["float16"]
    return ["bfloat16"] if has_bfloat16() else []


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16 (AVX512-BF16, AMX)."""
    public = getattr(torch.cpu, "get_capabilities", None)  # since PyTorch 2.12
    if public is not None:
        found = public()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in checks)


def measure_deviation(backend: Backend, example: Tensor, wanted: Tensor) -> Deviation:
    """RMSE of `backend` over the range of the float32 output, and the step between two tiles.

    `wanted` is the output in float32. The step is the difference of the mean errors in the two
    lines on either side of a border, for halves computed apart. A constant output has no range:
    its deviation must be 0.
    """
    last = wanted.shape[-1]
    middle = last // 2
    rest: Box = tuple((0, side) for side in wanted.shape[2:-1])
    halves = [backend(example, (*rest, side)) for side in ((0, middle), (middle, last))]
    errors = torch.cat(halves, -1).double() - wanted.double()
    span = float(wanted.max() - wanted.min())
    rmse = float(errors.square().mean().sqrt())
    step = float((errors[..., middle].mean() - errors[..., middle - 1].mean()).abs())
    if span == 0:
        return Deviation(*(0.0 if value == 0 else float("inf") for value in (rmse, step)))
    return Deviation(rmse / span, step / span)
