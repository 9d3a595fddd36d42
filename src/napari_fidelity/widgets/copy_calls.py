"""What the Synthesize and Assess docks would do now, as calls on the files of their layers."""

from __future__ import annotations

from napari.layers import Layer, Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.copy_text import Call
from napari_fidelity.widgets.assess_request import AssessRequest
from napari_fidelity.widgets.copy_menu import call_on_layers


def synthesize_call(
    mask: Layer, params: Params, reference: Layer | None
) -> tuple[Call, list[Layer]]:
    """A synthesis from `mask`, and the layers whose files it names.

    Raises
    ------
    UserError
        The mask is a Shapes layer: files hold pixels.
    """
    _refuse_shapes(mask)
    return call_on_layers("synthesize", params, [mask], suffix="synthesized", reference=reference)


def assess_call(request: AssessRequest) -> tuple[Call, list[Layer]]:
    """An assessment, and the layers whose files it names.

    Raises
    ------
    UserError
        A mask is a Shapes layer, or one of its labels stands for the background.
    """
    for mask in (request.mask, request.background):
        if mask is not None:
            _refuse_shapes(mask)
    if request.background_label is not None:
        raise UserError(
            f"Label {request.background_label} stands for the background, which a file does not "
            "say: make it a mask of its own."
        )
    return call_on_layers(
        "assess",
        request.params,
        request.tests,
        suffix="assessed",
        reference=request.reference,
        mask=request.mask,
        background=request.background,
    )


def _refuse_shapes(layer: Layer) -> None:
    if isinstance(layer, Shapes):
        raise UserError(
            f"“{layer.name}” is a Shapes layer, files hold pixels: right-click the layer ▸ Convert "
            "to Labels."
        )
