"""The step of the segmentation U-Net: one network, binary cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from napari_fidelity.networks.segmentation_unet import SegmentationUNet, SegmentationUNetParams
from napari_fidelity.training.losses_regression import cross_entropy_loss
from napari_fidelity.training.method import Batch, Losses, Phase, Product, TrainingMethod
from napari_fidelity.training.methods.segmentation import SegmentationSettings
from napari_fidelity.training.spec import Criterion, DataFacts


class SegmentationTraining(TrainingMethod):
    """Trains a `SegmentationUNet`; the best checkpoint has the largest mean IoU on validation.

    Its network in training is the part that gives logits: cross-entropy is more accurate with
    these than with probabilities.

    Parameters
    ----------
    settings : SegmentationSettings
    facts : DataFacts

    Raises
    ------
    UserError
        The patches do not fit the network.
    """

    criterion = Criterion("val_iou", larger_is_better=True)

    def __init__(self, settings: SegmentationSettings, facts: DataFacts) -> None:
        self.settings = settings
        self._params = SegmentationUNetParams.parse(
            {
                "in_channels": facts.in_channels,
                "widths": settings.widths,
                "dropout": settings.dropout,
                "norm": settings.norm,
                "spatial_dims": facts.spatial_dims,
            }
        )
        self._network = SegmentationUNet(self._params)
        facts.check_patches(self._network.size_multiple)
        self.networks = {"unet": self._network.unet}
        self.optimisers = {settings.optimiser: _make_optimiser(self._network, settings)}

    def list_phases(self, step: int) -> Sequence[Phase]:
        """One phase at every step."""
        del step
        return [Phase("segment", self.settings.optimiser, ("unet",), self._find_losses)]

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """The cross-entropy of a whole image."""
        return {"loss": float(cross_entropy_loss(self.networks["unet"](inputs), targets))}

    def make_product(self) -> Product:
        """The U-Net that gives probabilities."""
        return Product(
            network=self._network.eval(),
            key="segmentation-unet",
            params=self._params.model_dump(mode="json"),
            output="probability",
        )

    def _find_losses(self, batch: Batch) -> Losses:
        loss = cross_entropy_loss(self.networks["unet"](batch.inputs), batch.targets)
        return Losses(loss, {"cross_entropy": loss})


def _make_optimiser(
    network: SegmentationUNet, settings: SegmentationSettings
) -> torch.optim.Optimizer:
    rate = settings.learning_rate
    if settings.optimiser == "adam":
        return torch.optim.Adam(network.parameters(), rate, fused=True)
    return torch.optim.SGD(network.parameters(), rate, momentum=settings.momentum, fused=True)
