"""pix2pix: a conditional adversarial network on pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_fidelity.training.methods.adversarial_settings import AdversarialSettings
from napari_fidelity.training.spec import DataFacts, TrainingSpec

if TYPE_CHECKING:
    from napari_fidelity.training.methods.pix2pix_steps import Pix2PixTraining


class Pix2PixSettings(AdversarialSettings):
    """Settings of pix2pix; the defaults are those of paper and code of Feng 2019."""

    kind: Literal["pix2pix"] = "pix2pix"
    l1_weight: float = Field(
        100.0,
        ge=0,
        title="L1 weight",
        description="Of the mean absolute difference, intensities counted from -1 to 1",
    )


def _build(settings: Pix2PixSettings, facts: DataFacts) -> Pix2PixTraining:
    from napari_fidelity.training.methods.pix2pix_steps import Pix2PixTraining

    return Pix2PixTraining(settings, facts)


PIX2PIX = TrainingSpec(
    key="pix2pix",
    title="pix2pix",
    description="Makes images of masks, or images of images, from pairs: a U-Net against a "
    "discriminator that sees both. Published: 800 epochs of 500 pairs of 256², a batch of 5.",
    source="Isola 2017, doi:10.1109/CVPR.2017.632, as used by Feng 2019, "
    "doi:10.1109/ICIP.2019.8803787",
    settings=Pix2PixSettings,
    tasks=("synthesis", "restoration"),
    paired=True,
    default_patch_px=256,
    default_batch=5,
    default_steps=80_000,
    build=_build,
)
