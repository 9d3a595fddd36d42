"""Stacks in the Assess dock: this plane, each plane, whole stack."""

import numpy as np
import pytest

from napari_fidelity.metrics import measure
from tests.widgets.assess_scene import SHAPE, bars_of, disks, microscope, open_dock, run


@pytest.fixture
def stack_dock(qtbot, viewer):
    labels = disks((3, *SHAPE))
    viewer.add_image(microscope(labels, 0), name="real")
    viewer.add_image(microscope(labels, 1), name="other")
    viewer.add_labels(labels, name="nuclei")
    return open_dock(qtbot, viewer)


def test_scope_is_for_stacks_only(dock):
    assert not dock.inputs.scope.isVisibleTo(dock)


def test_this_plane(qtbot, viewer, stack_dock):
    assert stack_dock.inputs.scope.isVisibleTo(stack_dock)
    stack_dock.inputs.scope.setCurrentIndex(stack_dock.inputs.scope.findData("plane"))
    viewer.dims.set_point(0, 2)
    run(qtbot, stack_dock)
    (expected,) = measure(
        ["sfm"],
        test=viewer.layers["other"].data[2],
        reference=viewer.layers["real"].data[2],
        mask=viewer.layers["nuclei"].data[2],
    )
    assert bars_of(stack_dock, "other")["Signal"].value == expected.value
    assert "plane 2" in stack_dock.result.caption.text()
    viewer.dims.set_point(0, 0)
    assert not stack_dock.result.is_stale()  # the result names its plane


def test_each_plane_shows_mean_and_range(qtbot, viewer, stack_dock):
    stack_dock.inputs.scope.setCurrentIndex(stack_dock.inputs.scope.findData("planes"))
    assessment = run(qtbot, stack_dock)
    per_plane = [
        measure(
            ["sfm"],
            test=viewer.layers["other"].data[z],
            reference=viewer.layers["real"].data[z],
            mask=viewer.layers["nuclei"].data[z],
        )[0].value
        for z in range(3)
    ]
    bar = bars_of(stack_dock, "other")["Signal"]
    assert bar.value == pytest.approx(np.mean(per_plane))
    assert bar.spread == pytest.approx((min(per_plane), max(per_plane)))
    assert len(stack_dock.result.cards) == 1
    assert len(assessment.rows) == 4
    assert stack_dock.show_table().model.rowCount() == 4


def test_whole_stack_pools_pixels(qtbot, viewer, stack_dock):
    run(qtbot, stack_dock)
    data = [viewer.layers[name].data for name in ("other", "real", "nuclei")]
    expected = measure(["sfm"], test=data[0], reference=data[1], mask=data[2])[0].value
    assert bars_of(stack_dock, "other")["Signal"].value == expected
