"""PSFs in and out of files, with their pixel size."""

from __future__ import annotations

from pathlib import Path

from napari_fidelity.imageio import read_image
from napari_fidelity.simulation.psf.kernel import Psf
from napari_fidelity.simulation.psf.measured import hash_file, psf_from_image
from napari_fidelity.simulation.psf.settings import MeasuredPsf


def load_psf(
    path: str | Path, *, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> Psf:
    """The PSF in an image file, YX or ZYX: not negative, sum 1, odd sides, otherwise as it is.

    Parameters
    ----------
    path : str or Path
        Any image file that `read_image` knows.
    pixel_size_um, z_step_um : float, optional
        Go before the sizes that the file states.

    Raises
    ------
    UserError
        The file cannot be read, does not say its pixel size, or holds no PSF.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "psf.npy"
    >>> np.save(path, np.full((3, 3), 7.0))
    >>> round(float(load_psf(path, pixel_size_um=0.1).array.sum()), 6)
    1.0
    """
    image = read_image(path)
    return psf_from_image(image, pixel_size_um=pixel_size_um, z_step_um=z_step_um)


def refer_to_psf(
    path: str | Path, *, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> MeasuredPsf:
    """Settings that name a PSF's file, its content and its pixel size; the file must stay.

    `pack_psf(load_psf(path))` makes settings that need no file.

    Raises
    ------
    UserError
        As `load_psf`.
    """
    psf = load_psf(path, pixel_size_um=pixel_size_um, z_step_um=z_step_um)
    place = Path(path).resolve()
    return MeasuredPsf(path=str(place), sha256=hash_file(place), scale_um=psf.scale_um)
