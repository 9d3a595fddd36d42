"""Blur of the microscope: a Gaussian point spread function in and out of focus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params

Floats = npt.NDArray[np.float32]
FWHM_PER_SIGMA = 2.3548200450309493  # 2 sqrt(2 ln 2)


class GaussianPsf(Params):
    """Size of a point source in the image, full width at half maximum."""

    lateral_fwhm_um: float = Field(
        0.25,
        ge=0,
        le=10,
        title="Lateral FWHM (µm)",
        description="Width of a point in the focal plane; about 0.51·wavelength/NA.",
    )
    axial_fwhm_um: float = Field(
        0.7,
        gt=0,
        le=50,
        title="Axial FWHM (µm)",
        description="Length of a point along the optical axis.",
    )


def psf_sigmas_px(psf: GaussianPsf, scale_um: Sequence[float]) -> tuple[float, ...]:
    """Standard deviation of the PSF in pixels along each of the axes (Z)YX.

    Examples
    --------
    >>> psf = GaussianPsf(lateral_fwhm_um=0.23548200450309493, axial_fwhm_um=1)
    >>> [round(sigma, 6) for sigma in psf_sigmas_px(psf, (0.1, 0.1))]
    [1.0, 1.0]
    """
    fwhms = (psf.axial_fwhm_um, psf.lateral_fwhm_um, psf.lateral_fwhm_um)[-len(scale_um) :]
    return tuple(fwhm / FWHM_PER_SIGMA / size for fwhm, size in zip(fwhms, scale_um, strict=True))


def blur_with_psf(
    array: npt.ArrayLike, psf: GaussianPsf, scale_um: Sequence[float], *, defocus_um: float = 0.0
) -> Floats:
    """`array` as the microscope sees it, its sum unchanged (borders are mirrored).

    Parameters
    ----------
    array : array_like
        YX or ZYX.
    psf : GaussianPsf
        Width of the blur.
    scale_um : sequence of float
        Pixel size along each axis, micrometre.
    defocus_um : float
        Distance of a plane (YX only) from the focus. The waist widens as a Gaussian beam,
        σ(z) = σ·sqrt(1 + (2z / axial FWHM)²), which halves the peak at half the axial FWHM.

    Returns
    -------
    ndarray of float32

    Raises
    ------
    UserError
        The array is neither YX nor ZYX, or a stack is given a defocus.

    Examples
    --------
    >>> point = np.zeros((33, 33)); point[16, 16] = 1
    >>> sharp = blur_with_psf(point, GaussianPsf(), (0.1, 0.1))
    >>> wide = blur_with_psf(point, GaussianPsf(), (0.1, 0.1), defocus_um=0.35)
    >>> round(float(sharp.sum()), 5), round(float(sharp.max() / wide.max()), 1)
    (1.0, 2.0)
    """
    values = np.asarray(array, np.float32)
    if values.ndim != len(scale_um) or values.ndim not in (2, 3):
        raise UserError(
            f"Shape {values.shape} with {len(scale_um)} pixel sizes cannot be blurred: "
            "give YX or ZYX and one size per axis."
        )
    if defocus_um and values.ndim == 3:
        raise UserError("A stack has its own focus: defocus is for single planes.")
    widening = float(np.hypot(1.0, 2 * defocus_um / psf.axial_fwhm_um))
    sigmas = tuple(sigma * widening for sigma in psf_sigmas_px(psf, scale_um))
    return np.asarray(ndimage.gaussian_filter(values, sigmas, mode="reflect"), np.float32)


def blur_widely(array: Floats, sigma_um: float, scale_um: Sequence[float]) -> Floats:
    """`array` under a wide, nearly Gaussian blur, in a time that does not grow with its width.

    Three running means of w pixels have the variance (w² - 1) / 4. The sum is unchanged at
    mirrored borders because w is odd.
    """
    wanted = [float(np.hypot(2 * sigma_um / size, 1)) for size in scale_um]
    widths = [2 * round((width - 1) / 2) + 1 for width in wanted]
    for _ in range(3):
        array = ndimage.uniform_filter(array, widths, mode="reflect")
    return np.asarray(array, np.float32)
