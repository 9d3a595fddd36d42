"""The shipped generator on real masks that it never saw: what its card says holds for a sample."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.data.image_mask_folder import load_labelled_images
from napari_fidelity.metrics import measure
from napari_fidelity.metrics.masks import mask_baselines
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.training.typical_response import SPLIT_TABLE

KEYS = ("sfm", "nfm", "bfm_sigma", "bfm_background")
MODELS = ("nuclei-pix2pix", "random-fill")


@pytest.fixture(scope="module")
def pairs(data_folder):
    loaded = load_labelled_images(
        data_folder / "nuclei" / "dsb2018", SPLIT_TABLE, "validation", one_a_group=True
    )
    return [pair for pair in loaded if pair.image.size <= 360 * 360]


def score(made, pair):
    real = pair.image.astype(np.uint8)
    scores = measure(KEYS, test=made, reference=real, mask=pair.foreground)
    return [entry.value for entry in scores]


@pytest.mark.data
def test_the_generator_beats_random_fill_and_the_mask(pairs):
    found = {model: [] for model in MODELS}
    for pair in pairs:
        real = Image(pair.image.astype(np.uint8))
        for model in MODELS:
            params = SynthesizeParams(model=model, seed=1)
            made = synthesize(Image(pair.labels), params, reference=real)
            found[model].append(score(made.array, pair))
    ours, random = (np.nanmean(found[model], axis=0) for model in MODELS)
    mask_only = max(
        np.mean([score(mask_baselines(p.foreground)[kind], p)[0] for p in pairs])
        for kind in ("blurred", "distance")
    )
    assert ours[0] > mask_only
    assert ours[0] > random[0] + 0.3
    assert ours[1] < 0.3
    assert 0.6 < ours[2] < 1.6
    assert 0.6 < ours[3] < 1.6
