"""Image files, a small model and a way to run a command."""

from typing import NamedTuple

import numpy as np
import pytest
import tifffile

from napari_fidelity.cli.main import main
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Run a command line; its exit code and what it printed."""

    def run_words(*words):
        code = main([str(word) for word in words])
        return Outcome(code, *capsys.readouterr())

    return run_words


@pytest.fixture
def refuse(run):
    """Run a command line that is a user's mistake; the one sentence it printed."""

    def run_words(*words):
        outcome = run(*words)
        assert outcome.code == 2, outcome
        assert outcome.out == ""
        assert outcome.err.endswith((".\n", "?\n"))
        assert "Traceback" not in outcome.err
        *_, sentence = outcome.err.splitlines()
        assert outcome.err.count("\n") == 1 + outcome.err.count("Note: ")
        return sentence

    return run_words


@pytest.fixture
def field(tmp_path):
    """Files of one field: labels, a real image R, a good image A, a bad image B."""
    random = np.random.default_rng(6)
    labels = np.zeros((64, 72), np.uint16)
    labels[8:30, 10:34] = 1
    labels[34:60, 30:62] = 2
    rows, columns = np.indices(labels.shape)
    signal = (labels > 0) * (150 + 60 * np.sin(rows / 3) * np.cos(columns / 4))
    images = {
        "R.tif": 100 + signal + random.normal(0, 6, labels.shape),
        "A.tif": 100 + signal + random.normal(0, 6, labels.shape),
        "B.tif": 100 + (labels > 0) * 150 + random.normal(0, 2, labels.shape),
    }
    for name, pixels in images.items():
        tifffile.imwrite(tmp_path / name, np.rint(pixels).astype(np.uint16))
    tifffile.imwrite(tmp_path / "M.tif", labels)
    frame = {"scale": (0.5, 0.25), "units": ("micrometer",) * 2}
    write_image(tmp_path / "M.ome.tif", Image(labels, name="cells", **frame))
    return tmp_path


@pytest.fixture
def package(tmp_path):
    """A model package of random fill."""
    import torch

    from napari_fidelity.models import Manifest
    from napari_fidelity.models.manifest import FORMAT_VERSION
    from napari_fidelity.models.save import save_model
    from napari_fidelity.networks import NETWORKS

    spec = NETWORKS["random-fill"]
    manifest = Manifest.parse(
        {
            "format_version": FORMAT_VERSION,
            "key": "test-fill",
            "title": "Test fill",
            "task": "synthesis",
            "description": "Random fill for tests",
            "version": "1",
            "licence": "BSD-3-Clause",
            "network": "random-fill",
            "network_params": {},
            "live": True,
            "levels": {
                "foreground_mean": 200.0,
                "foreground_sd": 20.0,
                "background_mean": 100.0,
                "background_sd": 5.0,
            },
            "observation": {},
            "training": {
                "data": "none",
                "data_licence": "none",
                "citation": "none",
                "method": "none",
                "settings": {},
            },
            "figures": {},
            "test_tolerance": 1e-5,
            "sha256": {},
        }
    )
    network = spec.build(spec.params())
    noise = torch.linspace(-2, 2, 3 * 16 * 16).reshape(1, 3, 16, 16)
    card = "# Test fill\n\nA card."
    folder = tmp_path / "package"
    return save_model(folder, manifest, network, test_input=noise, card=card, pictures={})
