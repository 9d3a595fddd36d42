"""A picture of what each degradation step does, drawn when the documentation is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from napari_fidelity import simulate_mitochondria
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation import PRESETS, STEPS, Pipeline, run_pipeline

SIDE, ROW = 190, 5
OPTICS = {"numerical_aperture": 0.5, "immersion_index": 1.0}
SHOWN: list[dict[str, Any]] = [  # Any: settings; steps that a plane does not show are left out
    {"kind": "local-minimum", "mode": "erode"},
    {"kind": "psf", "psf": OPTICS},
    {"kind": "defocus", "defocus_um": 3.0, "psf": OPTICS},
    {"kind": "haze", "amount": 3.0, "width_um": 2.0},
    {"kind": "uneven-illumination", "strength": 0.9},
    {"kind": "uneven-illumination", "strength": 0.9, "shape": "patches", "patch_px": 40},
    {"kind": "down-sampling", "factor": 4, "keep_size": True},
    {"kind": "poisson", "photons": 15},
    {"kind": "camera", "offset": 30, "gain": 0.8, "bits": 8, "read_noise": 8, "hot_percent": 1},
    {"kind": "gaussian-noise", "sd_percent": 10},
    {"kind": "intensity-factor", "factor": 2.5},
]


def draw_degradation(path: Path) -> None:
    """Write a picture of simulated mitochondria under each step and each preset."""
    clean = simulate_mitochondria(shape=(SIDE, SIDE), seed=4).clean
    levels = clean.array / np.percentile(clean.array, 99.5) * 200
    image = Image(levels.clip(0, 250).astype(np.uint8), "YX", clean.scale, clean.units)
    named = [("clean", Pipeline())]
    for values in SHOWN:
        title = STEPS[values["kind"]].title
        named.append((title, Pipeline.parse({"steps": [values]})))
    named += [(f"preset {key}", spec.pipeline) for key, spec in PRESETS.items()]
    tiles = [_draw_tile(title, run_pipeline(image, each, seed=2).image) for title, each in named]
    rows = [np.hstack(tiles[start : start + ROW]) for start in range(0, len(tiles), ROW)]
    Picture.fromarray(np.vstack(rows)).save(path, optimize=True)


def _draw_tile(title: str, image: Image) -> np.ndarray[Any, Any]:  # Any: grey levels of 8 bits
    picture = Picture.fromarray(image.array.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIDE, 15), fill=0)
    draw.text((5, 2), title, fill=255)
    draw.rectangle((0, 0, SIDE - 1, SIDE - 1), outline=60)
    return np.asarray(picture)
