"""Trained models as packages: a manifest, tensors, a card and a test pair. Never a pickle."""

from napari_fidelity.models.load import Model, load_model, verify_model
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.models.store import (
    card_text,
    find_model,
    list_models,
    read_manifest,
    thumbnail_path,
)

__all__ = [
    "Manifest",
    "Model",
    "card_text",
    "find_model",
    "list_models",
    "load_model",
    "read_manifest",
    "thumbnail_path",
    "verify_model",
]
