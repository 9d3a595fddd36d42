"""The PSF section: what it says of a PSF, and where a measured one comes from."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf import MeasuredPsf, PsfSettings, compute_psf, measure_fwhm_um
from napari_fidelity.widgets.psf_section import PsfSection


class Microscope:
    scale = (0.05, 0.05)


@pytest.fixture
def section(qtbot, viewer):
    section = PsfSection(viewer, lambda: Microscope.scale)
    qtbot.addWidget(section)
    section.show()
    return section


def wait_for_words(section, qtbot, text):
    qtbot.waitUntil(lambda: text in section.words.text(), timeout=10000)


def test_the_width_of_a_point_is_said(section, qtbot):
    wait_for_words(section, qtbot, "wide here")
    width = measure_fwhm_um(compute_psf(PsfSettings(), Microscope.scale))
    assert f"{np.mean(width):.3g} µm" in section.words.text()
    assert section.words.property("role") == "hint"


def test_too_coarse_pixels_are_warned_about(section, qtbot, monkeypatch):
    wait_for_words(section, qtbot, "wide here")
    monkeypatch.setattr(Microscope, "scale", (0.3, 0.3))
    section.refresh()
    wait_for_words(section, qtbot, "too coarse")
    assert section.words.property("role") == "problem"


def test_an_objective_fills_in_its_numbers_and_is_recognised(section, qtbot):
    optics = section.optics
    with qtbot.waitSignal(section.changed):
        optics.objective.setCurrentIndex(optics.objective.findText("60×/1.2 water"))
    settings = section.source()
    assert (settings.numerical_aperture, settings.immersion_index) == (1.2, 1.333)
    optics.form.set_values({"numerical_aperture": 1.1})
    assert optics.objective.currentText() == "as stated below"
    section.set_source(PsfSettings(numerical_aperture=0.3, immersion_index=1.0))
    assert optics.objective.currentText() == "10×/0.3 air"


def test_only_what_counts_is_shown(section):
    form = section.optics.form
    shown = {name: not form.controls[name].widget.isHidden() for name in form.controls}
    assert shown["numerical_aperture"]
    assert not shown["pinhole_au"]
    assert not shown["coverslip_um"]
    form.set_values({"microscope": "confocal", "model": "gibson-lanni"})
    assert not form.controls["pinhole_au"].widget.isHidden()
    assert not form.controls["coverslip_um"].widget.isHidden()


def test_a_file_is_named_with_its_checksum(section, qtbot, tmp_path):
    psf = compute_psf(PsfSettings(), Microscope.scale)
    tifffile.imwrite(tmp_path / "psf.tif", psf.array)
    section.kind.setCurrentIndex(1)
    section.measured.use_file(tmp_path / "psf.tif")
    source = section.source()
    assert isinstance(source, MeasuredPsf)
    assert (source.path, len(source.sha256)) == (str(tmp_path / "psf.tif"), 64)
    wait_for_words(section, qtbot, "wide here")
    (tmp_path / "psf.tif").unlink()
    section._described = None
    section.refresh()
    wait_for_words(section, qtbot, "There is no PSF file")


def test_beads_are_averaged(section, viewer, qtbot):
    psf = compute_psf(PsfSettings(), Microscope.scale, shape=(21, 21)).array
    field = np.zeros((160, 160), np.float32)
    for y in (30, 80, 130):
        for x in (30, 80, 130):
            field[y - 10 : y + 11, x - 10 : x + 11] += 1000 * psf
    beads = viewer.add_image(
        field + 5, name="beads", scale=Microscope.scale, units=("um", "um"), contrast_limits=(0, 9)
    )
    section.kind.setCurrentIndex(1)
    with pytest.raises(UserError, match="no measured PSF yet"):
        section.source()
    section.measured.choice.choose(beads)
    section.measured.average_layer()
    qtbot.waitUntil(lambda: "from “beads”" in section.measured.words.text(), timeout=10000)
    found = compute_psf(section.source(), Microscope.scale)
    width = np.mean(measure_fwhm_um(found))
    expected = np.mean(measure_fwhm_um(compute_psf(PsfSettings(), Microscope.scale)))
    assert width == pytest.approx(expected, rel=0.05)


def test_no_bead_is_a_sentence(section, viewer, qtbot):
    flat = viewer.add_image(
        np.ones((64, 64), np.float32), name="flat", scale=(0.1, 0.1), units=("um", "um")
    )
    section.kind.setCurrentIndex(1)
    section.measured.choice.choose(flat)
    section.measured.average_layer()
    qtbot.waitUntil(lambda: section.measured.words.property("role") == "problem", timeout=10000)
    assert "bead" in section.measured.words.text()
