"""Simulated mitochondria: thickness, rings, density, branches, depth."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import euler_number, regionprops
from skimage.morphology import skeletonize

from napari_fidelity.simulation.mitochondria import simulate_mitochondria
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams

TUBULES = {"rings": 0, "fragments": 0, "thickness_spread": 0, "brightness_spread": 0}


def simulate(shape=(256, 256), seed=1, **settings):
    return simulate_mitochondria(MitochondriaParams(**settings), shape=shape, seed=seed)


@pytest.mark.parametrize("thickness_um", [0.4, 0.8])
def test_tubules_are_as_thick_as_stated(thickness_um):
    specimen = simulate(
        seed=2, **TUBULES, thickness_um=thickness_um, density=0.1, branching=0, pixel_size_um=0.05
    )
    mask = specimen.labels.array > 0
    middle = skeletonize(mask)
    across = 2 * ndimage.distance_transform_edt(mask)[middle] * 0.05
    assert np.median(across) == pytest.approx(thickness_um, abs=0.05)


def test_middle_of_a_lone_tubule_has_brightness_1():
    specimen = simulate(**TUBULES, density=0.08, branching=0, pixel_size_um=0.05, seed=2)
    middle = skeletonize(specimen.labels.array > 0)
    assert np.median(specimen.clean.array[middle]) == pytest.approx(1, abs=0.06)


def test_rings_have_holes_and_tubules_have_none():
    def share_with_hole(**settings):
        labels = simulate(**settings, pixel_size_um=0.05, seed=3).labels.array
        whole = [r for r in regionprops(labels) if min(r.bbox[:2]) > 0 and max(r.bbox[2:]) < 256]
        assert len(whole) >= 5
        return np.mean([euler_number(region.image, connectivity=2) <= 0 for region in whole])

    assert share_with_hole(rings=1, density=0.12) > 0.7
    assert share_with_hole(rings=0, fragments=1, density=0.05) == 0


def test_coverage_grows_with_density():
    covered = [
        (simulate(density=density, seed=4).labels.array > 0).mean() for density in (0.05, 0.3, 1.0)
    ]
    assert np.all(np.diff(covered) > 0.02)


def test_whole_cells_hold_the_stated_area():
    params = {**TUBULES, "branching": 0, "cell_diameter_um": 20.0, "length_um": 2.0}
    light = [
        simulate((512, 512), seed, **params, density=density).clean.array.sum()
        for seed in (1, 2)
        for density in (0.2, 0.4)
    ]
    doubled = sum(light[1::2]) / sum(light[::2])
    assert doubled == pytest.approx(2, abs=0.15)


def test_branches_make_more_ends():
    def count_ends(branching):
        labels = simulate(
            **TUBULES, branching=branching, density=0.1, pixel_size_um=0.05, seed=6
        ).labels.array
        ends = 0
        for region in regionprops(labels):
            line = np.pad(skeletonize(region.image), 1)
            ends += int((line & (ndimage.convolve(line * 1, np.ones((3, 3))) == 2)).sum())
        return ends / labels.max()

    assert count_ends(4) > count_ends(0) + 0.3


def test_tubules_keep_out_of_the_nucleus_but_crowd_around_it():
    settings = {"cell_diameter_um": 30.0, "density": 0.6}
    covered = ndimage.uniform_filter(
        (simulate((512, 512), 3, **settings).labels.array > 0).astype(float), 41
    )
    assert covered.max() > 0.45
    assert covered[100:-100, 100:-100].min() < 0.12


def test_crossing_tubules_add_their_light_in_a_plane_only():
    settings = {**TUBULES, "density": 0.8}
    plane = simulate((128, 128), seed=7, **settings).clean.array
    stack = simulate((16, 128, 128), 7, **settings).clean.array
    assert plane.max() > 1.7
    assert stack.max() == pytest.approx(1, abs=1e-5)


def test_stack_holds_a_flat_cell_in_its_middle():
    labels = simulate((32, 160, 160), 5).labels.array
    per_plane = (labels > 0).mean(axis=(1, 2))
    assert per_plane[13:19].min() > 0.01
    assert per_plane[:6].max() == 0
    assert per_plane[-6:].max() == 0


def test_light_far_from_the_focus_is_softer():
    flat, tall = (simulate(cell_height_um=height, seed=9, density=0.3) for height in (0.3, 12.0))

    def sharpness(specimen):
        image = specimen.image.array.astype(float) - 100
        return ndimage.gaussian_gradient_magnitude(image, 1).mean() / image.mean()

    assert sharpness(flat) > 1.3 * sharpness(tall)
