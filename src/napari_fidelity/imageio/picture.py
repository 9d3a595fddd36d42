"""Grey pictures in the formats of the web: PNG, JPEG and what else Pillow knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.raw_image import RawImage, refuse_colour

# Without EPS and its kind, which Pillow opens by running another program.
FORMATS = ("PNG", "JPEG", "JPEG2000", "BMP", "GIF", "WEBP", "PPM")
GREY_MODES = ("1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
# What Pillow's decoders raise on damaged files.
DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError, OverflowError)


def read_picture(path: Path) -> RawImage:
    """The pixels of a grey picture; of several frames the first.

    A palette of greys counts as grey, a palette of colours as colour.

    Raises
    ------
    UserError
        The file is no image, is damaged, or holds colour.
    """
    try:
        with Pillow.open(path, formats=FORMATS) as picture:
            frames = int(getattr(picture, "n_frames", 1))
            grey = picture.convert("L") if _has_grey_palette(picture) else picture
            _refuse_colour(grey, path.name)
            array = np.asarray(grey)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        raise UserError(
            f"{path.name} is not an image that can be read: "
            "TIFF, OME-TIFF, PNG, JPEG and .npy files are."
        ) from error
    except Pillow.DecompressionBombError as error:
        raise UserError(f"{path.name} is too large for its format: save it as TIFF.") from error
    except DECODE_ERRORS as error:
        raise UserError(f"{path.name} is damaged or cut short: save it again.") from error
    note = f"{path.name} holds {frames} frames: the first one is used." if frames > 1 else ""
    return RawImage(array=array, axes="YX", warnings=(note,) if note else ())


def _has_grey_palette(picture: Pillow.Image) -> bool:
    if picture.mode != "P" or picture.palette is None:
        return False
    colours = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())


def _refuse_colour(picture: Pillow.Image, name: str) -> None:
    if picture.mode in GREY_MODES:
        return
    if picture.mode == "P":
        raise UserError(
            f"{name} is a colour image ({picture.height}×{picture.width} with a palette), "
            "a grey one is needed: convert it to grey."
        )
    channels = len(picture.getbands())
    refuse_colour((picture.height, picture.width, channels), "YXS", name)
