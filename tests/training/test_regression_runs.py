"""CARE and the segmentation U-Net in the engine: broken off and resumed, packed, and used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_fidelity.models.load import load_model
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.train import train
from tests.training.image_folders import write_masks, write_pairs

CASES = {
    "care": {"kind": "care", "first_filters": 4},
    "mean alone": {"kind": "care", "first_filters": 4, "depth": 1, "probabilistic": False},
    "segmentation": {"kind": "segmentation", "widths": (4, 6), "momentum": 0.9, "norm": "batch"},
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def config(request, tmp_path):
    write = write_masks if request.param["kind"] == "segmentation" else write_pairs
    write(tmp_path / "data")
    return TrainConfig.parse(
        {
            "method": request.param,
            "data": {"folder": str(tmp_path / "data"), "patch_px": 16},
            "run": {
                "max_steps": 6,
                "batch": 2,
                "log_every": 1,
                "validate_every": 3,
                "checkpoint_every": 3,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
            },
        }
    )


class PowerCut(Exception):
    """Ends a run in the middle of a step."""


def read_checkpoint(folder):
    return torch.load(folder / "checkpoints" / "last.pt", weights_only=True)


def test_a_broken_run_goes_on_to_the_same_end(tmp_path, config, monkeypatch):
    train(config, tmp_path / "whole")
    steps = torch.optim.Optimizer.zero_grad
    taken = []

    def break_in_step_5(self, *args, **settings):
        taken.append(self)
        if len(taken) == 5:
            raise PowerCut
        steps(self, *args, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(torch.optim.Optimizer, "zero_grad", break_in_step_5)
        with pytest.raises(PowerCut):
            train(config, tmp_path / "halves")
    train(config, tmp_path / "halves", resume=True)
    whole, halves = (read_checkpoint(tmp_path / name) for name in ("whole", "halves"))
    for part in ("networks", "optimisers"):
        torch.testing.assert_close(halves[part], whole[part], rtol=0, atol=0)


def test_the_package_is_the_best_network_and_gives_what_it_says(tmp_path, config):
    result = train(config, tmp_path / "run")
    rows, _ = RunFolder(tmp_path / "run").read_metrics()
    best = [row[result.best["key"]] for row in rows if result.best["key"] in row]
    is_mask = config.method.kind == "segmentation"
    assert result.best["value"] == (max(best) if is_mask else min(best))
    network = load_model(result.package).network
    with torch.inference_mode():
        output = network(torch.rand(1, 1, 32, 32))[0]
    assert torch.isfinite(output).all()
    if is_mask:
        assert 0 <= output.min() <= output.max() <= 1
    else:
        assert len(output) == (2 if config.method.probabilistic else 1)
        assert (output[1:] >= 1e-3).all()
    assert np.isfinite([row["val_loss"] for row in rows if "val_loss" in row]).all()
