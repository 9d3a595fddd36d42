"""How far an assessment is: steps that weigh what they take, so that the rest can be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics.comparison import Scene
from napari_fidelity.metrics.spec import METRICS

# Time of each part for a 2048² pair, in units of 20 ms, rounded up; what is not named takes one.
# Only the remaining time depends on them.
COSTS: Mapping[str, int] = {
    "background": 27,
    "nfm_floor": 19,
    "baselines": 57,
    "nfm": 15,
    "bfm": 10,
    "bfm_sigma": 51,
    "bfm_background": 3,
    "ssim": 12,
    "ncc": 3,
    "pcc": 11,
}
SHARED: Mapping[str, str] = {
    "background": "find the background",
    "nfm_floor": "halve the background",
    "baselines": "score the mask alone",
}


class AssessSteps:
    """Tells a `Progress` of each part before it begins; that is where Cancel works.

    Parameters
    ----------
    progress : Progress
        Who is told.
    n_planes, n_tests : int
        Planes measured by themselves, and images.
    keys : sequence of str
        Metrics of each image.
    """

    def __init__(
        self, progress: Progress, *, n_planes: int, n_tests: int, keys: Sequence[str]
    ) -> None:
        self._progress = progress
        self._done = 0
        each = sum(_cost(key) for key in SHARED) + n_tests * sum(_cost(key) for key in keys)
        self._total = n_planes * each

    def prepare(self, scene: Scene) -> None:
        """Compute what all images of a scene share, part by part."""
        for key, words in SHARED.items():
            self._tell(key, words)
            getattr(scene, key)

    def measure(self, name: str, key: str) -> None:
        """The metric `key` of the image called `name` begins."""
        self._tell(key, f"measure {name}: {METRICS[key].title}")

    def end(self) -> None:
        """Everything is measured."""
        self._progress(self._total, self._total, "measured")

    def _tell(self, key: str, words: str) -> None:
        self._progress(self._done, self._total, words)
        self._done += _cost(key)


def _cost(key: str) -> int:
    return COSTS.get(key, 1)
