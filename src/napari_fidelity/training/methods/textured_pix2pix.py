"""A small pix2pix whose brightness is learned by regression and whose texture is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_fidelity.training.spec import DataFacts, MethodSettings, TrainingSpec

if TYPE_CHECKING:
    from napari_fidelity.training.methods.textured_pix2pix_steps import TexturedTraining


class TexturedSettings(MethodSettings):
    """Settings of the textured pix2pix; all of them are our own choice."""

    kind: Literal["textured-pix2pix"] = "textured-pix2pix"
    widths: tuple[int, ...] = Field(
        (24, 48, 96),
        min_length=2,
        max_length=5,
        title="Widths",
        description="Filters of the generator's levels, finest first",
    )
    bottom_convolutions: int = Field(
        3,
        ge=1,
        le=6,
        title="Bottom",
        description="3×3 convolutions at the coarsest level; of three levels, 2 reach 23 px, "
        "3 reach 27 px",
    )
    discriminator_width: int = Field(
        32, ge=4, le=256, title="Discriminator", description="Filters of its first layer"
    )
    regression_share: float = Field(
        0.7,
        ge=0,
        le=1,
        title="Regression",
        description="Share of the steps before the discriminator joins; 1: never",
    )
    rate: float = Field(
        1e-3, gt=0, le=1, title="Rate", description="Adam's, of the generator, falling to zero"
    )
    discriminator_rate: float = Field(
        4e-4, gt=0, le=1, title="Discriminator's rate", description="Adam's, likewise"
    )
    correlation_weight: float = Field(
        1.0,
        ge=0,
        title="Correlation",
        description="Weight of 1 - SFM of the brightness in each patch: the metric is a loss",
    )
    levels_weight: float = Field(
        0.3, gt=0, title="Levels", description="Weight of mean and SD inside objects"
    )
    background_weight: float = Field(
        0.5, gt=0, title="Background", description="Weight of differences outside objects"
    )
    texture_weight: float = Field(
        0.04, ge=0, title="Texture", description="Weight of the texture's amplitudes"
    )
    adversarial_weight: float = Field(
        0.1, ge=0, title="Adversarial", description="Weight of the discriminator's verdict"
    )
    adversarial_base_share: float = Field(
        0.05,
        ge=0,
        le=1,
        title="Brightness yields",
        description="Share of the discriminator's gradient that brightness gets",
    )
    sharper_share: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Sharper optics",
        description="Share of the patches whose brightness is learned from a deconvolved image, "
        "for masks of sharper images than those of the training",
    )
    sharper_sigma_px: float = Field(
        2.0,
        gt=0,
        le=8,
        title="Their blur",
        description="Gaussian SD of the blur that is taken away from them",
    )
    averaging: float = Field(
        0.995, ge=0, lt=1, title="Averaging", description="Decay of the averaged weights"
    )
    max_sfm_loss: float = Field(
        0.025,
        ge=0,
        le=1,
        title="Price of texture",
        description="Texture is as strong as it can be at this cost of mean SFM",
    )


def _build(settings: TexturedSettings, facts: DataFacts) -> TexturedTraining:
    from napari_fidelity.training.methods.textured_pix2pix_steps import TexturedTraining

    return TexturedTraining(settings, facts)


TEXTURED_PIX2PIX = TrainingSpec(
    key="textured-pix2pix",
    title="Textured pix2pix",
    description="Makes images of masks, fast enough to follow a brush: brightness by regression, "
    "texture drawn from noise and judged by a discriminator, camera noise fitted to the images.",
    source="ours, after Isola 2017",
    settings=TexturedSettings,
    tasks=("synthesis",),
    paired=True,
    default_patch_px=96,
    default_batch=8,
    default_steps=6000,
    build=_build,
)
