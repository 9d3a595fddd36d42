"""What an image can be worked on with: the classical methods, and trained models that are here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.models import Manifest, card_text, find_model, list_packages, read_manifest
from napari_fidelity.models.manifest import ModelTask
from napari_fidelity.models.store import RUN_PACKAGE
from napari_fidelity.operations.segment import USUAL_THRESHOLD, SegmentParams
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.restoration.learned import LearnedSettings
from napari_fidelity.restoration.spec import MethodSpec

LEARNED_FIELDS = ("flips",)
SEGMENT_FIELDS = ("threshold", "label_objects", "flips")
NO_SEGMENTATION = (
    "There is no model for segmentation yet. Train one: Plugins ▸ Fidelity ▸ Train. Or choose the "
    "folder of one above."
)


@dataclass(frozen=True)
class MethodChoice:
    """An entry of a list of methods and models.

    Parameters
    ----------
    key : str
        Of the method; of a model its key or folder.
    title, description, fails : str
        Its name, what it does, and when it fails.
    settings : Params
        What its form shows first.
    needs_psf, volumes : bool
        Whether there must be a PSF, and whether volumes are a question.
    fields : tuple of str, optional
        Settings that are shown. Default: all.
    states_spread : bool
        Whether it says how sure it is.
    tells : str
        More about it, for a tooltip.
    """

    key: str
    title: str
    description: str
    fails: str
    settings: Params
    needs_psf: bool = False
    volumes: bool = False
    fields: tuple[str, ...] | None = None
    states_spread: bool = False
    tells: str = ""

    @property
    def is_learned(self) -> bool:
        """Whether it is a trained model."""
        return isinstance(self.settings, LearnedSettings)


def describe_method(spec: MethodSpec) -> MethodChoice:
    """The entry of a classical method."""
    return MethodChoice(
        key=spec.key,
        title=spec.title,
        description=spec.description,
        fails=spec.fails,
        settings=spec.params(kind=spec.key),
        needs_psf=spec.needs_psf,
        volumes=spec.volumes,
        tells=spec.description,
    )


def describe_learned(model: str, manifest: Manifest, title: str) -> MethodChoice:
    """The entry of a trained model for restoration or segmentation, known by its key or folder."""
    training, use = manifest.training, manifest.use
    is_segmentation = manifest.task == "segmentation"
    threshold = USUAL_THRESHOLD if use.threshold is None else use.threshold
    return MethodChoice(
        key=model,
        title=title,
        description=f"{manifest.description.rstrip('.')}.",
        fails=(
            f"it was trained on {training.data}; other structures, exposures or pixel sizes may "
            "come out convincing and wrong."
        ),
        settings=(
            SegmentParams(model=model, threshold=threshold)
            if is_segmentation
            else LearnedSettings(model=model)
        ),
        fields=SEGMENT_FIELDS if is_segmentation else LEARNED_FIELDS,
        states_spread=use.output == "mean-scale",
        tells=read_first_words(model) or manifest.description,
    )


def list_learned(task: ModelTask, chosen: Sequence[Path] = ()) -> list[MethodChoice]:
    """The trained models for a task; `chosen` are folders of further ones."""
    found = dict(list_packages(task))
    for folder in chosen:
        with suppress(UserError):  # gone or changed meanwhile
            found.setdefault(str(folder), read_manifest(folder))
    counts = Counter(manifest.title for manifest in found.values())
    return [
        describe_learned(
            model, manifest, manifest.title if counts[manifest.title] == 1
            else f"{manifest.title} ({name_place(find_model(model))})",
        )
        for model, manifest in found.items()
    ]  # fmt: skip


def list_choices(chosen: Sequence[Path] = ()) -> list[MethodChoice]:
    """The classical methods of restoration, then the trained models for it."""
    return [*map(describe_method, METHODS.values()), *list_learned("restoration", chosen)]


def check_chosen(task: ModelTask, folder: str | Path) -> Path:
    """The package in a folder that a person chose.

    Raises
    ------
    UserError
        It is no model package, or one for something else.
    """
    place = find_model(Path(folder).absolute())
    manifest = read_manifest(place)
    if manifest.task != task:
        raise UserError(f"{manifest.title} is a model for {manifest.task}, not for {task}.")
    return place


def name_place(folder: Path) -> str:
    """What tells two models of one name apart: the folder of the run, or of the model.

    Examples
    --------
    >>> name_place(Path("/data/run-3/model")), name_place(Path("/data/my-model"))
    ('run-3', 'my-model')
    """
    return folder.parent.name if folder.name == RUN_PACKAGE else folder.name


def read_first_words(model: str) -> str:
    """The first paragraph of a model's card; empty where there is none."""
    parts = [part for part in card_text(model).split("\n\n") if not part.startswith("#")]
    return parts[0].replace("\n", " ").strip() if parts else ""


@dataclass(frozen=True)
class ChoiceSource:
    """What a list offers, and which folders of models may be added to it.

    Parameters
    ----------
    list_choices : callable
        The entries, those of the folders that were chosen among them.
    check_chosen : callable
        The package in a folder; a `UserError` where it is for something else.
    empty_words : str
        What is said where there is nothing to choose.
    """

    list_choices: Callable[[Sequence[Path]], list[MethodChoice]]
    check_chosen: Callable[[Path], Path]
    empty_words: str = ""


RESTORATION = ChoiceSource(list_choices, partial(check_chosen, "restoration"))
SEGMENTATION = ChoiceSource(
    partial(list_learned, "segmentation"), partial(check_chosen, "segmentation"), NO_SEGMENTATION
)
