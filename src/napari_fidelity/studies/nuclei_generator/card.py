"""The model card of the nuclei generator: data, settings, what was measured, where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_fidelity.models.manifest import Manifest
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.simulation.observation import Levels
from napari_fidelity.studies.nuclei_generator.contenders import (
    BARE,
    BEFORE,
    GENERATOR,
    KEYS,
    MASK_ONLY,
    RANDOM,
    Table,
    paired_interval,
)
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.methods.textured_pix2pix import TexturedSettings
from napari_fidelity.training.typical_response import TypicalResponse

HEADING = "## Intensities without a reference"
_TEMPLATE = Path(__file__).parent / "card.md"
_TARGETS = {"nfm": (0.0, 0.30), "bfm_sigma": (0.6, 1.6), "bfm_background": (0.6, 1.6)}
_SFM_LEAD = 0.03
_STACK_KEYS = ("sfm", "nfm", "bfm_sigma", "bfm_background")


@dataclass(frozen=True, eq=False)
class Measured:
    """What the card tells.

    Parameters
    ----------
    scores : mapping of str to ndarray
        Of each contender, shape (group, metric).
    stack : mapping of str to mapping
        Of each contender on the confocal stack; empty where there was none.
    planes : int
        Of the stack.
    trained, validated : int
        Images on either side of the split.
    """

    scores: Mapping[str, Table]
    stack: Mapping[str, Mapping[str, float]]
    planes: int
    trained: int
    validated: int


def write_card(
    manifest: Manifest,
    config: TrainConfig,
    network: TexturedUNet,
    measured: Measured,
    typical: TypicalResponse,
) -> str:
    """The card, Markdown."""
    method = config.method
    assert isinstance(method, TexturedSettings)
    regression = int(method.regression_share * config.steps)
    return _TEMPLATE.read_text(encoding="utf-8").format(
        **manifest.model_dump(include={"title", "licence", "version"}),
        **manifest.training.model_dump(include={"data", "data_licence", "citation"}),
        regression_steps=regression,
        adversarial_steps=config.steps - regression,
        batch=config.batch,
        patch_px=config.data.patch_px,
        seed=config.run.seed,
        sharper_share=method.sharper_share,
        sharper_sigma_px=method.sharper_sigma_px,
        texture_gain=network.params.texture_gain,
        max_sfm_loss=method.max_sfm_loss,
        parameters=f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.2f}",
        reach_px=network.receptive_field_px,
        trained=measured.trained,
        validated=measured.validated,
        groups=len(measured.scores[GENERATOR]),
        bare=BARE,
        score_table=_score_table(measured.scores),
        difference_table=_difference_table(measured.scores),
        verdict=_judge(measured.scores),
        planes=measured.planes,
        stack_table=_stack_table(measured.stack),
        response=describe_response(typical, manifest.levels),
    )


def describe_response(typical: TypicalResponse, levels: Levels) -> str:
    """The section that says what the response is and how it was measured."""
    ours = typical.response
    rows = [
        f"| {field.title or name} | {wanted:.2f} | {middle:.2f} | {low:.2f} to {high:.2f} |"
        for (name, field), wanted, low, middle, high in zip(
            Levels.model_fields.items(), levels.model_dump().values(), *typical.made, strict=True
        )
    ]
    return f"""{HEADING}

Where no reference is matched and no levels are stated, every mask is made with one response, that
of the training set. So each pixel depends on its neighbourhood alone: painting one object changes
no other, and live painting equals a full run. It is the median, coefficient by coefficient, over
one image from each of the {typical.groups} training groups, of the response that gives the image's
mask the median levels of the training set: exponent {ours.exponent:.3g}, gain {ours.gain:.3g}, \
haze gain {ours.haze_gain:.3g},
offset {ours.offset:.3g}, pixel noise {ours.pixel_sd:.3g} to {ours.foreground_noise_sd:.3g}, \
stray light {ours.field_sd:.3g} grey levels.

Levels of the images that it makes of the same masks:

| grey levels | training set, median | made, median | made, 5 % to 95 % |
|---|---|---|---|
{chr(10).join(rows)}

Four numbers of a reference move all of it to other intensities; a mask is then fitted as a \
whole."""


def _score_table(scores: Mapping[str, Table]) -> str:
    rows = ["| method | " + " | ".join(KEYS) + " |", "|---" * (len(KEYS) + 1) + "|"]
    for name, table in scores.items():
        cells = [_cell(key, table[:, column]) for column, key in enumerate(KEYS)]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cell(key: str, values: Table) -> str:
    if not np.isfinite(values).any():
        return "–"
    digits = 1 if key == "psnr" else 2 if key.startswith("bfm") else 3
    text = f"{np.nanmean(values):.{digits}f} ± {np.nanstd(values):.{digits}f}"
    return text + (f" ({np.nanmedian(values):.2f})" if key.startswith("bfm") else "")


def _difference_table(scores: Mapping[str, Table]) -> str:
    column = KEYS.index("sfm")
    rows = ["| less | difference | 95 % interval |", "|---|---|---|"]
    for name in (BEFORE, RANDOM, *MASK_ONLY):
        if name in scores:
            ours, theirs = scores[GENERATOR][:, column], scores[name][:, column]
            mean, low, high = paired_interval(ours, theirs)
            rows.append(f"| {name} | {mean:+.3f} | {low:+.3f} to {high:+.3f} |")
    return "\n".join(rows)


def _stack_table(stack: Mapping[str, Mapping[str, float]]) -> str:
    rows = ["| method | " + " | ".join(_STACK_KEYS) + " |", "|---" * (len(_STACK_KEYS) + 1) + "|"]
    for name, scores in stack.items():
        cells = (
            f"{scores[key]:.3f}" if np.isfinite(scores.get(key, np.nan)) else "–"
            for key in _STACK_KEYS
        )
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _judge(scores: Mapping[str, Table]) -> str:
    """A sentence for each aim set beforehand: reached or missed."""
    ours = dict(zip(KEYS, np.nanmean(scores[GENERATOR], 0), strict=True))
    others: Sequence[str] = (RANDOM, *MASK_ONLY)
    lead = ours["sfm"] - max(np.nanmean(scores[name][:, KEYS.index("sfm")]) for name in others)
    verdicts = [
        f"SFM at least {_SFM_LEAD} above the best row without a network: "
        f"{lead:+.3f}, {_reached(lead >= _SFM_LEAD)}"
    ]
    for key, (low, high) in _TARGETS.items():
        verdicts.append(
            f"{key} from {low:g} to {high:g}: {ours[key]:.2f}, {_reached(low <= ours[key] <= high)}"
        )
    return "Aims set beforehand: " + "; ".join(verdicts) + "."


def _reached(condition: object) -> str:
    return "reached" if condition else "**missed**"
