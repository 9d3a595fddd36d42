"""A training in its own process: prepared, started, found again."""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image
from napari_fidelity.operations import train_process
from napari_fidelity.operations.train_images import Example, write_examples
from napari_fidelity.operations.train_process import (
    OUTPUT_FILE,
    free_folder,
    last_words,
    list_runs,
    prepare_run,
    source_folder,
    start_training,
    stop_training,
)
from napari_fidelity.training.config import TrainConfig, read_config
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import has_process


def config_of(title="Cells"):
    return TrainConfig.parse(
        {"method": "care", "data": {"folder": "images"}, "model": {"title": title}}
    )


def wait_for_end(pid, most_s=30.0):
    began = time.monotonic()
    while has_process(pid):
        train_process.reap_ended()
        assert time.monotonic() - began < most_s
        time.sleep(0.02)
    while train_process._started:
        train_process.reap_ended()


@pytest.fixture
def program(monkeypatch, tmp_path):
    """A small program instead of ours: says its words and whose child it is."""
    script = tmp_path / "program.py"
    script.write_text(
        "import os, sys\n"
        "print(' '.join(sys.argv[1:]), flush=True)\n"
        "print('session', os.getsid(0) if hasattr(os, 'getsid') else '', flush=True)\n"
    )
    monkeypatch.setattr(train_process, "python_words", lambda: [sys.executable, str(script)])


def test_a_run_is_started_detached_and_what_it_says_is_kept(tmp_path, program):
    folder = tmp_path / "runs" / "cells"
    settings = prepare_run(config_of(), folder)
    assert read_config(settings) == config_of()
    assert not folder.exists()  # the engine makes it
    pid = start_training(folder)
    wait_for_end(pid)
    said = (source_folder(folder) / OUTPUT_FILE).read_text().splitlines()
    assert said[0] == f"train {settings} --out {folder}"
    if sys.platform != "win32":
        assert said[1] == f"session {pid}"  # its own, not this terminal's
    assert said[0] in last_words(folder)


def test_a_resume_needs_no_settings(tmp_path, program):
    folder = tmp_path / "cells"
    wait_for_end(start_training(folder, resume=True))
    assert f"train --out {folder} --resume" in last_words(folder)


def test_the_real_program_says_what_is_wrong(tmp_path):
    folder = tmp_path / "cells"
    prepare_run(config_of(), folder)
    pid = start_training(folder)
    wait_for_end(pid, 120)
    assert "no folder" in last_words(folder).lower()


def test_settings_and_folders_that_are_missing_or_taken(tmp_path):
    with pytest.raises(UserError, match="prepare the run first"):
        start_training(tmp_path / "nothing")
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="is there already"):
        prepare_run(config_of(), tmp_path / "taken")
    with pytest.raises(UserError, match="holds no training run"):
        stop_training(tmp_path)


def test_a_wish_to_stop_reaches_the_run(tmp_path):
    run = RunFolder.create(tmp_path / "cells", config_of())
    stop_training(run.path)
    assert run.stop.exists()


def test_runs_are_listed_newest_first_and_other_folders_left_out(tmp_path):
    for number, name in enumerate(("old", "new")):
        run = RunFolder.create(tmp_path / name, config_of(name.capitalize()))
        for path in (run.identity, run.status):
            os.utime(path, (1000 + number, 1000 + number))
    (tmp_path / "images").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{}")
    os.utime(tmp_path / "broken" / "run.json", (10, 10))
    assert [run.title for run in list_runs(tmp_path)] == ["New", "Old", "broken"]
    assert list_runs(tmp_path / "nowhere") == []


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    prepare_run(config_of(), tmp_path / "cells")
    assert free_folder(tmp_path, "cells").name == "cells-2"


def test_images_are_written_as_the_task_wants_them(tmp_path):
    mask = Image(np.eye(8, dtype=np.int64), axes="YX", name="mask")
    image = Image(np.ones((8, 8), np.uint16), axes="YX", scale=(0.2, 0.2), units=("um", "um"))
    pair = [Example("01_cells", lambda: mask, lambda: image)]
    write_examples(pair, tmp_path / "made", "synthesis")
    assert read_image(tmp_path / "made" / "masks" / "01_cells.ome.tif").array.sum() == 8
    assert read_image(tmp_path / "made" / "images" / "01_cells.ome.tif").scale == (0.2, 0.2)
    write_examples([Example("a", lambda: image, lambda: mask)], tmp_path / "found", "segmentation")
    assert (tmp_path / "found" / "masks" / "a.ome.tif").is_file()
    write_examples([Example("a", None, lambda: image)], tmp_path / "clean", "restoration")
    assert [path.name for path in (tmp_path / "clean").iterdir()] == ["targets"]


def test_empty_masks_and_equal_names_are_refused(tmp_path):
    empty = Image(np.zeros((8, 8), np.uint8), axes="YX", name="nothing")
    with pytest.raises(UserError, match="“nothing” is empty"):
        write_examples([Example("a", lambda: empty, lambda: empty)], tmp_path, "synthesis")
    twice = [Example("a", None, lambda: empty)] * 2
    with pytest.raises(UserError, match="share a name"):
        write_examples(twice, tmp_path, "restoration")
