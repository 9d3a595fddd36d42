"""A network made ready to run: placed, folded, in the precision that it bears."""

from __future__ import annotations

import hashlib
from threading import Lock
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.allocation import keep_freed_memory
from napari_fidelity.inference.backend import (
    Backend,
    build_backend,
    build_plain_backend,
    is_exact,
    run_plainly,
)
from napari_fidelity.inference.device import choose_device
from napari_fidelity.inference.out_of_memory import (
    is_out_of_memory,
    run_batch_halves,
    run_tile_halves,
)
from napari_fidelity.inference.precision import (
    Deviation,
    list_fast_precisions,
    measure_deviation,
)
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.steps import Box
from napari_fidelity.inference.threads import count_threads, use_threads
from napari_fidelity.inference.tile_size import choose_tile, count_pixels
from napari_fidelity.inference.weight_stamp import stamp_weights
from napari_fidelity.networks.spec import LocalNetwork

_EXAMPLE_PX = {2: 128, 3: 32}  # a probe takes well under half a second
_SMALLEST = 4  # pixels of an example at the coarsest level
_QUESTIONS_KEPT = 8  # of one network, mostly two for an engine
_SMOOTHING = 0.5  # weight of the latest run in `seconds_per_megapixel`
_TELLING_PIXELS = 256**2  # of a smaller output most of the time goes into its halo


class Engine:
    """A network made ready: `prepare_engine` makes it, calling it runs a batch of tiles.

    Attributes
    ----------
    in_channels, out_channels, size_multiple, receptive_field_px, spatial_dims : int
        Copied from the network.
    has_global_statistics : bool
        Copied from the network.
    device : torch.device
        Where it runs; the processor after the memory of a GPU did not suffice.
    precision : str
        "float32", "bfloat16" or "float16".
    tile_px : int
        Side of the tiles that suit network and device, halo not included.
    batch_size : int
        How many such tiles are run at once.
    seconds_per_megapixel : float or None
        Measured, for a megapixel of output: by the probe first, then by the runs.
    """

    def __init__(
        self,
        network: LocalNetwork,
        backend: Backend,
        cpu: Backend,
        settings: ComputeSettings,
        deviation: Deviation | None,
    ) -> None:
        self.in_channels, self.out_channels = network.in_channels, network.out_channels
        self.size_multiple = network.size_multiple
        self.receptive_field_px = network.receptive_field_px
        self.spatial_dims = network.spatial_dims
        self.has_global_statistics = network.has_global_statistics
        self.precision = backend.precision
        self.tile_px, self.batch_size = choose_tile(network, backend, settings)
        self.seconds_per_megapixel: float | None = None
        self._backend, self._cpu = backend, cpu
        self._threads = count_threads(settings)
        self._deviation = deviation
        self._fallbacks: list[str] = []
        self._largest: int | None = None  # pixels of a batch; above them memory did not suffice
        self._lock = Lock()

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self._backend.device

    def __call__(self, batch: Tensor, inner: Box | None = None) -> Tensor:
        """Outputs (N, out_channels, *spatial) of inputs (N, in_channels, *spatial).

        Both are float32 on the CPU. Thread-safe. Where memory does not suffice, the batch is
        run in halves, then each tile, then on the processor.

        Parameters
        ----------
        batch : Tensor
            Sides are multiples of `size_multiple`.
        inner : tuple of (int, int), optional
            The box, (start, stop) an axis, that is wanted of the output; what only other pixels
            need is not computed. Default: the whole.

        Raises
        ------
        UserError
            Not even a small tile fits into the memory of the processor.
        """
        use_threads(self._threads)
        box = inner or tuple((0, side) for side in batch.shape[2:])
        started = perf_counter()
        outputs = self._run(batch, box)
        self._note_time(perf_counter() - started, count_pixels(tuple(outputs.shape)))
        return outputs

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """What a result's provenance says about the computation."""
        return {
            "device": str(self.device),
            "precision": self.precision,
            "rmse_of_range": self._deviation.rmse if self._deviation else 0.0,
            "step_of_range": self._deviation.step if self._deviation else 0.0,
            "folded": self._backend.program is not None,
            "tile_px": self.tile_px,
            "batch_size": self.batch_size,
            "threads": self._threads,
            "fallbacks": list(self._fallbacks),
        }

    def _run(self, batch: Tensor, inner: Box) -> Tensor:
        if self._largest is None or count_pixels(tuple(batch.shape)) <= self._largest:
            try:
                return self._backend(batch, inner)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
            self._note_failure(count_pixels(tuple(batch.shape)))
        return self._run_smaller(batch, inner)

    def _run_smaller(self, batch: Tensor, inner: Box) -> Tensor:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(batch) > 1:
            self._say("smaller batches")
            return run_batch_halves(batch, inner, self._run)
        if not self.has_global_statistics:
            halves = run_tile_halves(
                batch,
                inner,
                self._run,
                reach=self.receptive_field_px,
                multiple=self.size_multiple,
            )
            if halves is not None:
                self._say("smaller tiles")
                return halves
        if self.device.type == "cpu":
            raise UserError(
                f"There is not enough memory for a tile of {' × '.join(map(str, batch.shape[2:]))} "
                "pixels: close other programs or choose a smaller tile."
            )
        with self._lock:
            self._backend, self._largest = self._cpu, None
            self.precision = self._cpu.precision
        self._say("the processor instead of the GPU")
        return self._run(batch, inner)

    def _note_failure(self, pixels: int) -> None:
        with self._lock:
            self._largest = min(self._largest or pixels, pixels - 1)

    def _say(self, words: str) -> None:
        with self._lock:
            if words not in self._fallbacks:
                self._fallbacks.append(words)

    def _note_time(self, seconds: float, pixels: int) -> None:
        latest = seconds / max(pixels, 1) * 1e6
        before = self.seconds_per_megapixel
        if before is None:
            self.seconds_per_megapixel = latest
        elif pixels >= _TELLING_PIXELS:
            self.seconds_per_megapixel = before + _SMOOTHING * (latest - before)


