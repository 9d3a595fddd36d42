"""The files that layers stand for where work with them goes on outside napari."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fidelity.widgets.save_result import ENDING, file_stem

PLAIN_ENDINGS = (".tif", ".tiff", ".png", ".npy", ".zarr", ".jpg", ".jpeg")


def layer_file(layer: Layer) -> str:
    """The file `layer` was opened from, else the one it would be saved to: `cells.ome.tif`."""
    opened = _opened_from(layer)
    return str(opened) if opened is not None else f"{file_stem(layer.name)}{ENDING}"


def advise_saving(layers: Sequence[Layer], folder: Path | None = None) -> str:
    """What must be saved before the files that `layer_file` names are there; empty if nothing.

    Parameters
    ----------
    layers : sequence of Layer
        Those whose files are named.
    folder : Path, optional
        Where the files are looked for, to be said too.
    """
    unsaved = [layer for layer in layers if _opened_from(layer) is None]
    if not unsaved:
        return ""
    place = folder or Path()
    names = " and ".join(f"“{layer.name}” as {place / layer_file(layer)}" for layer in unsaved)
    return f"Save {names} first: right-click the layer ▸ Save."


def _opened_from(layer: Layer) -> Path | None:
    """The file, where its only content is the layer as it is."""
    path = layer.source.path
    is_pixels = isinstance(layer, (ImageLayer, Labels))
    is_painted = bool(getattr(layer, "_undo_history", ()))  # napari tells it to nobody
    if not path or not is_pixels or is_painted or not str(path).lower().endswith(PLAIN_ENDINGS):
        return None
    return Path(path)
