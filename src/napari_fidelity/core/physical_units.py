"""Names of units: what files write, what napari (pint) reads."""

from __future__ import annotations

# Spelling in a file → (pint name, factor). Lengths become micrometers and times seconds, so
# that two files of one specimen agree on the scale whichever unit they were saved in.
_LENGTHS = {
    1e-6: ("pm", "picometer"),
    1e-4: ("Å", "Å", "angstrom"),
    1e-3: ("nm", "nanometer", "nanometre"),
    1.0: ("µm", "μm", "um", "micron", "microns", "micrometer", "micrometre", r"\u00b5m"),
    1e3: ("mm", "millimeter", "millimetre"),
    1e4: ("cm", "centimeter", "centimetre"),
    1e6: ("m", "meter", "metre"),
    25_400.0: ("in", "inch"),
}
_TIMES = {
    1e-6: ("µs", "μs", "us", "microsecond"),
    1e-3: ("ms", "msec", "millisecond"),
    1.0: ("s", "sec", "second", "seconds"),
    60.0: ("min", "minute"),
    3600.0: ("h", "hour"),
}
LENGTH_FACTORS = {name: factor for factor, names in _LENGTHS.items() for name in names}
TIME_FACTORS = {name: factor for factor, names in _TIMES.items() for name in names}
PIXEL = "pixel"


def length_um(value: float, unit: str) -> float | None:
    """A length in micrometers; None for a unit that is no known length, or a value ≤ 0.

    Examples
    --------
    >>> length_um(260.0, "nm"), length_um(1.0, "pixel")
    (0.26, None)
    """
    return _convert(value, unit, LENGTH_FACTORS)


def time_s(value: float, unit: str) -> float | None:
    """A time in seconds; None for a unit that is no known time, or a value ≤ 0."""
    return _convert(value, unit, TIME_FACTORS)


def _convert(value: float, unit: str, factors: dict[str, float]) -> float | None:
    factor = factors.get(unit.strip(), factors.get(unit.strip().lower()))
    if factor is None or not 0 < value < float("inf"):
        return None
    # Twelve digits: 260 nm shall be 0.26 µm and not 0.26000000000000001.
    return float(f"{value * factor:.12g}")
