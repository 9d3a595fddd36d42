"""CARE: content-aware image restoration with a Laplace distribution a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_fidelity.training.spec import DataFacts, MethodSettings, TrainingSpec

if TYPE_CHECKING:
    from napari_fidelity.training.methods.care_steps import CareTraining


class CareSettings(MethodSettings):
    """Settings of CARE; the defaults are those of CSBDeep, which the papers used."""

    kind: Literal["care"] = "care"
    probabilistic: bool = Field(
        True,
        title="Uncertainty",
        description="Give a Laplace mean and scale a pixel, by their likelihood; else the image "
        "alone, by its mean absolute difference",
    )
    depth: int = Field(2, ge=1, le=5, title="Depth", description="How often the image is halved")
    first_filters: int = Field(
        32,
        ge=2,
        le=256,
        title="Filters",
        description="Of the finest level; every coarser one has twice as many",
    )
    kernel_px: int | None = Field(
        None,
        ge=3,
        le=7,
        title="Kernel",
        description="Side of the kernels, odd; default: 5 in 2-D, 3 in 3-D",
    )
    residual: bool = Field(
        True,
        title="Residual",
        description="Learn what is to be added to the input; only where input and target have "
        "equally many channels",
    )
    rate: float = Field(
        4e-4,
        gt=0,
        le=1,
        title="Rate",
        description="Learning rate of Adam; published: 0.0004 (patches of 16², and CSBDeep's "
        "own), 0.0002 (patches of 32²)",
    )
    plateau_factor: float = Field(
        0.5,
        gt=0,
        le=1,
        title="Rate factor",
        description="The rate is multiplied with this when validation gets no better; 1: never",
    )
    plateau_patience: int = Field(
        10, ge=1, title="Patience", description="After so many validations without improvement"
    )
    ssim_weight: float = Field(
        0.0,
        ge=0,
        title="SSIM weight",
        description="Weight of 1 - SSIM of the image beside the loss (ours; planes only)",
    )
    border_px: int = Field(
        0,
        ge=0,
        title="Border",
        description="Pixels along a patch's sides that the loss leaves out, as the network sees "
        "zeros beyond them (ours; at equal steps it learns less, and nothing of an image's rim)",
    )


def _build(settings: CareSettings, facts: DataFacts) -> CareTraining:
    from napari_fidelity.training.methods.care_steps import CareTraining

    return CareTraining(settings, facts)


CARE = TrainingSpec(
    key="care",
    title="CARE",
    description="Restores images and says how sure it is of each pixel: a U-Net learns from pairs "
    "of degraded and clean images. Published trainings took 500 000 steps of 16 patches of 16² or "
    "32²; its receptive field of 43 px asks for larger ones.",
    source="Weigert 2018, doi:10.1038/s41592-018-0216-7",
    settings=CareSettings,
    tasks=("restoration",),
    paired=True,
    default_patch_px=64,
    default_batch=16,
    default_steps=10_000,
    build=_build,
)
