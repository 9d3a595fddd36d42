"""Which figures the study writes, and of which images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.studies.apply_package import segment_plane
from napari_fidelity.studies.synthesis_000 import figures
from napari_fidelity.studies.synthesis_000.arms import GENERATED
from napari_fidelity.studies.synthesis_000.fields import Bools, Floats, MitoImage
from napari_fidelity.studies.synthesis_000.scores import ScoreRow, average_fields
from napari_fidelity.studies.synthesis_000.segmentation import IouRow, average_iou_fields

PANELS = {"SFM": "sfm", "NFM": "nfm", "|ln BFM|": "bfm"}
NOTES = {
    "SFM": "ideal 1",
    "NFM": "ideal 0",
    "|ln BFM|": "ideal 0; bars: mean over fields, 95 % bootstrap",
}


def draw_results(
    out: Path,
    tests: Sequence[MitoImage],
    made: Mapping[str, Mapping[str, Floats]],
    rows: Sequence[ScoreRow],
    iou_rows: Sequence[IouRow],
    unets: Mapping[str, Path],
) -> list[Path]:
    """Write all figures of the test.

    Parameters
    ----------
    out : Path
        The folder.
    tests : sequence of MitoImage
    made : mapping
        Images by arm and name.
    rows, iou_rows : sequence
        Scores.
    unets : mapping of str to Path
        The package of one U-Net of each arm.
    """
    arms = [arm for arm in GENERATED if any(row.arm == arm for row in rows)]
    panels = {
        title: {arm: average_fields(rows, key, arm) for arm in arms}
        for title, key in PANELS.items()
    }
    iou = {"IoU by training images": {arm: average_iou_fields(iou_rows, arm) for arm in unets}}
    shown = choose_shown(tests)
    masks: dict[str, dict[str, Bools]] = {
        arm: {image.name: segment_plane(package, image.image) for image in shown}
        for arm, package in unets.items()
    }
    drawings = {
        "measures.png": partial(figures.draw_bars, panels=panels, notes=NOTES),
        "images.png": partial(figures.draw_images, images=shown, made=made),
        "iou.png": partial(figures.draw_bars, panels=iou, notes={}),
        "segmentations.png": partial(figures.draw_segmentations, images=shown, found=masks),
    }
    for name, draw in drawings.items():
        with write_atomically(out / name) as path:
            draw(path)
    return [out / name for name in drawings]


def choose_shown(images: Sequence[MitoImage], most: int = 4) -> list[MitoImage]:
    """The image with the most foreground of each of the first fields."""
    groups = list(dict.fromkeys(image.group for image in images))[:most]
    return [
        max((i for i in images if i.group == group), key=lambda i: int(i.mask.sum()))
        for group in groups
    ]
