"""What dock tests share: a quick stand-in for the models, viewers with images to assess."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from pydantic import Field
from scipy.ndimage import gaussian_filter

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.random import normal
from napari_fidelity.models import use_model_folders
from napari_fidelity.widgets import assess_request, choice_section
from napari_fidelity.widgets.synthesis_backend import SynthesisBackend
from tests.widgets.assess_scene import disks, microscope, open_dock

TILES = 4


class FakeLevels(Params):
    foreground_mean: float = Field(100.0, title="Objects, mean", description="Mean in objects.")
    foreground_sd: float = Field(20.0, ge=0, title="Objects, spread", description="SD in objects.")
    background_mean: float = Field(10.0, title="Background, mean", description="Mean outside.")
    background_sd: float = Field(2.0, ge=0, title="Background, spread", description="SD outside.")


class FakeParams(Params):
    model: str = "fake-nuclei"
    seed: int = Field(0, ge=0, title="Seed", description="Same seed, same image.")
    noise: bool = Field(True, title="Camera noise", description="Noise of a camera on the signal.")
    levels: FakeLevels | None = None
    tile_px: int = Field(512, ge=64, le=4096, title="Tile", description="Side of a tile, pixels.")


@dataclass(frozen=True)
class FakeTraining:
    data: str = "a drawer of old slides"
    data_licence: str = "CC0-1.0"


TRAINING_LEVELS = FakeLevels(foreground_mean=120.0)


@dataclass(frozen=True)
class FakeManifest:
    key: str
    title: str
    description: str
    licence: str = "BSD-3-Clause"
    version: str = "1.0"
    training: FakeTraining = FakeTraining()
    levels: FakeLevels = TRAINING_LEVELS


MANIFESTS = (
    FakeManifest("fake-nuclei", "Nuclei (pix2pix)", "Fluorescent nuclei, stained with DAPI."),
    FakeManifest("fake-fill", "Random fill", "Pixels drawn one by one; the thing to beat."),
)


class FakeOperation:
    """Blurred mask and noise, in four tiles; waits in a tile while `gate` is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.in_tile = threading.Event()
        self.seen: list[tuple[Image, Params, Image | None]] = []
        self.failure: Exception | None = None

    def __call__(
        self, mask: Image, params: FakeParams, progress: Progress, *, reference: Image | None = None
    ) -> Image:
        self.seen.append((mask, params, reference))
        if self.failure is not None:
            raise self.failure
        if not mask.array.any():
            raise UserError(f"The mask “{mask.name}” is empty: paint an object first.")
        for tile in range(TILES):
            progress(tile, TILES, "tile")
            self.in_tile.set()
            while not self.gate.wait(0.005):
                progress(tile, TILES, "tile")
        levels = params.levels or FakeLevels()
        if reference is not None:
            inside = mask.array > 0
            levels = FakeLevels(
                foreground_mean=float(reference.array[inside].mean()),
                background_mean=float(reference.array[~inside].mean()),
            )
        weight = gaussian_filter((mask.array > 0).astype(np.float32), 1.5)
        span = levels.foreground_mean - levels.background_mean
        pixels = levels.background_mean + span * weight
        pixels = pixels + levels.background_sd * normal(mask.shape, seed=params.seed)
        if reference is not None and reference.array.dtype.kind == "u":
            pixels = np.clip(np.rint(pixels), 0, np.iinfo(reference.array.dtype).max)
            pixels = pixels.astype(reference.array.dtype)
        else:
            pixels = pixels.astype(np.float32)
        provenance = {"operation": "synthesize", "params": params.model_dump(mode="json")}
        name = f"{mask.name} · {params.model} · seed {params.seed}"
        return mask.with_array(pixels, name=name, provenance=provenance)


def fake_backend(operation: FakeOperation, thumbnail: Path | None = None) -> SynthesisBackend:
    return SynthesisBackend(
        params_class=FakeParams,
        levels_class=FakeLevels,
        synthesize=operation,
        list_models=lambda: MANIFESTS,
        thumbnail_path=lambda key: thumbnail if key == "fake-nuclei" else None,
    )


@pytest.fixture
def operation():
    return FakeOperation()


@pytest.fixture
def backend(operation):
    return fake_backend(operation)


@pytest.fixture
def viewer():
    """The model without a window: enough for most; modules that need a window override this."""
    return ViewerModel()


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of models that the docks Restore and Segment look in."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(choice_section, "apply_model_folder", lambda: None)
    use_model_folders([folder])
    yield folder
    use_model_folders([])


@pytest.fixture
def scene(viewer):
    """A reference, two images and a mask."""
    labels = disks()
    viewer.add_image(microscope(labels, 0), name="real")
    viewer.add_image(microscope(labels, 1), name="other exposure")
    viewer.add_image(microscope(labels, 2, sigma=3), name="defocused")
    viewer.add_labels(labels, name="nuclei")
    return viewer


@pytest.fixture
def dock(qtbot, scene):
    return open_dock(qtbot, scene)


@pytest.fixture
def held(monkeypatch):
    """A gate: the measurement waits on its worker until `release` is called."""
    gate, began = threading.Event(), threading.Event()
    assess = assess_request.assess

    def wait_and_assess(tests, *, progress, **arguments):
        began.set()
        for _ in range(2000):
            progress(0, 1, "waiting")
            if gate.wait(0.005):
                break
        return assess(tests, progress=progress, **arguments)

    monkeypatch.setattr(assess_request, "assess", wait_and_assess)
    yield began, gate.set
    gate.set()
