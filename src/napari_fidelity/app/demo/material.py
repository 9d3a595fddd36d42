"""What the demo works on: real nuclei with their labels, simulated ones where those are absent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_fidelity.contributions.nuclei_stack import find_sample_folder, read_packaged_stack
from napari_fidelity.core.image import Image
from napari_fidelity.simulation import simulate_nuclei

SIMULATED_PX = 384


@dataclass(frozen=True)
class Material:
    """An image to come close to, its mask, and where they come from.

    Parameters
    ----------
    reference, mask : Image
        Of equal shape, YX or ZYX.
    source : str
        A sentence for the person who looks at the results.
    is_real : bool
        Whether a microscope took the reference.
    """

    reference: Image
    mask: Image
    source: str
    is_real: bool


DOMAIN = "\nThe stack is confocal, the generator learned from widefield images."


def find_material(seed: int) -> Material:
    """The real nuclei stack of the demo extra, else simulated nuclei; the sentence says which."""
    folder = find_sample_folder()
    if folder is not None:
        stack = read_packaged_stack(folder)
        start, stop = find_full_planes(stack.labels)
        total = stack.labels.shape[0]
        return Material(
            take_planes(stack.image, start, stop),
            take_planes(stack.labels, start, stop),
            f"{stack.source} Planes {start} to {stop - 1} of {total}, through most nuclei.{DOMAIN}",
            is_real=True,
        )
    specimen = simulate_nuclei(shape=(SIMULATED_PX, SIMULATED_PX), seed=seed)
    return Material(
        replace(specimen.image, name="simulated nuclei"),
        replace(specimen.labels, name="simulated labels"),
        'Simulated nuclei: for real ones install the extra, pip install "napari-fidelity[demo]".',
        is_real=False,
    )


def find_full_planes(labels: Image) -> tuple[int, int]:
    """The run of Z planes with at least half as much foreground as the fullest one: start, stop.

    Examples
    --------
    >>> share = np.array([0, 1, 3, 6, 4, 1])
    >>> find_full_planes(Image((np.arange(6) < share[:, None])[:, None]))
    (2, 5)
    """
    foreground = (labels.array > 0).sum(axis=(1, 2))
    full = np.flatnonzero(2 * foreground >= foreground.max())
    return int(full[0]), int(full[-1]) + 1


def take_planes(stack: Image, start: int, stop: int) -> Image:
    """Z planes `start` to `stop` (left out) of a ZYX stack, where they lie in it.

    Examples
    --------
    >>> part = take_planes(Image(np.zeros((9, 4, 4)), scale=(0.5, 1, 1)), 4, 6)
    >>> part.shape, part.origin, part.translate
    ((2, 4, 4), (4, 0, 0), (2.0, 0.0, 0.0))
    """
    z, *rest = stack.translate
    first, *others = stack.origin
    return replace(
        stack,
        array=stack.array[start:stop],
        origin=(first + start, *others),
        translate=(z + start * stack.scale[0], *rest),
    )
