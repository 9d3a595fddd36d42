"""A network placed on a device in a precision: what an engine runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from threading import Lock

import torch
from torch import Tensor

from napari_fidelity.inference.convolution import MEMORY_FORMAT
from napari_fidelity.inference.fold import fold_batch_norms
from napari_fidelity.inference.program import Program, compile_network
from napari_fidelity.inference.steps import Box
from napari_fidelity.inference.trace import Untraceable
from napari_fidelity.networks.spec import LocalNetwork

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
LARGEST_ERROR = 1e-5  # of the range: float32 sums in another order stay well below
_ASSUMED_OPERATIONS = 2e5  # a pixel, for a network whose steps are not known
_ASSUMED_BYTES = 1024
_GPU = Lock()


@dataclass(frozen=True, eq=False)
class Backend:
    """Runs batches: float32 in and out, on the CPU; thread-safe.

    Attributes
    ----------
    device : torch.device
    precision : str
    program : Program or None
        The steps of the network, where they are known.
    network : LocalNetwork or None
        Else the network itself.
    """

    device: torch.device
    precision: str
    program: Program | None
    network: LocalNetwork | None

    def __call__(self, batch: Tensor, inner: Box | None = None) -> Tensor:
        """Outputs (N, channels, *spatial) in `inner`, or whole."""
        with torch.inference_mode(), _exclusive(self.device):
            outputs = self._run(batch.to(self.device), inner).to("cpu", torch.float32)
        return outputs.contiguous()

    def _run(self, batch: Tensor, inner: Box | None) -> Tensor:
        if self.program is not None:
            return self.program(batch, inner)
        assert self.network is not None  # one of the two is always there
        batch = batch.contiguous(memory_format=MEMORY_FORMAT[self.network.spatial_dims])
        low = self.precision != "float32"
        with torch.autocast(self.device.type, DTYPES[self.precision], enabled=low):
            outputs = self.network(batch)
        if inner is None:
            return outputs
        key: tuple[slice, ...] = (slice(None), slice(None), *(slice(a, b) for a, b in inner))
        return outputs[key]

    def operations(self, size: tuple[int, ...], inner: Box | None = None) -> float:
        """Multiplications and additions for one input of this spatial size."""
        if self.program is None:
            return _ASSUMED_OPERATIONS * prod(size)
        return self.program.operations(size, inner)

    def working_bytes(self, size: tuple[int, ...]) -> float:
        """Memory for what lies between input and output, a rough upper bound."""
        if self.program is None:
            return float(_ASSUMED_BYTES * prod(size))
        return self.program.values(size) * DTYPES[self.precision].itemsize


@contextmanager
def _exclusive(device: torch.device) -> Iterator[None]:
    """One at a time on a GPU, in true float32 there (not TF32); nothing on the CPU."""
    if device.type == "cpu":
        yield
        return
    with _GPU, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def build_backend(network: LocalNetwork, device: torch.device, precision: str) -> Backend:
    """The steps of `network` placed on `device`, or a copy of it where they are not known."""
    try:
        program = compile_network(network, network.spatial_dims)
    except Untraceable:
        return build_plain_backend(network, device, precision)
    packed = device.type == "cpu" and torch._C._has_mkldnn
    placed = program.placed(device, DTYPES[precision], packed=packed)
    return Backend(device, precision, placed, None)


def build_plain_backend(network: LocalNetwork, device: torch.device, precision: str) -> Backend:
    """A copy of the network itself, batch norms folded where they follow a convolution."""
    placed = fold_batch_norms(copy.deepcopy(network).eval()).to(device)
    for parameter in placed.parameters():
        if parameter.ndim == network.spatial_dims + 2:
            parameter.data = parameter.data.contiguous(
                memory_format=MEMORY_FORMAT[network.spatial_dims]
            )
    return Backend(device, precision, None, placed)


def run_plainly(network: LocalNetwork, example: Tensor) -> Tensor:
    """What the network itself gives, on whatever device it is."""
    device = next((tensor.device for tensor in network.state_dict().values()), example.device)
    with torch.inference_mode():
        return network(example.to(device)).cpu()


def is_exact(backend: Backend, example: Tensor, wanted: Tensor) -> bool:
    """Whether the backend gives what is wanted, to 1e-5 of its range."""
    try:
        given = backend(example)
    except (RuntimeError, NotImplementedError):  # a kernel that this build or device lacks
        return False
    span = max(float(wanted.max() - wanted.min()), float(wanted.abs().max()), 1e-12)
    return bool((given - wanted).abs().max() <= LARGEST_ERROR * span)
