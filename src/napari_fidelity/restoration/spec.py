"""What a restoration method says about itself: settings, needs, reach, and when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.params import Params

Floats: TypeAlias = npt.NDArray[np.float32]
# Any: each method takes its own settings class
Run: TypeAlias = Callable[..., Floats]
HaloPx: TypeAlias = int | tuple[int, ...]


class RestorationSettings(Params):
    """Base of the settings of a method; `kind` is the method's key in the catalog.

    A method's own class narrows it: `kind: Literal["wiener"] = "wiener"`.
    """

    kind: str


@dataclass(frozen=True, eq=False)
class Settled:
    """Settings that no longer depend on the image, and how they were found.

    Parameters
    ----------
    settings : RestorationSettings
        With every choice made that depends on the image as a whole: tiles, planes and regions
        that are restored with them fit together.
    facts : mapping
        What was found, for the provenance; JSON values.
    restored : ndarray, optional
        The sample restored once, where that was done on the way, float32.
    notes : tuple of str
        What a person should know about this image and method, in sentences.
    """

    settings: RestorationSettings
    facts: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON values
    restored: Floats | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MethodSpec:
    """One line of the catalog of methods.

    Parameters
    ----------
    key, title : str
        Its name in files and its name for people.
    description : str
        One sentence on what it does.
    params : type
        Its settings, a `RestorationSettings` whose `kind` defaults to `key`.
    needs_psf : bool
        Whether `run` must be given a point spread function.
    run : callable
        `run(array, settings, *, psf, progress) -> float32`, of the array's shape. The array is
        float32, finite, a plane (Y, X) or a volume (Z, Y, X); `psf` is None or an array of as
        many axes. Called for a tile with its halo or for the whole; `progress(done, total,
        text)` at every iteration, so that a request to stop is heard.
    halo_px : callable
        `halo_px(settings, psf_shape)`: how far a pixel's result is reached by other pixels, in
        pixels, one number or one an axis; None where the method needs the whole.
    fails : str
        One sentence on when it fails, for people.
    settle : callable, optional
        `settle(sample, settings, *, psf, progress) -> Settled`: makes the choices that must be
        the same for all tiles and planes, such as the number of iterations, on a
        representative part, which is the whole where the image is small.
    measure_halo : callable, optional
        `measure_halo(settings, psf)`: the same from the pixels of the PSF, where its shape does
        not tell; asked instead of `halo_px` where there is a PSF.
    volumes : bool
        Whether `run` takes volumes; else every plane is restored by itself.
    """

    key: str
    title: str
    description: str
    params: type[RestorationSettings]
    needs_psf: bool
    run: Run
    halo_px: Callable[[Any, tuple[int, ...] | None], HaloPx | None]  # Any: its own settings
    fails: str
    settle: Callable[..., Settled] | None = None
    measure_halo: Callable[[Any, Floats], HaloPx | None] | None = None  # Any: as above
    volumes: bool = True
