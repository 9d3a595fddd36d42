"""What a synthesis will take: bytes by hand, refusal by what is free."""

from __future__ import annotations

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations import preflight
from napari_fidelity.operations.preflight import (
    TILE_BYTES,
    check_memory,
    estimate_synthesis,
    fits_memory,
    settle_compute,
)
from napari_fidelity.operations.synthesize import SynthesizeParams
from napari_fidelity.simulation.observation import Levels
from napari_fidelity.simulation.response import Response

STATED = Levels(foreground_mean=900, foreground_sd=250, background_mean=100, background_sd=9)


@pytest.mark.parametrize(
    ("settings", "bytes_a_pixel"),
    [
        ({}, 4),
        ({"dtype": "uint8"}, 1),
        ({"levels": STATED, "dtype": "uint8"}, 5),
        ({"levels": STATED, "dtype": "uint8", "response": Response()}, 1),
    ],
)
def test_memory_is_that_of_the_result_and_of_a_signal_that_is_kept(settings, bytes_a_pixel):
    params = SynthesizeParams(model="random-fill", **settings)
    estimate = estimate_synthesis((2, 1000, 1500), params)
    assert estimate.memory_bytes == 3_000_000 * bytes_a_pixel + TILE_BYTES
    assert f"{estimate.memory_bytes / 1e6:.0f} MB of memory" in estimate.words


def test_time_grows_with_the_image():
    params = SynthesizeParams(model="random-fill")
    small, large = (estimate_synthesis((side, side), params).seconds for side in (1000, 4000))
    assert (small is None) == (large is None)
    assert small is None or large == pytest.approx(16 * small, rel=0.05)


def test_too_large_a_result_is_refused_with_numbers(monkeypatch):
    monkeypatch.setattr(preflight, "_count_free_bytes", lambda: 1e9)
    check_memory((10_000, 10_000), "uint8")
    with pytest.raises(UserError, match=r"10000×10000 .* \(float64\) needs 1.1 GB .* 1.0 GB are"):
        check_memory((10_000, 10_000), "float64")


def test_a_memory_limit_sends_signals_to_disk():
    tight, wide = (ComputeSettings(memory_limit_gb=limit) for limit in (0.5, 2.0))
    assert not fits_memory((10_000, 10_000), None, tight)
    assert fits_memory((10_000, 10_000), None, wide)
    assert not fits_memory((20_000, 10_000), "float64", wide)


def test_pinned_settings_come_before_those_of_the_machine():
    machine = ComputeSettings(precision="bfloat16", tile_px=64, threads=3)
    assert settle_compute(SynthesizeParams(), machine) == machine
    pinned = settle_compute(SynthesizeParams(precision="float32", tile_px=96), machine)
    assert (pinned.precision, pinned.tile_px, pinned.threads) == ("float32", 96, 3)
