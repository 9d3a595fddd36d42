"""The line profile follows the line, the slice and the layers; figure and table hold the values."""

import csv

import dask.array as da
import numpy as np
import pytest
from PIL import Image as Pillow

from napari_fidelity.widgets.profile_section import DRAW, IN_A_CELL, ProfileSection

Y, X = np.mgrid[:64, :80].astype(np.float32)
STACK = np.stack([X + 1000 * z for z in range(5)])
FRAME = {"scale": (1, 0.5, 0.5), "units": ("micrometer",) * 3}


@pytest.fixture
def layers(viewer):
    truth = viewer.add_image(STACK, name="truth", **FRAME)
    noisy = viewer.add_image(2 * STACK, name="noisy", **FRAME)
    return [truth, noisy]


@pytest.fixture
def section(qtbot, viewer, layers):
    section = ProfileSection(viewer, layers)
    qtbot.addWidget(section)
    yield section
    section.close_section()


def settle(qtbot, section, condition=lambda: True):
    def is_settled():
        busy = section._answers.is_busy or section._follow._timer.isActive()
        assert not busy
        assert condition()

    qtbot.waitUntil(is_settled, timeout=3000)
    return section.plot.chart


def values(section):
    return {profile.name: profile.values for profile in section.plot.chart.profiles.profiles}


def move_line(line, points):
    """As napari does while a vertex is dragged: no data event before the mouse is released."""
    line._data_view.edit(0, np.asarray(points, float))
    line.refresh()


def test_a_line_is_there_at_the_first_press_and_followed_while_it_is_dragged(
    qtbot, viewer, section
):
    assert section.words.text() == DRAW
    assert not section.figure_button.isEnabled()
    line = section.draw_line()
    chart = settle(qtbot, section, lambda: section.plot.chart is not None)
    assert chart.profiles.unit == "µm"
    assert [profile.name for profile in chart.profiles.profiles] == ["truth", "noisy"]
    assert line.mode == "direct"
    assert viewer.layers.selection.active is line
    move_line(line, [[10, 20], [10, 40]])
    settle(qtbot, section, lambda: section.plot.chart.profiles.distances[-1] == 10)
    np.testing.assert_allclose(values(section)["truth"], 2000 + np.arange(20, 41))
    assert section.form.controls["width"].widget.suffix() == " µm"


def test_slice_data_names_and_deletions_are_followed(qtbot, viewer, layers, section):
    move_line(section.draw_line(), [[10, 20], [10, 40]])
    viewer.dims.set_point(0, 4)
    settle(qtbot, section, lambda: values(section)["noisy"][0] == 2 * 4020)
    layers[0].data = STACK + 7
    settle(qtbot, section, lambda: values(section)["truth"][0] == 4027)
    layers[0].data[:] = 5
    layers[0].refresh()
    settle(qtbot, section, lambda: values(section)["truth"][0] == 5)
    layers[1].name = "renamed"
    settle(qtbot, section, lambda: "renamed" in values(section))
    viewer.layers.remove(layers[1])
    settle(qtbot, section, lambda: list(values(section)) == ["truth"])
    viewer.layers.remove(viewer.layers["profile line"])
    settle(qtbot, section)
    assert section.plot.chart is None
    assert section.words.text() == DRAW


def test_contrast_is_told_and_changes_no_value(qtbot, layers, section):
    section.draw_line()
    settle(qtbot, section, lambda: section.plot.chart is not None)
    before = values(section)
    layers[0].contrast_limits = (10, 20)
    layers[0].gamma = 0.5
    note = "contrast 10 to 20, gamma 0.5"
    settle(qtbot, section, lambda: section.plot.chart.profiles.profiles[0].note == note)
    for name, found in values(section).items():
        np.testing.assert_array_equal(found, before[name])
    section.relative_box.setChecked(True)
    drawn = section.plot.chart.heights(section.plot.chart.profiles.profiles[0])
    assert (drawn.min(), drawn.max()) == (0, 1)
    np.testing.assert_array_equal(values(section)["truth"], before["truth"])


