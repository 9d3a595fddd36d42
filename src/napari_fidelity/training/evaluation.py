"""Whole validation images through the network as it is now, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.data.settings import Task
from napari_fidelity.inference.out_of_memory import is_out_of_memory
from napari_fidelity.metrics import measure
from napari_fidelity.training.apply_product import make_input
from napari_fidelity.training.baselines import KEYS, average_scores, score_mask
from napari_fidelity.training.examples import LARGEST_PX, Example
from napari_fidelity.training.method import Product, TrainingMethod
from napari_fidelity.training.seeding import VALIDATE, seed_step

SMALLEST_PX = 64  # not halved any more where memory runs out
THRESHOLD = 0.5
Floats = npt.NDArray[np.float32]
Scores = dict[str, float]


@dataclass
class Evaluation:
    """What one validation found.

    Parameters
    ----------
    values : dict
        Means over the validation images, keyed "val_…".
    scores : dict of str to dict
        Of each image that is previewed, keyed without "val_".
    images : dict of str to ndarray (*S)
        The network's results for them, in the targets' own units.
    """

    values: Scores
    scores: dict[str, Scores] = field(default_factory=dict)
    images: dict[str, Floats] = field(default_factory=dict)


class Evaluator:
    """The validation of a run: its images, cut to a size that is quickly computed.

    Parameters
    ----------
    examples : sequence of Example
        Fixed for the run.
    task : str
    previews : int
        So many of them, spread over the list, are kept as images.
    seed : int
        Keys the noise that generators take.
    device : torch.device
    """

    def __init__(
        self,
        examples: Sequence[Example],
        task: Task,
        *,
        previews: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.examples = [crop_centre(example) for example in examples]
        self._task, self._seed, self._device = task, seed, device
        self._shown = choose_spread(len(self.examples), previews)
        self._untouched: Scores | None = None

    @property
    def shown(self) -> list[Example]:
        """The examples of which previews are kept."""
        return [self.examples[number] for number in self._shown]

    def evaluate(self, method: TrainingMethod, count: int | None = None) -> Evaluation:
        """Score the network on all images, or the first `count`.

        The networks' modes are afterwards as before; random state is not, every step sets its own.
        """
        rows: list[Scores] = []
        found = Evaluation({})
        with resting(method), torch.no_grad():
            seed_step(self._seed, VALIDATE)
            product = method.make_product()
            for number in range(len(self.examples[:count])):
                result, scores = self._examine(method, product, number)
                example = self.examples[number]
                rows.append(scores)
                if number in self._shown:
                    found.scores[example.name] = scores
                    found.images[example.name] = to_own_units(example, result, self._task)
        if rows:
            keys = dict.fromkeys(key for row in rows for key in row)
            filled = [{key: row.get(key, float("nan")) for key in keys} for row in rows]
            found.values = {f"val_{key}": value for key, value in average_scores(filled).items()}
        found.values |= self._score_untouched()
        return found

    def _examine(
        self, method: TrainingMethod, product: Product, number: int
    ) -> tuple[Floats, Scores]:
        """Result and scores of an example; of a smaller part of it where memory runs out."""
        while True:
            example = self.examples[number]
            try:
                with torch.inference_mode():
                    result = self._predict(product, example)
                    return result, self._score(method, product, example, result)
            except (RuntimeError, MemoryError) as error:
                sides = example.inputs.shape[1:]
                if not is_out_of_memory(error) or max(sides) <= SMALLEST_PX:
                    raise
            smaller = [max(side // 2, min(side, SMALLEST_PX)) for side in sides]
            self.examples[number] = crop_centre(example, smaller)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _predict(self, product: Product, example: Example) -> Floats:
        """The network's result (*S), scaled: the image, the mean, or the probability."""
        network = product.network
        inputs = make_input(network, example.inputs, seed=self._seed)
        output = network(inputs.to(self._device))[0, 0].float().cpu().numpy()
        inside = tuple(slice(0, size) for size in example.inputs.shape[1:])
        return np.ascontiguousarray(output[inside])

    def _score(
        self, method: TrainingMethod, product: Product, example: Example, result: Floats
    ) -> Scores:
        multiple = product.network.size_multiple
        both = (self._pad(array, multiple) for array in (example.inputs, example.targets))
        scores = measure_result(result, example, self._task) if example.paired else {}
        return {**scores, **method.validate(*both)}

    def _pad(self, array: Floats, multiple: int) -> Tensor:
        sides = [(0, -size % multiple) for size in array.shape[1:]]
        padded = np.pad(array, [(0, 0), *sides], mode="reflect")
        return torch.from_numpy(np.ascontiguousarray(padded))[None].to(self._device)

    def _score_untouched(self) -> Scores:
        """What the inputs themselves score, where they could be the result."""
        if self._untouched is None:
            rows = [
                measure_result(example.inputs[0], example, self._task)
                for example in self.examples
                if self._task == "restoration" and example.paired
                if example.inputs.shape == example.targets.shape
            ]
            means = average_scores(rows) if rows else {}
            self._untouched = {f"val_input_{key}": value for key, value in means.items()}
        return self._untouched


def measure_result(result: Floats, example: Example, task: Task) -> Scores:
    """The task's metrics of a result (*S), scaled, against the example's first target channel.

    Images are compared in the target's own units for synthesis, where the level of the camera
    counts, and in scaled units for restoration.
    """
    if task == "segmentation":
        return score_mask(result > THRESHOLD, example.targets[0] > THRESHOLD)
    target = example.targets[0]
    if task == "synthesis":
        result, target = (_undo(example, array) for array in (result, target))
    if not np.isfinite(result).all():
        return dict.fromkeys(KEYS[task], float("nan"))
    found = measure(KEYS[task], test=result, reference=target, mask=example.mask)
    return {score.key: score.value for score in found}


def to_own_units(example: Example, result: Floats, task: Task) -> Floats:
    """A result as it is shown: probabilities as they are, intensities in the target's units."""
    return result if task == "segmentation" else _undo(example, result)


def crop_centre(example: Example, most: Sequence[int] | None = None) -> Example:
    """The middle of a large example: at most `most`, else 512² pixels or 64×256² voxels."""
    shape = example.inputs.shape[1:]
    sizes = [min(pair) for pair in zip(shape, most or LARGEST_PX[len(shape)], strict=True)]
    if tuple(sizes) == shape:
        return example
    box = tuple(
        slice((whole - size) // 2, (whole - size) // 2 + size)
        for whole, size in zip(shape, sizes, strict=True)
    )
    return replace(
        example,
        inputs=example.inputs[(slice(None), *box)],
        targets=example.targets[(slice(None), *box)],
        mask=None if example.mask is None else example.mask[box],
    )


def choose_spread(count: int, shown: int) -> list[int]:
    """The places of `shown` of `count` things at equal distances, the first one included.

    Examples
    --------
    >>> choose_spread(10, 3)
    [0, 3, 6]
    """
    shown = min(count, shown)
    return [number * count // shown for number in range(shown)]


@contextmanager
def resting(method: TrainingMethod) -> Iterator[None]:
    """Networks in evaluation mode; afterwards each module is in its own mode again."""
    modules = [module for network in method.networks.values() for module in network.modules()]
    modes = [module.training for module in modules]
    for network in method.networks.values():
        network.eval()
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def _undo(example: Example, array: Floats) -> Floats:
    return np.asarray(example.target_scaling.undo(array), np.float32)
