"""Images opened from any file or folder that can hold one."""

from __future__ import annotations

from pathlib import Path

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image


def open_image(path: str | Path) -> Image:
    """The image in a file, or the one in a Zarr folder, which stays on disk."""
    if not Path(path).is_dir():
        return read_image(path)
    # only Zarr folders need it
    from napari_fidelity.inference.zarr_image import open_zarr_image

    return open_zarr_image(path)
