import numpy as np
import pytest
from napari.layers import Labels

from napari_fidelity.widgets.see_through import OPACITY, SeeThrough


@pytest.fixture
def mask():
    return Labels(np.zeros((4, 4), int), opacity=0.7)


def test_a_mask_is_faint_while_it_is_followed(mask):
    look = SeeThrough()
    look.begin(mask)
    assert mask.opacity == OPACITY
    look.begin(mask)  # a restart keeps the opacity that comes back
    look.end()
    look.end()
    assert mask.opacity == 0.7


@pytest.mark.parametrize("opacity", [0.5, 0.1])
def test_what_a_person_sets_meanwhile_stays(mask, opacity):
    look = SeeThrough()
    look.begin(mask)
    mask.opacity = opacity
    look.end()
    assert mask.opacity == opacity


def test_a_faint_mask_stays_as_it_is(mask):
    mask.opacity = 0.2
    look = SeeThrough()
    look.begin(mask)
    assert mask.opacity == 0.2
    look.end()
    assert mask.opacity == 0.2


def test_another_mask_gives_the_first_one_back(mask):
    other = Labels(np.zeros((4, 4), int), opacity=1.0)
    look = SeeThrough()
    look.begin(mask)
    look.begin(other)
    assert (mask.opacity, other.opacity) == (0.7, OPACITY)
