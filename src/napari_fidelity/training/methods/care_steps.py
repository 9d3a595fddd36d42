"""The step of CARE: one network, one loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks.care_unet import CareUNet, CareUNetParams
from napari_fidelity.training.losses_regression import l1_loss, laplace_loss, ssim_loss
from napari_fidelity.training.method import (
    Batch,
    Losses,
    Phase,
    Product,
    Schedule,
    TrainingMethod,
)
from napari_fidelity.training.methods.care import CareSettings
from napari_fidelity.training.spec import Criterion, DataFacts


class CareTraining(TrainingMethod):
    """Trains a `CareUNet`; the best checkpoint has the lowest loss on validation images.

    Parameters
    ----------
    settings : CareSettings
    facts : DataFacts

    Raises
    ------
    UserError
        The patches do not fit the network, the loss leaves nothing of them, or SSIM is asked
        for volumes.
    """

    criterion = Criterion("val_loss")

    def __init__(self, settings: CareSettings, facts: DataFacts) -> None:
        self.settings = settings
        self._params = CareUNetParams.parse(
            {
                "in_channels": facts.in_channels,
                "image_channels": facts.out_channels,
                "depth": settings.depth,
                "first_filters": settings.first_filters,
                "kernel_px": settings.kernel_px,
                "residual": settings.residual and facts.in_channels == facts.out_channels,
                "probabilistic": settings.probabilistic,
                "spatial_dims": facts.spatial_dims,
            }
        )
        self._network = CareUNet(self._params)
        facts.check_patches(self._network.size_multiple)
        self._check_losses(facts)
        self.networks = {"unet": self._network}
        self.optimisers = {
            "adam": torch.optim.Adam(self._network.parameters(), settings.rate, fused=True)
        }
        self.schedule = Schedule("plateau", settings.plateau_factor, settings.plateau_patience)

    def _check_losses(self, facts: DataFacts) -> None:
        settings, shortest = self.settings, min(facts.patch_px)
        if 2 * settings.border_px >= shortest:
            raise UserError(
                f"A border of {settings.border_px} px leaves nothing of patches of {shortest} px: "
                "make it smaller or the patches larger."
            )
        if settings.ssim_weight and facts.spatial_dims != 2:
            raise UserError("SSIM is a loss of planes: set ssim_weight to 0 to train on volumes.")

    def list_phases(self, step: int) -> Sequence[Phase]:
        """One phase at every step."""
        del step
        return [Phase("restore", "adam", ("unet",), self._find_losses)]

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """The loss that training lowers, without border or SSIM, and the mean absolute error."""
        predicted = self.networks["unet"](inputs)
        mean = predicted[:, : targets.shape[1]]
        return {
            "loss": float(self._compare(predicted, targets)),
            "mae": float(l1_loss(mean, targets)),
        }

    def make_product(self) -> Product:
        """The U-Net."""
        return Product(
            network=self._network.eval(),
            key="care-unet",
            params=self._params.model_dump(mode="json"),
            output="mean-scale" if self.settings.probabilistic else "image",
        )

    def _find_losses(self, batch: Batch) -> Losses:
        border = (slice(None), slice(None), *self._inner(batch.targets))
        predicted, targets = self.networks["unet"](batch.inputs)[border], batch.targets[border]
        total = self._compare(predicted, targets)
        mean = predicted[:, : targets.shape[1]]
        parts = {"laplace" if self.settings.probabilistic else "l1": total}
        parts["mae"] = l1_loss(mean.detach(), targets)  # to be watched; no part of the total
        if self.settings.ssim_weight:
            parts["ssim"] = ssim_loss(mean, targets)
            total = total + self.settings.ssim_weight * parts["ssim"]
        return Losses(total, parts)

    def _inner(self, images: Tensor) -> list[slice]:
        """What the border leaves of every spatial axis."""
        border = self.settings.border_px
        return [slice(border, side - border) for side in images.shape[2:]]

    def _compare(self, predicted: Tensor, targets: Tensor) -> Tensor:
        """The likelihood of the targets, or their mean absolute difference."""
        if not self.settings.probabilistic:
            return l1_loss(predicted, targets)
        mean, scale = predicted.chunk(2, 1)
        return laplace_loss(mean=mean, scale=scale, target=targets)
