"""Generators and discriminators as the settings of adversarial methods ask for them."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import nn

from napari_fidelity.core.errors import UserError
from napari_fidelity.networks.generator_range import Output
from napari_fidelity.networks.norm_layers import draw_gan_weights
from napari_fidelity.networks.patchgan import PatchGan, PatchGanParams
from napari_fidelity.networks.pix2pix_unet import Pix2PixUNet, Pix2PixUNetParams
from napari_fidelity.networks.resnet_generator import ResnetGenerator, ResnetGeneratorParams
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.training.generator_inputs import GeneratorInputs
from napari_fidelity.training.methods.adversarial_settings import AdversarialSettings
from napari_fidelity.training.spec import DataFacts

NETWORK_KEYS = {"unet": "pix2pix-unet", "resnet": "resnet-generator"}


@dataclass(frozen=True)
class GeneratorPlan:
    """What a generator is given and gives.

    Parameters
    ----------
    inputs : GeneratorInputs
    seen_channels : int
        How many of the input's channels are convolved.
    out_channels : int
    output : str
        "unit", "linear" or "skip".
    """

    inputs: GeneratorInputs
    seen_channels: int
    out_channels: int
    output: Output


def plan_generator(settings: AdversarialSettings, facts: DataFacts) -> GeneratorPlan:
    """The generator from inputs to targets.

    Raises
    ------
    UserError
        Dropout in use needs noise in the input and a U-Net, so synthesis; which needs norms
        with fixed statistics.
    """
    synthesis = facts.task == "synthesis"
    kept = settings.dropout_when_predicting
    if kept and (not synthesis or settings.generator != "unet"):
        raise UserError(
            "Dropout in use is keyed by the noise in the input of a U-Net for synthesis: switch "
            "dropout_when_predicting off."
        )
    if synthesis and settings.norm == "instance" and not settings.freeze:
        raise UserError(
            "Images of masks are made in tiles, which need norms with fixed statistics: switch "
            "freeze on, or choose norm batch."
        )
    output = find_output(settings, facts)
    if not synthesis:
        channels = facts.in_channels
        return GeneratorPlan(GeneratorInputs(channels), channels, facts.out_channels, output)
    if not settings.published_input:
        inputs = GeneratorInputs(facts.in_channels, 1)
        return GeneratorPlan(inputs, inputs.in_channels, facts.out_channels, output)
    inputs = GeneratorInputs(facts.in_channels, 1) if kept else GeneratorInputs(1)
    return GeneratorPlan(inputs, 1, facts.out_channels, output)


def find_output(settings: AdversarialSettings, facts: DataFacts) -> Output:
    """What the settings mean by their output for a task."""
    if settings.output != "auto":
        return settings.output
    return "unit" if facts.task == "synthesis" else "linear"


def build_generator(
    settings: AdversarialSettings, facts: DataFacts, plan: GeneratorPlan
) -> LocalNetwork:
    """A generator with fresh weights.

    Raises
    ------
    UserError
        The patches do not fit it, or the settings contradict each other.
    """
    common = {
        "in_channels": plan.inputs.in_channels,
        "signed_channels": plan.inputs.data_channels,
        "out_channels": plan.out_channels,
        "norm": settings.norm,
        "upsampling": settings.upsampling,
        "output": plan.output,
        "spatial_dims": facts.spatial_dims,
    }
    network: LocalNetwork
    if settings.generator == "unet":
        special = {
            "seen_channels": plan.seen_channels,
            "widths": settings.widths,
            "dropout": 0.5 if settings.dropout is None else settings.dropout,
            "dropout_when_predicting": settings.dropout_when_predicting,
        }
        network = Pix2PixUNet(Pix2PixUNetParams.parse({**common, **special}))
    else:
        special = {
            "width": settings.resnet_width,
            "blocks": settings.resnet_blocks,
            "dropout": settings.dropout or 0.0,
        }
        network = ResnetGenerator(ResnetGeneratorParams.parse({**common, **special}))
    facts.check_patches(network.size_multiple)
    _start(network, settings)
    return network


def build_discriminator(
    settings: AdversarialSettings, facts: DataFacts, in_channels: int, image_channels: int
) -> PatchGan:
    """A discriminator with fresh weights.

    Parameters
    ----------
    settings : AdversarialSettings
    facts : DataFacts
    in_channels : int
    image_channels : int
        How many of them, the last ones, are of an image whose detail may be seen.

    Raises
    ------
    UserError
        The patches are too small for a verdict.
    """
    smallest = 2 ** (settings.discriminator_layers + 2)
    if min(facts.patch_px) < smallest:
        raise UserError(
            f"Patches of {min(facts.patch_px)} px leave a discriminator of "
            f"{settings.discriminator_layers} strided layers no verdict: it needs {smallest} px."
        )
    params = PatchGanParams(
        in_channels=in_channels,
        width=settings.discriminator_width,
        strided_layers=settings.discriminator_layers,
        norm=settings.norm,
        spatial_dims=facts.spatial_dims,
        detail_channels=image_channels if settings.detail else 0,
        detail_gain=settings.detail or 1.0,
    )
    network = PatchGan(params)
    _start(network, settings)
    return network


def copy_for_average(network: LocalNetwork) -> LocalNetwork:
    """A copy that is averaged into and never trained."""
    return copy.deepcopy(network).requires_grad_(False)


def build_adam(settings: AdversarialSettings, *networks: nn.Module) -> torch.optim.Optimizer:
    """Adam over the weights of all the networks."""
    parameters = [parameter for network in networks for parameter in network.parameters()]
    return torch.optim.Adam(parameters, settings.rate, betas=(settings.beta1, 0.999), fused=True)


def _start(network: nn.Module, settings: AdversarialSettings) -> None:
    if settings.norm != "none":
        draw_gan_weights(network)
