"""Viewers with images, a mask and the Assess dock; a measurement that waits."""

import threading

import pytest

from napari_fidelity.widgets import assess_request
from tests.widgets.assess_scene import disks, microscope, open_dock


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def scene(viewer):
    """A reference, two images and a mask."""
    labels = disks()
    viewer.add_image(microscope(labels, 0), name="real")
    viewer.add_image(microscope(labels, 1), name="other exposure")
    viewer.add_image(microscope(labels, 2, sigma=3), name="defocused")
    viewer.add_labels(labels, name="nuclei")
    return viewer


@pytest.fixture
def dock(scene):
    return open_dock(scene)


@pytest.fixture
def held(monkeypatch):
    """A gate: the measurement waits on its worker until `release` is called."""
    gate, began = threading.Event(), threading.Event()
    assess = assess_request.assess

    def wait_and_assess(tests, *, progress, **arguments):
        began.set()
        for _ in range(2000):
            progress(0, 1, "waiting")
            if gate.wait(0.005):
                break
        return assess(tests, progress=progress, **arguments)

    monkeypatch.setattr(assess_request, "assess", wait_and_assess)
    yield began, gate.set
    gate.set()
