"""What a model package says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from napari_fidelity.core.params import Params
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.simulation.observation import Levels, ObservationModel
from napari_fidelity.simulation.response import Response, typical_response

FORMAT_VERSION = 2
ModelTask: TypeAlias = Literal["synthesis", "restoration", "segmentation"]


class TrainingRecord(Params):
    """On what and how a model was trained."""

    data: str = Field(description="Name of the data set")
    data_licence: str = Field(description="Licence of the data")
    citation: str = Field(description="Publication of the data")
    method: str = Field(description="Method and its source")
    settings: dict[str, Any] = Field(description="Values that repeat the training")  # Any: JSON


class PredictionRecord(Params):
    """How a network that takes images is fed, what it gives, and what it was shown."""

    normalisation: Normalisation = Field(
        default_factory=Normalisation, description="Scaling of every image by itself"
    )
    output: Literal["image", "mean-scale", "probability"] = Field(
        "image",
        description="image: the result; mean-scale: mean and scale of a Laplace distribution, "
        "channels one after the other; probability: of the foreground",
    )
    output_range: tuple[float, float] | None = Field(
        None,
        description="Intensities that outputs 0 and 1 stand for, where all targets shared one "
        "range; default: those of the input",
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="Probability from which a pixel is foreground"
    )
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")
    patch_px: tuple[int, ...] = Field((), description="Sides of the patches of the training")
    pixel_size_um: tuple[float, float] | None = Field(
        None, description="Smallest and largest pixel in Y and X that it was shown, if known"
    )
    z_step_um: tuple[float, float] | None = Field(
        None, description="Smallest and largest Z step that it was shown, if known"
    )


class Manifest(Params):
    """The file `manifest.json` of a model package."""

    format_version: Literal[2] = Field(description="Version of the package format")
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Name in commands and recipes")
    title: str = Field(description="Name for a person")
    task: ModelTask = Field(description="What the model is for")
    description: str = Field(description="One line for lists and docks")
    version: str = Field(description="Version of the weights")
    licence: str = Field(description="Licence of the weights, an SPDX identifier")
    network: str = Field(description="Key in the catalog of networks")
    network_params: dict[str, Any] = Field(description="Settings of the network")  # Any: JSON
    live: bool = Field(description="Small and local enough to follow a brush")
    levels: Levels = Field(
        default_factory=lambda: Levels(
            foreground_mean=1, foreground_sd=0, background_mean=0, background_sd=0
        ),
        description="Synthesis: median levels of the training set",
    )
    observation: ObservationModel = Field(
        default_factory=ObservationModel,
        description="Synthesis: haze and noise of the training set",
    )
    response: Response = Field(
        default_factory=Response,
        description="Synthesis: from signal to intensities as in the training set; in a package "
        "without it, as its levels suggest",
    )
    prediction: PredictionRecord | None = Field(
        None,
        description="Restoration and segmentation: how the network is used; for synthesis what "
        "it was shown",
    )
    training: TrainingRecord = Field(description="Data and settings")
    figures: dict[str, float] = Field(description="Measured on held-out groups")
    test_tolerance: float = Field(gt=0, description="Largest deviation from the test output")
    sha256: dict[str, str] = Field(description="Hash of every file of tensors")

    @property
    def use(self) -> PredictionRecord:
        """How the network of a task other than synthesis is used."""
        return self.prediction or PredictionRecord()

    @model_validator(mode="after")
    def _check_task(self) -> Self:
        """Each task has what it needs; packages of earlier releases have no response."""
        if self.task == "synthesis":
            for name in ("levels", "observation"):
                if name not in self.model_fields_set:
                    raise ValueError(f"a model for synthesis needs {name}")
            if "response" not in self.model_fields_set:
                suggested = typical_response(self.levels, self.observation)
                object.__setattr__(self, "response", suggested)
                self.model_fields_set.add("response")
        elif self.prediction is None:
            raise ValueError(f"a model for {self.task} needs prediction")
        return self


def migrate_manifest(content: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """What a manifest of an earlier format says, in the present one.

    Version 1 knew synthesis alone; what it says means the same now.

    Examples
    --------
    >>> migrate_manifest({"format_version": 1, "task": "synthesis"})
    {'format_version': 2, 'task': 'synthesis'}
    """
    found = dict(content)
    if found.get("format_version") == 1:
        found["format_version"] = FORMAT_VERSION
    return found
