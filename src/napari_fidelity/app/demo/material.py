"""What the demo works on: real nuclei with their labels, simulated ones where those are absent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_fidelity.contributions.nuclei_stack import find_sample_folder, read_packaged_stack
from napari_fidelity.core.image import Image
from napari_fidelity.simulation import simulate_nuclei

SIMULATED_PX = 384


@dataclass(frozen=True)
class Material:
    """An image to come close to, its mask, and a sentence that says where they come from."""

    reference: Image
    mask: Image
    source: str


def find_material(seed: int) -> Material:
    """The real nuclei stack of the demo extra, else simulated nuclei; the sentence says which."""
    folder = find_sample_folder()
    if folder is not None:
        stack = read_packaged_stack(folder)
        return Material(stack.image, stack.labels, stack.source)
    specimen = simulate_nuclei(shape=(SIMULATED_PX, SIMULATED_PX), seed=seed)
    return Material(
        replace(specimen.image, name="simulated nuclei"),
        replace(specimen.labels, name="simulated labels"),
        'Simulated nuclei: for real ones install the extra, pip install "napari-fidelity[demo]".',
    )
