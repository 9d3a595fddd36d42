"""Bytes and durations as a person writes them."""

from __future__ import annotations


def spell_bytes(count: float) -> str:
    """Bytes as a person writes them.

    Examples
    --------
    >>> spell_bytes(2.5e6), spell_bytes(1.6e9)
    ('3 MB', '1.6 GB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{-(-count // 1e6):.0f} MB"


def spell_time(seconds: float) -> str:
    """A duration as a person writes it.

    Examples
    --------
    >>> spell_time(42), spell_time(400), spell_time(9000)
    ('42 s', '7 min', '2 h 30 min')
    """
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
