"""The model cards of the nuclei generator and of random fill: data, settings, what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_fidelity.models.manifest import Manifest
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.training.nuclei_validation import (
    BARE,
    GENERATOR,
    KEYS,
    MASK_ONLY,
    RANDOM,
    paired_interval,
)
from napari_fidelity.training.texture_fit import MAX_SFM_LOSS

_TEMPLATE = Path(__file__).parent / "nuclei_card.md"
Scores = dict[str, npt.NDArray[np.float64]]
_TARGETS = {"nfm": (0.0, 0.30), "bfm_sigma": (0.6, 1.6), "bfm_background": (0.6, 1.6)}
_SFM_LEAD = 0.03


def write_generator_card(
    manifest: Manifest, scores: Scores, network: TexturedUNet, trained: int, validated: int
) -> str:
    """The card of the generator, Markdown."""
    return _TEMPLATE.read_text(encoding="utf-8").format(
        **manifest.model_dump(include={"title", "licence", "version"}),
        **manifest.training.model_dump(include={"data", "data_licence", "citation"}),
        **manifest.training.settings,
        texture_gain=network.params.texture_gain,
        max_sfm_loss=MAX_SFM_LOSS,
        parameters=f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.2f}",
        reach_px=network.receptive_field_px,
        trained=trained,
        validated=validated,
        groups=len(scores[GENERATOR]),
        bare=BARE,
        score_table=_score_table(scores),
        difference_table=_difference_table(scores),
        verdict=_judge(scores),
    )


def write_random_card(manifest: Manifest) -> str:
    """The card of random fill, Markdown."""
    figures = manifest.figures
    return f"""# {manifest.title}

The baseline of Feng et al. (ICIP 2019): no network. Each pixel inside the mask is drawn on its own
from the pooled foreground intensities of real nuclei; the background is white Gaussian noise.

| | |
|---|---|
| Data | {manifest.training.data}, {manifest.training.data_licence} |
| Citation | {manifest.training.citation} |

On the validation groups of the nuclei generator, matched by the same four numbers: SFM \
{figures["sfm"]:.3f}, NFM {figures["nfm"]:.3f}, bfm_sigma {figures["bfm_sigma"]:.2f}, \
bfm_background {figures["bfm_background"]:.2f} (mean over groups; ideal 1, 0, 1, 1).

Its use is to show what a metric says of an image that nobody would take for real.
"""


def _score_table(scores: Scores) -> str:
    rows = ["| method | " + " | ".join(KEYS) + " |", "|---" * (len(KEYS) + 1) + "|"]
    for name, table in scores.items():
        cells = [_cell(key, table[:, column]) for column, key in enumerate(KEYS)]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cell(key: str, values: npt.NDArray[np.float64]) -> str:
    if not np.isfinite(values).any():
        return "–"
    digits = 1 if key == "psnr" else 2 if key.startswith("bfm") else 3
    text = f"{np.nanmean(values):.{digits}f} ± {np.nanstd(values):.{digits}f}"
    return text + (f" ({np.nanmedian(values):.2f})" if key.startswith("bfm") else "")


def _difference_table(scores: Scores) -> str:
    column = KEYS.index("sfm")
    rows = ["| less | difference | 95 % interval |", "|---|---|---|"]
    for name in (RANDOM, *MASK_ONLY):
        mean, low, high = paired_interval(scores[GENERATOR][:, column], scores[name][:, column])
        rows.append(f"| {name} | {mean:+.3f} | {low:+.3f} to {high:+.3f} |")
    return "\n".join(rows)


def _judge(scores: Scores) -> str:
    """A sentence for each aim set beforehand: reached or missed."""
    ours = dict(zip(KEYS, np.nanmean(scores[GENERATOR], 0), strict=True))
    best = max(np.nanmean(scores[name][:, KEYS.index("sfm")]) for name in (RANDOM, *MASK_ONLY))
    lead = ours["sfm"] - best
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
