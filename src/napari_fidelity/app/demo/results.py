"""The files that the demo leaves in its folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from napari_fidelity.app.demo.figure import draw_comparison, list_columns
from napari_fidelity.app.demo.material import Material
from napari_fidelity.app.demo.score_panels import list_panels
from napari_fidelity.app.demo.shown_planes import choose_plane
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.metrics.tables import format_csv, format_table
from napari_fidelity.operations.assess import Assessment

TITLE = "From a mask to images of measured quality"
FIGURE, SCREENSHOT = "comparison.png", "napari.png"
CONTENTS = {
    FIGURE: "mask, generated images and the real one, with their scores",
    SCREENSHOT: "napari with both docks at work",
    "scores.txt": "all metrics, for people",
    "scores.csv": "all metrics, for programs",
}
OTHER_CONTENT = "image with scale and provenance"


def make_folder(folder: Path) -> Path:
    """The folder, made where it was missing.

    Raises
    ------
    UserError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be made ({error.strerror}): choose another one with --out."
        ) from None
    return folder


def write_images(folder: Path, images: Sequence[Image]) -> list[Path]:
    """Each image as an OME-TIFF that knows how it was made."""
    for image in images:
        write_image(folder / file_name(image), image)
    return [folder / file_name(image) for image in images]


def file_name(image: Image) -> str:
    """The name of the file in which the demo keeps `image`."""
    return f"{image.name.replace(' ', '-')}.ome.tif"


def write_scores(folder: Path, assessment: Assessment) -> list[Path]:
    """The table of all metrics, for people and for programs."""
    texts = {"scores.txt": format_table(assessment.rows), "scores.csv": format_csv(assessment.rows)}
    for name, text in texts.items():
        with write_atomically(folder / name) as temporary:
            temporary.write_text(f"{text.rstrip()}\n", encoding="utf-8")
    return [folder / name for name in texts]


def write_figure(
    folder: Path, material: Material, tests: Sequence[Image], assessment: Assessment
) -> Path:
    """The side-by-side figure.

    Raises
    ------
    ValueError
        The assessment was made without a mask.
    """
    if assessment.background is None:
        raise ValueError("the figure needs an assessment with a mask")
    plane = choose_plane(material.mask)
    columns, box = list_columns(
        material.mask,
        tests,
        material.reference,
        background=assessment.background,
        plane=plane,
        kind="real" if material.is_real else "reference",
    )
    is_stack = material.reference.array.ndim > 2
    number = material.mask.origin[0] + plane
    shown = f" Pictures: plane {number}; scores: all of them." if is_stack else ""
    unit, size = material.reference.units[-1], material.reference.scale[-1]
    with write_atomically(folder / FIGURE) as temporary:
        draw_comparison(
            temporary,
            columns=columns,
            box=box,
            panels=list_panels(assessment),
            title=TITLE,
            story=material.source + shown,
            pixel_size_um=size if unit == "micrometer" else None,
        )
    return folder / FIGURE


def name_files(files: Sequence[Path], say: Callable[[str], None]) -> None:
    """Tell what was written where."""
    say(f"Written to {files[0].parent.resolve()}:")
    width = max(len(file.name) for file in files)
    for file in files:
        say(f"  {file.name:{width}}  {CONTENTS.get(file.name, OTHER_CONTENT)}")
