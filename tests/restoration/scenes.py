"""Specimens and blurs that tests of restoration share."""

import numpy as np
from scipy.signal import fftconvolve


def make_gaussian(sides, sigma_px):
    """A Gaussian PSF, sum 1; one side is a square."""
    sides = (sides, sides) if isinstance(sides, int) else sides
    psf = np.ones(())
    for side in sides:
        line = np.exp(-0.5 * ((np.arange(side) - side // 2) / sigma_px) ** 2)
        psf = np.multiply.outer(psf, line)
    return (psf / psf.sum()).astype(np.float32)


def draw_specks(shape, seed=0):
    """Bright pixels on black, one in forty."""
    random = np.random.default_rng(seed)
    specks = random.uniform(200, 1000, shape)
    specks[random.random(shape) > 1 / 40] = 0
    return specks


def blur(truth, psf):
    """The truth convolved, darkness around it."""
    return np.maximum(fftconvolve(truth, psf / np.sum(psf), mode="same"), 0)


def measure_error(found, expected):
    """Largest difference over the range."""
    return float(np.abs(found - expected).max() / np.ptp(expected))
