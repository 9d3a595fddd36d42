"""bioimageio.core's blockwise prediction with a network of ours, packed as a bioimage.io model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from napari_fidelity.app.benchmark.subject import Floats, Predict, draw_image
from napari_fidelity.networks.norm_unet import NormUNet

TEST_PX = 128


@contextmanager
def open_bioimageio(network: NormUNet, tile_px: int) -> Iterator[Predict]:
    """What predicts an image (Y, X) with `bioimageio.core.predict` and the weights of `network`.

    The package has weights of the kind pytorch_state_dict and lies in a temporary folder. Its
    halo is what the network sees, up to a multiple of its strides: else blocks would start
    between two of them and the result would be another one.
    """
    from bioimageio.core import create_prediction_pipeline, load_model, predict

    with TemporaryDirectory() as folder:
        write_package(Path(folder), network)
        model = load_model(Path(folder) / "rdf.yaml")
        pipeline = create_prediction_pipeline(model, weights_format="pytorch_state_dict")
        block = {"batch": 1, "channel": 1, "y": tile_px, "x": tile_px}

        def predict_plane(image: Floats) -> Floats:
            sample = predict(
                model=pipeline,
                inputs={"input": image[None, None]},
                input_block_shape={"input": block},
            )
            output: Floats = np.asarray(sample.members["output"].data, np.float32)[0, 0]
            return output

        yield predict_plane


def write_package(folder: Path, network: NormUNet) -> None:
    """Write weights, test tensors and description of `network` into `folder`."""
    image = draw_image(TEST_PX)[None, None]
    with torch.inference_mode():
        output = network(torch.from_numpy(image))
    np.save(folder / "input.npy", image)
    np.save(folder / "output.npy", output.numpy())
    torch.save(network.state_dict(), folder / "weights.pt")
    (folder / "README.md").write_text("# Benchmark network\n", encoding="utf-8")
    (folder / "rdf.yaml").write_text(json.dumps(describe(network)), encoding="utf-8")


def describe(network: NormUNet) -> dict[str, Any]:  # Any: JSON
    """The model description, format 0.5."""
    multiple = network.size_multiple
    size = {"min": TEST_PX, "step": multiple}
    inputs = [{"type": "space", "id": a, "size": size, "concatenable": True} for a in "yx"]
    outputs = [
        {
            "type": "space",
            "id": a,
            "size": {"tensor_id": "input", "axis_id": a},
            "halo": -(-network.receptive_field_px // multiple) * multiple,
        }
        for a in "yx"
    ]
    weights = {
        "source": "weights.pt",
        "architecture": {
            "import_from": "napari_fidelity.app.benchmark.subject",
            "callable": "build_network",
            "kwargs": {},
        },
        "pytorch_version": torch.__version__.partition("+")[0],
    }
    return {
        "format_version": "0.5.3",
        "type": "model",
        "name": "Benchmark network",
        "description": "A U-Net for the comparison of speed",
        "documentation": {"source": "README.md"},
        "license": "BSD-3-Clause",
        "authors": [{"name": "The napari-fidelity developers"}],
        "cite": [{"text": "None", "url": "https://pypi.org/project/napari-fidelity/"}],
        "inputs": [_describe_tensor("input", inputs)],
        "outputs": [_describe_tensor("output", outputs)],
        "weights": {"pytorch_state_dict": weights},
    }


def _describe_tensor(name: str, space: list[dict[str, Any]]) -> dict[str, Any]:  # Any: JSON
    axes = [{"type": "batch"}, {"type": "channel", "channel_names": ["intensity"]}, *space]
    return {
        "id": name,
        "axes": axes,
        "test_tensor": {"source": f"{name}.npy"},
        "data": {"type": "float32"},
    }
