"""The model cards of the nuclei generator and of random fill: data, settings, what was measured."""

from __future__ import annotations

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

Scores = dict[str, npt.NDArray[np.float64]]
_TARGETS = {"nfm": (0.0, 0.30), "bfm_sigma": (0.6, 1.6), "bfm_background": (0.6, 1.6)}
_SFM_LEAD = 0.03


def write_generator_card(
    manifest: Manifest, scores: Scores, network: TexturedUNet, trained: int, validated: int
) -> str:
    """The card of the generator, Markdown."""
    settings = manifest.training.settings
    parameters = sum(parameter.numel() for parameter in network.parameters())
    groups = len(scores[GENERATOR])
    return f"""# {manifest.title}

A narrow, shallow variant of pix2pix ({parameters / 1e6:.2f} M parameters, reach \
{network.receptive_field_px} px), not the network of the paper.

**What it does.** Turns a mask of nuclei into the image that a widefield microscope might have
taken with a DNA stain. A U-Net draws brightness, and how strong texture of three grains is;
keyed noise draws that texture; an observation model adds stray light and pixel noise. Outlines
come from the mask, everything else is invented.

**Use it** to train and test segmentation, to try out analysis. **Do not use it** as evidence of
chromatin structure, to compare brightness between nuclei, or for confocal, tissue or
super-resolution images, on which it was not trained.

| | |
|---|---|
| Data | {manifest.training.data}, {manifest.training.data_licence} |
| Citation | {manifest.training.citation} |
| Split | by field of view: {trained} images to train on, {validated} images of {groups} other \
groups for validation |
| Steps | {settings["regression_steps"]} without, {settings["adversarial_steps"]} with \
discriminator; batch {settings["batch"]}, {settings["crop_px"]}² crops, seed {settings["seed"]} |
| Texture | at {manifest.network_params["texture_gain"]:g} of the strength that was learned: the \
most that costs at most {MAX_SFM_LOSS:g} of SFM on training images |
| Weights | {manifest.licence}, version {manifest.version} |

## Measured on the {groups} validation groups

Mean over groups ± SD between them; for ratios the median as well. Images are matched to the real
one by four numbers (mean and SD of foreground and of background), all in the same way, and rounded
to 8 bits. Ideal: SFM 1, NFM 0, BFM 1.

{_score_table(scores)}

SFM of the generator less that of the other rows, paired over groups, with its 95 % bootstrap
interval:

{_difference_table(scores)}

{_judge(scores)}

In the paper (Feng 2019: mitochondria at 100×, other data) no method exceeds an SFM of 0.5, and
both GANs beat random fill in NFM and BFM; the values themselves are only plotted there.

**Ablation.** “{BARE}” is the same network without stray light and pixel noise: without the
observation model its background is far too smooth.

## Eight validation masks

Mask, random fill, generated, real; twice side by side, each row at equal contrast. The masks stand
at even distances in the list of groups; nobody chose them.

![Eight masks as mask, random fill, generated and real image](validation.png)

## Known failures

- Brightness differs less from nucleus to nucleus than in real images: a mask does not tell it.
- Texture is a Gaussian field: there are no nucleoli, no chromosomes in mitosis.
- Debris, structured haze of the cytoplasm and cells out of focus are not made; stray light only
  imitates how bright they are.
- A foreground SD that the signal cannot be stretched to is missed: compare the result's levels.
"""


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
