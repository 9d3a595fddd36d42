"""Blocks on several cores, steps applied alone, grey levels from step to step."""

import threading

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.simulation.degradation import Context, Pipeline, run_pipeline
from napari_fidelity.simulation.degradation.blocks import BLOCK_PX, list_blocks
from napari_fidelity.simulation.degradation.steps.gaussian_noise import GaussianNoise
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from tests.simulation.degradation.scenes import apply_step, make_cells, make_flat


@pytest.mark.parametrize("shape", [(5, 7), (1, 3000, 1000), (70, 64, 65), (2, 1, 600, 600)])
def test_blocks_cover_every_pixel_once(shape):
    counts = np.zeros(shape, np.uint8)
    for box in list_blocks(shape):
        assert counts[box].size <= BLOCK_PX
        counts[box] += 1
    assert (counts == 1).all()


def test_several_cores_make_the_same_pixels(monkeypatch):
    flat, step = make_flat(50, (1100, 700)), GaussianNoise(range_levels=100)
    alone = apply_step(step, flat).array
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    names = set()

    def note_thread(block, origin):
        names.add(threading.current_thread().name)
        return block

    context = Context.of(flat)
    context.map_blocks(flat, note_thread)
    assert all("degrade" in name for name in names)
    np.testing.assert_array_equal(apply_step(step, flat).array, alone)


def test_a_request_to_stop_ends_the_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    flat, asked = make_flat(50, (2000, 2000)), []

    def is_cancelled():
        asked.append(1)
        return len(asked) > 3

    pipeline = Pipeline(steps=(GaussianNoise(range_levels=100),))
    with pytest.raises(Cancelled):
        run_pipeline(flat, pipeline, progress=Progress(is_cancelled=is_cancelled))
    assert not [t for t in threading.enumerate() if t.name.startswith("degrade")]


def test_a_mistake_on_a_thread_reaches_the_caller(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    flat = make_flat(50, (1100, 700))

    def fail(block, origin):
        raise UserError("No.")

    with pytest.raises(UserError, match=r"No\."):
        Context.of(flat).map_blocks(flat, fail)


def test_a_step_can_be_applied_alone():
    cells = make_cells((40, 50), dtype="float32")
    step = Poisson(photons=30)
    found = step.apply(cells, Context.of(cells, seed=4, black=100))
    pipeline = Pipeline(black=100, steps=(step,))
    np.testing.assert_array_equal(found.array, run_pipeline(cells, pipeline, seed=4).image.array)


def test_noise_of_a_crop_is_that_of_the_whole():
    cells = make_cells((40, 50), dtype="float32")
    step = Poisson(photons=30, level=900)
    whole = step.apply(cells, Context.of(cells, seed=4)).array
    crop = type(cells)(cells.array[5:20, 9:30], origin=(5, 9))
    np.testing.assert_array_equal(
        step.apply(crop, Context.of(crop, seed=4)).array, whole[5:20, 9:30]
    )


def test_a_bright_level_below_black_is_refused():
    with pytest.raises(UserError, match="bright level 50 is below the black level 100"):
        apply_step(Poisson(level=50), make_flat(200), black=100)


def test_levels_follow_the_steps():
    steps = [
        {"kind": "contrast-stretch", "low_level": 100, "high_level": 300, "top": 1000},
        {"kind": "poisson", "photons": 50},
        {"kind": "intensity-factor", "factor": 2, "limit": 1500},
        {"kind": "camera", "offset": 20, "gain": 4, "bits": 12},
    ]
    run = run_pipeline(make_flat(300, (8, 8)), Pipeline(black=100, steps=steps))
    poisson = run.pipeline.steps[1]
    assert poisson.level == 1000  # 300 stretched
    assert run.levels.black == 20
    assert run.levels.top == 4095
    # 1000 levels are 50 photons, doubled: 100 electrons of 4 levels each
    assert run.levels.bright == pytest.approx(20 + 4 * 100)
