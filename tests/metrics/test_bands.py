import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.core.progress import Cancelled, Progress, poll, polled_by
from napari_fidelity.core.random import uniform
from napari_fidelity.metrics import bands, density
from napari_fidelity.metrics.bands import in_bands, take_pixels
from napari_fidelity.metrics.density import count_bins
from napari_fidelity.metrics.masks import background_region, mask_baselines
from napari_fidelity.metrics.noise_fidelity import (
    DITHER_STREAM,
    NoiseField,
    count_along,
    median_position,
)
from napari_fidelity.metrics.sharpness import laplacian, laplacian_of_gaussian


@pytest.fixture
def narrow(monkeypatch):
    """Bands of three rows."""
    monkeypatch.setattr(bands, "BAND_PIXELS", 3 * 90)


@pytest.fixture
def mask():
    """Disks of several sizes, one deeper than the rows that are looked at first."""
    y, x = np.mgrid[:200, :90]
    return ((y - 120) ** 2 + (x - 45) ** 2 < 44**2) | ((y - 20) ** 2 + (x - 20) ** 2 < 80)


@pytest.mark.usefixtures("narrow")
def test_a_filter_in_bands_gives_the_same_numbers():
    image = np.random.default_rng(0).normal(size=(50, 90))
    blur = lambda part: ndimage.gaussian_filter(part, 2)  # noqa: E731
    assert np.array_equal(in_bands(blur, image, 8), blur(image))
    assert in_bands(blur, image[:0], 8).shape == (0, 90)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("margin_px", [0, 1, 5, 40])
def test_the_background_in_bands(mask, margin_px):
    whole = ndimage.distance_transform_edt(~mask) > margin_px
    assert np.array_equal(background_region(mask, margin_px), whole)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("invert", [False, True])
def test_the_baselines_in_bands(mask, invert):
    mask = mask ^ invert
    found = mask_baselines(mask)
    assert np.array_equal(found["blurred"], ndimage.gaussian_filter(mask.astype(float), 2))
    depth = ndimage.distance_transform_edt(mask)
    assert np.array_equal(found["distance"], 1 - np.exp(-depth / 3))


def test_the_laplacians_in_bands(monkeypatch):
    image = np.random.default_rng(1).normal(size=(2, 40, 90))
    filters = (laplacian, laplacian_of_gaussian)
    whole = [f(image, border) for f in filters for border in ("valid", "zero")]
    monkeypatch.setattr(bands, "BAND_PIXELS", 3 * 90)
    parts = [f(image, border) for f in filters for border in ("valid", "zero")]
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("origin", [None, (4, 7)])
def test_the_dither_in_bands(mask, origin):
    found = NoiseField(mask, origin).draw_dither()
    draws = uniform(mask.shape, seed=0, stream=DITHER_STREAM, origin=origin)
    assert np.array_equal(found, draws[mask].astype(np.float64) - 0.5)


@pytest.mark.usefixtures("narrow")
def test_pixels_in_bands(mask):
    image = np.random.default_rng(2).normal(size=mask.shape)
    assert np.array_equal(take_pixels(image, mask), image[mask])
    assert take_pixels(image[:0], mask[:0]).shape == (0,)


@pytest.mark.parametrize("axis", [-2, -1])
@pytest.mark.parametrize("size", [4, 5, 300, 301])
def test_the_middle_of_a_region_is_the_median_of_its_coordinates(axis, size):
    region = np.zeros((3, 20, 30), bool)
    region.flat[np.random.default_rng(size).choice(region.size, size, replace=False)] = True
    expected = np.median(np.nonzero(region)[axis])
    assert median_position(count_along(region, axis)) == expected


def test_bins_are_counted_in_pieces(monkeypatch):
    values = np.random.default_rng(3).uniform(0, 9.4, 1000)
    whole = count_bins(values, 0.0, 1.0, 10)
    monkeypatch.setattr(density, "PIECE", 64)
    assert np.array_equal(count_bins(values, 0.0, 1.0, 10), whole)
    assert np.array_equal(whole, np.bincount(np.rint(values).astype(int), minlength=10))


@pytest.mark.usefixtures("narrow")
def test_cancel_works_between_bands():
    asked = []

    def is_cancelled():
        asked.append(None)
        return len(asked) > 4

    seen = []
    progress = Progress(is_cancelled=is_cancelled)
    with pytest.raises(Cancelled), polled_by(progress):
        in_bands(lambda part: seen.append(None) or part, np.zeros((50, 90)), 0)
    assert len(seen) == 4
    poll()  # outside of it nobody is asked
    assert len(asked) == 5
