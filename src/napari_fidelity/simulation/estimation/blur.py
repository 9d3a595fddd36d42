"""Width of the blur, from how fast the power spectrum of an image falls."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize

from napari_fidelity.simulation.estimation.planes import Film
from napari_fidelity.simulation.estimation.result import Estimated

Floats = npt.NDArray[np.float64]
LOWEST = (0.02, 0.03, 0.045)  # cycles a pixel: below, the arrangement of objects is seen
SMALLEST_PX, LARGEST_PX = 0.3, 12.0
LEAST_FALL = 1.0  # e-folds of power that the blur takes within the frequencies above the noise
LEAST_SIGNAL = 10.0  # power over noise at the lowest frequency
_WIDEST_FACTOR = 2.5
_STARTS = ((0.6, 0.5), (1.2, 2.0), (2.5, 2.0), (5.0, 2.0))


def estimate_blur(films: Sequence[Film]) -> Estimated:
    """Standard deviation of a Gaussian blur in pixels.

    The ring averages P of the power spectrum are fitted by ``A · k^(-q) · exp(-(2π σ k)²) + N``:
    a power law for the objects (q = 0 for points, 1 for lines, 3 for edges), the blur, and white
    noise. The likelihood is that of exponentially distributed power (Whittle, 1953).

    Returns
    -------
    Estimated
        NaN with a reason where noise hides the fall or the image is sharper than its pixels.
        What is soft in the objects themselves counts as blur.
    """
    k, power, count, noise = sum_spectra(films)
    if k.size < 8 or not power[k >= LOWEST[0]].any():
        return Estimated.unknown("the image is too small or too plain for a spectrum")
    signal = power[k >= LOWEST[0]][:3].mean() - noise
    if signal < LEAST_SIGNAL * noise:
        return Estimated.unknown(
            "noise hides the structure, or it is as fine as the pixels: the power spectrum is "
            "nowhere ten times what it is at the finest"
        )
    fits = [fit_spectrum(k, power, count, noise, lowest) for lowest in LOWEST]
    sigmas = np.array([sigma for sigma, _, _ in fits])
    sigma, exponent, floor = fits[0]
    reach = float(k[(power > 2 * floor) & (k >= LOWEST[0])].max(initial=LOWEST[0]))
    if sigma <= SMALLEST_PX * 1.05 or (2 * math.pi * sigma * reach) ** 2 < LEAST_FALL:
        return Estimated.unknown(
            "the spectrum does not fall enough before the noise or the pixel grid: the image is "
            "sharper than its pixels, or too noisy"
        )
    spread = max(float(np.ptp(sigmas)), 0.05 * sigma)
    low, high = sigma - spread, sigma + spread
    if sigma >= LARGEST_PX * 0.95 or high > _WIDEST_FACTOR * max(low, 1e-9):
        return Estimated.unknown(
            f"fits from different lowest frequencies disagree ({sigmas.min():.2g} to "
            f"{sigmas.max():.2g} px): objects and blur cannot be told apart"
        )
    how = (
        f"fall of the power spectrum up to {reach:.2g} cycles a pixel, beside a power law of "
        f"exponent {exponent:.1f} for the objects; the softness of the sharpest objects counts as "
        "blur"
    )
    return Estimated(sigma, low, high, how)


def sum_spectra(films: Sequence[Film]) -> tuple[Floats, Floats, Floats, float]:
    """Frequency, mean power and number of coefficients of rings up to Nyquist; power of noise.

    Planes are multiplied by a Hann window first, or the borders would look sharp. The noise is
    the mean of the corners, beyond 0.55 cycles a pixel.
    """
    parts = [_measure(film.frames.mean(0)) for film in films]
    most = max(len(part[0]) for part in parts)
    parts = [part for part in parts if len(part[0]) == most]
    k, count = parts[0][0], parts[0][2]
    power = np.mean([part[1] for part in parts], 0)
    noise = float(np.mean([part[3] for part in parts]))
    used = count > 0
    return k[used], power[used], count[used] * len(parts), noise


def fit_spectrum(
    k: Floats, power: Floats, count: Floats, noise: float, lowest: float
) -> tuple[float, float, float]:
    """Sigma in pixels, exponent of the power law, and level of the noise."""
    used = k >= lowest
    k, power, weights = k[used], power[used], count[used] / count[used].sum()
    noise = max(noise, 1e-9 * float(power.max()))
    start = math.log(max(float(power[0]) - noise, 0.1 * float(power[0])))

    def cost(unknown: Floats) -> tuple[float, Floats]:
        height, exponent, log_sigma, log_noise = unknown
        bend = (2 * np.pi * k) ** 2 * math.exp(2 * log_sigma)
        light = np.exp(height - exponent * np.log(k / k[0]) - bend)
        floor = noise * math.exp(log_noise)
        total = light + floor
        value = float((weights * (np.log(total) + power / total)).sum())
        pull = weights * (1 / total - power / total**2)
        slopes = (light, -light * np.log(k / k[0]), -2 * bend * light, np.full_like(k, floor))
        return 1e3 * value, 1e3 * np.array([float((pull * slope).sum()) for slope in slopes])

    bounds = [
        (None, None),
        (0.0, 4.0),
        (math.log(SMALLEST_PX), math.log(LARGEST_PX)),
        (-0.5, 0.5),
    ]
    best = min(
        (
            optimize.minimize(
                cost,
                np.array([start, exponent, math.log(sigma), 0.0]),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
            )
            for sigma, exponent in _STARTS
        ),
        key=lambda result: float(result.fun),
    )
    _, exponent, log_sigma, log_noise = map(float, best.x)
    return math.exp(log_sigma), exponent, noise * math.exp(log_noise)


def _measure(frame: Floats) -> tuple[Floats, Floats, Floats, float]:
    height, width = frame.shape
    rows, columns = (np.hanning(size + 2)[1:-1] for size in frame.shape)
    window = rows[:, None] * columns
    power = np.abs(np.fft.rfft2((frame - frame.mean()) * window)) ** 2 / (window**2).sum()
    k = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    rings = min(frame.shape) // 2
    inside = k <= 0.5
    ring = np.minimum((k[inside] * 2 * rings).astype(np.int64), rings - 1)
    count = np.bincount(ring, minlength=rings).astype(np.float64)
    sums = (np.bincount(ring, values[inside], rings) for values in (k, power))
    mean_k, mean_power = (total / np.maximum(count, 1) for total in sums)
    return mean_k, mean_power, count, float(power[k > 0.55].mean())
