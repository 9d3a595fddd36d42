"""What a model package says about itself."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from napari_fidelity.core.params import Params
from napari_fidelity.simulation.observation import Levels, ObservationModel
from napari_fidelity.simulation.response import Response, typical_response

FORMAT_VERSION = 1


class TrainingRecord(Params):
    """On what and how a model was trained."""

    data: str = Field(description="Name of the data set")
    data_licence: str = Field(description="Licence of the data")
    citation: str = Field(description="Publication of the data")
    method: str = Field(description="Method and its source")
    settings: dict[str, Any] = Field(description="Values that repeat the training")  # Any: JSON


class Manifest(Params):
    """The file `manifest.json` of a model package."""

    format_version: Literal[1] = Field(description="Version of the package format")
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Name in commands and recipes")
    title: str = Field(description="Name for a person")
    task: Literal["synthesis"] = Field(description="What the model is for")
    description: str = Field(description="One line for lists and docks")
    version: str = Field(description="Version of the weights")
    licence: str = Field(description="Licence of the weights, an SPDX identifier")
    network: str = Field(description="Key in the catalog of networks")
    network_params: dict[str, Any] = Field(description="Settings of the network")  # Any: JSON
    live: bool = Field(description="Small and local enough to follow a brush")
    levels: Levels = Field(description="Median levels of the training set")
    observation: ObservationModel = Field(description="Haze and noise of the training set")
    response: Response = Field(
        default_factory=Response,
        description="From signal to intensities as in the training set; in a package without it, "
        "as its levels suggest",
    )
    training: TrainingRecord = Field(description="Data and settings")
    figures: dict[str, float] = Field(description="Measured on held-out groups")
    test_tolerance: float = Field(gt=0, description="Largest deviation from the test output")
    sha256: dict[str, str] = Field(description="Hash of every file of tensors")

    @model_validator(mode="after")
    def _suggest_response(self) -> Self:
        """Packages of earlier releases have no response."""
        if "response" not in self.model_fields_set:
            object.__setattr__(self, "response", typical_response(self.levels, self.observation))
            self.model_fields_set.add("response")
        return self
