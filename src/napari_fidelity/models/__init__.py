"""Trained models as packages: a manifest, tensors, a card and a test pair. Never a pickle."""

from napari_fidelity.models.load import Model, load_model, verify_model
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.models.store import (
    card_text,
    find_model,
    list_models,
    list_packages,
    model_folders,
    model_problems,
    name_model,
    read_manifest,
    thumbnail_path,
    use_model_folders,
)

__all__ = [
    "Manifest",
    "Model",
    "card_text",
    "find_model",
    "list_models",
    "list_packages",
    "load_model",
    "model_folders",
    "model_problems",
    "name_model",
    "read_manifest",
    "thumbnail_path",
    "use_model_folders",
    "verify_model",
]
