"""The steps of CycleGAN: both generators, then both discriminators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.training.generator_inputs import GeneratorInputs
from napari_fidelity.training.generator_product import ProductMaker
from napari_fidelity.training.image_pool import ImagePool
from napari_fidelity.training.losses_adversarial import (
    cycle_loss,
    discriminator_loss,
    generator_loss,
    identity_loss,
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
    GeneratorPlan,
    build_adam,
    build_discriminator,
    build_generator,
    copy_for_average,
    plan_generator,
)
from napari_fidelity.training.methods.cyclegan import CycleGanSettings
from napari_fidelity.training.spec import Criterion, DataFacts
from napari_fidelity.training.unpaired_distance import measure_separation, measure_unpaired
from napari_fidelity.training.weight_average import average_weights

_VALIDATION_SEED = 0
_PLAIN = 0.8  # separation from which on an image is held to show its mask


class CycleGanTraining(TrainingMethod):
    """Trains generators from inputs to targets and back, and a discriminator for each (Zhu 2017).

    For synthesis the way back makes the foreground alone; where it leads to an image again,
    there are no boundaries between objects, as in a boolean mask.

    The best checkpoint has the smallest distance between the distributions of made and real
    images (`measure_unpaired`), never the best paired metric: pairs are what this method does
    not have. For synthesis, what an image lacks to show its mask is added, for without that an
    inverted or ignored mask would pass.

    Parameters
    ----------
    settings : CycleGanSettings
    facts : DataFacts

    Raises
    ------
    UserError
        The patches do not fit the networks, or the settings contradict each other.
    """

    criterion = Criterion("val_unpaired")

    def __init__(self, settings: CycleGanSettings, facts: DataFacts) -> None:
        self.settings = settings
        self._synthesis = facts.task == "synthesis"
        self._plan = plan_generator(settings, facts)
        self._source_channels = 1 if self._synthesis else facts.in_channels
        if settings.identity_weight and self._source_channels != facts.out_channels:
            raise UserError(_NO_IDENTITY)
        if settings.identity_weight and self._synthesis:
            raise UserError(_NO_IDENTITY)
        self._generator = build_generator(settings, facts, self._plan)
        plan = _plan_way_back(self._plan, self._source_channels)
        # dropout in use needs noise, which the way back has not
        usual = settings.model_copy(update={"dropout_when_predicting": False})
        back = build_generator(usual, facts, plan)
        discriminator = build_discriminator(settings, facts, facts.out_channels, facts.out_channels)
        back_discriminator = build_discriminator(
            settings, facts, self._source_channels, 0 if self._synthesis else self._source_channels
        )
        self.networks = {
            "generator": self._generator,
            "back_generator": back,
            "discriminator": discriminator,
            "back_discriminator": back_discriminator,
        }
        self._averaged: LocalNetwork | None = None
        if settings.averaging:
            self._averaged = self.networks["averaged"] = copy_for_average(self._generator)
        self.optimisers = {
            "generators": build_adam(settings, self._generator, back),
            "discriminators": build_adam(settings, discriminator, back_discriminator),
        }
        self.schedule = Schedule(settings.schedule)
        self._pools = {key: ImagePool(settings.pool) for key in ("made", "made_back")}
        self._products = ProductMaker(NETWORK_KEYS[settings.generator], freeze=settings.freeze)

    def list_phases(self, step: int) -> Sequence[Phase]:
        """Both generators, then both discriminators."""
        del step
        generators, discriminators = (
            (name, f"back_{name}") for name in ("generator", "discriminator")
        )
        phases = [Phase("generators", "generators", generators, self._judge_generators)]
        if self.settings.adversarial_weight:
            phases.append(
                Phase(
                    "discriminators", "discriminators", discriminators, self._judge_discriminators
                )
            )
        return phases

    def finish_step(self, step: int) -> None:
        """Average the weights, if that is asked for."""
        self._products.forget()
        if self._averaged is not None:
            average_weights(self._averaged, self._generator, self.settings.averaging, step)

    def state(self) -> dict[str, Tensor]:
        """The image pools, and patches for the statistics of frozen norms."""
        pools = {f"pool_{key}": pool.state() for key, pool in self._pools.items()}
        return {**pools, **self._products.state()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        for key, pool in self._pools.items():
            pool.load_state(state[f"pool_{key}"])
        self._products.load_state(state)

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Distances of distributions; for synthesis how well masks are seen and come back.

        A mask that comes back is binarised first: a generator can hide an image in its greys.
        """
        made = self.make_product().network(self._plan.inputs.assemble(inputs, _VALIDATION_SEED))
        found = measure_unpaired(made, targets)
        back = self.networks["back_generator"](made)
        if not self._synthesis:
            return {**found, "cycle": float((back - inputs).abs().mean())}
        mask = inputs[:, :1] > 0.5
        separation = measure_separation(made, mask.expand_as(made))
        if separation < _PLAIN:
            found["unpaired"] += _PLAIN - separation
        return {**found, "separation": separation, "cycle_iou": _find_iou(back > 0.5, mask)}

    def make_product(self) -> Product:
        """The generator from inputs to targets, or its average."""
        network = self._generator if self._averaged is None else self._averaged
        return self._products.make(network)

    def _judge_generators(self, batch: Batch) -> Losses:
        settings, networks = self.settings, self.networks
        source, targets = self._limit(batch)
        inputs = self._plan.inputs.assemble(batch.inputs)
        self._products.keep(inputs)
        made = networks["generator"](inputs).float()
        made_back = networks["back_generator"](targets).float()
        batch.kept |= {"made": made.detach(), "made_back": made_back.detach()}
        there = networks["generator"](self._plan.inputs.assemble(made_back))
        here = networks["back_generator"](made)
        cycle = cycle_loss(here, source) + cycle_loss(there, targets)
        total, parts = settings.cycle_weight * cycle, {"cycle": cycle}
        if settings.adversarial_weight:
            fooling = generator_loss(self._judge("", made), settings.adversarial)
            fooling = fooling + generator_loss(
                self._judge("back_", made_back), settings.adversarial
            )
            total, parts["adversarial"] = total + settings.adversarial_weight * fooling, fooling
        if settings.identity_weight:
            same = identity_loss(networks["generator"](targets), targets)
            same = same + identity_loss(networks["back_generator"](source), source)
            weight = settings.identity_weight * settings.cycle_weight
            total, parts["identity"] = total + weight * same, same
        return Losses(total, parts)

    def _judge_discriminators(self, batch: Batch) -> Losses:
        source, targets = self._limit(batch)
        losses = {}
        for prefix, key, real in (("", "made", targets), ("back_", "made_back", source)):
            made = self._pools[key].exchange(batch.kept[key])
            losses[key] = discriminator_loss(
                self._judge(prefix, real), self._judge(prefix, made), self.settings.adversarial
            )
        total = losses["made"] + losses["made_back"]
        return Losses(
            total,
            {
                "discriminator": losses["made"],
                "back_discriminator": losses["made_back"],
            },
        )

    def _judge(self, prefix: str, images: Tensor) -> Tensor:
        verdicts: Tensor = self.networks[f"{prefix}discriminator"](to_signed(images))
        return verdicts

    def _limit(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Both kinds of images within the generators' range: what lies beyond gives away."""
        source = batch.inputs[:, : self._source_channels]
        if self._plan.output != "unit":
            return source, batch.targets
        return source.clamp(0, 1), batch.targets.clamp(0, 1)


_NO_IDENTITY = (
    "The identity loss asks a generator to leave its own kind of images alone, which needs inputs "
    "and targets of equal channels: set identity_weight to 0."
)


def _plan_way_back(plan: GeneratorPlan, source_channels: int) -> GeneratorPlan:
    inputs = GeneratorInputs(plan.out_channels)
    return GeneratorPlan(inputs, plan.out_channels, source_channels, plan.output)


def _find_iou(one: Tensor, other: Tensor) -> float:
    """Intersection over union; NaN where both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else float("nan")
