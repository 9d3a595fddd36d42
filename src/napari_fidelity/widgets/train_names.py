"""Names and descriptions, shortened."""

from __future__ import annotations

import re


def make_key(title: str) -> str:
    """A model's title as a key: small letters, digits and hyphens.

    Examples
    --------
    >>> make_key("Nuclei, 20×, new"), make_key("…")
    ('nuclei-20-new', 'my-model')
    """
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words) or "my-model"


def first_sentence(text: str) -> str:
    """What comes first of a description; the rest is for the tooltip.

    Examples
    --------
    >>> first_sentence("Restores images: a U-Net learns. Published: 5 steps.")
    'Restores images: a U-Net learns.'
    """
    found = re.match(r".+?[.](?=\s|$)", text)
    return found.group() if found else text
