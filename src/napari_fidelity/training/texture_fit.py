"""How strong the texture of a trained generator may be: as strong as the signal can bear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_fidelity.data.crops import Floats
from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.metrics import sfm
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.training.nuclei_validation import EXACT

GAINS = tuple(step / 20 for step in range(2, 21))
MAX_SFM_LOSS = 0.025


def choose_texture(
    network: TexturedUNet, pairs: Sequence[LabelledImage]
) -> tuple[TexturedUNet, dict[str, Floats]]:
    """The network with the largest gain of texture that costs at most 0.025 of mean SFM.

    Texture is drawn at random, so every bit of it lowers the correlation with the one real
    image; without any, nuclei look like balloons. The gain is chosen on training images.

    Parameters
    ----------
    network : TexturedUNet
        As trained, with a gain of 1.
    pairs : sequence of LabelledImage
        Training images.

    Returns
    -------
    TexturedUNet, dict of str to ndarray
        The same weights under the chosen gain, and its signals by the images' names.
    """
    plain = _with_gain(network, 0.0)
    bare = {pair.name: predict_signal(plain, pair.labels, seed=0, settings=EXACT) for pair in pairs}
    full = {
        pair.name: predict_signal(network, pair.labels, seed=0, settings=EXACT) for pair in pairs
    }

    def signals(gain: float) -> dict[str, Floats]:
        """The signal is linear in the gain."""
        return {name: bare[name] + gain * (full[name] - bare[name]) for name in bare}

    def mean_sfm(gain: float) -> float:
        made = signals(gain)
        return float(
            np.nanmean([sfm(made[pair.name], pair.image, pair.foreground) for pair in pairs])
        )

    aim = mean_sfm(0.0) - MAX_SFM_LOSS
    gain = max([g for g in GAINS if mean_sfm(g) >= aim], default=GAINS[0])
    return _with_gain(network, gain), signals(gain)


def _with_gain(network: TexturedUNet, gain: float) -> TexturedUNet:
    changed = TexturedUNet(network.params.model_copy(update={"texture_gain": gain}))
    changed.load_state_dict(network.state_dict())
    return changed.eval()
