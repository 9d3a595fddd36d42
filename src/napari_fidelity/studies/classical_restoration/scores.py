"""How near an image is to the truth, its brightness and contrast matched first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image
from napari_fidelity.metrics import measure, otsu_mask

Doubles = npt.NDArray[np.float64]
FITTED = ("psnr", "ssim")  # after the fit that makes the error least
MATCHED = ("pcc", "sfm", "nfm", "bfm", "bfm_sigma", "bfm_background")  # after the noise-blind fit
KEYS = (*FITTED, *MATCHED)


def fit_to_truth(test: npt.ArrayLike, truth: npt.ArrayLike) -> Doubles:
    """`a · test + b` with the least squared error to `truth`.

    A constant image becomes the mean of the truth.

    Examples
    --------
    >>> fit_to_truth([[1.0, 2.0, 3.0]], [[5.0, 7.0, 9.0]]).tolist()
    [[5.0, 7.0, 9.0]]
    """
    values, reference = (np.asarray(array, np.float64) for array in (test, truth))
    centred = values - values.mean()
    power = float((centred * centred).sum())
    slope = float((centred * reference).sum()) / power if power > 0 else 0.0
    return np.asarray(centred * slope + float(reference.mean()))


def match_to_truth(test: npt.ArrayLike, truth: npt.ArrayLike) -> Doubles:
    """`(test - o) / g`, where `g · truth + o` has the least squared error to `test`.

    The fit is of the test on the truth: noise in the test does not lower its contrast, as the
    other fit does. An image of no or negative correlation is returned with its mean shifted.

    Examples
    --------
    >>> match_to_truth([[5.0, 7.0, 9.0]], [[1.0, 2.0, 3.0]]).tolist()
    [[1.0, 2.0, 3.0]]
    """
    values, reference = (np.asarray(array, np.float64) for array in (test, truth))
    centred = reference - reference.mean()
    power = float((centred * centred).sum())
    gain = float((centred * values).sum()) / power if power > 0 else 1.0
    if gain <= 0:
        gain = 1.0
    return np.asarray((values - values.mean()) / gain + float(reference.mean()))


def score_against_truth(test: Image, truth: Image) -> Mapping[str, float]:
    """PSNR and SSIM after an affine fit, the other measures after a noise-blind one.

    The mask of SFM, NFM and the background is the truth above Otsu's threshold.
    """
    reference = truth.array
    mask = otsu_mask(reference)
    fitted = fit_to_truth(test.array, reference)
    matched = match_to_truth(test.array, reference)
    scores = [
        *measure(FITTED, test=fitted, reference=reference, mask=mask),
        *measure(MATCHED, test=matched, reference=reference, mask=mask),
    ]
    return {score.key: score.value for score in scores}
