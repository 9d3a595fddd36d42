"""A trained network written as a model package."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.models.load import TEST_FILE, WEIGHTS_FILE
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.models.store import CARD_FILE, MANIFEST_FILE

if TYPE_CHECKING:
    from torch import Tensor

    from napari_fidelity.networks.spec import LocalNetwork


def save_model(
    folder: Path,
    manifest: Manifest,
    network: LocalNetwork,
    *,
    test_input: Tensor,
    card: str,
    pictures: Mapping[str, bytes],
) -> Path:
    """The package written to `folder`, which is replaced only when everything is on disk.

    Parameters
    ----------
    folder : Path
        The package; an older one of the same name is replaced.
    manifest : Manifest
        Its hashes are computed here.
    network : LocalNetwork
        Its weights are stored, and its output for `test_input`.
    test_input : Tensor, shape (1, channel, Y, X)
        Input of the test pair.
    card : str
        The model card, Markdown.
    pictures : mapping of str to bytes
        File names and contents of the pictures that card and lists show.
    """
    import torch
    from safetensors.torch import save

    network = network.cpu().eval()
    with torch.inference_mode():
        test_output = network(test_input)
    files: dict[str, bytes] = {
        WEIGHTS_FILE: save({k: v.contiguous() for k, v in network.state_dict().items()}),
        TEST_FILE: save({"input": test_input.contiguous(), "output": test_output.contiguous()}),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = manifest.model_copy(update={"sha256": hashes})
    files[MANIFEST_FILE] = (manifest.model_dump_json(indent=2) + "\n").encode()
    files[CARD_FILE] = card.encode()
    files.update(pictures)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh = Path(temporary) / "package"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        if folder.exists():
            shutil.move(folder, Path(temporary) / "replaced")
        os.replace(fresh, folder)
    return folder
