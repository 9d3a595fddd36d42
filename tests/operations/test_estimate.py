"""What is refused and how images are read; real images give what pairs of them say."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image
from napari_fidelity.operations.estimate import estimate
from napari_fidelity.simulation.estimation import EstimateParams, planes
from napari_fidelity.simulation.noise import expose
from tests.simulation.estimation.scenes import CAMERAS, draw_structure


@pytest.fixture(scope="module")
def photo():
    return expose(draw_structure("discs", (200, 200), seed=3), CAMERAS["scmos"], seed=3)


@pytest.mark.parametrize(
    ("array", "axes", "said"),
    [
        (np.full((64, 64), 7), "YX", "is 7 everywhere"),
        (np.full((64, 64), np.nan), "YX", "nothing but NaN"),
        (np.zeros((0, 64)), "YX", "no pixels"),
        (np.eye(20), "YX", "from 32×32 on"),
        (np.zeros((2, 64, 64)), "CYX", "2 channels: choose one"),
    ],
)
def test_bad_images_are_refused_in_a_sentence(array, axes, said):
    with pytest.raises(UserError, match=said):
        estimate(Image(array, axes=axes))


def test_a_bad_dark_frame_is_named(photo):
    with pytest.raises(UserError, match="Dark frame: The image is 0 everywhere"):
        estimate(Image(photo), dark=Image(np.zeros((64, 64))))


def test_a_dark_frame_of_other_settings_is_noticed(photo):
    dark = np.random.default_rng(0).normal(300, 3, (100, 100))
    notes = estimate(Image(photo), dark=Image(dark)).notes
    assert any("not measured with the settings of this image" in note for note in notes)


def test_nan_is_left_out(photo):
    holed = photo.astype(np.float32)
    holed[50:60, 20:30] = np.nan
    found = estimate(Image(holed))
    assert found.gain.value == pytest.approx(2, rel=0.15)
    assert "100 pixels are NaN or infinite and were left out." in found.notes


def test_a_channel_is_chosen_and_stacks_are_pooled(photo):
    both = Image(np.stack([photo, np.zeros_like(photo)]), axes="CYX")
    assert estimate(both, EstimateParams(channel=0)).gain == estimate(Image(photo)).gain
    with pytest.raises(UserError, match="no channel 2"):
        estimate(both, EstimateParams(channel=2))
    with pytest.raises(UserError, match="no channel 1: the image has no channels"):
        estimate(Image(photo), EstimateParams(channel=1))
    dark = Image(np.random.default_rng(0).normal(100, 2, photo.shape).round())
    swapped = Image(both.array[::-1], axes="CYX")
    found = estimate(swapped, EstimateParams(channel=1), dark=dark)
    assert found.offset.value == pytest.approx(100, abs=0.5)
    planes = [
        expose(draw_structure("discs", (128, 128), seed=n), CAMERAS["scmos"], seed=n)
        for n in range(6)
    ]
    assert estimate(Image(np.stack(planes))).gain.value == pytest.approx(2, rel=0.1)


def test_a_lazy_stack_is_read_plane_by_plane(photo, monkeypatch):
    monkeypatch.setattr(planes, "MOST_PIXELS", 200_000)

    class Recorder:
        """An array that notes what is asked of it."""

        shape, dtype, ndim = (2, 500, *photo.shape), photo.dtype, 4

        def __init__(self):
            self.asked = []

        def __getitem__(self, index):
            self.asked.append(index)
            return photo[index[-2:]]

    array = Recorder()
    found = estimate(Image(array, axes="CZYX"), EstimateParams(channel=1))
    assert found.gain.value == pytest.approx(2, rel=0.15)
    assert len(array.asked) == 5  # of 500: so many hold the pixels that suffice
    assert {index[0] for index in array.asked} == {1}


def test_it_can_be_cancelled(photo):
    with pytest.raises(Cancelled):
        estimate(Image(photo), progress=Progress(is_cancelled=lambda: True))


@pytest.mark.data
def test_single_real_images_agree_with_their_pairs(data_folder):
    """The noise of a shot against the mean of 400, and of a low exposure against a high one."""
    for name in ("001",):
        shot, mean = (
            read_image(data_folder / f"mitochondria/w2s/{kind}/{name}.png")
            for kind in ("noisy", "clean")
        )
        slope = np.polyfit(mean.array.ravel().astype(float), shot.array.ravel(), 1)[0]
        ratio = estimate(shot).gain.value / estimate(mean).gain.value
        assert ratio == pytest.approx(400 * slope, rel=0.1)
    low, high = (
        Image(
            read_image(data_folder / f"hagen/mito-60x-noise1-{kind}snr-sample.png").array[
                :800, :800
            ]
        )
        for kind in ("low", "high")
    )
    slope, shift = np.polyfit(high.array.ravel().astype(float), low.array.ravel(), 1)
    expected = slope * high.array.astype(float) + shift
    edges = np.unique(np.quantile(expected, np.linspace(0, 0.99, 25)))
    bins = np.digitize(expected, edges)
    inside = [bins == number for number in range(1, len(edges))]
    levels = [expected[each].mean() for each in inside]
    variances = [(low.array - expected)[each].var() for each in inside]
    assert estimate(low).gain.value == pytest.approx(np.polyfit(levels, variances, 1)[0], rel=0.1)