_Prepared = WeakKeyDictionary[LocalNetwork, dict[object, Engine]]
_PREPARED: _Prepared = WeakKeyDictionary()
_PREPARING = Lock()


def prepare_engine(
    network: LocalNetwork,
    settings: ComputeSettings | None = None,
    *,
    example: Tensor | None = None,
) -> Engine:
    """`network` made ready to run under `settings`; the same engine for the same question.

    In "auto" precision 16 bits are taken where the hardware has them and the output of the
    example stays within 0.2 % of the range of the float32 one, without a step between tiles.

    Parameters
    ----------
    network : LocalNetwork
        Not changed, and not kept alive; changed weights make a new engine.
    settings : ComputeSettings, optional
        Default: the field defaults.
    example : Tensor, optional
        Typical input (1, in_channels, *spatial), of which the middle is used. Default: seeded
        standard normal noise.

    Raises
    ------
    UserError
        The device asked for is not there.
    """
    settings = settings or ComputeSettings()
    tried = _cut_example(network, example)
    key = (settings, stamp_weights(network), hashlib.sha256(tried.numpy().tobytes()).digest())
    with _PREPARING:
        engines = _PREPARED.setdefault(network, {})
        if key not in engines:
            engine = _prepare(network, settings, tried)
            chosen = {"precision": engine.precision, "tile_px": engine.tile_px}
            for question in (settings, settings.model_copy(update=chosen)):  # a recipe asks so
                engines[(question, *key[1:])] = engine
            while len(engines) > _QUESTIONS_KEPT:
                del engines[next(iter(engines))]
        return engines[key]


def _prepare(network: LocalNetwork, settings: ComputeSettings, example: Tensor) -> Engine:
    use_threads(count_threads(settings))
    keep_freed_memory()
    device = choose_device(settings.device)
    was_training = network.training
    network.eval()
    try:
        wanted = run_plainly(network, example)
        build = build_backend
        cpu = build(network, torch.device("cpu"), "float32")
        if not is_exact(cpu, example, wanted):
            build = build_plain_backend
            cpu = build(network, torch.device("cpu"), "float32")
        backend, deviation = cpu, None
        if device.type != "cpu":
            backend = build(network, device, "float32")
        for precision in _list_tried(network, settings, device):
            tried = build(network, device, precision)
            found = measure_deviation(tried, example, wanted)
            if found.is_small or settings.precision != "auto":
                backend, deviation = tried, found
                break
    finally:
        network.train(was_training)
    engine = Engine(network, backend, cpu, settings, deviation)
    engine(example)
    return engine


def _list_tried(
    network: LocalNetwork, settings: ComputeSettings, device: torch.device
) -> list[str]:
    """Precisions worth a try: none where nothing is convolved."""
    if settings.precision == "float32":
        return []
    if settings.precision != "auto":
        return [settings.precision]
    weights = (parameter.ndim for parameter in network.parameters())
    return list_fast_precisions(device) if network.spatial_dims + 2 in weights else []


def _cut_example(network: LocalNetwork, example: Tensor | None) -> Tensor:
    """The middle of an example, its sides multiples of what the network takes.

    One that is so small that the coarsest level has a few pixels says nothing: noise instead.
    """
    multiple, dims = network.size_multiple, network.spatial_dims
    largest = max(_EXAMPLE_PX[dims] // multiple, _SMALLEST) * multiple
    if example is None or min(example.shape[2:]) < _SMALLEST * multiple:
        generator = torch.Generator().manual_seed(0)
        return torch.randn(1, network.in_channels, *(largest,) * dims, generator=generator)
    sides = [min(n // multiple * multiple, largest) for n in example.shape[2:]]
    places = [
        slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(example.shape[2:], sides, strict=True)
    ]
    key: tuple[slice, ...] = (slice(None), slice(None), *places)
    return example[key].float().cpu().contiguous()
