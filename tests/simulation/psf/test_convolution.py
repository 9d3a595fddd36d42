"""The convolution is exact, whatever the tiles, and has no ghosts from the opposite border."""

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.simulation.psf import (
    PsfSettings,
    compute_psf,
    convolution,
    convolve_with_psf,
)

MODES = {"reflect": "reflect", "nearest": "nearest", "zero": "constant"}


@pytest.mark.parametrize("boundary", MODES)
@pytest.mark.parametrize(
    ("shape", "sides"),
    [((97, 130), (9, 13)), ((2, 40, 90), (5, 31)), ((12, 30, 35), (7, 11, 5)), ((5, 8), (5, 7))],
)
def test_it_equals_the_direct_sum(shape, sides, boundary):
    random = np.random.default_rng(1)
    values, kernel = random.random(shape), random.random(sides)  # not symmetric
    wide = kernel.reshape((1,) * (len(shape) - len(sides)) + sides)
    expected = ndimage.convolve(values, wide, mode=MODES[boundary])
    found = convolve_with_psf(values, kernel, boundary=boundary)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=3e-6)


@pytest.mark.parametrize("threads", [1, 3])
def test_tiles_equal_the_whole(monkeypatch, threads):
    random = np.random.default_rng(2)
    values, kernel = random.random((3, 250, 190)), random.random((9, 21))
    whole = convolve_with_psf(values, kernel)
    monkeypatch.setitem(convolution.TILE_PX, 2, 64)
    steps = []
    progress = Progress(lambda *step: steps.append(step[:2]))
    tiled = convolve_with_psf(values, kernel, threads=threads, progress=progress)
    np.testing.assert_allclose(tiled, whole, rtol=3e-6)
    assert steps == [(step, len(steps)) for step in range(1, len(steps) + 1)]
    assert len(steps) > 20


def test_light_is_kept_and_stays_where_it_was():
    picture = np.zeros((60, 80), np.uint16)
    picture[0, 0], picture[30, 79] = 1000, 500
    psf = compute_psf(PsfSettings(), (0.05, 0.05), shape=(31, 31)).array
    blurred = convolve_with_psf(picture, psf)
    assert blurred.sum(dtype=np.float64) == pytest.approx(1500, rel=1e-5)
    assert blurred.min() >= 0
    assert blurred[40:, 20:60].max() < 1e-3  # nothing came round the border
    dark = convolve_with_psf(picture, psf, boundary="zero")
    assert dark.sum(dtype=np.float64) < 1200


def test_a_constant_stays_one_under_every_boundary_but_zero():
    psf = compute_psf(PsfSettings(), (0.1, 0.1), shape=(21, 21)).array
    for boundary in ("reflect", "nearest"):
        flat = convolve_with_psf(np.full((50, 40), 7.0), psf, boundary=boundary)
        np.testing.assert_allclose(flat, 7, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_it_can_be_cancelled(monkeypatch, threads):
    monkeypatch.setitem(convolution.TILE_PX, 2, 32)
    calls = []
    progress = Progress(lambda *step: calls.append(step), lambda: len(calls) >= 2)
    with pytest.raises(Cancelled):
        convolve_with_psf(np.ones((200, 200)), np.ones((3, 3)), progress=progress, threads=threads)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("values", "kernel", "words"),
    [
        (np.ones((64, 512)), np.ones((65, 65)), "65×65 pixels is larger than the image of 64×512"),
        (np.ones((9, 9)), np.ones((4, 3)), "odd sides"),
        (np.ones((9, 9)), np.ones((3, 3, 3)), "PSF of 3 axes does not fit an image of 2"),
        (np.full((9, 9), np.nan), np.ones((3, 3)), "The image holds NaN"),
        (np.ones((9, 9)), np.full((3, 3), np.inf), "The PSF holds NaN"),
    ],
)
def test_what_cannot_be_convolved_is_refused(values, kernel, words):
    with pytest.raises(UserError, match=words):
        convolve_with_psf(values, kernel)


def test_pytorch_gives_the_same():
    """What a GPU does, on PyTorch's processor device."""
    random = np.random.default_rng(3)
    values, kernel = random.random((70, 90)), random.random((7, 9))
    np.testing.assert_allclose(
        convolve_with_psf(values, kernel, device="cpu:0"),
        convolve_with_psf(values, kernel),
        rtol=3e-6,
    )
