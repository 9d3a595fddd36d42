"""CycleGAN: adversarial training without pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_fidelity.training.methods.adversarial_settings import AdversarialSettings
from napari_fidelity.training.spec import DataFacts, TrainingSpec

if TYPE_CHECKING:
    from napari_fidelity.training.methods.cyclegan_steps import CycleGanTraining


class CycleGanSettings(AdversarialSettings):
    """Settings of CycleGAN.

    Schedule and pool are those of the original (Zhu 2017): a falling rate lets the two games,
    which otherwise circle, come to rest, so that the last checkpoint is as good as a lucky one.
    Feng 2019 have a constant rate and no pool, and the U-Net of pix2pix, whose batch norm they
    leave in training mode: with a batch of 1 that is instance norm.
    """

    kind: Literal["cyclegan"] = "cyclegan"
    norm: Literal["batch", "instance", "none"] = Field(
        "instance", title="Norm", description="Of generators and discriminators"
    )
    adversarial: Literal["cross-entropy", "least-squares"] = Field(
        "least-squares", title="Adversarial loss", description="How verdicts are counted"
    )
    schedule: Literal["constant", "linear"] = Field(
        "linear",
        title="Schedule",
        description="linear: from the middle of the run the rate falls to zero (Zhu 2017); "
        "constant (Feng 2019)",
    )
    cycle_weight: float = Field(
        10.0,
        ge=0,
        title="Cycle weight",
        description="Of the difference after both generators, intensities counted from -1 to 1",
    )
    identity_weight: float = Field(
        0.0,
        ge=0,
        title="Identity weight",
        description="Of what a generator changes in images of its target's kind, times the cycle "
        "weight; restoration alone",
    )
    pool: int = Field(
        50,
        ge=0,
        le=1000,
        title="Image pool",
        description="Earlier images that discriminators are shown (Zhu 2017); 0: none (Feng 2019)",
    )


def _build(settings: CycleGanSettings, facts: DataFacts) -> CycleGanTraining:
    from napari_fidelity.training.methods.cyclegan_steps import CycleGanTraining

    return CycleGanTraining(settings, facts)


CYCLEGAN = TrainingSpec(
    key="cyclegan",
    title="CycleGAN",
    description="Makes images of masks, or images of images, without pairs: two generators that "
    "undo each other, each against a discriminator. Published: 200 epochs of 500 images of 256².",
    source="Zhu 2017, doi:10.1109/ICCV.2017.244, as used by Feng 2019, "
    "doi:10.1109/ICIP.2019.8803787",
    settings=CycleGanSettings,
    tasks=("synthesis", "restoration"),
    paired=False,
    default_patch_px=256,
    default_batch=1,
    default_steps=100_000,
    build=_build,
)