def test_another_pixel_size_and_lazy_data_share_the_axis(qtbot, viewer, layers, section):
    coarse = da.from_array(STACK[:, 0::2, 0::2], chunks=(1, 16, 16))
    scale = {"scale": (1, 1, 1), "units": FRAME["units"]}
    layers.append(viewer.add_image(coarse, name="coarse", **scale))
    section.set_layers(layers)
    move_line(section.draw_line(), [[10, 20], [30, 60]])
    settle(qtbot, section, lambda: "coarse" in values(section))
    found = values(section)
    np.testing.assert_allclose(found["coarse"], found["truth"], atol=1e-3)


def test_lines_drawn_by_hand_and_layers_without_a_plane(qtbot, viewer, layers, section):
    hand = viewer.add_shapes(
        [np.array([[0, 0], [0, 30], [20, 30]])], shape_type="path", scale=(0.5, 0.5),
        units=("micrometer",) * 2, name="mine",
    )  # fmt: skip
    settle(qtbot, section, lambda: section.plot.chart is not None)
    assert section.line_choice.layer() is hand
    assert section.plot.chart.profiles.distances[-1] == pytest.approx(25)
    hand.add([np.array([[5, 0], [5, 10]])], shape_type="line")
    settle(qtbot, section, lambda: section.plot.chart.profiles.distances[-1] == 5)
    hand.selected_data = {0}
    settle(qtbot, section, lambda: section.plot.chart.profiles.distances[-1] == 25)
    viewer.dims.ndisplay = 3
    settle(qtbot, section, lambda: "from 3-D to 2-D" in section.words.text())
    assert section.plot.chart is None


def test_figure_and_table_are_written(qtbot, monkeypatch, tmp_path, layers, section):
    move_line(section.draw_line(), [[10, 20], [30, 60]])
    settle(qtbot, section, lambda: section.plot.chart is not None)
    for ending in (".png", ".svg", ".pdf"):
        path = tmp_path / f"line{ending}"
        monkeypatch.setattr(
            "napari_fidelity.widgets.profile_section.QFileDialog.getSaveFileName",
            lambda *_, path=path: (str(path), ""),
        )
        job = section.ask_and_save_figure()
        qtbot.waitUntil(lambda job=job: not job.is_running, timeout=10000)
        assert section.words.text().startswith("Saved line")
        assert path.stat().st_size > 5000
    with Pillow.open(tmp_path / "line.png") as picture:
        assert picture.size[0] == 3000
        assert picture.info["dpi"][0] == pytest.approx(300, abs=1)
    assert "contrast" in (tmp_path / "line.svg").read_text(encoding="utf-8")
    monkeypatch.setattr(
        "napari_fidelity.widgets.profile_section.QFileDialog.getSaveFileName",
        lambda *_: (str(tmp_path / "line"), ""),
    )
    assert section.ask_and_save_csv() == tmp_path / "line.csv"
    lines = (tmp_path / "line.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert rows[0] == ["distance [µm]", "truth", "noisy"]
    np.testing.assert_allclose([float(row[1]) for row in rows[1:]], values(section)["truth"])
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "line.csv", "line.pdf", "line.png", "line.svg",
    ]  # fmt: skip


def test_in_the_grid_another_view_is_asked_for(qtbot, viewer, section):
    viewer.canvas.grid.enabled = True
    with qtbot.waitSignal(section.single_view_wanted):
        section.draw_line()
    assert section.words.text() == IN_A_CELL


def test_closing_takes_the_line_away(qtbot, viewer, layers):
    section = ProfileSection(viewer, layers)
    qtbot.addWidget(section)
    section.draw_line()
    section.close_section()
    assert list(viewer.layers) == layers
    layers[0].data = STACK  # nobody listens any more
    assert not section._follow._timer.isActive()
