"""What a simulation yields: the truth, the sharp object and its microscope image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params

MAX_LABELS = int(np.iinfo(np.uint16).max)


@dataclass(frozen=True)
class Specimen:
    """One simulated field; the three images lie on the same pixels.

    Parameters
    ----------
    labels : Image of uint16
        0 is background, every object has its own number from 1 on, without gaps.
    clean : Image of float32
        Fluorescence without blur, haze or noise; 1 is that of a typical object.
    image : Image of uint16
        What the microscope's camera records of it.
    """

    labels: Image
    clean: Image
    image: Image


def check_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """`shape` as a tuple of two or three positive integers.

    Raises
    ------
    UserError
        It is something else.
    """
    sizes = tuple(int(size) for size in shape)
    if len(sizes) not in (2, 3) or min(sizes) < 1:
        raise UserError(
            f"Shape {sizes} cannot be simulated: give 2 sizes (YX) or 3 (ZYX), each at least 1."
        )
    return sizes


def frame_specimen(
    key: str,
    params: Params,
    seed: int,
    scale_um: Sequence[float],
    *,
    labels: npt.NDArray[np.int64],
    clean: npt.NDArray[np.float32],
    image: npt.NDArray[np.uint16],
) -> Specimen:
    """The three arrays as Images with pixel size, unit, name and provenance.

    `labels` are renumbered to 1 … n in their order.

    Raises
    ------
    UserError
        More objects than a uint16 can number.
    """
    present = np.unique(labels)
    present = present[present > 0]
    if len(present) > MAX_LABELS:
        raise UserError(
            f"{len(present)} objects do not fit 16-bit labels: simulate a smaller field."
        )
    numbers = np.zeros(int(present[-1]) + 1 if len(present) else 1, np.uint16)
    numbers[present] = np.arange(1, len(present) + 1)
    provenance = {
        "operation": "simulate",
        "specimen": key,
        "params": params.model_dump(mode="json"),
        "seed": seed,
        "shape": list(clean.shape),
    }

    def frame(array: npt.NDArray[np.generic], role: str) -> Image:
        return Image(
            array,
            axes="ZYX"[-array.ndim :],
            scale=tuple(scale_um),
            units=("micrometer",) * array.ndim,
            name=f"simulated {key} · {role}",
            provenance={**provenance, "role": role},
        )

    return Specimen(
        labels=frame(numbers[labels], "labels"),
        clean=frame(np.asarray(clean, np.float32), "clean"),
        image=frame(image, "image"),
    )
