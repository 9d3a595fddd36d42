"""The steps of the textured pix2pix: brightness and amplitudes by regression, then a discriminator.

A conditional GAN after pix2pix (Isola 2017), narrow and without normalisation layers. **Ours:**
texture comes from noise by construction (`TexturedUNet`), and pixel noise is added to the made
images before the discriminator sees them, so that the generator is not asked for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.textured_unet import TexturedUNet, TexturedUNetParams
from napari_fidelity.training.losses_adversarial import discriminator_loss, generator_loss
from napari_fidelity.training.losses_texture import (
    background_loss,
    correlation_loss,
    levels_loss,
    texture_loss,
)
from napari_fidelity.training.method import (
    Batch,
    Intensities,
    Losses,
    Phase,
    Product,
    Schedule,
    TrainingMethod,
)
from napari_fidelity.training.methods.textured_pix2pix import TexturedSettings
from napari_fidelity.training.spec import Criterion, DataFacts
from napari_fidelity.training.textured_patches import (
    TexturedPatches,
    noise_variance,
    normalise_patches,
    sharpen_patches,
)

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example, TrainingData

SHOWN_GAIN = 0.25  # of texture while the run goes on; the package has what the price allows
_OUTLINE_PX, _MIN_BASE = 3, 0.2


class TexturedTraining(TrainingMethod):
    """Trains a `TexturedUNet`; "best" is the highest SFM of the brightness on validation images.

    Checkpoints count as soon as the discriminator has joined, since texture is not finished
    before.

    Parameters
    ----------
    settings : TexturedSettings
    facts : DataFacts

    Raises
    ------
    UserError
        Volumes, colour images, or patches that the network cannot halve as often as it does.
    """

    schedule = Schedule("cosine")
    criterion = Criterion("val_finished_sfm", larger_is_better=True)

    def __init__(self, settings: TexturedSettings, facts: DataFacts) -> None:
        if facts.spatial_dims != 2 or facts.out_channels != 1 or facts.in_channels != 2:
            raise UserError(
                "The textured pix2pix makes planes of one channel of masks: choose pix2pix for "
                "volumes and for several channels."
            )
        self.settings = settings
        self._params = TexturedUNetParams(
            widths=settings.widths,
            bottom_convolutions=settings.bottom_convolutions,
            texture_gain=SHOWN_GAIN,
        )
        self._generator, self._averaged = TexturedUNet(self._params), TexturedUNet(self._params)
        self._averaged.load_state_dict(self._generator.state_dict())
        self._averaged.requires_grad_(False)
        facts.check_patches(self._generator.size_multiple)
        self._discriminator = PatchGan(
            PatchGanParams(in_channels=3, width=settings.discriminator_width)
        )
        kernels = self._generator.band_kernels()
        self._band_floor = kernels.square().sum((1, 2)).view(1, -1, 1, 1)
        self._mixing = measure_mixing(kernels)
        self.networks = {
            "generator": self._generator,
            "averaged": self._averaged,
            "discriminator": self._discriminator,
        }
        self.optimisers = {
            "generator": torch.optim.AdamW(
                self._generator.parameters(), settings.rate, (0.9, 0.99), weight_decay=1e-4
            ),
            "discriminator": torch.optim.Adam(
                self._discriminator.parameters(), settings.discriminator_rate, (0.5, 0.99)
            ),
        }
        self._joins_after = math.floor(settings.regression_share * facts.total_steps)
        self._always_regression = settings.regression_share >= 1
        self._steps_done = 0

    def list_phases(self, step: int) -> Sequence[Phase]:
        """The generator's phase, and the discriminator's once it has joined."""
        regression = Phase("regression", "generator", ("generator",), self._find_regression)
        if not self._has_joined(step):
            return [regression]
        return [
            Phase("generator", "generator", ("generator",), self._find_generator_losses),
            Phase("discriminator", "discriminator", ("discriminator",), self._judge),
        ]

    def finish_step(self, step: int) -> None:
        """Average the generator's weights."""
        self._steps_done = step
        decay = min(self.settings.averaging, step / (step + 10))
        with torch.no_grad():
            for mean, value in zip(
                self._averaged.parameters(), self._generator.parameters(), strict=True
            ):
                mean.lerp_(value, 1 - decay)

    def state(self) -> dict[str, Tensor]:
        """How many steps are done."""
        return {"steps_done": torch.tensor(self._steps_done)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        self._steps_done = int(state["steps_done"])

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """SFM of the brightness alone; "finished_sfm" is the same once texture is learned too."""
        noise = torch.zeros_like(targets)
        base, _ = self._averaged.predict_parts(torch.cat([inputs, noise], 1))
        one = torch.ones_like(targets[:, :1, :1, :1])
        found = 1 - float(correlation_loss(base.float(), targets, inputs[:, :1], one))
        ripe = self._always_regression or self._has_joined(self._steps_done)
        return {"base_sfm": found, "finished_sfm": found if ripe else math.nan}

    def make_product(self) -> Product:
        """The averaged generator, with as much texture as is shown while the run goes on."""
        return _describe(self._averaged)

    def finish_product(
        self, product: Product, data: TrainingData, examples: Sequence[Example]
    ) -> Product:
        """Texture, camera noise and intensities fitted to training images; scores of the whole."""
        from napari_fidelity.training.intensity_fit import fit_intensities, score_matched

        assert isinstance(product.network, TexturedUNet)
        network, intensities = fit_intensities(
            product.network, data.list_training(), self.settings.max_sfm_loss
        )
        figures = score_matched(network, intensities, examples)
        facts = {**product.facts, "texture_gain": network.params.texture_gain}
        return _describe(network, intensities=intensities, figures=figures, facts=facts)

    def _has_joined(self, step: int) -> bool:
        return step > self._joins_after

    def _find_regression(self, batch: Batch) -> Losses:
        patches, _ = self._read(batch)
        return self._regress(patches)[0]

    def _find_generator_losses(self, batch: Batch) -> Losses:
        patches, genuine = self._read(batch)
        losses, (base, amplitudes, noise) = self._regress(patches)
        # the discriminator shapes texture; brightness follows the mask and yields only a little
        yielding = torch.lerp(base.detach(), base, self.settings.adversarial_base_share)
        signal = self._generator.add_texture(yielding, amplitudes, noise)
        deviation = noise_variance(signal.detach(), patches).sqrt()
        made = signal + deviation * torch.randn_like(signal)
        pairs = [
            torch.cat([patches.masks, images], 1)[genuine] for images in (patches.images, made)
        ]
        fooling = generator_loss(self._discriminator(pairs[1]))
        batch.kept["real"], batch.kept["made"] = pairs[0], pairs[1].detach()
        total = losses.total + self.settings.adversarial_weight * fooling
        return Losses(total, {**losses.parts, "adversarial": fooling})

    def _judge(self, batch: Batch) -> Losses:
        """On real patches and the generator's."""
        verdicts = (self._discriminator(batch.kept[key]) for key in ("real", "made"))
        return Losses(discriminator_loss(*verdicts))

    def _read(self, batch: Batch) -> tuple[TexturedPatches, Tensor]:
        """Patches, some of them sharpened, and which are not: one at least."""
        patches = normalise_patches(batch.inputs, batch.targets)
        chosen = torch.rand(len(patches.masks)) < self.settings.sharper_share
        chosen[0] = False
        chosen = chosen.to(patches.masks.device)
        masks, images = sharpen_patches(patches, chosen, self.settings.sharper_sigma_px)
        return replace(patches, masks=masks, images=images), ~chosen

    def _regress(self, patches: TexturedPatches) -> tuple[Losses, tuple[Tensor, Tensor, Tensor]]:
        """Losses of brightness and amplitudes; both predictions and their noise."""
        settings = self.settings
        images, inside, usable = patches.images, patches.foreground, patches.usable
        noise = torch.randn_like(images)
        base, amplitudes = self._generator.predict_parts(torch.cat([patches.masks, noise], 1))
        base, amplitudes = base.float(), amplitudes.float()
        scaled = (base / patches.spreads, images / patches.spreads)
        parts = {
            "correlation": correlation_loss(base, images, inside, usable),
            "levels": levels_loss(base, images, inside, usable),
            "background": background_loss(*scaled, 1 - inside, usable),
            "texture": self._compare_texture(base.detach(), amplitudes, patches),
        }
        weights = {
            "correlation": settings.correlation_weight,
            "levels": settings.levels_weight,
            "background": settings.background_weight,
            "texture": settings.texture_weight,
        }
        total = torch.stack([weights[key] * value for key, value in parts.items()]).sum()
        return Losses(total, parts), (base, amplitudes, noise)

    def _compare_texture(
        self, base: Tensor, amplitudes: Tensor, patches: TexturedPatches
    ) -> Tensor:
        """Distance from the residual's bands inside objects, away from their outlines."""
        side = 2 * _OUTLINE_PX + 1
        inside = -functional.max_pool2d(-patches.foreground, side, 1, _OUTLINE_PX)
        inside = inside * (base > _MIN_BASE) * patches.usable
        base = base.clamp_min(_MIN_BASE)
        bands = self._generator.split_bands(patches.images - base) / base
        floor = noise_variance(base, patches) / base**2 * self._band_floor.to(base)
        return texture_loss(bands, amplitudes, self._mixing.to(base), floor, inside)


def measure_mixing(kernels: Tensor) -> Tensor:
    """Variance in band k of noise that was filtered to variance 1 in band j, shape (band, band)."""
    size = 3 * kernels.shape[-1]
    power = torch.fft.fft2(kernels, s=(size, size)).abs() ** 2
    mixed = torch.einsum("kyx,jyx->kj", power, power) / size**2
    return mixed / kernels.square().sum((1, 2))


def _describe(
    network: TexturedUNet,
    *,
    intensities: Intensities | None = None,
    figures: Mapping[str, float] | None = None,
    facts: Mapping[str, Any] | None = None,  # Any: JSON
) -> Product:
    return Product(
        network=network.eval(),
        key="textured-unet",
        params=network.params.model_dump(mode="json"),
        facts=facts or {},
        intensities=intensities,
        figures=figures,
    )
