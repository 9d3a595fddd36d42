"""A large image is predicted in a process of its own, and leaves nothing behind."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from napari_fidelity.app.benchmark import large_image
from napari_fidelity.app.benchmark.large_image import Run, measure_large_image, run_apart
from napari_fidelity.core.errors import UserError

pytest.importorskip("zarr")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak memory")
def test_one_prediction_is_measured(tmp_path):
    run = run_apart(300, tmp_path)
    assert 0.1 < run.peak_gb < large_image.LARGEST_GB
    assert run.seconds > 0
    assert run.cpu_seconds > 0
    assert run.tile_px >= 64
    assert list(tmp_path.iterdir()) == []


def test_the_image_is_written_to_its_end(tmp_path):
    import zarr

    large_image.write_image(tmp_path / "a.zarr", 700)
    saved = zarr.open(str(tmp_path / "a.zarr"), mode="r")[:]
    assert saved.shape == (700, 700)
    assert saved.dtype == np.uint16
    assert saved[600:].mean() == pytest.approx(200, rel=0.05)


def test_rows_compare_the_side_with_its_half(monkeypatch):
    runs = {1000: Run(2.0, 3.0, 0.7, 512, "float32"), 2000: Run(8.0, 12.6, 0.8, 512, "float32")}
    monkeypatch.setattr(large_image, "run_apart", lambda side, _: runs[side])
    memory, time = measure_large_image(2000)
    assert (memory.name, memory.ours, memory.other) == ("large_image_memory", 0.8, 1.5)
    assert (time.ours, time.other) == pytest.approx((3.15, 3.0))
    assert time.ratio == pytest.approx(3.0 / 3.15)


def test_a_failure_is_told_in_its_own_words(monkeypatch, tmp_path):
    monkeypatch.setattr(large_image, "write_image", lambda path, _: path.mkdir())
    with pytest.raises(UserError, match=r"prediction failed.*is no Zarr image"):
        run_apart(100, tmp_path)
