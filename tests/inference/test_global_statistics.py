"""Instance and group norms: in tiles as on the whole, or said to be approximate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.global_statistics import Moments, list_global_norms
from napari_fidelity.inference.members import count_bytes_per_pixel
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.predictor import Predictor
from napari_fidelity.inference.settings import ComputeSettings
from tests.inference.small_networks import GroupNormed, assert_same, make_unet, randomise, run_whole

TILED = ComputeSettings(device="cpu", precision="float32", tile_px=32, memory_limit_gb=1e-6)
WHOLE = ComputeSettings(device="cpu", precision="float32", tile_px=32)
AS_IT_IS = Normalisation(kind="none")


def predict(network, source, compute=TILED, **options):
    options = PredictOptions(normalisation=AS_IT_IS, **options)
    return Predictor(network, compute, options=options).predict(source)


def draw(shape):
    """Noise whose level rises: statistics of a part are not those of the whole."""
    values = np.random.default_rng(0).normal(0, 1, shape)
    return (values + np.linspace(0, 4, shape[-1])).astype(np.float32)


def make_group_normed(groups):
    torch.manual_seed(0)
    return randomise(GroupNormed(groups=groups))


@pytest.mark.parametrize("shape", [(97, 131), (40, 200), (3, 61, 70)], ids=str)
@pytest.mark.parametrize("name", ["instance", "group-1", "group-2", "group-6"])
def test_exact_in_tiles(shape, name):
    is_unet = name == "instance"
    network = make_unet(norm="instance") if is_unet else make_group_normed(int(name[-1]))
    source = draw(shape)
    found = predict(network, source)
    planes = (array.reshape(-1, *shape[-2:]) for array in (found.mean, source))
    for plane, expected in zip(*planes, strict=True):
        whole = run_whole(network, expected[None])[0]
        assert_same(plane, whole)
    assert found.facts["statistics"] == "exact"
    assert found.facts["tiles"] > 1
    assert found.facts["tiled_equals_whole"] <= 1e-5
    assert found.notes == ()


def test_exact_in_blocks():
    network, volume = make_unet(levels=2, norm="instance", spatial_dims=3), draw((22, 50, 40))
    found = predict(network, volume)
    assert_same(found.mean, run_whole(network, volume[None])[0])
    assert found.facts["statistics"] == "exact"


def test_whole_where_it_fits_in_memory():
    network, plane = make_unet(norm="instance"), draw((97, 131))
    found = predict(network, plane, WHOLE)
    assert (found.facts["statistics"], found.facts["tiles"]) == ("whole", 1)
    assert_same(found.mean, run_whole(network, plane[None])[0])


def test_flips_repetitions_and_ensembles_have_statistics_of_their_own():
    networks = [make_unet(seed, levels=2, norm="instance") for seed in (0, 1)]
    plane = draw((61, 84))
    tiled = predict(networks, plane, flips="all", times=2)
    whole = predict(networks, plane, WHOLE, flips="all", times=2)
    assert (tiled.facts["statistics"], whole.facts["statistics"]) == ("exact", "whole")
    assert_same(tiled.mean, whole.mean)
    assert_same(tiled.uncertainty, whole.uncertainty)
    assert whole.uncertainty.mean() > 0.1


def test_approximate_is_said():
    network, plane = make_unet(norm="instance"), draw((150, 200))
    found = predict(network, plane, statistics_gigapixels=0)
    assert found.facts["statistics"] == "approximate"
    assert found.notes[0].startswith("The result is approximate")
    whole = run_whole(network, plane[None])[0]
    assert 1e-4 < np.abs(found.mean - whole).mean() < 1


def test_a_norm_that_is_used_twice_is_approximate():
    network = make_group_normed(2)
    network.layers[4] = network.layers[1] = nn.GroupNorm(1, 1)
    network.layers[0], network.layers[3] = (nn.Conv2d(1, 1, 3, padding=1) for _ in range(2))
    assert list_global_norms(network, torch.zeros(1, 1, 8, 8)) is None
    found = predict(network, draw((90, 100)))
    assert found.facts["statistics"] == "approximate"


def test_norms_with_running_statistics_are_local():
    network = nn.Sequential(
        nn.InstanceNorm2d(1, track_running_stats=True),
        nn.BatchNorm2d(1),
        nn.BatchNorm2d(1, track_running_stats=False),
        nn.InstanceNorm2d(1),
    ).eval()
    assert list_global_norms(network, torch.rand(1, 1, 8, 8)) == ["2", "3"]


def test_moments_of_parts_are_those_of_all():
    values, moments = torch.randn(1, 3, 20, 30, dtype=torch.float64) * 5 + 1000, Moments()
    for part in values.split([3, 1, 16], 2):
        moments.add(part)
    torch.testing.assert_close(moments.mean, values.mean((0, 2, 3)))
    torch.testing.assert_close(moments.variance, values.var((0, 2, 3), correction=0))


def test_holes_stay_local_and_are_said():
    network, plane = make_unet(levels=2, norm="instance"), draw((90, 100))
    plane[50, 50] = np.nan
    found = predict(network, plane)
    reach = network.receptive_field_px
    assert np.isnan(found.mean).sum() == (2 * reach + 1) ** 2
    assert "own statistics" in found.notes[0]


def test_memory_counts_every_layer():
    network = make_unet(levels=2, norm="none")
    # Per pixel: input 1; 4 + 4 and their ReLU; half resolution 8 + 8 and theirs; the same as the
    # first on the way up; head 1.
    assert count_bytes_per_pixel(network) == 4 * (1 + 16 + 32 / 4 + 16 + 1)


def test_progress_counts_every_pass_of_every_tile():
    calls = []
    options = PredictOptions(normalisation=AS_IT_IS, flips="mirrored", times=2)
    predictor = Predictor(make_unet(levels=2, norm="instance"), TILED, options=options)
    predictor.predict(draw((60, 70)), progress=Progress(lambda *step: calls.append(step)))
    counted = [call[0] for call in calls if call[2] == "Measuring layers"]
    # 6 norms, 4 orientations, 2 repetitions; 2 × 3 tiles.
    assert counted[-1] + 1 == 6 * 4 * 2 * 6 == calls[counted[-1]][1]
    assert counted == sorted(counted)
    assert calls[-1] == (6, 6, "Predicting")


def test_cancelling_works_while_statistics_are_summed():
    calls = []
    progress = Progress(lambda *step: calls.append(step), lambda: len(calls) == 5)
    options = PredictOptions(normalisation=AS_IT_IS)
    predictor = Predictor(make_unet(norm="instance"), TILED, options=options)
    with pytest.raises(Cancelled):
        predictor.predict(draw((100, 100)), progress=progress)
    assert len(calls) == 5
