"""A training set with known truth: every clean image degraded several times."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import write_image
from napari_fidelity.operations.degrade import DegradeParams, degrade_pair
from napari_fidelity.operations.file_tasks import Failure, Task, run_tasks
from napari_fidelity.operations.mixed_seed import mix_seed
from napari_fidelity.operations.open_image import open_image
from napari_fidelity.operations.recipe import Recipe, RecipeStep
from napari_fidelity.operations.result_folder import (
    SUFFIX,
    check_inputs,
    name_outputs,
    prepare_folder,
    write_failures,
    write_rows,
)
from napari_fidelity.operations.source_record import point_to_file

INPUTS, TARGETS = "inputs", "targets"
MANIFEST_FILE = "manifest.csv"
TRAIN, VALIDATION, TEST = "train", "validation", "test"


class PairsParams(Params):
    """Settings of `make_pairs`."""

    degrade: DegradeParams = Field(
        DegradeParams(), title="Degradation", description="Pipeline, seed and pixel size"
    )
    copies: int = Field(
        3, ge=1, le=1000, title="Copies", description="Degraded images of each clean one"
    )
    validation_share: float = Field(
        0.15, ge=0, le=0.9, title="Validation", description="Share of the clean images"
    )
    test_share: float = Field(
        0.15, ge=0, le=0.9, title="Test", description="Share of the clean images"
    )
    resume: bool = Field(False, title="Resume", description="Go on with a set that was interrupted")
    workers: int | None = Field(
        None,
        ge=1,
        le=1024,
        title="Workers",
        description="Images at a time; default: one for each core of the processor",
    )


@dataclass(frozen=True)
class Pair:
    """A row of the manifest: both files are called `name`, one in inputs/, one in targets/."""

    name: str
    original: str
    copy: int
    seed: int
    split: str


@dataclass(frozen=True)
class PairsOutcome:
    """The pairs that are in the folder now, and the originals that failed."""

    pairs: tuple[Pair, ...]
    failures: tuple[Failure, ...]


def make_pairs(
    files: Sequence[str | Path],
    folder: str | Path,
    params: PairsParams | None = None,
    progress: Progress | None = None,
) -> PairsOutcome:
    """Write degraded `inputs/` and clean `targets/` of equal names, and a manifest.

    The target of a pair is its clean image after the pipeline's preparation. Copies of one
    image differ in their seeds; all of them are in the same split, so that nothing that a
    network is tested on was seen in training.

    Parameters
    ----------
    files : sequence of path
        Clean images.
    folder : path
        Where the set goes; it is made if need be.
    params : PairsParams, optional
        Settings; default: the field defaults.
    progress : Progress, optional
        Called for every pair.

    Raises
    ------
    UserError
        No files, one that lies in the folder, shares that leave nothing to train on, or a folder
        that holds another set.
    Cancelled
        Asked for through `progress`; pairs that were written stay.
    """
    params, progress = params or PairsParams(), progress or Progress()
    folder = Path(folder)
    pairs = plan_pairs(check_inputs(files, folder), params)
    outputs = [folder / INPUTS / pair.name for pair in pairs]
    step = RecipeStep(operation="degrade", params=params.degrade.model_dump(mode="json"))
    settings = Recipe(steps=(step,)).to_yaml()
    prepare_folder(folder, settings, outputs, resume=params.resume)
    manifest = folder / MANIFEST_FILE
    manifest.unlink(missing_ok=True)
    todo = [
        Task(f"{pair.original} (copy {pair.copy})", (pair, params.degrade, str(folder)))
        for pair in pairs
        if not all((folder / part / pair.name).exists() for part in (INPUTS, TARGETS))
    ]
    failures = run_tasks(_write_pair, todo, workers=params.workers, progress=progress)
    failed = {failure.name for failure in failures}
    lost = {task.content[0].name for task in todo if task.name in failed}
    made = tuple(pair for pair in pairs if pair.name not in lost)
    write_rows(manifest, [field.name for field in fields(Pair)], map(astuple, made))
    write_failures(folder, failures)
    return PairsOutcome(made, tuple(failures))


def plan_pairs(paths: Sequence[Path], params: PairsParams) -> list[Pair]:
    """The pairs that a set will hold, original by original."""
    names = name_outputs(paths)
    splits = split_originals(names, params)
    return [
        Pair(
            name=f"{name.removesuffix(SUFFIX)}_{copy}{SUFFIX}",
            original=str(path),
            copy=copy,
            seed=mix_seed(params.degrade.seed, name, copy),
            split=splits[name],
        )
        for path, name in zip(paths, names, strict=True)
        for copy in range(1, params.copies + 1)
    ]


def split_originals(names: Sequence[str], params: PairsParams) -> dict[str, str]:
    """Which split each clean image belongs to, in an order drawn from the seed.

    Raises
    ------
    UserError
        Nothing is left to train on.

    Examples
    --------
    >>> splits = split_originals(["a", "b", "c", "d"], PairsParams(test_share=0.25))
    >>> sorted(splits.values())
    ['test', 'train', 'train', 'validation']
    """

    def draw(name: str) -> bytes:
        return hashlib.sha256(f"split/{params.degrade.seed}/{name}".encode()).digest()

    shares = {VALIDATION: params.validation_share, TEST: params.test_share}
    # a share that is asked for gets one image at least, where there are enough
    counts = {split: max(round(share * len(names)), share > 0) for split, share in shares.items()}
    if len(names) < 1 + sum(share > 0 for share in shares.values()):
        counts = dict.fromkeys(shares, 0)
    if sum(counts.values()) >= len(names):
        raise UserError(
            f"{params.validation_share:g} for validation and {params.test_share:g} for the test "
            f"leave none of {len(names)} images to train on: give smaller shares."
        )
    labels = [split for split, count in counts.items() for _ in range(count)]
    drawn = sorted(names, key=draw)
    labels += [TRAIN] * (len(names) - len(labels))
    return dict(zip(drawn, labels, strict=True))


def _write_pair(content: tuple[Pair, DegradeParams, str], progress: Progress) -> None:
    pair, params, folder = content
    own = params.model_copy(update={"seed": pair.seed})
    target, degraded = degrade_pair(open_image(pair.original), own, progress)
    for part, image in ((TARGETS, target), (INPUTS, degraded)):
        place = Path(folder) / part / pair.name
        place.parent.mkdir(parents=True, exist_ok=True)
        write_image(place, point_to_file(image, pair.original))
