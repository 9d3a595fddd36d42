"""The recipe that every result carries, complete enough to make it again from itself alone."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.imageio.provenance import software_versions

Json = dict[str, Any]  # Any: JSON values


def build_provenance(
    operation: str, params: Params, source: Image, details: Mapping[str, Any]
) -> Json:
    """The provenance of a result: operation, settings, the source's pixels, versions.

    Parameters
    ----------
    operation : str
        Key in the catalog of operations.
    params : Params
        Settings with everything resolved that was measured on other images.
    source : Image
        The first input; its pixels are packed into the recipe.
    details : mapping
        What else a reader wants to know: model and hash, tiles, how levels were found.
    """
    return {
        "operation": operation,
        "params": params.model_dump(mode="json"),
        "source": {"name": source.name, **pack_pixels(source.array)},
        **details,
        "versions": software_versions(),
    }


def pack_pixels(array: np.ndarray[Any, Any]) -> Json:
    """Pixels as JSON: shape, dtype, SHA-256 and compressed bytes in base 64."""
    content = (
        np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    )
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.newbyteorder("<").str,
        "sha256": hashlib.sha256(content).hexdigest(),
        "zlib": base64.b64encode(zlib.compress(content, 1)).decode("ascii"),
    }


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
