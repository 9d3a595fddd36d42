"""Where a command writes its image: an OME-TIFF file or a Zarr folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image

if TYPE_CHECKING:
    from napari_fidelity.inference.lazy_arrays import Target


def read_input(path: str | Path) -> Image:
    """The image in a file, or the one in a Zarr folder, which stays on disk."""
    from napari_fidelity.operations.open_image import open_image

    return open_image(path)


def check_output(path: Path, inputs: Sequence[str]) -> None:
    """Refuse an output that cannot be written, before the work.

    Raises
    ------
    UserError
        It is an input or holds one, or ends in neither .ome.tif nor .zarr.
    """
    from napari_fidelity.imageio import check_target

    if not is_zarr_output(path):
        check_target(path, inputs=list(inputs))
        return
    for name in inputs:
        place = Path(name).resolve()
        if path.resolve() in (place, *place.parents):
            raise UserError(
                f"{path.name} is read and would be overwritten: give another output name."
            )


def is_zarr_output(path: Path) -> bool:
    """Whether an output is a Zarr folder rather than a file."""
    from napari_fidelity.inference.zarr_image import is_zarr_name

    return is_zarr_name(path)


def write_output(
    path: Path,
    shape: tuple[int, ...],
    dtype: str,
    make: Callable[[Target | None], Image],
) -> Image:
    """What `make` makes, written to `path`, which takes its name when all is there.

    Parameters
    ----------
    path : Path
        An OME-TIFF file, or a Zarr folder.
    shape, dtype
        Of the result.
    make : callable
        Gets the Zarr array to write into, or None where the result shall be in memory.
    """
    from napari_fidelity.imageio import write_image

    if not is_zarr_output(path):
        result = make(None)
        write_image(path, result)
        return result
    from napari_fidelity.inference.zarr_image import write_zarr_note
    from napari_fidelity.inference.zarr_target import create_target

    with create_target(path, shape, np.dtype(dtype)) as target:
        result = make(target)
        write_zarr_note(result)
    return result
