"""What the Compare dock offers beside its ways of showing layers: one folded section each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.widgets.difference_section import DifferenceSection
from napari_fidelity.widgets.profile_section import ProfileSection


class CompareSection(Protocol):
    """A widget under a heading of the Compare dock; it reads layers and changes none."""

    def set_layers(self, layers: list[Layer]) -> None:
        """Take `layers`, the bottom one first, as those that are compared from now on."""

    def close_section(self) -> None:
        """Take away whatever was added to the viewer: the dock is closed."""


@dataclass(frozen=True)
class SectionSpec:
    """One section.

    Parameters
    ----------
    key : str
        Its name in code.
    title : str
        Its heading.
    make : callable
        Receives the viewer and the layers that are compared, the bottom one first; returns a
        widget that is a `CompareSection`. It is called when the heading is first unfolded.
    """

    key: str
    title: str
    make: Callable[[ViewerModel, list[Layer]], CompareSection]


SECTIONS: Catalog[SectionSpec] = Catalog(
    "section of the Compare dock",
    [
        SectionSpec("difference", "Difference map", DifferenceSection),
        SectionSpec("profile", "Line profile", ProfileSection),
    ],
)
