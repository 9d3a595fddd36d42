"""The layer operations, in the order of their menus."""

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.operations.recipe import Recipe, run_recipe
from napari_fidelity.operations.restore import RestoreParams, restore
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
            description="Blur undone or noise removed by a classical method",
            params=RestoreParams,
            run=restore,
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
