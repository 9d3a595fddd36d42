"""A model package checked and brought into memory; refused whole when anything is wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.core.errors import UserError
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.models.store import find_model, read_manifest

if TYPE_CHECKING:
    from torch import Tensor

    from napari_fidelity.networks.spec import LocalNetwork

WEIGHTS_FILE, TEST_FILE = "weights.safetensors", "test.safetensors"
RESULTS = {"image": 1, "mean-scale": 2, "probability": 1}  # channels for each that is restored
_CACHED = 4


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its weights, what its package says about it, and the input of its test."""

    manifest: Manifest
    network: LocalNetwork
    folder: Path
    example: Tensor

    @property
    def sha256(self) -> str:
        """Hash of the weights: what a recipe needs to be sure of the same model."""
        return self.manifest.sha256[WEIGHTS_FILE]


def load_model(key_or_folder: str | Path) -> Model:
    """The model called `key_or_folder`, checked against its hashes and its test pair.

    A package that was loaded before is not read again while its files are unchanged.

    Raises
    ------
    UserError
        No such model, a damaged or foreign package, weights that do not fit the network, or a
        network that does not give the stored test output.
    """
    folder = find_model(key_or_folder)
    stamps = tuple(path.stat().st_mtime_ns for path in sorted(folder.iterdir()) if path.is_file())
    return _load_checked(folder, stamps)


def verify_model(key_or_folder: str | Path) -> list[str]:
    """A sentence for each check that the package passed.

    Raises
    ------
    UserError
        As `load_model`, for the first check that failed.
    """
    folder = find_model(key_or_folder)
    manifest = read_manifest(folder)
    passed = [f"The manifest is complete (format version {manifest.format_version})."]
    tensors = {name: _read_tensors(folder / name, manifest) for name in (WEIGHTS_FILE, TEST_FILE)}
    passed.append(f"{len(tensors)} files of tensors have the hashes of the manifest.")
    network = _build_network(manifest, tensors[WEIGHTS_FILE], folder)
    passed.append(f"The weights fit the network {manifest.network!r}.")
    deviation = _test_network(network, manifest, tensors[TEST_FILE], folder)
    passed.append(
        f"The test output is met to {deviation:.1e} (tolerance {manifest.test_tolerance:g})."
    )
    return passed


def check_network(network: LocalNetwork, manifest: Manifest, folder: Path) -> None:
    """Refuse a network that cannot do what its manifest says it is for.

    Raises
    ------
    UserError
        Channels, axes or norms do not suit the task.
    """
    turns = (
        f"The model in {folder} turns {network.in_channels} channels into {network.out_channels}: "
    )
    if manifest.task == "synthesis":
        if network.out_channels != 1:
            raise UserError(f"{turns}synthesis needs one that gives 1, the signal.")
        if network.spatial_dims != 2:
            raise UserError(f"The model in {folder} sees volumes: synthesis goes plane by plane.")
        if network.has_global_statistics:
            raise UserError(
                f"The model in {folder} normalises by statistics of the whole image, so that "
                "tiles would not fit together: synthesis needs one with fixed statistics."
            )
        return
    if network.out_channels % RESULTS[manifest.use.output]:
        raise UserError(f"{turns}a mean and a scale are an even number.")
    if manifest.task == "segmentation" and network.out_channels != 1:
        raise UserError(f"{turns}segmentation needs 1, the probability of the foreground.")
    if network.spatial_dims != manifest.use.spatial_dims:
        raise UserError(
            f"The model in {folder} sees {network.spatial_dims} axes, its manifest says "
            f"{manifest.use.spatial_dims}: get the model again."
        )


@lru_cache(maxsize=_CACHED)
def _load_checked(folder: Path, stamps: tuple[int, ...]) -> Model:
    del stamps  # only a part of the cache's key
    manifest = read_manifest(folder)
    network = _build_network(manifest, _read_tensors(folder / WEIGHTS_FILE, manifest), folder)
    test = _read_tensors(folder / TEST_FILE, manifest)
    _test_network(network, manifest, test, folder)
    return Model(manifest, network, folder, test["input"])


def _read_tensors(path: Path, manifest: Manifest) -> dict[str, Tensor]:
    """The tensors of one file, after its hash was found right."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not path.exists():
        raise UserError(f"{path} is missing: get the model again.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest.sha256.get(path.name):
        raise UserError(f"{path} does not have the hash of its manifest: get the model again.")
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError):
        raise UserError(f"{path} holds no safetensors: pickled weights are not opened.") from None


def _build_network(manifest: Manifest, weights: dict[str, Tensor], folder: Path) -> LocalNetwork:
    from napari_fidelity.networks import NETWORKS

    spec = NETWORKS[manifest.network]
    network = spec.build(spec.params.parse(manifest.network_params))
    check_network(network, manifest, folder)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise UserError(f"The weights in {folder} do not fit their network: {reason}") from None
    return network.eval()


def _test_network(
    network: LocalNetwork, manifest: Manifest, pair: dict[str, Tensor], folder: Path
) -> float:
    """Largest deviation from the test output; refused above the tolerance."""
    import torch

    if set(pair) != {"input", "output"}:
        raise UserError(f"{folder / TEST_FILE} has no input and output: get the model again.")
    with torch.inference_mode():
        deviation = float((network(pair["input"]) - pair["output"]).abs().max())
    if not deviation <= manifest.test_tolerance:
        raise UserError(
            f"The model in {folder} misses its test output by {deviation:.2g} "
            f"(tolerance {manifest.test_tolerance:g}): it was changed or does not work here."
        )
    return deviation
