"""What a prediction says about itself: facts for its provenance, sentences for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_fidelity.inference.engine import Engine
from napari_fidelity.inference.image_run import ImageRun
from napari_fidelity.inference.lazy_arrays import Source, count_missing_chunks
from napari_fidelity.inference.normalisation import Intensities
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.prediction_plan import PredictionPlan

TOLERANCE = 1e-5  # between tiles and whole, in float32


def collect_facts(
    source: Source,
    options: PredictOptions,
    plan: PredictionPlan,
    intensities: Intensities,
    engines: Sequence[Engine],
    run: ImageRun,
    difference: float | None,
) -> dict[str, Any]:  # Any: JSON
    """JSON for the provenance of a finished run; its "notes" are sentences."""
    missing, chunks = count_missing_chunks(source)
    return {
        "options": options.model_dump(mode="json"),
        "source_shape": list(source.shape),
        "source_dtype": str(np.dtype(source.dtype)),
        "axes": plan.layout.axes,
        "scaling": intensities.scaling.describe(),
        "tile_px": plan.tile_px,
        "halo_px": plan.halo_px,
        "size_multiple": plan.multiple,
        "tiles": len(plan.tiles) * len(plan.layout.indices),
        "statistics": plan.statistics,
        "tiled_equals_whole": difference,
        "engines": [engine.describe() for engine in engines],
        "non_finite_pixels": intensities.pixels - intensities.finite,
        "failed_pixels": run.failed_pixels,
        "missing_chunks": missing,
        "notes": [
            note
            for note in (
                intensities.scaling.note,
                _note_holes(intensities, plan),
                _note_missing(source, missing, chunks),
                _note_statistics(plan),
                _note_difference(plan, engines, difference),
                _note_failures(run),
            )
            if note
        ],
    }


def _note_holes(intensities: Intensities, plan: PredictionPlan) -> str:
    count = intensities.pixels - intensities.finite
    if count == 0:
        return ""
    farther = ""
    if plan.statistics != "local":
        farther = " They count as background in the network's own statistics."
    return (
        f"{count} pixels of the image are NaN or infinite: the result is NaN there and within "
        f"{plan.halo_px} px, which is as far as the network looks (0 in integer types).{farther}"
    )


def _note_missing(source: Source, missing: int, chunks: int) -> str:
    if missing == 0:
        return ""
    fill = getattr(source, "fill_value", 0)
    return f"{missing} of the image's {chunks} chunks are not stored: they are read as {fill}."


def _note_statistics(plan: PredictionPlan) -> str:
    if plan.statistics != "approximate":
        return ""
    return (
        "The result is approximate: the network normalises by statistics of the whole image, "
        "which is too large for that, so those of its middle are used."
    )


def _note_difference(
    plan: PredictionPlan, engines: Sequence[Engine], difference: float | None
) -> str:
    exact = all(engine.precision == "float32" for engine in engines)
    if difference is None or not exact or difference <= TOLERANCE:
        return ""
    return (
        f"Tiles differ from the whole by {difference:.1e}: the network looks farther than the "
        f"{plan.halo_px} px that it states, so borders of tiles may show."
    )


def _note_failures(run: ImageRun) -> str:
    if run.failed_pixels == 0:
        return ""
    return (
        f"The network gave NaN or infinite values for {run.failed_pixels} pixels although the "
        "image is finite there: choose the precision float32, or check the model."
    )
