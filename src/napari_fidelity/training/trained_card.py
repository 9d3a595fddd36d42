"""The model card of a trained network: what it is, on what, how good beside what is trivial."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.amount_text import spell_time
from napari_fidelity.models.manifest import Manifest
from napari_fidelity.training.baselines import KEYS, Scores
from napari_fidelity.training.curves_figure import CURVES_FILE

if TYPE_CHECKING:
    from napari_fidelity.training.config import TrainConfig

FIGURE_FILE = "validation.png"
TOLD = ("step", "seconds")  # facts that have a row of their own
_DOES = {
    "synthesis": "Makes a fluorescence image of a mask. Outlines come from the mask, everything "
    "else is invented in the manner of the training images.",
    "restoration": "Restores images like those that it was trained on. What it adds is what was "
    "likely in the training images; it need not be in the specimen.",
    "segmentation": "Says for each pixel how probable foreground is; from the threshold on it "
    "counts as foreground.",
}
_LIMITS = {
    "synthesis": "Use it to train and test analysis, not as evidence of what structures look "
    "like. Masks of other objects or another pixel size give images that look right and are not.",
    "restoration": "Images of other structures, another microscope, another exposure or a pixel "
    "size more than twice away from that of the training may come out smooth, convincing and "
    "wrong: compare with the input, and measure on pairs of your own where you have some.",
    "segmentation": "Other stains, magnifications or exposures than those of the training need a "
    "check by eye, and a few masks of your own to measure on.",
}
_ROWS = {
    "synthesis": "Random fill draws from the pixels of the real image inside the mask; it, and "
    "what the outline alone predicts, have the brightness of the real image given.",
    "restoration": "The Gaussian is the best of seven for these very images, by PSNR.",
    "segmentation": "Otsu's threshold is found for each image by itself.",
}
_PANELS = {
    "synthesis": "mask, result, real image",
    "restoration": "input, result, target",
    "segmentation": "image, probability, mask",
}


@dataclass(frozen=True, eq=False)
class CardFacts:
    """What a card is written from.

    Parameters
    ----------
    manifest : Manifest
        Of the package.
    config : TrainConfig
        The settings of the run.
    parameters, reach_px : int
        Trained values of the network, and how far it looks.
    train_images, validation_images, scored_images, groups : int
        Images trained on and left out; of these, those that were scored, and their groups.
    paired : bool
        Whether the scored images have targets of their own.
    baselines : mapping
        What `measure_baselines` gave.
    facts : mapping
        JSON values of the run: "step", "seconds", and what the method says.
    """

    manifest: Manifest
    config: TrainConfig
    parameters: int
    reach_px: int
    train_images: int
    validation_images: int
    scored_images: int
    groups: int
    paired: bool
    baselines: Mapping[str, Scores]
    facts: Mapping[str, Any]  # Any: JSON


def write_card(card: CardFacts, pictures: Collection[str] = (FIGURE_FILE,)) -> str:
    """The card, Markdown, with those pictures that there are."""
    manifest = card.manifest
    task = manifest.task
    parts = [
        f"# {manifest.title}",
        describe_form(card),
        f"**What it does.** {_DOES[task]}",
        f"**Known limits.** {_LIMITS[task]}",
        _table_of_facts(card),
        f"## Measured on {card.scored_images} validation images of {card.groups} groups",
        _measured(card),
        f"![{_PANELS[task]}]({FIGURE_FILE})",
        f"Validation images that nobody chose, the first ones: {_PANELS[task]}"
        f"{_extra_panel(manifest)}.",
        "The best checkpoint was chosen by these very images: the figures are those of a "
        "validation set, not of an untouched test set.",
    ]
    if CURVES_FILE in pictures:
        parts.append(f"![curves of the training]({CURVES_FILE})")
    return "\n\n".join(parts) + "\n"


def describe_form(card: CardFacts) -> str:
    """One sentence: the form of the publication, or how it differs; with its size."""
    spec, method = card.config.spec, card.config.method
    stated = type(method)(kind=method.kind).model_dump(mode="json")
    chosen = {
        name: value
        for name, value in method.model_dump(mode="json").items()
        if name != "kind" and value != stated.get(name)
    }
    is_ours = spec.source.startswith("ours")
    size = f"{_spell_count(card.parameters)} parameters, reach {card.reach_px} px"
    if not chosen and is_ours:
        return f"{spec.title} with its own settings ({spec.source}); {size}."
    if not chosen:
        return f"{spec.title} with the settings of the publication ({spec.source}); {size}."
    words = ", ".join(
        f"{name.replace('_', ' ')} {_spell(value)} instead of {_spell(stated.get(name))}"
        for name, value in chosen.items()
    )
    form = (
        f"not with its own settings ({spec.source})"
        if is_ours
        else f"not the form of {spec.source}"
    )
    return f"A variant of {spec.title}, {form}: {words}; {size}."


def _table_of_facts(card: CardFacts) -> str:
    manifest, config = card.manifest, card.config
    training = manifest.training
    seconds = card.facts.get("seconds")
    rows = {
        "Method": training.method,
        "Data": f"{training.data} ({training.data_licence})",
        "Citation": training.citation or "none stated",
        "Split": f"by group: {card.train_images} images to train on, {card.validation_images} "
        "left out",
        "Steps": f"{card.facts.get('step', config.steps)} of {config.steps}, batch {config.batch}, "
        f"patches of {_spell_patch(card)}, seed {config.run.seed}",
        "Training time": "not recorded" if seconds is None else spell_time(float(seconds)),
        "Pixel size": _spell_pixels(manifest),
        "Weights": f"{manifest.licence}, version {manifest.version}",
    }
    told = {key.replace("_", " ").capitalize(): value for key, value in card.facts.items()
            if key not in TOLD and value is not None}  # fmt: skip
    lines = [f"| {key} | {_spell(value)} |" for key, value in (rows | told).items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def _measured(card: CardFacts) -> str:
    """A table of the network's scores with those of the baselines below."""
    figures = card.manifest.figures
    keys = [key for key in KEYS[card.manifest.task] if key in figures]
    others = {
        key: value
        for key, value in figures.items()
        if key not in keys and not key.startswith("input_")
    }
    lines = []
    if keys:
        lines += [f"| | {' | '.join(keys)} |", "|---" * (len(keys) + 1) + "|"]
        rows = {"this network": figures, **card.baselines}
        for name, scores in rows.items():
            cells = [_spell_score(scores.get(key, float("nan"))) for key in keys]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines += ["", _ROWS[card.manifest.task]] if card.baselines else []
    told = ", ".join(f"{key} {_spell_score(value)}" for key, value in others.items())
    parts = ["\n".join(lines)] if lines else []
    if told:
        parts.append(f"Also: {told}.")
    if not card.paired:
        parts.append(
            "Inputs and targets do not belong together: what compares an image with its own "
            "target is not known."
        )
    return "\n\n".join(parts) or "Nothing was measured."


