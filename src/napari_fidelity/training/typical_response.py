"""The response of a training set: what makes intensities where no levels are asked for.

    python -m napari_fidelity.training.typical_response --data DIR --packages FOLDER

fits it again for the packages in `FOLDER` without training them: manifests and cards are written,
weights stay as they are.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_mask_folder import LabelledImage, load_labelled_images
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.models import load_model
from napari_fidelity.models.store import CARD_FILE, MANIFEST_FILE
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.simulation.observation import Levels, ObservationModel, measure_levels
from napari_fidelity.simulation.response import (
    Response,
    apply_response,
    blend_weight,
    fit_response,
)
from napari_fidelity.training.nuclei_validation import EXACT

SPLIT_TABLE = Path(__file__).parent / "nuclei_split.csv"
HEADING = "## Intensities without a reference"
_SEED = 0
_DIGITS = 4


@dataclass(frozen=True)
class TypicalResponse:
    """A response, and the levels of the images that it makes.

    Parameters
    ----------
    response : Response
        Median of each coefficient over the groups.
    made : ndarray, (3, 4)
        5th, 50th and 95th percentile over the groups of each level of the images made with it,
        in the order of `Levels`.
    groups : int
        Over how many groups.
    """

    response: Response
    made: npt.NDArray[np.float64]
    groups: int


def fit_typical_response(
    network: LocalNetwork,
    pairs: Sequence[LabelledImage],
    levels: Levels,
    observation: ObservationModel,
) -> TypicalResponse:
    """The median response over one image of each group, all fitted to the same levels.

    Parameters
    ----------
    network : LocalNetwork
        The generator.
    pairs : sequence of LabelledImage
        Training images; the first of each group is taken.
    levels : Levels
        The median levels of the training set.
    observation : ObservationModel
        Its haze and noise.
    """
    first = list({pair.group: pair for pair in reversed(pairs)}.values())[::-1]
    signals = [predict_signal(network, pair.labels, seed=_SEED, settings=EXACT) for pair in first]
    fits = [
        fit_response(signal, pair.foreground, pair.background, levels, observation)
        for signal, pair in zip(signals, first, strict=True)
    ]
    rows = [list(response.model_dump().values()) for response in fits]
    median = np.median(rows, axis=0).round(_DIGITS).tolist()
    response = Response(**dict(zip(Response.model_fields, median, strict=True)))
    made = []
    for signal, pair in zip(signals, first, strict=True):
        weight = blend_weight(pair.foreground)
        image = apply_response(signal, weight, response, observation, seed=_SEED, origin=(0, 0))
        found = measure_levels(image, pair.foreground, pair.background)
        made.append(list(found.model_dump().values()))
    return TypicalResponse(response, np.percentile(made, [5, 50, 95], axis=0), len(first))


def describe_response(typical: TypicalResponse, levels: Levels) -> str:
    """The section of a model card that says what the response is and how it was measured."""
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

Four numbers of a reference move all of it to other intensities; a mask is then fitted as a whole.
"""


def replace_section(card: str, section: str) -> str:
    r"""The card with `section` in place of that of the same heading, or at the end.

    Examples
    --------
    >>> replace_section("# A\n\n## B\n\nold\n\n## C\n", "## B\n\nnew\n")
    '# A\n\n## B\n\nnew\n\n## C\n'
    """
    heading = section.partition("\n")[0]
    pattern = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if pattern.search(card) is None:
        return f"{card.rstrip()}\n\n{section}"
    return pattern.sub(lambda _: f"{section}\n", card).rstrip() + "\n"


def update_package(folder: Path, pairs: Sequence[LabelledImage]) -> Response:
    """The response of the package in `folder`, measured again and written to manifest and card."""
    model = load_model(folder)
    manifest = model.manifest
    typical = fit_typical_response(model.network, pairs, manifest.levels, manifest.observation)
    manifest = manifest.model_copy(update={"response": typical.response})
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    contents = {
        MANIFEST_FILE: manifest.model_dump_json(indent=2) + "\n",
        CARD_FILE: replace_section(card, describe_response(typical, manifest.levels)),
    }
    for name, content in contents.items():
        with write_atomically(folder / name) as path:
            path.write_text(content, encoding="utf-8")
    return typical.response


def main(argv: list[str] | None = None) -> None:
    """Measure the response of packages again, with options from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and labels/")
    parser.add_argument("--split", type=Path, default=SPLIT_TABLE, help="CSV: image, group, split")
    parser.add_argument("--packages", type=Path, required=True, help="folder of model packages")
    options = parser.parse_args(argv)
    pairs = load_labelled_images(options.data, options.split, "training", one_a_group=True)
    folders = sorted(path.parent for path in options.packages.glob(f"*/{MANIFEST_FILE}"))
    if not folders:
        raise UserError(f"{options.packages} holds no model package.")
    for folder in folders:
        update_package(folder, pairs)


if __name__ == "__main__":
    main()
