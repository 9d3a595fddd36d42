"""Levels of an image as a whole, of which a part at hand knows nothing."""

from __future__ import annotations

import math
import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError

SAMPLE_PX = 1 << 22  # so many are sorted in 0.3 s
KEPT = 8
STAMP_PX = 4096


class WholeImage:
    """Percentiles of an image, measured when first asked for.

    Parameters
    ----------
    array : array
        Its pixels, perhaps lazy. Of more than 4 million, every n-th along each axis counts.
    name : str
        What messages call it.
    weakly : bool
        Do not keep the pixels alive; whoever asks holds them.

    Examples
    --------
    >>> WholeImage(np.arange(101).reshape(1, 101)).percentile(90)
    90.0
    """

    def __init__(self, array: Any, name: str = "", *, weakly: bool = False) -> None:  # Any: lazy
        self.dtype = np.dtype(array.dtype)
        self._name = name or "The image"
        self._find_array = _refer_weakly(array) if weakly else lambda: array
        self._sorted: npt.NDArray[Any] | None = None  # Any: the image's dtype

    def percentile(self, percent: float) -> float:
        """The level under which `percent` of the pixels lie.

        Raises
        ------
        UserError
            Pixels are NaN or infinite.
        """
        levels = self._measure()
        place = percent / 100 * (len(levels) - 1)
        below, share = int(place), place - int(place)
        low, high = float(levels[below]), float(levels[min(below + 1, len(levels) - 1)])
        return low + share * (high - low)

    def _measure(self) -> npt.NDArray[Any]:  # Any: as above
        if self._sorted is None:
            levels = np.sort(np.asarray(sample_evenly(self._find_array(), SAMPLE_PX)), axis=None)
            if levels.dtype.kind == "f" and not np.isfinite(levels[[0, -1]]).all():
                raise UserError(
                    f"{self._name} holds NaN or infinite values: replace them or crop them away."
                )
            self._sorted = levels
        return self._sorted


def sample_evenly(array: Any, most: int) -> Any:  # Any: in memory or lazy
    """About `most` pixels of an array, every n-th along each axis.

    Examples
    --------
    >>> sample_evenly(np.zeros((100, 200, 200)), 500_000).shape
    (50, 100, 100)
    """
    left = -(-int(np.prod(array.shape, dtype=np.int64)) // most)
    steps = []
    for axis, size in enumerate(array.shape):
        share = left ** (1 / (array.ndim - axis))
        step = min(math.ceil(round(share, 9)), max(size, 1))
        steps.append(slice(step // 2, None, step))
        left = -(-left // step)
    return array[tuple(steps)]


class MeasuredImages:
    """Levels of the images that were measured last, found again by the array itself.

    A preview asks for them at every change of a setting. An array that was edited in place is
    noticed by a few thousand of its pixels.
    """

    def __init__(self) -> None:
        self._lock = Lock()  # a preview and a run may ask at once
        self._kept: OrderedDict[int, tuple[Callable[[], Any], bytes, WholeImage]] = OrderedDict()

    def find(self, array: Any, name: str = "") -> WholeImage:  # Any: in memory or lazy
        """The levels of `array`, measured before or not yet."""
        in_memory = isinstance(array, np.ndarray)
        stamp = sample_evenly(array, STAMP_PX).tobytes() if in_memory else b""
        with self._lock:
            return self._find(array, name, stamp)

    def _find(self, array: Any, name: str, stamp: bytes) -> WholeImage:  # Any: as above
        entry = self._kept.get(id(array))
        if entry is not None and entry[0]() is array and entry[1] == stamp:
            self._kept.move_to_end(id(array))
            return entry[2]
        for key in [key for key, (find_array, *_) in self._kept.items() if find_array() is None]:
            del self._kept[key]
        whole = WholeImage(array, name, weakly=True)
        self._kept[id(array)] = (_refer_weakly(array), stamp, whole)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return whole


def _refer_weakly(array: Any) -> Callable[[], Any]:  # Any: in memory or lazy
    """What finds `array` again without keeping it alive, where its kind allows that."""
    try:
        return weakref.ref(array)
    except TypeError:
        return lambda: array
