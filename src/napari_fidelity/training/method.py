"""What every training method does: networks, optimisers, and a step in phases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor, nn
from torch.optim import Optimizer

from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.simulation.observation import Levels, ObservationModel
from napari_fidelity.simulation.response import Response
from napari_fidelity.training.spec import Criterion

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example, TrainingData


@dataclass(eq=False)
class Batch:
    """Patches for one step, or the part of them that fits in memory at once.

    Parameters
    ----------
    inputs, targets : Tensor of float32, (batch, channel, *spatial)
        Images are scaled so that about 0..1 is their range; masks are 0 and 1.
    kept : dict
        What one phase leaves for the next, such as the images that a generator made.
    """

    inputs: Tensor
    targets: Tensor
    kept: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Losses:
    """What a phase minimises, and the numbers that its curve shows."""

    total: Tensor
    parts: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """A part of a step: a loss and the optimiser that lowers it.

    The loop clears the gradients of the optimiser's parameters, calls `loss` for each part of
    the batch, descends once. Before a loss it freezes the networks that are not `trains`.
    """

    name: str
    optimiser: str
    trains: tuple[str, ...]
    loss: Callable[[Batch], Losses]


@dataclass(frozen=True)
class Schedule:
    """How learning rates change.

    "constant"; "linear": constant to the middle of the run, then linearly to zero; "plateau":
    times `factor` after `patience` validations in which the criterion got no better; "cosine":
    from the full rate to zero along half a cosine.
    """

    kind: Literal["constant", "linear", "plateau", "cosine"] = "constant"
    factor: float = 0.5
    patience: int = 10


@dataclass(frozen=True)
class Intensities:
    """How a generator's signal, background 0 and objects about 1, becomes an image.

    Parameters
    ----------
    levels : Levels
        Median of the training images.
    observation : ObservationModel
        Their haze and noise.
    response : Response
        From signal to intensities where no levels are asked for.
    """

    levels: Levels
    observation: ObservationModel
    response: Response


@dataclass(frozen=True)
class Product:
    """The network that a training is for, as a model package stores it.

    Parameters
    ----------
    network : LocalNetwork
        In evaluation mode; `network` is a key in the catalog of networks, `params` its settings.
    output : str
        "image": the result; "mean-scale": a Laplace mean and scale, channels one after the other;
        "probability": of the foreground.
    facts : mapping
        What the card says beside, JSON values: for instance how freezing changed the output.
    intensities : Intensities, optional
        Synthesis: where they were fitted; else the network's output from 0 to 1 is taken as the
        range of the targets.
    figures : mapping of str to float, optional
        Validation metrics of what the package makes, where that is more than the network's
        output.
    """

    network: LocalNetwork
    key: str
    params: Mapping[str, Any]  # Any: JSON
    output: Literal["image", "mean-scale", "probability"] = "image"
    facts: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    intensities: Intensities | None = None
    figures: Mapping[str, float] | None = None


class TrainingMethod(ABC):
    """Networks, optimisers and losses of one method; the loop does everything else.

    Attributes
    ----------
    networks : dict of str to Module
        All of them are kept in checkpoints.
    optimisers : dict of str to Optimizer
    schedule : Schedule
    criterion : Criterion
        What "best" means for this method; stated in the run's log and on the card.
    """

    networks: dict[str, nn.Module]
    optimisers: dict[str, Optimizer]
    schedule: Schedule = Schedule()
    criterion: Criterion

    @abstractmethod
    def list_phases(self, step: int) -> Sequence[Phase]:
        """The phases of a step, in order."""

    def finish_step(self, step: int) -> None:  # noqa: B027  # most methods have nothing to do
        """Called after all phases of a step, for instance to average weights."""

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold beside networks and optimisers, such as an image pool."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:  # noqa: B027  # as above
        """Go on from what `state` gave."""

    def validate(self, inputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Further numbers of one whole validation image, such as a loss; keys without "val_".

        Both (1, channel, *spatial), sides padded to the network's size multiple. For unpaired
        methods the two do not belong together. Called without gradients, networks in
        evaluation mode.
        """
        del inputs, targets
        return {}

    @abstractmethod
    def make_product(self) -> Product:
        """The network to predict with, now; validation, previews and the package use it."""

    def finish_product(
        self, product: Product, data: TrainingData, examples: Sequence[Example]
    ) -> Product:
        """What a package needs beyond weights, measured once before it is written.

        Parameters
        ----------
        product : Product
            What `make_product` gave.
        data : TrainingData
            Its training images may be looked at.
        examples : sequence of Example
            Validation images: for scores alone, nothing is fitted to them.
        """
        del data, examples
        return product
