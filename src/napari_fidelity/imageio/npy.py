"""Arrays saved by numpy, never pickles."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.raw_image import RawImage


def read_npy(path: Path) -> RawImage:
    """The array of an `.npy` file.

    Raises
    ------
    UserError
        The file is damaged, or holds Python objects, which could run code when loaded.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OverflowError, MemoryError, TokenError) as error:
        if "object arrays" in str(error).lower():
            raise UserError(
                f"{path.name} holds Python objects, which are not loaded: "
                "save a plain array of numbers."
            ) from error
        raise UserError(f"{path.name} is damaged or cut short: save it again.") from error
    return RawImage(array=array, axes="Q" * (array.ndim - 2) + "YX"[: array.ndim])
