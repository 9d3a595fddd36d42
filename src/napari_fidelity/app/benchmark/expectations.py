"""Rows of a benchmark in words: what to expect on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_fidelity.app.benchmark.row import Row

FLUENT_MS = 16.7  # a frame at 60 Hz
USABLE_MS = 40.0
ALLOWED_PERCENT = 0.2


def list_expectations(
    rows: Sequence[Row],
    engine: Mapping[str, Any],  # Any: JSON
    fast_precisions: Sequence[str],
) -> list[str]:
    """Sentences for a person; what was not measured is left out.

    Parameters
    ----------
    rows : sequence of Row
        Those named predict_fast, predict_gpu_fast, stroke_512 and stroke_8192 are put in words.
    engine : mapping
        What `Engine.describe` says of the network that was measured in automatic precision.
    fast_precisions : sequence of str
        Precisions of 16 bits that the device offers.
    """
    by_name = {row.name: row for row in rows}
    sentences = []
    if (row := by_name.get("predict_fast")) is not None:
        sentences.append(
            f"A 2048² image takes about {say_seconds(row.ours)} here; plain PyTorch takes "
            f"{say_seconds(row.other or row.ours)}."
        )
    if (row := by_name.get("predict_gpu_fast")) is not None:
        sentences.append(f"On the GPU it takes about {say_seconds(row.ours)}.")
    strokes = [by_name[name] for name in ("stroke_512", "stroke_8192") if name in by_name]
    if strokes:
        sentences.append(say_stroke([row.ours for row in strokes]))
    sentences.append(say_precision(engine, fast_precisions))
    return sentences


def say_stroke(steps_ms: Sequence[float]) -> str:
    """How live painting feels, from the milliseconds of a step on a small and a large canvas.

    Examples
    --------
    >>> say_stroke([8.6, 9.0])
    'Live painting follows the brush: 9 ms a step, on a large canvas too.'
    """
    slowest = max(steps_ms)
    if slowest <= FLUENT_MS:
        manner = "follows the brush"
    elif slowest <= USABLE_MS:
        manner = f"follows the brush at {1000 / slowest:.0f} pictures a second"
    else:
        manner = "lags behind the brush"
    small, large = f"{steps_ms[0]:.0f} ms a step", f"{steps_ms[-1]:.0f} ms"
    if steps_ms[-1] <= 1.3 * steps_ms[0]:
        return f"Live painting {manner}: {small}, on a large canvas too."
    return f"Live painting {manner}: {small}, {large} on a large canvas."


def say_precision(
    engine: Mapping[str, Any],  # Any: JSON
    fast_precisions: Sequence[str],
) -> str:
    """Which precision is used, and why."""
    precision = engine["precision"]
    device = "processor" if str(engine["device"]) == "cpu" else "device"
    if precision != "float32":
        percent = 100 * engine["rmse_of_range"]
        return (
            f"{precision} is used because this {device} multiplies fast in it and the result "
            f"stays within {percent:.2g} % of the range ({ALLOWED_PERCENT} % are allowed)."
        )
    if fast_precisions:
        return (
            f"float32 is used because {' and '.join(fast_precisions)} would change the result by "
            f"more than {ALLOWED_PERCENT} % of the range."
        )
    return f"float32 is used because this {device} has no fast arithmetic of 16 bits."


def say_seconds(seconds: float) -> str:
    """A time with two digits and the unit that suits it.

    Examples
    --------
    >>> say_seconds(0.0084), say_seconds(1.234), say_seconds(31.4)
    ('8.4 ms', '1.2 s', '31 s')
    """
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
