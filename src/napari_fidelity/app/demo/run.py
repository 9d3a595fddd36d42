"""The steps of the demo, from material to a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from napari_fidelity.app.demo.material import Material, find_material
from napari_fidelity.app.demo.params import DemoParams
from napari_fidelity.app.demo.results import (
    SCREENSHOT,
    file_name,
    make_folder,
    name_files,
    write_figure,
    write_images,
    write_scores,
)
from napari_fidelity.app.demo.virtual_screen import has_screen, open_screen
from napari_fidelity.app.demo.window_process import WindowRequest, run_window
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics.tables import format_table
from napari_fidelity.operations.assess import assess
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize

MODELS = ("random-fill", "nuclei-pix2pix")
Say = Callable[[str], None]


def run_demo(params: DemoParams, say: Say, progress: Progress) -> list[Path]:
    """Synthesize, measure, draw and show; returns the files written, which are named at the end.

    Parameters
    ----------
    params : DemoParams
        Folder, seed, and what to do with napari.
    say : callable
        Receives sentences for the person who waits.
    progress : Progress
        Called by the operations.

    Raises
    ------
    UserError
        The folder cannot be written, or matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise UserError(
            'The demo draws with matplotlib, which is missing: pip install "napari-fidelity[demo]".'
        )
    folder = make_folder(params.out)
    material = find_material(params.seed)
    say(material.source)
    tests = make_images(material, params.seed, say, progress)
    say("Measuring them against the real image…")
    assessment = assess(tests, reference=material.reference, mask=material.mask, progress=progress)
    say(f"\n{format_table(assessment.rows)}\n")
    files = [write_figure(folder, material, tests, assessment)]
    files += write_scores(folder, assessment)
    files += write_images(folder, [material.reference, material.mask, *tests])
    if not params.window:
        name_files(files, say)
        return files
    return show_window(files, material, tests[0], params, say)


def make_images(material: Material, seed: int, say: Say, progress: Progress) -> list[Image]:
    """One generated image a model, intensities matched to the real image."""
    images = []
    for model in MODELS:
        say(f"Synthesizing with {model}…")
        params = SynthesizeParams(model=model, seed=seed)
        image = synthesize(material.mask, params, progress, reference=material.reference)
        images.append(replace(image, name=model))
    return images


def show_window(
    files: Sequence[Path], material: Material, generated: Image, params: DemoParams, say: Say
) -> list[Path]:
    """The files and a screenshot of napari with both docks at work; napari stays where it is seen.

    Where there is no napari or no screen a sentence says so, and the screenshot is left out.
    """
    if find_spec("napari") is None or find_spec("qtpy") is None:
        say('The screenshot is left out, napari is missing: pip install "napari-fidelity[gui]".')
        name_files(files, say)
        return list(files)
    say("Opening napari…")
    request = WindowRequest(
        image=params.out / file_name(material.reference),
        mask=params.out / file_name(material.mask),
        generated=params.out / file_name(generated),
        model=MODELS[-1],
        seed=params.seed,
        picture=params.out / SCREENSHOT,
        stay=params.stay and has_screen(),
    )
    everything = [request.picture, *files]
    try:
        with open_screen() as environment:
            run_window(request, environment, on_picture=lambda: name_files(everything, say))
    except UserError as error:
        say(f"The screenshot is left out. {error}")
        name_files(files, say)
        return list(files)
    return everything
