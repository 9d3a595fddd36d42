"""The shipped generator on real masks that it never saw: what its card says holds for a sample."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.imageio import read_image
from napari_fidelity.metrics import measure
from napari_fidelity.metrics.masks import mask_baselines
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.studies.nuclei_generator.material import SPLIT_TABLE
from napari_fidelity.training.fit_images import FitImage, take_first_of_groups

KEYS = ("sfm", "nfm", "bfm_sigma", "bfm_background")
MODELS = ("nuclei-pix2pix", "random-fill")


@pytest.fixture(scope="module")
def pairs(data_folder):
    folder = data_folder / "nuclei" / "dsb2018"
    found = []
    for line in SPLIT_TABLE.read_text("utf-8").splitlines()[1:]:
        name, group, split = line.split(",")
        if split != "validation" or any(group == other.group for other, _ in found):
            continue
        image, labels = (read_image(folder / kind / name).array for kind in ("images", "labels"))
        made = FitImage(name, group, encode_mask(labels), image.astype(np.float32), step=1.0)
        if made.image.size <= 360 * 360 and made.is_usable:
            found.append((made, labels))
    assert len(take_first_of_groups([image for image, _ in found])) == len(found)
    return found


def score(made, pair):
    real = pair.image.astype(np.uint8)
    scores = measure(KEYS, test=made, reference=real, mask=pair.foreground)
    return [entry.value for entry in scores]


@pytest.mark.data
def test_the_generator_beats_random_fill_and_the_mask(pairs):
    found = {model: [] for model in MODELS}
    for pair, labels in pairs:
        real = Image(pair.image.astype(np.uint8))
        for model in MODELS:
            params = SynthesizeParams(model=model, seed=1)
            made = synthesize(Image(labels), params, reference=real)
            found[model].append(score(made.array, pair))
    ours, random = (np.nanmean(found[model], axis=0) for model in MODELS)
    mask_only = max(
        np.mean([score(mask_baselines(p.foreground)[kind], p)[0] for p, _ in pairs])
        for kind in ("blurred", "distance")
    )
    assert ours[0] > mask_only
    assert ours[0] > random[0] + 0.3
    assert ours[1] < 0.3
    assert 0.6 < ours[2] < 1.6
    assert 0.6 < ours[3] < 1.6
