"""Ask where a layer should be saved, and write it with its provenance on a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from napari.layers import Labels, Layer
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layers import source_from_layer

ENDING = ".ome.tif"


def ask_and_save(
    layer: Layer, *, parent: QWidget, is_edited: Callable[[], bool], say: Callable[[str, str], None]
) -> Job | None:
    """A job that saves `layer` where the person chooses; None when they choose nowhere.

    Parameters
    ----------
    layer : Layer
        Image or Labels.
    parent : QWidget
        The dock: owner of the dialog and of the job.
    is_edited : callable
        Asked on the worker; written into the provenance: it does not give these pixels any more.
    say : callable
        Receives a sentence and its role, "hint" or "problem".
    """
    proposal = f"{file_stem(layer.name)}{ENDING}"
    chosen, _ = QFileDialog.getSaveFileName(
        parent, "Save with provenance", proposal, f"OME-TIFF (*{ENDING})"
    )
    if not chosen:
        return None
    path = with_ending(Path(chosen))
    source = source_from_layer(layer)
    shown = {"type": "labels"} if isinstance(layer, Labels) else None  # it opens as such again

    def write(progress: Progress) -> Path:
        from napari_fidelity.imageio import write_image

        progress(0, 0, "writing")
        image = source.load()
        return Path(write_image(path, mark_edited(image) if is_edited() else image, layer=shown))

    return start_job(
        write,
        text=f"Save {layer.name}",
        owner=parent,
        on_result=lambda written: say(f"Saved {written.name} in {written.parent}.", "hint"),
        on_error=lambda sentence: say(sentence, "problem"),
        on_cancelled=lambda: say("Saving was cancelled: nothing was written.", "hint"),
        queued=False,
    )


def mark_edited(image: Image) -> Image:
    """The image with a provenance that says its pixels were changed by hand afterwards."""
    return replace(image, provenance={**image.provenance, "edited_by_hand": True})


def with_ending(path: Path) -> Path:
    """The path, ending in `.ome.tif`.

    Examples
    --------
    >>> with_ending(Path("a.b/cells.tif")).name, with_ending(Path("cells.ome.tif")).name
    ('cells.ome.tif', 'cells.ome.tif')
    """
    name = path.name
    for ending in (ENDING, ".ome.tiff", ".tif", ".tiff"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
            break
    return path.with_name(name + ENDING)


def file_stem(name: str) -> str:
    """A layer's name as a file name.

    Examples
    --------
    >>> file_stem("mask · nuclei-pix2pix · seed 0")
    'mask_nuclei-pix2pix_seed_0'
    """
    words = "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in name)
    return "_".join(words.split()) or "image"
