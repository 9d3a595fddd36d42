"""`degrade`: a realistic bad recording of an image file, and the parameters it was made with."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import check_output, read_input, write_output
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

if TYPE_CHECKING:
    from napari_fidelity.core.image import Image
    from napari_fidelity.inference.lazy_arrays import Target
    from napari_fidelity.operations.degrade import DegradeParams
    from napari_fidelity.simulation.degradation import Pipeline

FIELDS = ("seed", "dtype", "pixel_size_um", "z_step_um")
PARAMETERS = ".parameters.yaml"
SUFFIXES = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".ome.zarr", ".zarr")


def add_arguments(parser: ArgumentParser) -> None:
    """Add input, output, the pipeline and the fields of `DegradeParams`."""
    parser.add_argument("image", metavar="IN", help="clean image: TIFF, PNG, .npy or Zarr")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="the image to write, OUT.ome.tif or OUT.zarr; the drawn parameters are written "
        f"beside it, as OUT{PARAMETERS}",
    )
    add_degradation(parser)


def add_degradation(parser: ArgumentParser) -> None:
    """Add the pipeline and the fields of `DegradeParams`."""
    from napari_fidelity.operations.degrade import DEFAULT_PRESET, DegradeParams
    from napari_fidelity.simulation.degradation import PRESETS

    steps = parser.add_mutually_exclusive_group()
    steps.add_argument(
        "--preset", metavar="|".join(PRESETS), help=f"ready pipeline (default: {DEFAULT_PRESET})"
    )
    steps.add_argument(
        "--pipeline",
        metavar="P.yaml",
        help="file of steps, such as the drawn parameters of another run, or JSON text that "
        "begins with a brace",
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="stretch the contrast and remove the grain of the clean image first",
    )
    add_options(parser, DegradeParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Read the image, degrade it, write it and its drawn parameters."""
    from napari_fidelity.imageio.atomic_write import write_atomically
    from napari_fidelity.inference.lazy_arrays import fill_target
    from napari_fidelity.operations.degrade import degrade
    from napari_fidelity.simulation.degradation import Pipeline

    output = Path(arguments.output)
    beside = name_parameters(output)
    is_file = arguments.pipeline is not None and not arguments.pipeline.startswith("{")
    check_output(output, [arguments.image, *([arguments.pipeline] if is_file else [])])
    if is_file and Path(arguments.pipeline).resolve() == beside.resolve():
        raise UserError(
            f"{beside.name} is read and would be overwritten: give another output name."
        )
    params = read_degradation(arguments)
    image = read_input(arguments.image)
    result = degrade(image, params, show_progress(), source_path=arguments.image)
    for note in result.provenance["notes"]:
        print_note(f"Note: {note}")

    def make(target: Target | None) -> Image:
        return result if target is None else fill_target(result, target)

    write_output(output, result.shape, str(result.array.dtype), make)
    drawn = Pipeline.parse(result.provenance["drawn"]["pipeline"])
    with write_atomically(beside) as temporary:
        temporary.write_text(drawn.to_yaml(), encoding="utf-8")
    print_note(f"Wrote {output}: {result.name}. Its parameters: {beside}.")
    return 0


def read_degradation(arguments: Namespace) -> DegradeParams:
    """The settings that the options of `add_degradation` state.

    Raises
    ------
    UserError
        There is no such preset or file, the text is no pipeline, or a value is out of range.
    """
    from napari_fidelity.operations.degrade import DegradeParams

    pipeline = read_pipeline(arguments)
    if arguments.seed is None and pipeline.drawn_with is not None:
        arguments.seed = str(pipeline.drawn_with)
    return read_options(arguments, DegradeParams, FIELDS, pipeline=pipeline)


def read_pipeline(arguments: Namespace) -> Pipeline:
    """The pipeline that the options name.

    Raises
    ------
    UserError
        There is no such preset or file, or the text is no pipeline.
    """
    from napari_fidelity.operations.degrade import DEFAULT_PRESET
    from napari_fidelity.simulation.degradation import PREPARATION, PRESETS, Pipeline

    text = arguments.pipeline
    if text is None:
        pipeline = PRESETS[arguments.preset or DEFAULT_PRESET].pipeline
    elif text.startswith("{"):
        pipeline = Pipeline.from_yaml(text)
    else:
        pipeline = load_pipeline(text)
    if arguments.prepare:
        steps = (*PREPARATION, *pipeline.steps)
        pipeline = pipeline.model_copy(update={"steps": steps, "drawn_with": None})
    return pipeline


def load_pipeline(path: str) -> Pipeline:
    """The pipeline in a file.

    Raises
    ------
    UserError
        There is no such file, it is no text, or its text is no pipeline.
    """
    from napari_fidelity.simulation.degradation import Pipeline

    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"There is no file {path}: check the path of the pipeline.") from None
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} cannot be read as text: a pipeline is a YAML file.") from None
    return Pipeline.from_yaml(text, name=path)


def name_parameters(output: Path) -> Path:
    """Where the drawn parameters of an output are written.

    Examples
    --------
    >>> name_parameters(Path("out/cells.ome.tif")).name
    'cells.parameters.yaml'
    """
    name = output.name
    ending = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
    return output.with_name(name[: len(name) - len(ending)] + PARAMETERS)


DEGRADE = CommandSpec(
    key="degrade",
    help="make a realistic bad recording of a clean image, with known parameters",
    add_arguments=add_arguments,
    run=run,
)
