"""What is said about the difference of two layers."""

from __future__ import annotations

from napari_fidelity.operations.difference import ErrorSummary


def describe_summary(summary: ErrorSummary) -> str:
    """Numbers about the shown plane, for a person.

    Examples
    --------
    >>> describe_summary(ErrorSummary(-3.0, 4.0, 5.25, 20.0, 100))
    'On this plane: mean −3, mean size 4, RMSE 5.25, largest 20.'
    """
    if summary.n_pixels == 0:
        return "No pixel of this plane has a value in both layers."
    parts = zip(
        ("mean", "mean size", "RMSE", "largest"),
        (summary.mean, summary.mean_absolute, summary.rmse, summary.largest),
        strict=True,
    )
    words = ", ".join(f"{name} {value:.4g}".replace("-", "−") for name, value in parts)
    return f"On this plane: {words}."
