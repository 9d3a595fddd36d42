"""What a prediction returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_fidelity.inference.lazy_arrays import Source


@dataclass(frozen=True, eq=False)
class Prediction:
    """The result of `Predictor.predict`.

    Attributes
    ----------
    mean : array
        The result; the target where one was given.
    uncertainty : array or None
        Standard deviation of every pixel of the mean, in its units.
    facts : dict
        JSON for the result's provenance: options, scaling, tiles, engines, the measured
        difference between tiles and whole, what happened to NaN. `facts["notes"]` holds the
        sentences that a person must read.
    """

    mean: Source
    uncertainty: Source | None
    facts: dict[str, Any]  # Any: JSON

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a person must read."""
        return tuple(self.facts["notes"])
