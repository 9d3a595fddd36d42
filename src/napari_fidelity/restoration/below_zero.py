"""What a person is told of images that a method takes for less than no light."""

from __future__ import annotations

import numpy as np

from napari_fidelity.restoration.spec import Floats

NOTED_SHARE = 0.05  # of pixels below zero: fewer are noise around a background that was removed


def note_below_zero(sample: Floats, deed: str) -> tuple[str, ...]:
    """A sentence where many pixels are below zero, with what is done to them; else nothing.

    Examples
    --------
    >>> note_below_zero(np.array([[-1.0, 3.0]], np.float32), "Wiener sets them to zero")
    ('50% of the pixels are below zero: Wiener sets them to zero.',)
    """
    share = float(np.mean(sample < 0))
    if share < NOTED_SHARE:
        return ()
    return (f"{share:.0%} of the pixels are below zero: {deed}.",)
