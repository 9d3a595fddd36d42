"""Adversarial methods in the engine: broken off and resumed, packed, and used."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
import torch
from scipy import ndimage

from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models.load import load_model
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.spec import DataFacts
from napari_fidelity.training.train import train

FLOAT32 = ComputeSettings(device="cpu", precision="float32", threads=1)
METHODS = {
    "pix2pix": {"kind": "pix2pix", "norm": "instance"},
    "published": {
        "kind": "pix2pix",
        "published_input": True,
        "dropout_when_predicting": True,
        "averaging": 0.9,
    },
    "cyclegan": {"kind": "cyclegan", "pool": 3},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Eight masks with their images."""
    place = tmp_path_factory.mktemp("masks_and_images")
    rng = np.random.default_rng(0)
    for name in ("masks", "images"):
        (place / name).mkdir()
    for number in range(8):
        labels, _ = ndimage.label(ndimage.gaussian_filter(rng.normal(size=(40, 48)), 3) > 0.03)
        image = 100 + 400 * ndimage.gaussian_filter((labels > 0) * 1.0, 1)
        image += rng.normal(0, 10, image.shape)
        tifffile.imwrite(place / "masks" / f"{number}.tif", labels.astype(np.uint16))
        tifffile.imwrite(place / "images" / f"{number}.tif", image.astype(np.uint16))
    return place


@pytest.fixture(params=METHODS.values(), ids=METHODS.keys())
def config(request, folder):
    narrow = {"widths": (4, 6), "discriminator_width": 4, "discriminator_layers": 1}
    return TrainConfig.parse(
        {
            "method": {**narrow, **request.param},
            "data": {"folder": str(folder), "patch_px": 16, "task": "synthesis"},
            "run": {
                "max_steps": 6,
                "batch": 2,
                "validate_every": 3,
                "checkpoint_every": 3,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
                "previews": 1,
            },
        }
    )


def read_checkpoint(folder):
    return torch.load(folder / "checkpoints" / "last.pt", weights_only=True)


def fail_before(method, last):
    """`list_phases` that breaks at a step."""

    def list_phases(self, step):
        if step == last:
            raise RuntimeError("power cut")
        return method(self, step)

    return list_phases


def test_a_broken_run_goes_on_to_the_same_end_and_its_package_is_local(
    tmp_path, config, monkeypatch
):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    result = train(config, whole)

    steps = type(config.spec.build(config.method, DataFacts("synthesis", 2, 1, 2, (16, 16), 6)))
    with monkeypatch.context() as patch:
        patch.setattr(steps, "list_phases", fail_before(steps.list_phases, 5))
        with pytest.raises(RuntimeError, match="power cut"):
            train(config, halves)
    assert read_checkpoint(halves)["position"]["step"] == 3
    train(config, halves, resume=True)
    ends = [read_checkpoint(each) for each in (whole, halves)]
    for part in ("networks", "state"):
        torch.testing.assert_close(ends[0][part], ends[1][part], rtol=0, atol=0)
    assert result.best["key"] == "val_unpaired"
    network = load_model(result.package).network
    labels = np.zeros((60, 70), np.uint8)
    labels[20:40, 10:60] = 1
    one, tiled = (
        predict_signal(network, labels, seed=1, tile_px=side, settings=FLOAT32)
        for side in (128, 16)
    )
    np.testing.assert_allclose(tiled, one, atol=1e-5)
    assert 0 <= one.min() < one.max() <= 1
