"""Kills a run at random moments, resumes it until it is done, compares it with one not killed.

`python -m tests.training.killing FOLDER KILLS SEED`: real processes of the command line, ended by
SIGKILL. They are forked from this one, which has imported what is slow and started no thread.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import lightning_fabric  # noqa: F401
import matplotlib.figure  # noqa: F401
import skimage.metrics  # noqa: F401
import tifffile
import torch
import yaml

import napari_fidelity.training.session  # noqa: F401
from napari_fidelity.training.run_folder import RunFolder
from tests.training.tiny_method import add_tiny, write_pairs

SETTINGS = """\
method: {kind: tiny, two_phases: true, norm: batch, dropout: 0.1, schedule: plateau}
data: {folder: DATA, patch_px: 16}
run: {max_steps: 60, batch: 4, checkpoint_every: 5, validate_every: 7, keep_every: 20,
      log_every: 3, precision: float32, device: cpu, threads: 1, previews: 2}
"""


def start(*words):
    """The process number of a command."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        from napari_fidelity.cli.main import main

        code = main([str(word) for word in words])
    finally:
        os._exit(code)


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def check_whole(run):
    """Every file under its final name can be read."""
    for path in run.path.rglob("*"):
        if path.is_dir() or path.suffix in (".txt", ".csv", ".md"):
            continue
        if any(part.startswith(".") for part in path.relative_to(run.path).parts):
            continue  # not under its final name
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".pt":
            torch.load(path, weights_only=True)
        elif path.suffix == ".tif":
            assert tifffile.imread(path).shape == (40, 40), path
        elif path.suffix == ".yaml":
            yaml.safe_load(path.read_text())
        elif path.suffix == ".jsonl":
            run.read_metrics()
            lines = path.read_bytes().split(b"\n")[:-1]
            assert all(isinstance(json.loads(line), dict) for line in lines), path
        else:
            assert path.suffix in (".png", ".safetensors"), path


def read_step(run):
    """Steps that a resumed run need not do again."""
    path = run.checkpoints / "last.pt"
    return torch.load(path, weights_only=True)["position"]["step"] if path.exists() else 0


def read_everything(run):
    """Networks, optimisers, states and rows, without times."""
    content = torch.load(run.checkpoints / "last.pt", weights_only=True)
    content["position"].pop("seconds")
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in run.read_metrics()[0]]
    previews = {
        path.relative_to(run.path): tifffile.imread(path) for path in run.previews.rglob("*.tif")
    }
    kept = sorted(path.name for path in run.checkpoints.iterdir())
    return {"content": content, "rows": rows, "kept": kept, "previews": previews}


def assert_equal(one, two, place=""):
    assert type(one) is type(two), place
    if isinstance(one, dict):
        assert list(one) == list(two), (place, list(one), list(two))
        for key in one:
            assert_equal(one[key], two[key], f"{place}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(two), (place, len(one), len(two))
        for number, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_equal(a, b, f"{place}[{number}]")
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, two), place
    elif hasattr(one, "shape"):
        assert (one == two).all(), place
    else:
        assert one == two, (place, one, two)


def kill_and_resume(folder, kills, seed):
    """Do it; the number of kills, and at which steps the run was resumed."""
    add_tiny()
    data = write_pairs(folder / "data")
    config = folder / "config.yaml"
    config.write_text(SETTINGS.replace("DATA", str(data)))
    whole, killed = RunFolder(folder / "whole"), RunFolder(folder / "killed")
    begin = time.perf_counter()
    assert wait(start("train", config, "--out", whole.path)) == 0
    lasts = time.perf_counter() - begin
    draw = random.Random(seed)
    steps = []
    while True:
        pid = start("train", config, "--out", killed.path, "--resume")
        if len(steps) < kills:
            # from looking at the folder to a few checkpoints further
            time.sleep(draw.uniform(0.01, min(0.4 * lasts, 1.5)))
            os.kill(pid, signal.SIGKILL)
        code = wait(pid)
        if killed.path.is_dir():
            check_whole(killed)
        if code == 0:
            break
        assert code == -signal.SIGKILL, code
        steps.append(read_step(killed))
    check_whole(killed)
    assert not [*killed.path.rglob(".*")]
    assert_equal(read_everything(whole), read_everything(killed))
    return lasts, steps


if __name__ == "__main__":
    lasts, steps = kill_and_resume(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print(f"a whole run lasts {lasts:.1f} s; killed at", steps)
