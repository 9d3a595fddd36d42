"""Segmentation: a U-Net that tells foreground from background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_fidelity.training.spec import DataFacts, MethodSettings, TrainingSpec

if TYPE_CHECKING:
    from napari_fidelity.training.methods.segmentation_steps import SegmentationTraining


class SegmentationSettings(MethodSettings):
    """Settings of the segmentation U-Net."""

    kind: Literal["segmentation"] = "segmentation"
    widths: tuple[int, ...] = Field(
        (64, 128, 256, 512),
        min_length=1,
        max_length=6,
        title="Filters",
        description="Of each level, finest first",
    )
    dropout: float = Field(
        0.5, ge=0, lt=1, title="Dropout", description="Share of the coarsest level that is dropped"
    )
    norm: Literal["none", "batch"] = Field(
        "none", title="Norm", description="Normalisation after every convolution"
    )
    optimiser: Literal["sgd", "adam"] = Field(
        "sgd",
        title="Optimiser",
        description="Published: sgd; adam needs far fewer steps",
    )
    rate: float | None = Field(
        None,
        gt=0,
        le=1,
        title="Rate",
        description="Learning rate; default: 0.01 for sgd (published), 0.0003 for adam",
    )
    momentum: float = Field(
        0.0,
        ge=0,
        lt=1,
        title="Momentum",
        description="Of sgd. Published: none stated, which is 0 in Keras and PyTorch; "
        "Ronneberger 2015 took 0.99",
    )

    @property
    def learning_rate(self) -> float:
        """The rate in use."""
        return self.rate or {"sgd": 0.01, "adam": 3e-4}[self.optimiser]


def _build(settings: SegmentationSettings, facts: DataFacts) -> SegmentationTraining:
    from napari_fidelity.training.methods.segmentation_steps import SegmentationTraining

    return SegmentationTraining(settings, facts)


SEGMENTATION = TrainingSpec(
    key="segmentation",
    title="Segmentation U-Net",
    description="Finds the foreground of images: a U-Net learns from images and their masks, real "
    "or synthetic. The published training took 600 images of 256², 4 at once, 50 times.",
    source="Ronneberger 2015, doi:10.1007/978-3-319-24574-4_28",
    settings=SegmentationSettings,
    tasks=("segmentation",),
    paired=True,
    default_patch_px=256,
    default_batch=4,
    default_steps=7_500,
    build=_build,
)
