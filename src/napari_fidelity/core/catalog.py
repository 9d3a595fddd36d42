"""An ordered table from key to specification: the seam where things are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from napari_fidelity.core.errors import UserError


class HasKey(Protocol):
    """Anything that a catalog can hold."""

    @property
    def key(self) -> str:
        """The name under which the entry is found."""


SpecT = TypeVar("SpecT", bound=HasKey)


class Catalog(Mapping[str, SpecT]):
    """Specifications by key, in the order in which they were listed.

    Parameters
    ----------
    noun : str
        What the entries are, for messages: "metric", "network".
    specs : iterable
        The entries; each has a `key`.

    Raises
    ------
    ValueError
        Two entries share a key.
    UserError
        On look-up of a key that is not there; the message lists those that are.
    """

    def __init__(self, noun: str, specs: Iterable[SpecT]) -> None:
        self._noun = noun
        self._specs: dict[str, SpecT] = {}
        for spec in specs:
            if spec.key in self._specs:
                raise ValueError(f"two {noun} entries are called {spec.key!r}")
            self._specs[spec.key] = spec

    def __getitem__(self, key: str) -> SpecT:
        if key not in self._specs:
            known = ", ".join(self._specs)
            raise UserError(f"There is no {self._noun} {key!r}: choose one of {known}.")
        return self._specs[key]

    def __contains__(self, key: object) -> bool:
        return key in self._specs

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)
