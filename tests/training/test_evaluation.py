"""Validation: padding, metrics of each task, large images, volumes."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.metrics import measure
from napari_fidelity.training.evaluation import Evaluator, choose_spread, crop_centre
from napari_fidelity.training.examples import Example
from napari_fidelity.training.method import Product

CPU = torch.device("cpu")


class Sum(nn.Module):
    """Adds up its channels; sides must be multiples of four."""

    in_channels, out_channels, size_multiple = 1, 1, 4

    def __init__(self, in_channels=1, most_px=10**9):
        super().__init__()
        self.in_channels, self.most_px, self.seen = in_channels, most_px, []
        self.dropout = nn.Dropout(0.5)

    def forward(self, inputs):
        assert all(side % 4 == 0 for side in inputs.shape[2:])
        self.seen.append(tuple(inputs.shape[1:]))
        if inputs[0, 0].numel() > self.most_px:
            raise RuntimeError("not enough memory")
        return self.dropout(inputs.sum(1, keepdim=True))


class Method:
    def __init__(self, network, output="image"):
        self.networks, self.output, self.network = {"sum": network}, output, network

    def make_product(self):
        return Product(self.network.eval(), "none", {}, self.output)

    def validate(self, inputs, targets):
        assert not torch.is_grad_enabled()
        assert inputs.shape[2:] == targets.shape[2:]
        return {"shape": float(inputs.shape[-1])}


@pytest.fixture
def show():
    def make(name="a", side=(30, 37), task="restoration", paired=True):
        random = np.random.default_rng(len(name))
        clean = random.random((1, *side)).astype(np.float32)
        mask = clean[0] > 0.7
        noisy = (clean + 0.2 * random.standard_normal(clean.shape)).astype(np.float32)
        inputs = {"restoration": noisy, "synthesis": np.stack([mask, mask * 0]).astype(np.float32)}
        return Example(
            name=name,
            group=name,
            inputs=inputs.get(task, noisy),
            targets=mask[None].astype(np.float32) if task == "segmentation" else clean,
            paired=paired,
            mask=None if task == "restoration" else mask,
            input_scaling=Scaling(),
            target_scaling=Scaling(100.0, 50.0, "percentile"),
            pixel_size=(0.5,) * len(side),
            units=("micrometer",) * len(side),
        )

    return make


def evaluate(examples, network, task="restoration", output="image", previews=1):
    method = Method(network, output)
    evaluator = Evaluator(examples, task, previews=previews, seed=3, device=CPU)
    return evaluator.evaluate(method), evaluator


def test_restoration_is_scored_beside_the_untouched_input(show):
    examples = [show("a"), show("bb")]
    network = Sum().train()
    found, _ = evaluate(examples, network)
    assert network.training
    assert network.dropout.training
    assert set(network.seen) == {(1, 32, 40)}
    wanted = [
        measure(["psnr", "mae"], test=each.inputs[0], reference=each.targets[0])
        for each in examples
    ]
    mean = [np.mean([scores[k].value for scores in wanted]) for k in (0, 1)]
    assert [found.values[f"val_{key}"] for key in ("psnr", "mae")] == pytest.approx(mean, rel=1e-5)
    assert found.values["val_input_psnr"] == pytest.approx(mean[0], rel=1e-5)
    assert found.values["val_shape"] == 40
    assert list(found.scores) == list(found.images) == ["a"]
    assert found.images["a"] == pytest.approx(examples[0].inputs[0] * 50 + 100, rel=1e-4)


def test_synthesis_is_scored_in_the_targets_units_with_keyed_noise(show):
    example = show(task="synthesis")
    first, _ = evaluate([example], Sum(in_channels=4), task="synthesis")
    second, _ = evaluate([example], Sum(in_channels=4), task="synthesis")
    image = first.images["a"]
    assert (image == second.images["a"]).all()
    assert image.std() > 50  # two channels of noise
    keys = ("sfm", "nfm", "bfm_sigma", "bfm_background")
    for score in measure(
        keys, test=image, reference=example.targets[0] * 50 + 100, mask=example.mask
    ):
        assert first.values[f"val_{score.key}"] == pytest.approx(score.value, rel=1e-3, nan_ok=True)
    assert "val_input_psnr" not in first.values


def test_segmentation_is_scored_by_overlap(show):
    example = show(task="segmentation")
    found, _ = evaluate([example], Sum(), task="segmentation", output="probability")
    one, other = example.inputs[0] > 0.5, example.targets[0] > 0.5
    assert found.values["val_iou"] == pytest.approx((one & other).sum() / (one | other).sum())
    assert found.images["a"] == pytest.approx(example.inputs[0])


def test_what_belongs_to_another_field_has_no_paired_metric(show):
    found, _ = evaluate([show(paired=False)], Sum())
    assert found.values == {"val_shape": 40.0}


def test_volumes_are_cut_and_scored(show):
    example = show(side=(70, 20, 300))
    assert crop_centre(example).inputs.shape == (1, 64, 20, 256)
    found, _ = evaluate([show("a", (5, 18, 20))], Sum())
    assert np.isfinite(found.values["val_psnr"])
    assert found.images["a"].shape == (5, 18, 20)


def test_a_large_image_is_scored_in_its_middle(show):
    example = show(side=(600, 40))
    found, evaluator = evaluate([example], Sum())
    assert found.images["a"].shape == (512, 40)
    assert (evaluator.shown[0].inputs == example.inputs[:, 44:-44]).all()


def test_an_image_for_which_memory_does_not_suffice_is_halved(show):
    found, evaluator = evaluate([show(side=(200, 80))], Sum(most_px=100 * 64))
    assert found.images["a"].shape == evaluator.examples[0].inputs.shape[1:] == (100, 64)
    with pytest.raises(RuntimeError, match="not enough memory"):
        evaluate([show(side=(200, 80))], Sum(most_px=100))


def test_previews_are_spread():
    assert choose_spread(10, 4) == [0, 2, 5, 7]
    assert choose_spread(2, 4) == [0, 1]
    assert choose_spread(3, 0) == []
