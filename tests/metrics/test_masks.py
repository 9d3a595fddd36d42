import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.morphology import disk

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import as_mask, background_region, mask_baselines, otsu_mask


@pytest.mark.parametrize(
    ("array", "inside", "note"),
    [(np.array([[False, True]]), [[False, True]], ""),
     (np.array([[0, 7]], np.uint16), [[False, True]], "labels above 0 count"),
     (np.array([[-1, 3]], np.int32), [[False, True]], "labels above 0 count"),
     (np.array([[0, 255]], np.float32), [[False, True]], "values 0 and 255: those above 0"),
     (np.array([[-1.0, 1.0]]), [[False, True]], "values -1 and 1"),
     (np.array([[0.5, 0.5]]), [[True, True]], "values 0.5: those above 0"),
     (np.array([[0.0, 0.0]]), [[False, False]], "values 0: ")],
)  # fmt: skip
def test_what_counts_as_a_mask(array: np.ndarray, inside: list[list[bool]], note: str) -> None:
    reading = as_mask(array)
    assert reading.mask.dtype == bool
    assert reading.mask.tolist() == inside
    assert note in reading.note
    assert bool(reading.note) == bool(note)


def test_other_floats_are_refused_with_their_range() -> None:
    with pytest.raises(UserError, match=r"Cells holds float64 values from 0 to 2.5: a mask has"):
        as_mask(np.array([[0, 1, 2.5]]), "Cells")
    with pytest.raises(UserError, match="The mask holds 1 of 2 values that are NaN"):
        as_mask(np.array([[0, np.nan]]))


def test_background_is_the_complement_of_a_disc_dilation() -> None:
    mask = np.random.default_rng(0).random((60, 70)) > 0.995
    expected = ~ndimage.binary_dilation(mask, disk(5))
    assert np.array_equal(background_region(mask, 5), expected)
    assert np.array_equal(background_region(mask, 0), ~mask)


def test_background_of_a_stack_is_measured_in_each_plane() -> None:
    mask = np.zeros((3, 9, 9), bool)
    mask[1, 4, 4] = True
    background = background_region(mask, 2)
    assert background[0].all()
    assert background[2].all()
    assert (~background[1]).sum() == disk(2).sum()
    assert (~background_region(mask, 1, spatial_ndim=3)).sum() == 7  # a cross in three axes


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(UserError, match="-1 px"):
        background_region(np.zeros((3, 3), bool), -1)


def test_otsu_agrees_with_scikit_image() -> None:
    random = np.random.default_rng(0)
    bright = random.random((50, 60)) > 0.7
    image = np.where(bright, random.normal(150, 12, (50, 60)), random.normal(40, 10, (50, 60)))
    counts = image.clip(0, 255).astype(np.uint8)
    assert np.array_equal(otsu_mask(counts), counts > threshold_otsu(counts))
    assert np.array_equal(otsu_mask(image), bright)


def test_otsu_of_a_constant_image_is_refused() -> None:
    with pytest.raises(UserError, match=r"constant \(7\)"):
        otsu_mask(np.full((4, 4), 7))


def test_baselines_of_a_half_plane() -> None:
    mask = np.zeros((41, 41), bool)
    mask[:, 21:] = True
    images = mask_baselines(mask)
    depth = np.arange(1, 21)
    assert np.allclose(images["distance"][20, 21:], 1 - np.exp(-depth / 3))
    assert (images["distance"][:, :21] == 0).all()
    assert np.allclose(images["blurred"], ndimage.gaussian_filter(mask * 1.0, 2))


def test_baselines_of_full_and_empty_planes_and_of_stacks() -> None:
    mask = np.zeros((3, 8, 8), bool)
    mask[0] = True
    mask[1, 2:5, 2:5] = True
    images = mask_baselines(mask)
    assert (images["distance"][0] == 1).all()
    assert np.allclose(images["blurred"][0], 1)
    for image in images.values():
        assert (image[2] == 0).all()
        assert image.shape == mask.shape
    alone = mask_baselines(mask[1])
    assert np.array_equal(images["blurred"][1], alone["blurred"])
