"""The recipe that every result carries, complete enough to make it again from itself alone."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.imageio.provenance import software_versions

Json = dict[str, Any]  # Any: JSON values


def build_provenance(
    operation: str, params: Params, source: Mapping[str, Any], details: Mapping[str, Any]
) -> Json:
    """The provenance of a result: operation, settings, the source, versions.

    Parameters
    ----------
    operation : str
        Key in the catalog of operations.
    params : Params
        Settings with everything resolved that was measured on other images.
    source : mapping
        The first input: its name, and its pixels (`pack_pixels`) or where they lie.
    details : mapping
        What else a reader wants to know: model and hash, tiles, how levels were found.
    """
    return {
        "operation": operation,
        "params": params.model_dump(mode="json"),
        "source": dict(source),
        **details,
        "versions": software_versions(),
    }


class PixelRecord:
    """Pixels taken in part by part, in the order of the array, and turned into JSON.

    Parameters
    ----------
    shape : sequence of int
        Shape of the whole.
    dtype : dtype
        Type of a pixel; a recipe has it in little-endian order.
    keep : bool
        Whether the pixels themselves are kept, compressed; else only their SHA-256.

    Examples
    --------
    >>> record = PixelRecord((1, 2), np.dtype(np.uint8), keep=True)
    >>> record.add(np.array([[1, 2]], np.uint8))
    >>> unpack_pixels(record.finish()).tolist()
    [[1, 2]]
    """

    def __init__(self, shape: Sequence[int], dtype: np.dtype[Any], *, keep: bool) -> None:
        self._shape, self._dtype = list(shape), dtype.newbyteorder("<")
        self._hash = hashlib.sha256()
        self._packer = zlib.compressobj(1) if keep else None
        self._packed: list[bytes] = []

    def add(self, part: np.ndarray[Any, Any]) -> None:
        """Take in the next pixels."""
        content = np.ascontiguousarray(part).astype(self._dtype, copy=False).tobytes()
        self._hash.update(content)
        if self._packer is not None:
            self._packed.append(self._packer.compress(content))

    def finish(self) -> Json:
        """Shape, dtype, SHA-256 and, if kept, compressed bytes in base 64."""
        found: Json = {
            "shape": self._shape,
            "dtype": self._dtype.str,
            "sha256": self._hash.hexdigest(),
        }
        if self._packer is not None:
            packed = b"".join([*self._packed, self._packer.flush()])
            found["zlib"] = base64.b64encode(packed).decode("ascii")
        return found


def pack_pixels(array: np.ndarray[Any, Any]) -> Json:
    """Pixels as JSON: shape, dtype, SHA-256 and compressed bytes in base 64."""
    record = PixelRecord(array.shape, array.dtype, keep=True)
    record.add(array)
    return record.finish()


def locate_pixels(array: object) -> Json:
    """Where a lazy array lies: `{"path": …}`, or nothing where it does not say so."""
    place = getattr(array, "store_path", None)
    text = "" if place is None else str(place)
    if text.startswith("file://"):
        return {"path": str(Path(unquote(text.removeprefix("file://"))).resolve())}
    return {}


def unpack_pixels(packed: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """The array that `pack_pixels` packed.

    Raises
    ------
    UserError
        The recipe is incomplete or its pixels do not have their hash.

    Examples
    --------
    >>> unpack_pixels(pack_pixels(np.array([[1, 2]], np.uint8))).tolist()
    [[1, 2]]
    """
    try:
        content = zlib.decompress(base64.b64decode(packed["zlib"]))
        intact = hashlib.sha256(content).hexdigest() == packed["sha256"]
        array = np.frombuffer(content, np.dtype(packed["dtype"])).reshape(packed["shape"])
    except (KeyError, TypeError, ValueError, zlib.error):
        intact = False
    if not intact:
        raise UserError("The recipe's source pixels are damaged: it cannot be run again.")
    return array.copy()
