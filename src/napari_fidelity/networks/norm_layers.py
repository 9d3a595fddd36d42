"""Layers of adversarial networks that come in kinds: norms, convolutions, in 2-D and 3-D."""

from __future__ import annotations

from typing import Literal, TypeAlias

from torch import nn

from napari_fidelity.networks.frozen_norm import identity_norm

Norm: TypeAlias = Literal["batch", "instance", "none", "frozen"]
NORM_DESCRIPTION = (
    "Normalisation: batch and instance as published (instance looks at the whole input), none, "
    "or frozen: statistics measured once and stored"
)

CONVOLUTION: dict[int, type[nn.Conv2d | nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED: dict[int, type[nn.ConvTranspose2d | nn.ConvTranspose3d]] = {
    2: nn.ConvTranspose2d,
    3: nn.ConvTranspose3d,
}
_BATCH: dict[int, type[nn.Module]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_INSTANCE: dict[int, type[nn.Module]] = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


def list_norm(kind: Norm, channels: int, dims: int) -> list[nn.Module]:
    """The norm layer of this kind as a list of one, or of none.

    Instance norms have no weights of their own, as in the code of CycleGAN.
    """
    if kind == "none":
        return []
    if kind == "frozen":
        return [identity_norm(channels)]
    return [(_BATCH if kind == "batch" else _INSTANCE)[dims](channels)]


def draw_gan_weights(network: nn.Module) -> None:
    """Weights as pix2pix and CycleGAN start: normal, SD 0.02; of batch norms around 1; biases 0.

    Meant for networks with norms: without them so small weights let the signal die.
    """
    for layer in network.modules():
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        if isinstance(layer, nn.modules.conv._ConvNd):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm) and weight is not None:
            nn.init.normal_(layer.weight, 1.0, 0.02)
        else:
            continue
        if bias is not None:
            nn.init.zeros_(bias)