def _extra_panel(manifest: Manifest) -> str:
    is_spread = manifest.prediction is not None and manifest.prediction.output == "mean-scale"
    return "; before the last the standard deviation that it states" if is_spread else ""


def _spell_pixels(manifest: Manifest) -> str:
    ends = None if manifest.prediction is None else manifest.prediction.pixel_size_um
    if ends is None:
        return "not known"
    return f"{ends[0]:g} to {ends[1]:g} µm" if ends[0] != ends[1] else f"{ends[0]:g} µm"


def _spell_patch(card: CardFacts) -> str:
    patch = card.manifest.use.patch_px or (card.config.data.patch_px,)
    sides = patch if patch != (None,) else (card.config.spec.default_patch_px,)
    return " × ".join(map(str, sides)) + " px"


def _spell_count(count: int) -> str:
    return f"{count / 1e6:.2f} M" if count >= 10_000 else str(count)


def _spell_score(value: float) -> str:
    return "–" if value != value else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def _spell(value: Any) -> str:  # Any: JSON
    if isinstance(value, Mapping):
        told = (f"{str(key).replace('_', ' ')} {_spell(entry)}" for key, entry in value.items())
        return ", ".join(told)
    if isinstance(value, list | tuple):
        return ", ".join(map(_spell, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")
