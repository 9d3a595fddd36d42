"""The layer operations, in the order of their menus."""

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.operations.assess import AssessParams
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.operations.difference import DifferenceParams
from napari_fidelity.operations.line_profile import ProfileParams
from napari_fidelity.operations.one_image import assess_image, profile_image, subtract_reference
from napari_fidelity.operations.recipe import Recipe, run_recipe
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.operations.segment import SegmentParams, segment
from napari_fidelity.operations.spec import InputSpec, OperationSpec
from napari_fidelity.operations.synthesize import (
    SynthesizeParams,
    settle_recipe,
    synthesize,
)

OPERATIONS: Catalog[OperationSpec] = Catalog(
    "operation",
    [
        OperationSpec(
            key="synthesize",
            title="Synthesize",
            description="A realistic fluorescence image of a mask, by a trained generator",
            params=SynthesizeParams,
            run=synthesize,
            inputs=(InputSpec("reference", "Match intensities to"),),
            migrate=settle_recipe,
            streams=True,
        ),
        OperationSpec(
            key="degrade",
            title="Degrade",
            description="A realistic bad recording of a clean image, with known parameters",
            params=DegradeParams,
            run=degrade,
        ),
        OperationSpec(
            key="restore",
            title="Restore",
            description="Blur undone or noise removed by a classical method or a trained model",
            params=RestoreParams,
            run=restore,
            streams=True,
        ),
        OperationSpec(
            key="segment",
            title="Segment",
            description="The foreground of an image as a mask, by a trained network",
            params=SegmentParams,
            run=segment,
            streams=True,
        ),
        OperationSpec(
            key="difference",
            title="Difference",
            description="What is different from a reference, pixel by pixel",
            params=DifferenceParams,
            run=subtract_reference,
            inputs=(InputSpec("reference", "Reference", optional=False),),
        ),
        OperationSpec(
            key="assess",
            title="Assess",
            description="How faithful an image is to a reference, in numbers",
            params=AssessParams,
            run=assess_image,
            inputs=(
                InputSpec("reference", "Reference", optional=False),
                InputSpec("mask", "Structures"),
                InputSpec("background", "Background"),
            ),
            gives="table",
        ),
        OperationSpec(
            key="profile",
            title="Profile",
            description="Values along a line",
            params=ProfileParams,
            run=profile_image,
            gives="table",
        ),
        OperationSpec(
            key="recipe",
            title="Recipe",
            description="Several operations in a row",
            params=Recipe,
            run=run_recipe,
        ),
    ],
)
