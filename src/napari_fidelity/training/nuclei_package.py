"""The trained nuclei generator, and random fill beside it, measured and packed with cards."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from napari_fidelity.core.params import Params
from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.models.manifest import FORMAT_VERSION, Manifest, TrainingRecord
from napari_fidelity.models.save import save_model
from napari_fidelity.models.store import THUMBNAIL_FILE
from napari_fidelity.networks.random_fill import RandomFill, RandomFillParams
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.simulation.observation import ObservationModel
from napari_fidelity.training.nuclei_card import write_generator_card, write_random_card
from napari_fidelity.training.nuclei_validation import (
    GENERATOR,
    KEYS,
    RANDOM,
    Contender,
    list_contenders,
    make_image,
    score_groups,
)
from napari_fidelity.training.observation_fit import fit_levels, fit_observation, search_pairs
from napari_fidelity.training.texture_fit import choose_texture
from napari_fidelity.training.typical_response import (
    describe_response,
    fit_typical_response,
    replace_section,
)

if TYPE_CHECKING:
    from napari_fidelity.networks.textured_unet import TexturedUNet

_SHARED = {"task": "synthesis", "licence": "BSD-3-Clause", "test_tolerance": 1e-4, "sha256": {}}
_GENERATOR = {
    "key": "nuclei-pix2pix",
    "title": "Nuclei (pix2pix)",
    "description": "Nuclei with a DNA stain, as in a widefield microscope",
    "network": "textured-unet",
    **_SHARED,
}
_RANDOM = {
    "key": "random-fill",
    "title": "Random fill",
    "description": "Baseline: independent draws from the intensities of real nuclei",
    "network": "random-fill",
    **_SHARED,
}
WHITE_NOISE = ObservationModel(
    pixel_factor=1.0, pixel_exponent=0.0, foreground_factor=0.0, haze_share=0.0
)
FIGURE_FILE = "validation.png"
MAX_LIVE_REACH_PX, MAX_LIVE_PARAMETERS = 27, 2_000_000
_VERSION = "1.0"
_FIGURE_MASKS, _FIGURE_PX, _GAP_PX = 8, 160, 4
_THUMBNAIL_PX = 96


def write_packages(
    run: Path,
    network: TexturedUNet,
    config: Params,
    training: Sequence[LabelledImage],
    validation: Sequence[LabelledImage],
) -> None:
    """Both packages, written to `run/nuclei-pix2pix` and `run/random-fill`."""
    levels = fit_levels(training)
    searched = search_pairs(training)
    network, signals = choose_texture(network, searched)
    observation = fit_observation(training, signals)
    random_fill = pool_intensities(training)
    typical = fit_typical_response(network, training, levels, observation)
    contenders = list_contenders(network, observation, random_fill, WHITE_NOISE)
    scores = {entry.name: score_groups(entry, validation) for entry in contenders}
    figure, thumbnails = draw_figure(contenders, validation)
    shared = {"format_version": FORMAT_VERSION, "version": _VERSION, "levels": levels}
    generator = Manifest(
        **shared,
        **_GENERATOR,
        network_params=network.params.model_dump(mode="json"),
        live=is_live(network),
        observation=observation,
        response=typical.response,
        training=_record("pix2pix (Isola 2017), narrow; texture and camera model ours", config),
        figures=_summarise(scores[GENERATOR]),
    )
    card = write_generator_card(generator, scores, network, len(training), len(validation))
    card = replace_section(card, describe_response(typical, levels))
    pictures = {FIGURE_FILE: figure, THUMBNAIL_FILE: thumbnails[GENERATOR]}
    _save(run, generator, network, searched[0], card, pictures)
    plain = fit_typical_response(random_fill, training, levels, WHITE_NOISE)
    random = Manifest(
        **shared,
        **_RANDOM,
        network_params=random_fill.params.model_dump(mode="json"),
        live=is_live(random_fill),
        observation=WHITE_NOISE,
        response=plain.response,
        training=_record("random fill (Feng 2019)", random_fill.params),
        figures=_summarise(scores[RANDOM]),
    )
    pictures = {THUMBNAIL_FILE: thumbnails[RANDOM]}
    card = replace_section(write_random_card(random), describe_response(plain, levels))
    _save(run, random, random_fill, searched[0], card, pictures)


def pool_intensities(pairs: Sequence[LabelledImage], quantiles: int = 257) -> RandomFill:
    """Random fill with the quantiles of all foreground pixels, each image normalised first."""
    pooled = []
    for pair in pairs:
        offset = pair.image[pair.background].mean()
        inside = pair.image[pair.foreground] - offset
        if inside.mean() > 0:
            pooled.append(inside / inside.mean())
    table = np.quantile(np.concatenate(pooled), np.linspace(0, 1, quantiles)).clip(0)
    network = RandomFill(RandomFillParams(quantiles=quantiles))
    network.table.copy_(torch.from_numpy(table.astype(np.float32)))
    return network


def is_live(network: LocalNetwork) -> bool:
    """Whether a network is small and local enough to follow a brush."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return network.receptive_field_px <= MAX_LIVE_REACH_PX and parameters <= MAX_LIVE_PARAMETERS


