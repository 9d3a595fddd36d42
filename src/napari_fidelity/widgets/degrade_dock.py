"""The Degrade dock: from a clean image to a realistic bad one, with every number known."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.widgets.dock_keys import degrade_help
from napari_fidelity.widgets.estimate_section import EstimateSection
from napari_fidelity.widgets.filter_dock import FilterDock
from napari_fidelity.widgets.filter_run import Operate
from napari_fidelity.widgets.palette import Palette
from napari_fidelity.widgets.pipeline_section import PipelineSection
from napari_fidelity.widgets.psf_section import PsfSection, psf_control
from napari_fidelity.widgets.seed_row import SeedRow
from napari_fidelity.widgets.step_form import Makers

PSF_FIELD = "psf"
SEED_PURPOSE = "Same seed, image and steps: the same result"


class DegradeDock(FilterDock):
    """An image, a preset or steps of one's own, a seed, a button; the result lies above the image.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Degrade", operation="degrade", suffix="degraded")
        self.steps = PipelineSection(self._make_controls)
        self.seed = SeedRow(SEED_PURPOSE)
        self.estimate = EstimateSection(self._viewer, self._pipeline_to_fill, self._fill, self)
        self.key_help = degrade_help(self, self._viewer)
        self.lay_out([self.steps, self.estimate], [self.seed])
        self.steps.changed.connect(self._on_steps)
        self.seed.changed.connect(self.on_changed)
        self.source.changed.connect(self._refresh_psfs)
        self._ask_for_scale()
        self.connect_all()

    def settings(self) -> DegradeParams:
        """The operation's settings, validated.

        Raises
        ------
        UserError
            A value does not fit, there is no step, or no pixel size where a step needs it.
        """
        pipeline = self.steps.pipeline()
        if not pipeline.steps:
            raise UserError("There is no step: add one, or choose a preset.")
        is_asked = self._needs_scale() and self.source.layer() is not None
        if is_asked and (problem := self.source.scale.problem()):
            raise UserError(problem)
        values: dict[str, Any] = {  # Any: settings of each kind
            "pipeline": pipeline,
            "seed": self.seed.seed(),
            **self.source.scale.stated(),
        }
        return DegradeParams.parse(values)

    def operate(self) -> Operate:
        """`degrade`."""
        return degrade

    def follow_palette(self, palette: Palette) -> None:
        """Draw icons in the colours of the theme."""
        self.steps.color_icons(palette.text, palette.outline)
        self.seed.color_icons(palette.text)

    def _make_controls(self, step: type[Params]) -> Makers:
        """A PSF section for the steps that have a PSF."""
        if PSF_FIELD not in step.model_fields:
            return {}
        return {
            PSF_FIELD: lambda _: psf_control(PsfSection(self._viewer, self.source.scale.scale_um))
        }

    def _needs_scale(self) -> bool:
        return any(
            card.is_on and getattr(card.form.params_class, "needs_scale", False)
            for card in self.steps.cards.cards
        )

    def _ask_for_scale(self) -> None:
        self.source.scale.set_needed(self._needs_scale())

    def _on_steps(self) -> None:
        self._ask_for_scale()
        self.on_changed()

    def _refresh_psfs(self) -> None:
        for section in self.steps.findChildren(PsfSection):
            section.refresh()

    def _pipeline_to_fill(self) -> Any:  # Any: a `Pipeline`
        return self.steps.pipeline()

    def _fill(self, pipeline: Any) -> None:  # Any: as above
        self.steps.set_pipeline(pipeline)
