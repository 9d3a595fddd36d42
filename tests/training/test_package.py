"""A trained network as a package: opened again, used, with a card that says how good it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import card_text, load_model, thumbnail_path, verify_model
from napari_fidelity.networks import NETWORKS
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.training.baselines import KEYS, measure_baselines, score_mask
from napari_fidelity.training.config import ModelInfo, RunSettings, TrainConfig
from napari_fidelity.training.curves_figure import draw_curves
from napari_fidelity.training.method import Product
from napari_fidelity.training.package import write_package
from napari_fidelity.training.package_manifest import name_files
from napari_fidelity.training.spec import MethodSettings
from napari_fidelity.training.training_data import Example

SIDE = 48


@dataclass
class Data:
    """What a package asks of the data of a training."""

    task: str
    patch_px: tuple[int, ...] = (32, 32)
    train_names: tuple[str, ...] = ("a", "b")
    validation_names: tuple[str, ...] = ("c",)


def draw_labels():
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[6:20, 6:20] = 1
    labels[20:34, 8:22] = 2
    return labels


def make_example(task, number=0, *, paired=True):
    rng = np.random.default_rng(number)
    labels = draw_labels()
    clean = (0.1 + 0.8 * (labels > 0)).astype(np.float32)
    noisy = (clean + 0.1 * rng.standard_normal(clean.shape)).astype(np.float32)
    inputs = {"synthesis": encode_mask(labels)}.get(task, noisy[None])
    targets = {
        "synthesis": noisy[None],
        "restoration": clean[None],
        "segmentation": (labels > 0).astype(np.float32)[None],
    }[task]
    return Example(
        name=f"image-{number}",
        group=f"g{number}",
        inputs=inputs,
        targets=targets,
        paired=paired,
        mask=labels > 0 if task != "restoration" else None,
        input_scaling=Scaling(),
        target_scaling=Scaling(100.0 + 20 * number, 1000.0, "percentile"),
        pixel_size=(0.2, 0.2),
        units=("um", "um"),
    )


def make_config(**data):
    info = ModelInfo(key="tiny", title="Tiny", data_licence="CC0-1.0", licence="MIT")
    return TrainConfig.model_construct(
        version=1,
        method=CHOSEN,
        data=DataSettings(folder="/somewhere/cells", **data),
        run=RunSettings(max_steps=3, batch=2),
        model=info,
    )


def build(key, output="image", **params):
    torch.manual_seed(0)
    spec = NETWORKS[key]
    settings = spec.params.parse(params)
    return Product(spec.build(settings).eval(), key, settings.model_dump(mode="json"), output)


def generator(channels):
    if channels < 3:
        return build("norm-unet", in_channels=channels, norm="none", widths=(4, 4))
    return build("local-unet", in_channels=channels, noise_channels=channels - 2, widths=(4, 4))


PRODUCTS = {
    "synthesis": generator(3),
    "restoration": build("care-unet", "mean-scale", first_filters=2, depth=1, kernel_px=3),
    "segmentation": build("segmentation-unet", "probability", widths=(2, 4)),
}
CHOSEN: MethodSettings | None = None  # set by the fixture


@pytest.fixture(autouse=True)
def method(monkeypatch):
    """Settings of a method that is in the catalog, whatever the task."""
    from napari_fidelity.training.catalog import TRAININGS
    from napari_fidelity.training.methods.care import CARE, CareSettings

    if "care" not in TRAININGS:
        monkeypatch.setitem(TRAININGS._specs, "care", CARE)
    monkeypatch.setitem(globals(), "CHOSEN", CareSettings(first_filters=2))


def pack(tmp_path, task, *, product=None, examples=None, figures=None, **data):
    examples = examples or [make_example(task, 1)]
    return write_package(
        tmp_path / "run" / "model",
        product or PRODUCTS[task],
        config=make_config(**data),
        data=Data(task),
        figures=figures or {f"val_{KEYS[task][0]}": 0.5, "val_loss": 0.25, "val_bad": np.nan},
        examples=examples,
        facts={"step": 3, "seconds": 4.0, "stopped": "asked to"},
    )


@pytest.mark.parametrize("task", ["synthesis", "restoration", "segmentation"])
def test_a_package_of_every_task_opens_again_and_says_what_it_is(tmp_path, task):
    folder = pack(tmp_path, task)
    assert len(verify_model(folder)) == 4
    model = load_model(tmp_path / "run")  # the folder of the run names its package
    assert model.folder == folder
    manifest = model.manifest
    assert manifest.task == task
    assert manifest.figures == {KEYS[task][0]: 0.5, "loss": 0.25}
    assert manifest.training.settings["data"]["folder"] == "cells"
    assert thumbnail_path(folder).read_bytes().startswith(b"\x89PNG")
    assert (folder / "validation.png").exists()
    card = card_text(folder)
    assert card.splitlines()[2].startswith("A variant of CARE, not the form of Weigert 2018")
    assert "first filters 2 instead of 32" in card
    for word in ("CC0-1.0", "MIT", "Known limits", "2 images to train on", "asked to", "4 s"):
        assert word in card
    for name in measure_baselines(task, [make_example(task)]):
        assert name in card


def test_the_manifest_says_how_a_network_is_used(tmp_path):
    use = load_model(pack(tmp_path, "restoration")).manifest.use
    assert (use.output, use.patch_px, use.pixel_size_um) == ("mean-scale", (32, 32), (0.2, 0.2))
    assert use.output_range is None
    pinned = pack(tmp_path, "restoration", target_range=(10.0, 60.0))
    assert load_model(pinned).manifest.use.output_range == (10.0, 60.0)
    use = load_model(pack(tmp_path, "segmentation")).manifest.use
    assert (use.output, use.threshold) == ("probability", 0.5)


def test_the_settings_of_the_publication_are_told_as_such(tmp_path, monkeypatch):
    from napari_fidelity.training.methods.care import CareSettings

    monkeypatch.setitem(globals(), "CHOSEN", CareSettings())
    card = card_text(pack(tmp_path, "restoration"))
    assert "CARE with the settings of the publication" in card.splitlines()[2]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_synthesize_gives_the_networks_output_in_the_targets_intensities(tmp_path, channels):
    product = generator(channels)
    folder = pack(tmp_path, "synthesis", product=product)
    labels = draw_labels()
    params = SynthesizeParams(model=str(folder), seed=5, precision="float32")
    result = synthesize(Image(labels), params)
    exact = ComputeSettings(precision="float32")
    signal = predict_signal(product.network, labels, seed=5, settings=exact)
    expected = np.maximum(signal, 1e-4) * 1000 + 120  # the scaling of the targets
    np.testing.assert_allclose(result.array, expected, rtol=1e-4, atol=0.02)
    np.testing.assert_array_equal(
        result.array, synthesize(Image(labels), params.model_copy(update={"noise": False})).array
    )


def test_a_trained_generator_matches_a_reference_and_takes_a_camera(tmp_path):
    folder = pack(tmp_path, "synthesis", product=build("random-fill"))
    labels = Image(draw_labels())
    inside = labels.array > 0
    rng = np.random.default_rng(1)
    real = (300 + 900 * inside + 40 * rng.standard_normal(inside.shape)).astype(np.float32)
    params = SynthesizeParams(model=str(folder), seed=1)
    matched = synthesize(labels, params, reference=Image(real)).array
    assert matched[inside].mean() == pytest.approx(real[inside].mean(), rel=0.05)
    far = np.s_[40:, 30:]
    assert matched[far].mean() == pytest.approx(300, rel=0.05)
    assert matched[far].std() == pytest.approx(40, rel=0.25)
    camera = CameraNoise(offset=100, gain=2, read_noise=1.6)
    taken = synthesize(labels, params.model_copy(update={"camera": camera})).array
    plain = synthesize(labels, params).array
    assert 1 < (taken - plain)[far].std() < 100


def test_live_synthesis_is_offered_for_small_local_generators_alone(tmp_path):
    assert load_model(pack(tmp_path, "synthesis", product=generator(2))).manifest.live
    wide = build("local-unet", widths=(4, 4, 4, 4, 4, 4))
    assert not load_model(pack(tmp_path, "synthesis", product=wide)).manifest.live
    assert not load_model(pack(tmp_path, "segmentation")).manifest.live


def test_a_stated_range_of_targets_gives_the_intensities(tmp_path):
    manifest = load_model(pack(tmp_path, "synthesis", target_range=(50.0, 250.0))).manifest
    assert (manifest.response.offset, manifest.response.gain) == (50.0, 200.0)
    assert 50 < manifest.levels.background_mean < manifest.levels.foreground_mean < 250


def test_the_curves_of_the_run_are_on_the_card(tmp_path):
    (tmp_path / "run").mkdir()
    rows = [{"step": n, "loss_l1": 1 / (n + 1)} for n in range(3)] + [{"step": 2, "val_psnr": 20.0}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "run" / "metrics.jsonl").write_text(lines, encoding="utf-8")
    folder = pack(tmp_path, "restoration")
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "](curves.png)" in card_text(folder)
    assert draw_curves([{"step": 1, "seconds": 2.0}], ["psnr"]) is None


def test_unpaired_targets_are_compared_with_nothing(tmp_path):
    examples = [make_example("synthesis", n, paired=False) for n in range(2)]
    folder = pack(tmp_path, "synthesis", examples=examples, figures={"val_distance": 0.1})
    assert "do not belong together" in card_text(folder)
    assert measure_baselines("synthesis", examples) == {}


def test_a_network_that_cannot_do_the_task_is_not_written(tmp_path):
    with pytest.raises(UserError, match="statistics of the whole image"):
        pack(tmp_path, "synthesis", product=build("norm-unet", norm="instance", widths=(2, 4)))
    with pytest.raises(UserError, match="synthesis needs one that gives 1"):
        pack(tmp_path, "synthesis", product=build("local-unet", out_channels=2, widths=(4, 4)))
    with pytest.raises(UserError, match="no validation image"):
        write_package(
            tmp_path / "model",
            PRODUCTS["restoration"],
            config=make_config(),
            data=Data("restoration"),
            figures={},
            examples=[],
            facts={},
        )
    assert not (tmp_path / "model").exists()


def test_volumes_are_packed_too(tmp_path):
    product = build("care-unet", first_filters=2, depth=1, spatial_dims=3, probabilistic=False)
    flat = make_example("restoration")
    deep = replace(
        flat,
        inputs=np.repeat(flat.inputs[:, None], 6, axis=1),
        targets=np.repeat(flat.targets[:, None], 6, axis=1),
        pixel_size=(1.0, 0.2, 0.2),
        units=("um",) * 3,
    )
    folder = pack(tmp_path, "restoration", product=product, examples=[deep])
    assert len(verify_model(folder)) == 4
    use = load_model(folder).manifest.use
    assert (use.spatial_dims, use.z_step_um) == (3, (1.0, 1.0))


def test_baselines_of_restoration_hold_the_best_gaussian():
    found = measure_baselines("restoration", [make_example("restoration", n) for n in range(2)])
    untouched, gaussian = found.values()
    assert list(found)[1].startswith("Gaussian, σ ")
    assert gaussian["psnr"] > untouched["psnr"]
    assert set(gaussian) == set(KEYS["restoration"])


def test_baselines_of_masks():
    found = measure_baselines("synthesis", [make_example("synthesis")])
    assert found["random fill"]["sfm"] == pytest.approx(0, abs=0.2)
    found = measure_baselines("segmentation", [make_example("segmentation")])
    assert found["Otsu's threshold"]["iou"] > 0.95
    empty = np.zeros(3, bool)
    assert score_mask(empty, empty) == {"iou": 1.0, "dice": 1.0}


def test_places_of_files_stay_out_of_packages():
    settings = name_files({"data": {"folder": "C:/me/cells", "groups": "(a+)_"}, "run": {}})
    assert settings == {"data": {"folder": "cells", "groups": "(a+)_"}, "run": {}}
