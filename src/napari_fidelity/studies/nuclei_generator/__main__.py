"""Measures a trained nuclei generator and writes its package with a card.

    python -m napari_fidelity.studies.nuclei_generator --run RUN --data DIR --out PACKAGE \
        [--before PACKAGE] [--stack IMAGE LABELS]

`RUN` is the folder of a training with `training.yaml`; `DIR` holds `images/` and `labels/`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_fidelity.models import load_model
from napari_fidelity.models.load import Model
from napari_fidelity.models.save import save_model
from napari_fidelity.models.store import RUN_PACKAGE, THUMBNAIL_FILE
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.studies.nuclei_generator.card import Measured, write_card
from napari_fidelity.studies.nuclei_generator.contenders import (
    GENERATOR,
    KEYS,
    list_contenders,
    score_groups,
    score_stack,
)
from napari_fidelity.studies.nuclei_generator.figure import draw_figure
from napari_fidelity.studies.nuclei_generator.material import (
    RECIPE,
    open_nuclei,
    read_recipe,
    read_stack,
)
from napari_fidelity.training.apply_product import make_input
from napari_fidelity.training.fit_images import FitImage, read_examples, take_first_of_groups
from napari_fidelity.training.typical_response import fit_typical_response

_VERSION = "2.0"
_FIGURE_FILE, _RECIPE_FILE = "validation.png", "training.yaml"
_TEST_PX = 64
_ALL = 10_000


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and pack, with options from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--data", type=Path, required=True, help="folder of images/ and labels/")
    parser.add_argument("--out", type=Path, required=True, help="package to write")
    parser.add_argument("--before", default=None, help="package of the earlier version")
    parser.add_argument("--stack", type=Path, nargs=2, default=None, help="image and its labels")
    options = parser.parse_args(argv)
    before = None if options.before is None else load_model(options.before)
    planes = [] if options.stack is None else read_stack(*options.stack)
    measure_and_pack(options.run / RUN_PACKAGE, options.data, options.out, before, planes)


def measure_and_pack(
    trained: Path, images: Path, out: Path, before: Model | None, planes: Sequence[FitImage]
) -> None:
    """The package in `trained` again in `out`, with scores of all contenders on its card."""
    model = load_model(trained)
    assert isinstance(model.network, TexturedUNet)
    data, config = open_nuclei(images), read_recipe(images)
    training = take_first_of_groups(read_examples(data.list_training()))
    validation = read_examples(data.list_validation(_ALL))
    contenders = list_contenders(model, before, load_model("random-fill"))
    measured = Measured(
        scores={entry.name: score_groups(entry, validation) for entry in contenders},
        stack={entry.name: score_stack(entry, planes) for entry in contenders if planes},
        planes=len(planes),
        trained=len(data.train_names),
        validated=len(validation),
    )
    typical = fit_typical_response(
        [image.with_signal(model.network) for image in training],
        model.manifest.levels,
        model.manifest.observation,
    )
    means = np.nanmean(measured.scores[GENERATOR], 0).round(4).tolist()
    manifest = model.manifest.model_copy(
        update={
            "version": _VERSION,
            "figures": dict(zip(KEYS, means, strict=True)),
            "response": typical.response,
            "test_tolerance": 1e-4,
        }
    )
    figure, thumbnails = draw_figure(contenders, validation)
    save_model(
        out,
        manifest,
        model.network,
        test_input=make_input(model.network, training[0].masks[:, :_TEST_PX, :_TEST_PX]),
        card=write_card(manifest, config, model.network, measured, typical),
        pictures={
            _FIGURE_FILE: figure,
            THUMBNAIL_FILE: thumbnails[GENERATOR],
            _RECIPE_FILE: RECIPE.read_bytes(),
        },
    )


if __name__ == "__main__":
    main()
