import numpy as np
import pytest
from napari.layers import Image

from napari_fidelity.widgets.layer_pair import LayerPair


@pytest.fixture
def layers():
    return [Image(np.zeros((2, 2)), name=name) for name in "abc"]


@pytest.fixture
def pair(qtbot, layers):
    pair = LayerPair("Left", "Right")
    qtbot.addWidget(pair)
    pair.offer(layers)
    return pair


def names(pair):
    chosen = pair.layers()
    return None if chosen is None else "".join(layer.name for layer in chosen)


def choose(pair, box, index):
    pair.boxes[box].setCurrentIndex(index)
    pair.boxes[box].activated.emit(index)


def test_the_first_two_are_chosen_and_can_be_swapped(pair):
    assert names(pair) == "ab"
    pair.swap_button.click()
    assert names(pair) == "ba"
    assert [box.currentText() for box in pair.boxes] == ["b", "a"]


def test_the_same_layer_twice_swaps_the_two(qtbot, pair):
    with qtbot.waitSignal(pair.changed):
        choose(pair, 0, 2)
    assert names(pair) == "cb"
    choose(pair, 1, 2)
    assert names(pair) == "bc"


def test_who_stays_keeps_their_side(pair, layers):
    pair.offer(layers[1:])
    assert names(pair) == "cb"
    pair.offer(layers)
    assert names(pair) == "cb"
    pair.offer(layers[:1])
    assert names(pair) is None
