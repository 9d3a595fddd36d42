import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics import mae, measure
from napari_fidelity.metrics.pixels import read_pair, read_pixels


def test_integers_are_widened_before_subtraction() -> None:
    test, reference = np.array([[0, 200]], np.uint8), np.array([[1, 100]], np.uint8)
    assert mae(test, reference) == (1 + 100) / 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_the_image_is_named(bad: float) -> None:
    image = np.ones((4, 5))
    image[0, 0] = image[2, 1] = bad
    with pytest.raises(UserError, match="The reference holds 2 of 20 values that are NaN"):
        mae(np.ones((4, 5)), image)
    with pytest.raises(UserError, match=r"^grown holds 2 of 20"):
        read_pixels(Image(image, name="grown"), "The image under test")


def test_shapes_that_differ_are_named_both() -> None:
    with pytest.raises(UserError, match="under test is 4×5, the reference is 5×4: pick a pair"):
        mae(np.ones((4, 5)), np.ones((5, 4)))
    with pytest.raises(UserError, match="1×5"):  # would broadcast
        mae(np.ones((4, 5)), np.ones((1, 5)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"scale": (0.2, 0.1)}, "made has scale 0.2×0.1, real has 0.1×0.1"),
     ({"translate": (0, 5)}, "made has translate 0×5, real has 0×0"),
     ({"array": np.ones((3, 3))}, "made has shape 3×3, real has 4×4")],
)  # fmt: skip
def test_frames_that_differ_are_refused(changed: dict[str, object], said: str) -> None:
    frame = {"array": np.ones((4, 4)), "scale": (0.1, 0.1)}
    made, real = Image(**{**frame, **changed}, name="made"), Image(**frame, name="real")
    with pytest.raises(UserError, match=said):
        read_pair(made, real)
    mask = Image(made.array, scale=made.scale, translate=made.translate, name="mask")
    with pytest.raises(UserError, match=said.replace("made", "mask")):
        measure(["sfm"], test=real, reference=real, mask=mask)


@pytest.mark.parametrize("array", [np.ones((2, 2), complex), np.array([["a"]]), np.ones((0, 3))])
def test_no_numbers_and_no_pixels_are_refused(array: np.ndarray) -> None:
    with pytest.raises(UserError, match="The reference"):
        read_pixels(array, "The reference")


def test_memory_order_is_forgotten() -> None:
    image = np.random.default_rng(0).normal(size=(5, 6, 7))
    for other in (np.asfortranarray(image), image[:, ::-1][:, ::-1], image.copy().T.copy().T):
        pixels = read_pixels(other, "x")
        assert pixels.flags.c_contiguous
        assert np.array_equal(pixels, image)
