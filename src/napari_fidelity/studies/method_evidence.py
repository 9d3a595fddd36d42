"""What trained methods reached beside what needs no training: a page made from run folders."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.metrics import METRICS
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.models.store import RUN_PACKAGE, read_manifest
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import RunStatus

Scores = Mapping[str, float]
FIGURE = "validation.png"
HIGHER = ("iou", "dice")  # the other measures are in the catalog
TITLES = {"iou": "IoU", "dice": "Dice"}
NONE = "–"


@dataclass(frozen=True, eq=False)
class MethodEvidence:
    """A run with the scores of its network and of the baselines, on its validation images.

    Parameters
    ----------
    folder : Path
        Of the run.
    manifest : Manifest
        Of its package.
    status : RunStatus
    images, groups : (int, int)
        Of training, of validation.
    scored : int
        Validation images that the figures are of.
    baselines : mapping of str to mapping
    """

    folder: Path
    manifest: Manifest
    status: RunStatus
    images: tuple[int, int]
    groups: tuple[int, int]
    scored: int
    baselines: Mapping[str, Scores]


def gather_evidence(folder: Path) -> MethodEvidence:
    """The evidence that a finished run holds; its baselines are measured again.

    Raises
    ------
    UserError
        There is no run or no package, or its images are not there any more.
    """
    from napari_fidelity.training.baselines import measure_baselines
    from napari_fidelity.training.training_data import open_data

    run = RunFolder.open(folder)
    config = run.read_config()
    spec = config.spec
    data = open_data(
        config.data,
        tasks=spec.tasks,
        paired=spec.paired,
        patch_px=spec.default_patch_px,
        seed=config.run.seed,
    )
    groups = data.describe()["groups"]
    examples = data.list_validation(config.run.validation_images)
    return MethodEvidence(
        folder=folder,
        manifest=read_manifest(run.package),
        status=run.read_status(),
        images=(len(data.train_names), len(data.validation_names)),
        groups=(len(groups["train"]), len(groups["validation"])),
        scored=len(examples),
        baselines=measure_baselines(data.task, examples),
    )


def write_evidence(
    target: Path, runs: Sequence[Path], commands: Mapping[str, str] | None = None
) -> Path:
    """The page for a set of runs, with their figures in a folder of the page's name beside it.

    Parameters
    ----------
    target : Path
        The Markdown file.
    runs : sequence of Path
        Finished runs, in the order of the page.
    commands : mapping of str to str, optional
        By the name of a run's folder: how it is made again; default: `train` with its own
        settings.
    """
    found = [gather_evidence(run) for run in runs]
    figures = target.with_suffix("")
    figures.mkdir(parents=True, exist_ok=True)
    parts = [
        "Scores on validation groups, beside what needs no training, on the same images. Bold: "
        "better than every baseline. SFM of a generated image must beat that of a mask alone "
        "before it says anything about structure.",
        format_summary(found),
    ]
    for each in found:
        picture = each.folder / RUN_PACKAGE / FIGURE
        if picture.is_file():
            with write_atomically(figures / f"{each.folder.name}.png") as path:
                shutil.copyfile(picture, path)
        command = (commands or {}).get(each.folder.name)
        parts.append(format_run(each, command, figures.name if picture.is_file() else None))
    with write_atomically(target) as path:
        path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return target


def format_summary(found: Sequence[MethodEvidence]) -> str:
    """A line a run: time, and which measures beat every baseline."""
    lines = [
        "| training | steps | minutes | beats every baseline in | does not in |",
        "|---|---|---|---|---|",
    ]
    for each in found:
        keys = list_keys(each)
        better = [key for key in keys if beats_all(each, key)]
        rest = [key for key in keys if key not in better]
        cells = [", ".join(map(spell_key, part)) or NONE for part in (better, rest)]
        lines.append(
            f"| {each.manifest.title} | {each.status.step} | {each.status.seconds / 60:.1f} | "
            f"{cells[0]} | {cells[1]} |"
        )
    return "\n".join(lines)


def format_run(each: MethodEvidence, command: str | None, figures: str | None) -> str:
    """A section: what it was trained on, how long, its scores, its figure, its command."""
    manifest, keys = each.manifest, list_keys(each)
    (train, validation), (groups, others) = each.images, each.groups
    about = (
        f"{manifest.training.method}. {train} training images of {groups} groups, {validation} of "
        f"{others} other groups for validation, {each.scored} of them scored; "
        f"{each.status.step} steps in {each.status.seconds / 60:.1f} minutes."
    )
    lines = [
        f"| | {' | '.join(map(spell_key, keys))} |",
        "|---|" + "---|" * len(keys),
    ]
    cells = [
        f"**{_spell(manifest.figures[key])}**"
        if beats_all(each, key)
        else _spell(manifest.figures[key])
        for key in keys
    ]
    lines.append(f"| this network | {' | '.join(cells)} |")
    for name, scores in each.baselines.items():
        values = [_spell(scores.get(key, math.nan)) for key in keys]
        lines.append(f"| *{name}* | {' | '.join(values)} |")
    said = command or f"napari-fidelity train {each.folder.name}.yaml --out {each.folder.name}"
    parts = [f"## {manifest.title}", about, f"```console\n$ {said}\n```", "\n".join(lines)]
    if figures:
        parts.append(f"![Validation images of {manifest.title}]({figures}/{each.folder.name}.png)")
    return "\n\n".join(parts)


def list_keys(each: MethodEvidence) -> list[str]:
    """The measures that network and baselines share."""
    known = [key for scores in each.baselines.values() for key in scores]
    return [key for key in dict.fromkeys(known) if key in each.manifest.figures]


def beats_all(each: MethodEvidence, key: str) -> bool:
    """Whether the network is better than every baseline for which the measure is defined."""
    ours = find_cost(key, each.manifest.figures[key])
    others = [find_cost(key, scores.get(key, math.nan)) for scores in each.baselines.values()]
    return all(ours < cost for cost in others if not math.isnan(cost))


def find_cost(key: str, value: float) -> float:
    """How bad a value is; NaN where it is not defined.

    Examples
    --------
    >>> find_cost("psnr", 30.0), find_cost("nfm", 0.2), find_cost("bfm_sigma", 1.0)
    (-30.0, 0.2, 0.0)
    """
    better = "higher" if key in HIGHER else METRICS[key].better
    if better == "one":
        return abs(math.log(value)) if value > 0 else math.nan
    return -value if better == "higher" else value


def spell_key(key: str) -> str:
    """A measure's name for people."""
    return TITLES.get(key) or METRICS[key].title


def _spell(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:.3g}" if value >= 10 else f"{value:.3f}"
