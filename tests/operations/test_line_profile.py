"""Values along a line: positions, physical units, lanes, edges, lazy arrays, the table."""

import csv

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import profile_line

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.operations.line_profile import ProfileParams, measure_profiles
from napari_fidelity.operations.line_sampling import lay_path, sample_path, sample_plane


def ramp(shape=(30, 40), scale=(1.0, 1.0), unit="pixel", name="ramp", **more):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    values = 3 * y * scale[0] + 2 * x * scale[1] + 7
    return Image(values, scale=scale, units=(unit, unit), name=name, **more)


def test_linear_profile_equals_that_of_scikit_image():
    image = np.random.default_rng(0).normal(size=(40, 50))
    params = ProfileParams(points=((4, 5), (4, 35)))
    found = measure_profiles([Image(image)], params).profiles[0].values
    wanted = profile_line(image, (4, 5), (4, 35), order=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    params = ProfileParams(points=((4, 5), (4, 35)), width=4)
    found = measure_profiles([Image(image)], params).profiles[0].values
    wanted = profile_line(image, (4, 5), (4, 35), linewidth=5, order=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_a_plane_is_found_exactly_along_any_line(interpolation):
    image = ramp(scale=(0.5, 0.25), unit="micrometer")
    points = ((2.0, 1.5), (9.0, 7.0), (5.0, 8.5))
    params = ProfileParams(points=points, interpolation=interpolation)
    found = measure_profiles([image], params)
    path = lay_path(points, step=0.25)
    y, x = path.positions[0].T
    tolerance = {"linear": 1e-9, "cubic": 2e-3}[interpolation]  # a spline feels the border
    np.testing.assert_allclose(found.profiles[0].values, 3 * y + 2 * x + 7, rtol=tolerance)
    length = np.hypot(7, 5.5) + np.hypot(4, 1.5)
    assert found.distances[-1] == pytest.approx(length)
    assert np.diff(found.distances).max() <= 0.25 + 1e-12
    assert found.unit == "µm"


def test_images_of_other_pixel_size_and_unit_share_the_axis():
    fine = ramp((60, 80), (0.1, 0.1), "micrometer", "fine")
    coarse = ramp((30, 40), (200.0, 200.0), "nanometer", "coarse", translate=(50.0, 50.0))
    found = measure_profiles([fine, coarse], ProfileParams(points=((1, 1), (4, 6))))
    fine_values, coarse_values = (profile.values for profile in found.profiles)
    # coarse: 3·y + 2·x + 7 in nm of its own, whose first pixel lies at 50 nm
    np.testing.assert_allclose((coarse_values - 7) / 1000 + 5 * 0.05, fine_values - 7, rtol=1e-9)
    assert np.diff(found.distances).max() <= 0.1 + 1e-12


def test_outside_is_nan_and_an_empty_cell():
    found = measure_profiles([ramp((10, 10))], ProfileParams(points=((5, -3), (5, 12))))
    values = found.profiles[0].values
    assert np.isnan(values[found.distances < 2.5]).all()
    assert np.isfinite(values[(found.distances > 2.5) & (found.distances < 12.4)]).all()
    rows = list(csv.reader(line for line in found.to_csv().splitlines() if line[0] != "#"))
    assert rows[0] == ["distance [px]", "ramp"]
    assert rows[1] == ["0", ""]
    assert float(rows[5][1]) == pytest.approx(values[4])


@given(
    st.floats(0.1, 50),
    st.tuples(*[st.floats(-20, 60)] * 4).filter(lambda p: np.hypot(p[0] - p[2], p[1] - p[3]) > 1),
)
@settings(max_examples=40, deadline=None)
def test_steps_are_equal_and_meet_both_ends(step, ends):
    points = (ends[:2], ends[2:])
    path = lay_path(points, step=step)
    np.testing.assert_allclose(path.positions[0][0], points[0], atol=1e-9)
    np.testing.assert_allclose(path.positions[0][-1], points[1], atol=1e-9)
    steps = np.diff(path.distances)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert steps[0] <= step * 1.01


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float16, ">u2", np.int64])
def test_every_type_of_pixel_can_be_sampled(dtype):
    plane = np.arange(64).reshape(8, 8).astype(dtype)
    values = sample_plane(plane, np.array([[[2.0, 3.0], [5.0, 6.0]]]), "linear")
    np.testing.assert_allclose(values, [plane[2, 3], plane[5, 6]])


def test_only_the_part_under_the_line_is_read():
    touched = []

    def make(block_info=None):
        touched.append(block_info[None]["chunk-location"])
        return np.ones((64, 64))

    lazy = da.map_blocks(make, chunks=((64,) * 8, (64,) * 8), dtype=float)
    touched.clear()
    line = np.stack([np.full(100, 100.0), np.linspace(90, 120, 100)], axis=-1)[None]
    assert (sample_plane(lazy, line, "linear") == 1).all()
    assert set(touched) == {(1, 1), (1, 2)}
    touched.clear()
    diagonal = np.linspace(0, 511, 4000)[None, :, None].repeat(2, axis=2)
    np.testing.assert_allclose(sample_path(lazy, diagonal, "cubic"), 1, rtol=1e-6)
    assert len(set(touched)) < 40  # of 64


def test_bad_input_is_named():
    image = ramp()
    flat = ProfileParams(points=((3, 3), (3, 3)))
    with pytest.raises(UserError, match="no length"):
        measure_profiles([image], flat)
    line = ProfileParams(points=((0, 0), (0, 5)))
    with pytest.raises(UserError, match="no image"):
        measure_profiles([], line)
    with pytest.raises(UserError, match="second does not say its pixel size"):
        measure_profiles([ramp(unit="µm"), ramp(name="second")], line)
    stack = Image(np.zeros((3, 8, 8)), name="stack")
    with pytest.raises(UserError, match="say which plane"):
        measure_profiles([stack], line)
    with pytest.raises(UserError, match="3 planes along Z: there is none at 3"):
        measure_profiles([stack], line.model_copy(update={"plane": (3,)}))
    with pytest.raises(UserError, match="at most 100000 steps"):
        measure_profiles([image], ProfileParams(points=((0, 0), (0, 2e6))))
    with pytest.raises(UserError, match="'width' must be 0 or more, not -1"):
        ProfileParams.parse({"points": ((0, 0), (0, 5)), "width": -1})


def test_contrast_is_told_and_changes_nothing(tmp_path):
    found = measure_profiles([ramp(name="a, b")], ProfileParams(points=((0, 0), (0, 5))))
    path = found.save(tmp_path / "line.csv")
    text = path.read_text(encoding="utf-8")
    assert text == found.to_csv()
    assert text.startswith(
        "# line (y, x) in px: (0, 0) → (0, 5)\n# length 5 px, a value every 1 px"
    )
    assert '"a, b"' in text
    with pytest.raises(UserError, match="does not exist"):
        found.save(tmp_path / "nowhere" / "line.csv")
