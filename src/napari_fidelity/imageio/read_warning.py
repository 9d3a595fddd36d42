"""The category of everything that reading a file has to tell a person."""

from __future__ import annotations


class ReadWarning(UserWarning):
    """A file was read, but not all of it, or not as it stands; the message says what."""
