"""What a run will take and what is odd about its images, told before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.amount_text import spell_bytes, spell_time
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.split import TRAIN, VALIDATION
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.contact_sheet import draw_contact_sheet
from napari_fidelity.training.data_warnings import list_warnings
from napari_fidelity.training.disk_room import check_disk, count_disk_bytes, count_steps
from napari_fidelity.training.patch_sampler import group_fields
from napari_fidelity.training.training_data import TrainingData, open_data

if TYPE_CHECKING:
    from napari_fidelity.training.trial import Trial

TEXT_FILE, SHEET_FILE = "preflight.txt", "contact_sheet.png"
SHOWN_SHAPES = 4


@dataclass(frozen=True)
class Preflight:
    """What was found; everything in it can be told before a run.

    Parameters
    ----------
    method, task : str
    counts, groups : mapping
        Images and groups by split.
    shapes : mapping
        Number of images by shape.
    ranges : mapping
        Of inputs and targets: low, high, dtype, mask.
    patch_px : tuple of int
    batch, steps, parameters : int
    memory_bytes : int
        For the images in memory, and for the networks and a batch on the device.
    free_bytes : int
        On the device.
    device : str
    seconds_per_step, expected_seconds : float
    is_scaled : bool
        Whether the time of a step was told from smaller batches.
    disk_bytes : int
        That the run folder will need.
    free_disk_bytes : int, optional
        Where it is to be.
    warnings : tuple of str
    """

    method: str
    task: str
    counts: Mapping[str, int]
    groups: Mapping[str, int]
    shapes: Mapping[str, int]
    ranges: Mapping[str, Mapping[str, Any]]  # Any: JSON
    patch_px: tuple[int, ...]
    batch: int
    steps: int
    parameters: int
    memory_bytes: int
    free_bytes: int
    device: str
    seconds_per_step: float
    expected_seconds: float
    is_scaled: bool
    disk_bytes: int
    free_disk_bytes: int | None
    warnings: tuple[str, ...]

    def to_text(self) -> str:
        """A report for a person."""
        lines = [
            f"{self.method}: {self.task}",
            f"Images:    {self.counts[TRAIN]} to train on ({self.groups[TRAIN]} independent), "
            f"{self.counts[VALIDATION]} for validation ({self.groups[VALIDATION]} independent)",
            f"Shapes:    {_spell_shapes(self.shapes)}",
            *(_spell_range(side, found) for side, found in self.ranges.items()),
            f"Patches:   {spell_shape(self.patch_px)} px, {self.batch} a step, {self.steps} steps",
            f"Networks:  {self.parameters / 1e6:.2f} million parameters, on {self.device}",
            f"Memory:    about {spell_bytes(self.memory_bytes)}, "
            f"{spell_bytes(self.free_bytes)} are free",
            f"Time:      {'about ' * self.is_scaled}{self.seconds_per_step:.3g} s a step, "
            f"{spell_time(self.expected_seconds)} in all, without validation",
            f"Disk:      about {spell_bytes(self.disk_bytes)}"
            + (f", {spell_bytes(self.free_disk_bytes)} are free" if self.free_disk_bytes else ""),
        ]
        lines += [f"Note:      {sentence}" for sentence in self.warnings]
        return "\n".join(lines)


def check_training(
    config: TrainConfig, folder: Path | None = None, progress: Progress | None = None
) -> Preflight:
    """Open the data, try a few steps, and tell what a run will take.

    Parameters
    ----------
    config : TrainConfig
    folder : Path, optional
        Where the run is to be: `preflight.txt` and `contact_sheet.png` are written there, and
        the disk must have room.
    progress : Progress, optional
        Called for every file.

    Raises
    ------
    UserError
        Anything that would stop the run: data that cannot be used, a patch that does not fit the
        network, a disk without room.
    """
    data = open_config_data(config, progress)
    return check_opened(config, data, folder)


def open_config_data(config: TrainConfig, progress: Progress | None = None) -> TrainingData:
    """The data of a run.

    Raises
    ------
    UserError
        Something is wrong with the images, or their scaling suits no generator.
    """
    spec = config.spec
    data = open_data(
        config.data,
        tasks=spec.tasks,
        paired=spec.paired,
        patch_px=spec.default_patch_px,
        seed=config.run.seed,
        progress=progress,
    )
    scaling = config.data.target_scaling.kind
    if data.task == "synthesis" and scaling == "mean-sd" and config.data.target_range is None:
        raise UserError("Images of masks are made from 0 up: scale the targets by percentile.")
    return data


def check_opened(config: TrainConfig, data: TrainingData, folder: Path | None = None) -> Preflight:
    """As `check_training`, of data that are open already."""
    # tensors are heavy to load: only a check needs them
    from napari_fidelity.training.trial import try_steps

    trial = try_steps(config, data)
    steps = count_steps(config, max(trial.seconds_per_step, trial.draw_seconds))
    disk_bytes, free = count_disk_bytes(config, data, trial.parameters, steps), None
    if folder is not None:
        free = check_disk(disk_bytes, folder)
    found = _summarise(config, data, trial, disk_bytes, free)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with write_atomically(folder / TEXT_FILE) as temporary:
            temporary.write_text(found.to_text() + "\n", encoding="utf-8")
        draw_contact_sheet(data, folder / SHEET_FILE)
    return found


def _summarise(
    config: TrainConfig, data: TrainingData, trial: Trial, disk_bytes: int, free: int | None
) -> Preflight:
    memory, room = trial.memory_bytes + data.pixel_bytes, _count_free(trial.device)
    seconds = max(trial.seconds_per_step, trial.draw_seconds)
    expected = seconds * config.steps
    if config.run.max_minutes is not None:
        expected = min(expected, 60 * config.run.max_minutes)
    return Preflight(
        method=config.spec.title,
        task=data.task,
        counts={split: len(found) for split, found in data.fields.items()},
        groups={split: len(group_fields(found)) for split, found in data.fields.items()},
        shapes=Counter(spell_shape(f.shape) for side in data.fields.values() for f in side),
        ranges=data.describe()["ranges"],
        patch_px=data.patch_px,
        batch=config.batch,
        steps=config.steps,
        parameters=trial.parameters,
        memory_bytes=memory,
        free_bytes=room,
        device=trial.device,
        seconds_per_step=seconds,
        expected_seconds=expected,
        is_scaled=trial.is_scaled,
        disk_bytes=disk_bytes,
        free_disk_bytes=free,
        warnings=(*list_warnings(data), *_warn_trial(trial, room)),
    )


def _warn_trial(trial: Trial, room: int) -> list[str]:
    found = []
    if trial.memory_bytes > room:
        found.append(
            f"A batch needs about {spell_bytes(trial.memory_bytes)} of memory, "
            f"{spell_bytes(room)} are free: it will be computed in parts."
        )
    if trial.draw_seconds > 1.5 * trial.seconds_per_step:
        found.append(
            f"Drawing a batch takes {trial.draw_seconds:.2g} s, a step {trial.seconds_per_step:.2g}"
            " s: reading the images will set the pace."
        )
    return found


def _count_free(device: str) -> int:
    import torch

    from napari_fidelity.inference.working_memory import count_free_bytes

    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    return count_free_bytes()


def _spell_shapes(shapes: Mapping[str, int]) -> str:
    most = sorted(shapes.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{shape} ({count})" for shape, count in most[:SHOWN_SHAPES])
    rest = len(most) - SHOWN_SHAPES
    return f"{shown} and {rest} others" if rest > 0 else shown


def _spell_range(side: str, found: Mapping[str, Any]) -> str:  # Any: JSON
    kind = "masks, labels" if found["mask"] else "from"
    values = f"{found['low']:g} to {found['high']:g} ({found['dtype']})"
    return f"{side.capitalize() + ':':10} {kind} {values}"
