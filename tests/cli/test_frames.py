"""Files without a pixel size take that of their neighbours, and it is said."""

import numpy as np

from napari_fidelity.cli.frames import share_frame
from napari_fidelity.core.image import Image

PIXELS = np.zeros((2, 4, 5))
MICROMETERS = ("micrometer",) * 3


def test_a_bare_mask_takes_the_frame_of_the_image(capsys):
    image = Image(PIXELS, scale=(2, 0.5, 0.5), units=MICROMETERS, translate=(1, 2, 3), name="R")
    bare = Image(PIXELS, name="M.png", origin=(0, 1, 2))
    shared = share_frame([bare, None, image])
    assert shared[1:] == [None, image]
    assert shared[0].scale == (2, 0.5, 0.5)
    assert shared[0].units == MICROMETERS
    assert shared[0].translate == (1, 2, 3)
    assert shared[0].origin == (0, 1, 2)
    assert capsys.readouterr().err == "Note: no pixel size in M.png: that of R is taken.\n"


def test_an_unknown_step_in_z_is_filled_in_where_the_rest_agrees(capsys):
    whole = Image(PIXELS, scale=(2, 0.5, 0.5), units=MICROMETERS, name="whole")
    partial = Image(
        PIXELS, scale=(1, 0.5, 0.5), units=("pixel", "micrometer", "micrometer"), name="part"
    )
    other = Image(
        PIXELS, scale=(1, 0.4, 0.4), units=("pixel", "micrometer", "micrometer"), name="other"
    )
    shared = share_frame([whole, partial, other])
    assert [image.scale for image in shared] == [(2, 0.5, 0.5), (2, 0.5, 0.5), (1, 0.4, 0.4)]
    assert "no pixel size in part: that of whole" in capsys.readouterr().err


def test_nothing_is_taken_from_another_shape_or_where_nobody_knows(capsys):
    bare = Image(PIXELS, name="bare")
    other = Image(PIXELS[:1], scale=(2, 0.5, 0.5), units=MICROMETERS, name="other")
    assert share_frame([bare, other, bare]) == [bare, other, bare]
    assert capsys.readouterr().err == ""


def test_one_note_for_all_that_take_the_same_frame(capsys):
    image = Image(PIXELS, scale=(2, 0.5, 0.5), units=MICROMETERS, name="R")
    share_frame([image, Image(PIXELS, name="A"), Image(PIXELS, name="B")])
    assert capsys.readouterr().err == "Note: no pixel size in A, B: that of R is taken.\n"
