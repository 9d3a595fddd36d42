"""Structures and cameras whose numbers are known."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_fidelity.simulation import SPECIMENS, Camera
from napari_fidelity.simulation.noise import expose

CAMERAS = {
    "scmos": Camera(),
    "bright": Camera(photons=5000, background_photons=50, gain=0.5, offset=100, read_noise=1.2),
    "emccd": Camera(photons=40, background_photons=2, gain=12, offset=500, read_noise=0.3),
    "ccd": Camera(photons=2000, background_photons=100, gain=1, offset=200, read_noise=6),
    "dim": Camera(photons=60, background_photons=1, gain=2.2, offset=100, read_noise=1.4),
}


def draw_structure(kind, shape=(320, 320), seed=0, sigma=1.5):
    """Expected signal, about 1 where it is bright, blurred by a Gaussian of `sigma` px."""
    rng = np.random.default_rng(seed)
    height, width = shape
    if kind in SPECIMENS:
        sharp = SPECIMENS[kind].function(shape=shape, seed=seed).clean.array.astype(float)
    else:
        sharp = np.zeros(shape)
    if kind == "points":
        count = height * width // 150
        rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
        sharp[rows, columns] = rng.gamma(2, 1, count) * 2 * np.pi * sigma**2
    elif kind == "discs":
        y, x = np.mgrid[:height, :width]
        for _ in range(height * width // 6500):
            row, column, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(5, 40)
            sharp[(y - row) ** 2 + (x - column) ** 2 < radius**2] += rng.uniform(0.2, 1)
    elif kind == "lines":
        for _ in range(height * width // 4400):
            row, column, angle = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(0, 6.3)
            for _ in range(300):
                row, column = row + np.sin(angle), column + np.cos(angle)
                angle += rng.normal(0, 0.06)
                if 0 <= row < height and 0 <= column < width:
                    sharp[int(row), int(column)] = 2 * sigma
    return np.maximum(ndimage.gaussian_filter(sharp, sigma, mode="wrap"), 0)


def expose_frames(signal, camera, count, *, seed=0, bleaching=0.0, flicker=0.0, motion_px=0.0):
    """Frames (T, Y, X) of a signal that fades, flickers and drifts."""
    rng = np.random.default_rng(seed)
    frames = []
    for frame in range(count):
        moved = ndimage.shift(signal, (motion_px * frame,) * 2, order=1, mode="grid-wrap")
        light = moved * np.exp(-bleaching * frame) * (1 + flicker * rng.normal())
        frames.append(expose(np.maximum(light, 0), camera, seed=seed * 100 + frame))
    return np.stack(frames)
