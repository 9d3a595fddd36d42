"""How strong the texture of a trained generator may be: as strong as the signal can bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_fidelity.metrics import sfm
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.training.fit_images import FitImage

GAINS = tuple(step / 20 for step in range(21))


def choose_texture(
    network: TexturedUNet, images: Sequence[FitImage], max_sfm_loss: float
) -> tuple[TexturedUNet, list[FitImage]]:
    """The network with the largest gain of texture that costs no more than it may.

    Texture is drawn at random, so every bit of it lowers the correlation with the one real
    image; without any, nuclei look like balloons. The gain is chosen on training images.

    Parameters
    ----------
    network : TexturedUNet
        Under any gain.
    images : sequence of FitImage
        Training images.
    max_sfm_loss : float
        Largest loss of mean SFM.

    Returns
    -------
    TexturedUNet, list of FitImage
        The same weights under the chosen gain, at most 1, and the images with its signals.
    """
    bare, full = (
        [image.with_signal(set_gain(network, gain)) for image in images] for gain in (0.0, 1.0)
    )

    def mix(gain: float) -> list[FitImage]:
        """The signal is linear in the gain."""
        mixed = []
        for plain, textured in zip(bare, full, strict=True):
            assert plain.signal is not None
            assert textured.signal is not None
            signal = plain.signal + np.float32(gain) * (textured.signal - plain.signal)
            mixed.append(replace(plain, signal=signal))
        return mixed

    aim = _mean_sfm(bare) - max_sfm_loss
    gain = max((g for g in GAINS if _mean_sfm(mix(g)) >= aim), default=0.0)
    return set_gain(network, gain), mix(gain)


def set_gain(network: TexturedUNet, gain: float) -> TexturedUNet:
    """The same weights under another gain of texture, in evaluation mode."""
    changed = TexturedUNet(network.params.model_copy(update={"texture_gain": gain}))
    changed.load_state_dict(network.state_dict())
    return changed.eval()


def _mean_sfm(images: Sequence[FitImage]) -> float:
    scores = [
        sfm(image.signal, image.image, image.foreground)
        for image in images
        if image.signal is not None
    ]
    return float(np.nanmean(scores))
