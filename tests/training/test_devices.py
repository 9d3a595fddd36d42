"""Device, precision, and several devices that work together."""

import builtins
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.config import RunSettings
from napari_fidelity.training.device_setup import choose_precision, open_fabric, steady_numbers
from napari_fidelity.training.method import Batch
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.session import build_method
from napari_fidelity.training.step import StepRunner
from napari_fidelity.training.train import train
from tests.training.tiny_method import add_tiny, write_pairs

PLAIN = RunSettings(device="cpu", precision="float32")
CPU = torch.device("cpu")
SETTINGS = """\
method: {kind: tiny, two_phases: true}
data: {folder: DATA, patch_px: 16}
run: {max_steps: 6, batch: 4, devices: 2, device: cpu, precision: float32, threads: 1,
      validate_every: 4, log_every: 2}
"""


def test_a_missing_fabric_names_the_extra(tmp_path, configure, monkeypatch):
    real = builtins.__import__

    def refuse(name, *more, **named):
        if name.startswith("lightning_fabric"):
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match=r'pip install "napari-fidelity\[train\]"'):
        train(configure(), tmp_path / "run")
    assert RunFolder(tmp_path / "run").read_status().state == "failed"


def test_devices_that_are_not_there_are_refused():
    with pytest.raises(UserError, match="no device 'cuda:7'"):
        open_fabric(RunSettings(device="cuda:7"))


def test_precision_is_what_is_asked_for_or_what_is_fast(monkeypatch):
    assert choose_precision(RunSettings(precision="bfloat16"), CPU) == "bfloat16"
    place = "napari_fidelity.training.device_setup.list_fast_precisions"
    for fast, wanted in ((["bfloat16", "float16"], "bfloat16"), (["float16"], "float32")):
        monkeypatch.setattr(place, lambda _, fast=fast: fast)
        assert choose_precision(RunSettings(), CPU) == wanted


def test_settings_of_the_process_are_put_back():
    before = torch.get_num_threads()
    with steady_numbers(before + 1):
        assert torch.get_num_threads() == before + 1
        assert torch.backends.cudnn.deterministic
    assert torch.get_num_threads() == before
    assert not torch.backends.cudnn.deterministic


class TwoDevices:
    """The second of two devices, whose partner has gradients of zero."""

    world_size, global_rank, device = 2, 1, CPU

    def autocast(self):
        return nullcontext()

    def backward(self, loss):
        loss.backward()

    def all_reduce(self, values, reduce_op):
        assert reduce_op == "mean"
        return values / 2


def test_gradients_are_the_mean_over_devices(configure):
    class Data:
        task, in_channels, out_channels, spatial_dims, patch_px = "restoration", 1, 1, 2, (16, 16)

    found = {}
    for name, fabric in (("both", TwoDevices()), ("one", open_fabric(PLAIN))):
        method = build_method(configure(), Data())
        images = torch.linspace(0, 1, 512).reshape(2, 1, 16, 16)
        StepRunner(method, fabric, seed=1).run(Batch(images, images.flip(0)), 1)
        gradients = [one.grad.flatten() for one in method.networks["main"].parameters()]
        found[name] = torch.cat(gradients)
    assert torch.allclose(found["both"], found["one"] / 2)
    assert found["one"].abs().max() > 0


@pytest.mark.slow
def test_two_devices_share_batches_and_one_writes(tmp_path, repository):
    words = [sys.executable, "-W", "error", "-m", "tests.training.test_devices", str(tmp_path)]
    done = subprocess.run(words, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(str(tmp_path))
    assert done.stderr.count("\n") == 1
    run = RunFolder(tmp_path / "run")
    rows = run.read_metrics()[0]
    assert [(row["step"], "previews" in row) for row in rows] == [
        (2, False),
        (4, False),
        (4, True),
        (6, False),
        (6, True),
    ]
    assert run.read_status().state == "finished"
    assert (run.package / "manifest.json").is_file()


if __name__ in ("__main__", "__mp_main__"):  # the process of a device imports this file too
    add_tiny()
if __name__ == "__main__":
    from napari_fidelity.cli.main import main

    folder = Path(sys.argv[1])
    config = folder / "config.yaml"
    config.write_text(SETTINGS.replace("DATA", str(write_pairs(folder / "data"))))
    sys.exit(main(["train", str(config), "--out", str(folder / "run")]))
