"""The steps of pix2pix: the generator's, then the discriminator's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.training.generator_product import ProductMaker
from napari_fidelity.training.losses_adversarial import (
    discriminator_loss,
    generator_loss,
    signed_l1_loss,
    to_signed,
)
from napari_fidelity.training.method import (
    Batch,
    Losses,
    Phase,
    Product,
    Schedule,
    TrainingMethod,
)
from napari_fidelity.training.methods.adversarial_networks import (
    NETWORK_KEYS,
    build_adam,
    build_discriminator,
    build_generator,
    copy_for_average,
    plan_generator,
)
from napari_fidelity.training.methods.pix2pix import Pix2PixSettings
from napari_fidelity.training.spec import Criterion, DataFacts
from napari_fidelity.training.unpaired_distance import measure_unpaired
from napari_fidelity.training.weight_average import average_weights

_VALIDATION_SEED = 0


class Pix2PixTraining(TrainingMethod):
    """Trains a generator and a PatchGAN that sees its input too (Isola 2017).

    The authors train the discriminator first, with an image that is then made again; here the
    generator goes first and the image is made once: the same alternation, half a step apart.

    The best checkpoint: for restoration the one of the highest SSIM. For synthesis not of the
    highest SFM: texture is not determined by a mask, so that a blurred mask, the mean of all
    fitting images, would win; but of the smallest distance between the distributions of
    intensity and texture inside and outside the mask (`measure_unpaired`).

    Parameters
    ----------
    settings : Pix2PixSettings
    facts : DataFacts

    Raises
    ------
    UserError
        The patches do not fit the networks, or the settings contradict each other.
    """

    def __init__(self, settings: Pix2PixSettings, facts: DataFacts) -> None:
        self.settings = settings
        self._synthesis = facts.task == "synthesis"
        self._plan = plan_generator(settings, facts)
        alone = self._synthesis and settings.published_input
        self._condition = 1 if alone else facts.in_channels
        self._generator = build_generator(settings, facts, self._plan)
        judged = self._condition + facts.out_channels
        discriminator = build_discriminator(settings, facts, judged, facts.out_channels)
        self.networks = {"generator": self._generator, "discriminator": discriminator}
        self._averaged: LocalNetwork | None = None
        if settings.averaging:
            self._averaged = self.networks["averaged"] = copy_for_average(self._generator)
        self.optimisers = {
            "generator": build_adam(settings, self._generator),
            "discriminator": build_adam(settings, discriminator),
        }
        self.schedule = Schedule(settings.schedule)
        self.criterion = (
            Criterion("val_unpaired")
            if self._synthesis
            else Criterion("val_ssim", larger_is_better=True)
        )
        self._products = ProductMaker(NETWORK_KEYS[settings.generator], freeze=settings.freeze)

    def list_phases(self, step: int) -> Sequence[Phase]:
        """The generator's phase, then the discriminator's."""
        del step
        phases = [Phase("generator", "generator", ("generator",), self._judge_generator)]
        if self.settings.adversarial_weight:
            phases.append(
                Phase(
                    "discriminator", "discriminator", ("discriminator",), self._judge_discriminator
                )
            )
        return phases

    def finish_step(self, step: int) -> None:
        """Average the weights, if that is asked for."""
        self._products.forget()
        if self._averaged is not None:
            average_weights(self._averaged, self._generator, self.settings.averaging, step)

    def state(self) -> dict[str, Tensor]:
        """Patches for the statistics of frozen norms."""
        return self._products.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        self._products.load_state(state)

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Distances of distributions for synthesis; the mean absolute difference."""
        made = self.make_product().network(self._plan.inputs.assemble(inputs, _VALIDATION_SEED))
        found = {"l1": float((made - targets).abs().mean())}
        if self._synthesis:
            mask = inputs[:, :1] > 0.5
            found |= measure_unpaired(made, targets, mask, mask)
        return found

    def make_product(self) -> Product:
        """The generator, or its average."""
        network = self._generator if self._averaged is None else self._averaged
        return self._products.make(network)

    def _judge_generator(self, batch: Batch) -> Losses:
        settings = self.settings
        inputs = self._plan.inputs.assemble(batch.inputs)
        self._products.keep(inputs)
        made = self.networks["generator"](inputs).float()
        batch.kept["made"] = made.detach()
        l1 = signed_l1_loss(made, self._limit(batch.targets))
        total, parts = settings.l1_weight * l1, {"l1": l1}
        if settings.adversarial_weight:
            fooling = generator_loss(self._find_verdicts(batch, made), settings.adversarial)
            total = total + settings.adversarial_weight * fooling
            parts["adversarial"] = fooling
        return Losses(total, parts)

    def _judge_discriminator(self, batch: Batch) -> Losses:
        real = self._find_verdicts(batch, self._limit(batch.targets))
        made = self._find_verdicts(batch, batch.kept["made"])
        return Losses(discriminator_loss(real, made, self.settings.adversarial))

    def _find_verdicts(self, batch: Batch, images: Tensor) -> Tensor:
        condition = batch.inputs[:, : self._condition]
        verdicts: Tensor = self.networks["discriminator"](
            to_signed(torch.cat([condition, images], 1))
        )
        return verdicts

    def _limit(self, targets: Tensor) -> Tensor:
        """Targets within the generator's range: what it cannot make would give it away."""
        return targets.clamp(0, 1) if self._plan.output == "unit" else targets
