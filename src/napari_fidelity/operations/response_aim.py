"""What a response is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

from napari_fidelity.simulation.observation import Levels


@dataclass(frozen=True)
class ResponseAim:
    """What a response is fitted to.

    Parameters
    ----------
    levels : Levels
        Of the result.
    margin_px : int or None
        How far background keeps clear of the mask; None where there is none.
    foreground_count : int
        Number of pixels in the mask.
    """

    levels: Levels
    margin_px: int | None
    foreground_count: int
