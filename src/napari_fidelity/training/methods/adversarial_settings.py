"""What the settings of adversarial methods have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_fidelity.training.spec import MethodSettings


class AdversarialSettings(MethodSettings):
    """Generator, discriminator and optimiser; the defaults are the published ones."""

    generator: Literal["unet", "resnet"] = Field(
        "unet",
        title="Generator",
        description="unet: strided convolutions as in pix2pix; resnet: residual blocks as in "
        "CycleGAN",
    )
    widths: tuple[int, ...] = Field(
        (64, 128, 256, 512, 512, 512, 512, 512),
        min_length=2,
        max_length=10,
        title="Widths",
        description="Filters of the U-Net's levels, finest first; sides of patches are multiples "
        "of 2 to the power of their number",
    )
    resnet_width: int = Field(
        64, ge=2, le=256, title="ResNet width", description="Filters at full resolution"
    )
    resnet_blocks: int = Field(
        9, ge=1, le=32, title="ResNet blocks", description="Residual blocks of two convolutions"
    )
    upsampling: Literal["transposed", "nearest"] = Field(
        "transposed",
        title="Up-sampling",
        description="transposed convolutions as published; nearest leaves no checkerboard",
    )
    norm: Literal["batch", "instance", "none"] = Field(
        "batch", title="Norm", description="Of generators and discriminators"
    )
    freeze: bool = Field(
        True,
        title="Freeze norms",
        description="Give instance norms fixed statistics in the finished model, so that tiles "
        "equal the whole image; the card says by how much it changes",
    )
    dropout: float | None = Field(
        None,
        ge=0,
        lt=1,
        title="Dropout",
        description="Default: 0.5 on the U-Net's three innermost levels, none in a ResNet",
    )
    dropout_when_predicting: bool = Field(
        False,
        title="Dropout in use",
        description="Synthesis with a U-Net: dropout goes on in the finished model, keyed by the "
        "seed, as the authors have it",
    )
    published_input: bool = Field(
        False,
        title="Published input",
        description="Synthesis: give the generator the foreground alone, without boundaries and "
        "noise",
    )
    output: Literal["auto", "unit", "linear", "skip"] = Field(
        "auto",
        title="Output",
        description="unit: 0..1 by tanh; linear: any number; skip: corrects the input; auto: unit "
        "for synthesis, linear for restoration",
    )
    discriminator_width: int = Field(
        64, ge=4, le=256, title="Discriminator width", description="Filters of its first layer"
    )
    discriminator_layers: int = Field(
        3,
        ge=1,
        le=5,
        title="Discriminator layers",
        description="Strided layers: 2 see patches of 34², 3 of 70² as published",
    )
    detail: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Detail",
        description="Discriminators of images also see them less their 5×5 mean, times this "
        "(ours), such as 8, and notice missing noise early; 0: off, as published",
    )
    adversarial: Literal["cross-entropy", "least-squares"] = Field(
        "cross-entropy", title="Adversarial loss", description="How verdicts are counted"
    )
    adversarial_weight: float = Field(
        1.0, ge=0, title="Adversarial weight", description="0: no discriminator at all"
    )
    rate: float = Field(2e-4, gt=0, le=1, title="Rate", description="Learning rate of Adam")
    beta1: float = Field(0.5, ge=0, lt=1, title="Momentum", description="β₁ of Adam")
    schedule: Literal["constant", "linear"] = Field(
        "constant",
        title="Schedule",
        description="linear: from the middle of the run the rate falls to zero",
    )
    averaging: float = Field(
        0.0,
        ge=0,
        lt=1,
        title="Averaging",
        description="Decay of averaged weights, which then are the model (ours), such as 0.995; "
        "0: off, as published",
    )
