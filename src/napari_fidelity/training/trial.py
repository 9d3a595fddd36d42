"""A few real steps before a run: how long one takes, and how much memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_fidelity.inference.convolution import MEMORY_FORMAT
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.device_setup import open_fabric, place_method, steady_numbers
from napari_fidelity.training.method import Batch, TrainingMethod
from napari_fidelity.training.session import build_method
from napari_fidelity.training.step import StepRunner
from napari_fidelity.training.training_data import TrainingData

SMALL_BATCH = 2  # batch norm needs two values
AGAIN_SECONDS = 4.0  # a first step prepares convolutions: it is repeated where it took less
WHOLE_SECONDS = 2.5  # a whole batch is tried where it takes less
NUMBER_BYTES = 4  # float32
WORKSPACE = 1.3  # of the kept tensors: gradients of activations, buffers of convolutions


@dataclass(frozen=True)
class Trial:
    """What a few steps showed.

    Parameters
    ----------
    seconds_per_step : float
        Of a whole batch.
    is_scaled : bool
        Told from smaller batches, since a whole one takes long.
    draw_seconds : float
        To draw a batch, which happens while a step computes.
    parameters : int
        Of all networks.
    memory_bytes : int
        Weights, gradients, moments and what is kept for the gradient of a batch.
    device : str
    """

    seconds_per_step: float
    is_scaled: bool
    draw_seconds: float
    parameters: int
    memory_bytes: int
    device: str


class KeptTensors:
    """Counts the bytes that are kept between a loss and its gradient, at most at once."""

    def __init__(self) -> None:
        self.peak, self._now, self._seen = 0, 0, set[int]()
        self._descends = False

    def pack(self, tensor: Tensor) -> Tensor:
        """Note what is kept; the first after a descent begins a new phase."""
        if self._descends:
            self._now, self._descends = 0, False
            self._seen.clear()
        place = tensor.untyped_storage().data_ptr()
        if place not in self._seen:
            self._seen.add(place)
            self._now += tensor.untyped_storage().nbytes()
            self.peak = max(self.peak, self._now)
        return tensor

    def unpack(self, tensor: Tensor) -> Tensor:
        """Note that the gradient is being computed."""
        self._descends = True
        return tensor


def try_steps(config: TrainConfig, data: TrainingData) -> Trial:
    """Build the networks and take a few steps; nothing is kept of them.

    Raises
    ------
    UserError
        The method does not fit the data, or the device is not there.
    """
    fabric = open_fabric(config.run.model_copy(update={"devices": 1}))
    with steady_numbers(config.run.threads):
        method = build_method(config, data)
        place_method(method, fabric.device, data.spatial_dims)
        runner = StepRunner(method, fabric, seed=config.run.seed)
        parameters = count_parameters(method)
        small = min(SMALL_BATCH, config.batch)
        kept = KeptTensors()
        batch, _ = _draw(data, small, fabric.device)
        with torch.autograd.graph.saved_tensors_hooks(kept.pack, kept.unpack):
            first = _time(runner, batch, fabric.device, 1)
        seconds, is_scaled = first / small * config.batch, True
        if first < AGAIN_SECONDS:
            second = _time(runner, batch, fabric.device, 2)
            seconds = second / small * config.batch
        whole, _ = _draw(data, config.batch, fabric.device)
        # the first draw of a degraded image also measures it
        _, draw_seconds = _draw(data, config.batch, fabric.device)
        if seconds < WHOLE_SECONDS:
            tried = [_time(runner, whole, fabric.device, step) for step in (3, 4)]
            seconds, is_scaled = min(tried), False
    activations = WORKSPACE * max(kept.peak - NUMBER_BYTES * parameters, 0) / small * config.batch
    return Trial(
        seconds_per_step=seconds,
        is_scaled=is_scaled,
        draw_seconds=draw_seconds,
        parameters=parameters,
        memory_bytes=int(4 * NUMBER_BYTES * parameters + activations),
        device=str(fabric.device),
    )


def count_parameters(method: TrainingMethod) -> int:
    """Numbers that a checkpoint holds of the networks."""
    return sum(
        tensor.numel()
        for network in method.networks.values()
        for tensor in network.state_dict().values()
    )


def _draw(data: TrainingData, count: int, device: torch.device) -> tuple[Batch, float]:
    begun = time.perf_counter()
    arrays: Sequence[Tensor] = [torch.from_numpy(side) for side in data.draw(count, (0, 0))]
    seconds = time.perf_counter() - begun
    layout = MEMORY_FORMAT[data.spatial_dims]
    inputs, targets = (side.contiguous(memory_format=layout).to(device) for side in arrays)
    return Batch(inputs, targets), seconds


def _time(runner: StepRunner, batch: Batch, device: torch.device, step: int) -> float:
    begun = time.perf_counter()
    runner.run(Batch(batch.inputs, batch.targets), step)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begun