def draw_figure(
    contenders: Sequence[Contender], pairs: Sequence[LabelledImage]
) -> tuple[bytes, dict[str, bytes]]:
    """PNG of eight masks as mask, random fill, generated, real at equal contrast; thumbnails.

    The masks are those at even distances in the order of names, one a group: nobody chose
    them. Thumbnails show the one with the most foreground.
    """
    by_name = {entry.name: entry for entry in contenders}
    first = list({pair.group: pair for pair in reversed(pairs)}.values())[::-1]
    places = np.linspace(0, len(first) - 1, _FIGURE_MASKS).round().astype(int)
    fullest = max((first[place] for place in places), key=lambda pair: pair.foreground.mean())
    rows: list[npt.NDArray[np.float64]] = []
    thumbnails: dict[str, bytes] = {}
    for place in places:
        pair = first[place]
        top = float(np.percentile(pair.image, 99.8))
        images = {name: make_image(by_name[name], pair) / top for name in (RANDOM, GENERATOR)}
        if pair is fullest:
            thumbnails = {
                name: _encode_png(_cut(image, pair.foreground, _THUMBNAIL_PX))
                for name, image in images.items()
            }
        panels = [
            pair.foreground.astype(float),
            images[RANDOM],
            images[GENERATOR],
            pair.image / top,
        ]
        cuts = [_cut(panel, pair.foreground, _FIGURE_PX) for panel in panels]
        rows.append(np.hstack([_frame(cut) for cut in cuts]))
    half = len(rows) // 2
    return _encode_png(np.hstack([np.vstack(rows[:half]), np.vstack(rows[half:])])), thumbnails


def _record(method: str, settings: Params) -> TrainingRecord:
    return TrainingRecord(
        data="BBBC038v1 (2018 Data Science Bowl), fluorescence images",
        data_licence="CC0-1.0",
        citation="Caicedo et al., Nature Methods 16, 1247 (2019)",
        method=method,
        settings=settings.model_dump(mode="json"),
    )


def _save(
    run: Path,
    manifest: Manifest,
    network: LocalNetwork,
    pair: LabelledImage,
    card: str,
    pictures: dict[str, bytes],
) -> None:
    from napari_fidelity.data.mask_channels import encode_mask

    masks = torch.from_numpy(encode_mask(pair.labels[:64, :64]))
    noise = torch.randn(1, 64, 64, generator=torch.Generator().manual_seed(0))
    test_input = torch.cat([masks, noise])[None]
    folder = run / manifest.key
    save_model(folder, manifest, network, test_input=test_input, card=card, pictures=pictures)


def _summarise(scores: npt.NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(KEYS, np.nanmean(scores, 0).round(4).tolist(), strict=True))


def _cut(
    image: npt.NDArray[Any], foreground: npt.NDArray[np.bool_], side: int
) -> npt.NDArray[np.float64]:
    """`side` square pixels of an image, around the place with the most foreground."""
    weight = ndimage.uniform_filter(foreground.astype(np.float32), side, mode="constant")
    middle = np.unravel_index(int(weight.argmax()), weight.shape)
    y, x = (
        int(np.clip(at - side // 2, 0, max(size - side, 0)))
        for at, size in zip(middle, image.shape, strict=True)
    )
    part = np.clip(image[y : y + side, x : x + side], 0, 1)
    return np.pad(part, [(0, side - size) for size in part.shape])


def _frame(panel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.pad(panel, _GAP_PX // 2, constant_values=1.0)


def _encode_png(image: npt.NDArray[np.float64]) -> bytes:
    from PIL import Image as Picture

    buffer = io.BytesIO()
    Picture.fromarray((image * 255).round().astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
