"""The microscope blurs each layer at its depth and mixes in haze without losing light."""

import numpy as np
import pytest

from napari_fidelity.simulation.microscope import Microscope, image_layers
from napari_fidelity.simulation.noise import Camera

SCALE_UM = (0.1, 0.1)
BRIGHT = Camera(photons=1e5, background_photons=0, gain=0.02, offset=0, read_noise=0)


def test_light_of_all_layers_arrives():
    first, second = np.zeros((2, 96, 96), np.float32)
    first[48, 30], second[48, 66] = 20, 20
    image = image_layers([(0.0, first), (0.8, second)], Microscope(camera=BRIGHT), SCALE_UM, seed=1)
    assert image.sum(dtype=float) == pytest.approx(40 * 1e5 * 0.02, rel=0.03)
    assert image[48, 30] > 3 * image[48, 66]


def test_haze_lights_the_surroundings():
    disc = np.zeros((128, 128), np.float32)
    disc[54:74, 54:74] = 1
    clear, hazy = (
        image_layers([(0.0, disc)], Microscope(haze=haze, camera=BRIGHT), SCALE_UM, seed=1)
        for haze in (0.0, 0.4)
    )
    assert clear[64, 85] == 0
    assert hazy[64, 85] > 10
    assert hazy[64, 64] < clear[64, 64]
