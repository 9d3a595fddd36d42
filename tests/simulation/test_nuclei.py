"""Simulated nuclei: size, number, contact, texture, division."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import regionprops

from napari_fidelity.simulation.nuclei import simulate_nuclei
from napari_fidelity.simulation.nuclei_params import NucleiParams

SHAPE = (384, 384)
SMOOTH = {"texture": 0, "rim": 0, "foci": 0, "nucleoli": 0, "brightness_spread": 0, "mitotic": 0}


def count_contacts(labels):
    """Pairs of different labels that share an edge between pixels."""
    pairs = set()
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        touch = (one != other) & (one > 0) & (other > 0)
        pairs |= {tuple(sorted(pair)) for pair in zip(one[touch], other[touch], strict=True)}
    return len(pairs)


def test_neighbours_touch_only_when_asked():
    apart, together = (
        simulate_nuclei(NucleiParams(touching=share), shape=SHAPE, seed=4).labels.array
        for share in (0.0, 0.8)
    )
    assert count_contacts(apart) == 0
    assert count_contacts(together) >= 8


def test_every_label_is_one_piece():
    params = NucleiParams(touching=0.9, irregularity=0.3, density=0.5)
    labels = simulate_nuclei(params, shape=SHAPE, seed=1).labels.array
    for number in range(1, int(labels.max()) + 1):
        assert ndimage.label(labels == number)[1] == 1


def test_diameter_and_covered_share_are_those_asked_for():
    params = NucleiParams(density=0.25, touching=0, mitotic=0)
    found = [simulate_nuclei(params, shape=(512, 512), seed=seed).labels.array for seed in (1, 2)]
    share = np.mean([(labels > 0).mean() for labels in found])
    assert share == pytest.approx(0.25, abs=0.05)
    inner = [
        region.equivalent_diameter_area * 0.26
        for labels in found
        for region in regionprops(labels)
        if min(region.bbox[:2]) > 0 and max(region.bbox[2:]) < 512
    ]
    assert np.mean(inner) == pytest.approx(11, abs=0.6)


def test_number_grows_with_density():
    shares = [
        (simulate_nuclei(NucleiParams(density=d), shape=SHAPE, seed=3).labels.array > 0).mean()
        for d in (0.05, 0.2, 0.4)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_texture_has_the_stated_contrast():
    spread = []
    for texture in (0.0, 0.4):
        params = NucleiParams(**{**SMOOTH, "texture": texture})
        specimen = simulate_nuclei(params, shape=SHAPE, seed=8)
        core = ndimage.binary_erosion(specimen.labels.array > 0, iterations=8)
        spread.append(specimen.clean.array[core].std() / specimen.clean.array[core].mean())
    assert spread[0] < 0.1
    assert spread[1] == pytest.approx(0.4, abs=0.12)


def test_nucleoli_are_dark_and_foci_bright():
    plain = simulate_nuclei(NucleiParams(**SMOOTH), shape=SHAPE, seed=8).clean.array
    holes, spots = (
        simulate_nuclei(NucleiParams(**{**SMOOTH, **more}), shape=SHAPE, seed=8).clean.array
        for more in ({"nucleoli": 3}, {"foci": 5})
    )
    assert 0.35 < (holes[plain > 0.8] / plain[plain > 0.8]).min() < 0.65
    assert (spots >= plain - 1e-6).all()
    assert 0.4 < (spots - plain).max() < 2


def test_mitotic_plates_are_narrow_and_bright():
    resting, dividing = (
        simulate_nuclei(NucleiParams(mitotic=share, touching=0), shape=SHAPE, seed=2)
        for share in (0.0, 1.0)
    )

    def describe(specimen):
        regions = regionprops(specimen.labels.array, intensity_image=specimen.clean.array)
        whole = [r for r in regions if min(r.bbox[:2]) > 0 and max(r.bbox[2:]) < SHAPE[0]]
        ratio = np.median([r.axis_major_length / r.axis_minor_length for r in whole])
        return ratio, np.median([r.intensity_mean for r in whole])

    assert describe(dividing)[0] > 1.5 * describe(resting)[0]
    assert describe(dividing)[1] > 1.6 * describe(resting)[1]


def test_stack_holds_flat_nuclei():
    params = NucleiParams(z_step_um=0.5, pixel_size_um=0.5, mitotic=0, touching=0, flatness=0.6)
    labels = simulate_nuclei(params, shape=(36, 128, 128), seed=3).labels.array
    heights, widths = [], []
    for region in regionprops(labels):
        low, high = np.array(region.bbox[:3]), np.array(region.bbox[3:])
        if (low > 0).all() and (high < labels.shape).all():
            heights.append((high - low)[0] * 0.5)
            widths.append((high - low)[1:].mean() * 0.5)
    assert len(heights) >= 5
    assert np.mean(heights) / np.mean(widths) == pytest.approx(0.6, abs=0.1)
