"""The steps of the demo, from material to a folder of results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field

from napari_fidelity.app.demo.figure import draw_comparison, list_columns
from napari_fidelity.app.demo.material import Material, find_material
from napari_fidelity.app.demo.score_panels import list_panels
from napari_fidelity.app.demo.shown_planes import choose_plane
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import write_image
from napari_fidelity.operations.assess import Assessment, assess
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize

MODELS = ("random-fill", "nuclei-pix2pix")
TITLE = "From a mask to images of measured quality"


class DemoParams(Params):
    """Settings of the demo."""

    out: Path = Field(Path("demo-output"), description="Folder for the results.")
    seed: int = Field(1, ge=0, description="Seed of everything random.")
    window: bool = Field(True, description="Whether to open napari.")


def make_images(material: Material, seed: int, progress: Progress) -> list[Image]:
    """One generated image a model, intensities matched to the real image."""
    images = []
    for model in MODELS:
        params = SynthesizeParams(model=model, seed=seed)
        image = synthesize(material.mask, params, progress, reference=material.reference)
        images.append(replace(image, name=model))
    return images


def write_images(folder: Path, images: list[Image]) -> list[Path]:
    """Each image as an OME-TIFF that knows how it was made."""
    return [
        write_image(folder / f"{image.name.replace(' ', '-')}.ome.tif", image) for image in images
    ]


def write_figure(
    folder: Path, material: Material, tests: list[Image], assessment: Assessment
) -> Path:
    """The side-by-side figure."""
    plane = choose_plane(material.mask)
    columns, box = list_columns(
        material.mask,
        tests,
        material.reference,
        background=assessment.background,
        plane=plane,
    )
    is_stack = material.reference.array.ndim > 2
    shown = f" Pictures: plane {plane}; scores: the whole stack." if is_stack else ""
    unit, size = material.reference.units[-1], material.reference.scale[-1]
    return draw_comparison(
        folder / "comparison.png",
        columns=columns,
        box=box,
        panels=list_panels(assessment),
        title=TITLE,
        story=material.source + shown,
        pixel_size_um=size if unit == "micrometer" else None,
    )
