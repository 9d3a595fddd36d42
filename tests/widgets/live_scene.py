"""A quick generator that follows the brush, and a dock that uses it."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_fidelity.core.image import Image
from napari_fidelity.core.random import normal
from napari_fidelity.operations.provenance import pack_pixels
from napari_fidelity.widgets.synthesis_backend import SynthesisBackend
from tests.widgets.conftest import MANIFESTS, FakeLevels, FakeParams

SIGMA, REACH = 1.5, 6


def picture(labels, levels, *, seed, origin):
    """A pixel depends on the labels within `REACH` in its plane, and on its coordinate."""
    sigmas = (0,) * (labels.ndim - 2) + (SIGMA, SIGMA)
    objects = (labels > 0) + np.float32(0.1) * (labels % 7)
    weight = gaussian_filter(objects.astype(np.float32), sigmas)
    span = levels.foreground_mean - levels.background_mean
    noise = levels.background_sd * normal(labels.shape, seed=seed, origin=origin)
    return (levels.background_mean + span * weight + noise).astype(np.float32)


class LiveOperation:
    """Makes whole pictures and parts of them; waits while a gate is closed."""

    def __init__(self):
        self.runs = 0
        self.pieces = []
        self.gate, self.piece_gate = threading.Event(), threading.Event()
        self.in_run, self.in_piece = threading.Event(), threading.Event()
        self.gate.set()
        self.piece_gate.set()
        self.failure = None

    def __call__(self, mask, params, progress, *, reference=None):
        self.runs += 1
        self.in_run.set()
        while not self.gate.wait(0.005):
            progress(0, 1, "tile")
        levels = params.levels or FakeLevels()
        if reference is not None:
            inside = mask.array > 0
            levels = FakeLevels(
                foreground_mean=float(reference.array[inside].mean()),
                background_mean=float(reference.array[~inside].mean()),
            )
        pixels = picture(mask.array, levels, seed=params.seed, origin=mask.origin)
        recipe = {
            "operation": "synthesize",
            "params": params.model_copy(update={"levels": levels}).model_dump(mode="json"),
            "source": {"name": mask.name, **pack_pixels(mask.array)},
        }
        return replace(mask, array=pixels, name=f"{mask.name} · made", provenance=recipe)

    def start_live(self, shape, origin, params):
        return LiveFake(self, shape, origin, FakeParams.parse(params))


class LiveFake:
    reach_px = REACH

    def __init__(self, operation, shape, origin, params):
        self.operation, self.shape, self.origin, self.params = operation, shape, origin, params

    def read_box(self, start, stop):
        low = tuple(max(0, edge - REACH) for edge in start)
        high = (min(self.shape[-2], stop[0] + REACH), min(self.shape[-1], stop[1] + REACH))
        return low, high

    def render(self, index, start, stop, labels):
        operation = self.operation
        operation.pieces.append((index, start, stop))
        operation.in_piece.set()
        operation.piece_gate.wait(10)
        if operation.failure is not None:
            raise operation.failure
        low, high = self.read_box(start, stop)
        assert labels.shape == (high[0] - low[0], high[1] - low[1])
        first = [i + o for i, o in zip((*index, *low), self.origin, strict=True)]
        flat = labels[(None,) * len(index)]
        made = picture(flat, self.params.levels, seed=self.params.seed, origin=first)
        crop = made[(0,) * len(index)]
        return crop[
            start[0] - low[0] : stop[0] - low[0], start[1] - low[1] : stop[1] - low[1]
        ].copy()


def live_backend(operation, *, follows=True):
    return SynthesisBackend(
        params_class=FakeParams,
        levels_class=FakeLevels,
        synthesize=operation,
        list_models=lambda: MANIFESTS,
        thumbnail_path=lambda _key: None,
        start_live=operation.start_live,
        follows_brush=lambda _key: follows,
    )


def whole(operation, layer, recipe):
    """The full run of the labels of now with the settings of a recipe."""
    labels = Image(np.array(layer.data), name=layer.name)
    return operation(labels, FakeParams.parse(recipe["params"]), lambda *_: None).array
