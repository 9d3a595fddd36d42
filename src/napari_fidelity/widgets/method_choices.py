"""What a restoration can be done with: the classical methods, and trained models that are here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.models import Manifest, card_text, find_model, list_packages, read_manifest
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.restoration.learned import LearnedSettings
from napari_fidelity.restoration.spec import MethodSpec, RestorationSettings

TASK = "restoration"
LEARNED_FIELDS = ("flips",)


@dataclass(frozen=True)
class MethodChoice:
    """An entry of the list of methods.

    Parameters
    ----------
    key : str
        Of the method; of a model its key or folder.
    title, description, fails : str
        Its name, what it does, and when it fails.
    settings : RestorationSettings
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
    settings: RestorationSettings
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


def describe_learned(model: str, manifest: Manifest, *, title: str = "") -> MethodChoice:
    """The entry of a trained model, known by its key or folder."""
    training = manifest.training
    return MethodChoice(
        key=model,
        title=title or manifest.title,
        description=f"{manifest.description.rstrip('.')}.",
        fails=(
            f"it was trained on {training.data}; other structures, exposures or pixel sizes may "
            "come out convincing and wrong."
        ),
        settings=LearnedSettings(model=model),
        fields=LEARNED_FIELDS,
        states_spread=manifest.use.output == "mean-scale",
        tells=read_first_words(model) or manifest.description,
    )


def list_choices(chosen: Sequence[Path] = ()) -> list[MethodChoice]:
    """The classical methods, then the trained models; `chosen` are folders of further models."""
    found = dict(list_packages(TASK))
    for folder in chosen:
        with suppress(UserError):  # gone or changed meanwhile
            found.setdefault(str(folder), read_manifest(folder))
    counts = Counter(manifest.title for manifest in found.values())
    learned = [
        describe_learned(
            model, manifest, title=manifest.title if counts[manifest.title] == 1
            else f"{manifest.title} ({name_place(find_model(model))})",
        )
        for model, manifest in found.items()
    ]  # fmt: skip
    return [*map(describe_method, METHODS.values()), *learned]


def check_chosen(folder: str | Path) -> Path:
    """The package in a folder that a person chose.

    Raises
    ------
    UserError
        It is no model package, or one for something else.
    """
    place = find_model(Path(folder).absolute())
    manifest = read_manifest(place)
    if manifest.task != TASK:
        raise UserError(f"{manifest.title} is a model for {manifest.task}, not for {TASK}.")
    return place


def name_place(folder: Path) -> str:
    """What tells two models of one name apart: the folder of the run, or of the model.

    Examples
    --------
    >>> name_place(Path("/data/run-3/model")), name_place(Path("/data/my-model"))
    ('run-3', 'my-model')
    """
    return folder.parent.name if folder.name == "model" else folder.name


def read_first_words(model: str) -> str:
    """The first paragraph of a model's card; empty where there is none."""
    parts = [part for part in card_text(model).split("\n\n") if not part.startswith("#")]
    return parts[0].replace("\n", " ").strip() if parts else ""
