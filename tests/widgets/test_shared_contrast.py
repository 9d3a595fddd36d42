import numpy as np
import pytest
from napari.experimental import link_layers, unlink_layers
from napari.layers import Image, Labels

from napari_fidelity.widgets.shared_contrast import (
    SharedContrast,
    common_limits,
    images_with_contrast,
)


@pytest.fixture
def layers():
    pixels = np.arange(16.0).reshape(4, 4)
    limits = [(0, 50), (10, 80), (20, 30)]
    return [Image(pixels, name=str(n), contrast_limits=pair) for n, pair in enumerate(limits)]


def limits_of(layers):
    return [tuple(layer.contrast_limits) for layer in layers]


def test_all_images_show_the_same_and_come_back(layers):
    layers[1].gamma = 0.5
    ranges = [layer.contrast_limits_range for layer in layers]
    contrast = SharedContrast()
    contrast.begin(layers)
    assert limits_of(layers) == [(0, 80)] * 3
    assert [layer.gamma for layer in layers] == [1.0] * 3
    layers[2].contrast_limits = (3, 900)
    layers[2].gamma = 2.0
    assert limits_of(layers) == [(3, 900)] * 3
    assert layers[0].gamma == 2.0
    contrast.end()
    assert limits_of(layers) == [(0, 50), (10, 80), (20, 30)]
    assert [layer.contrast_limits_range for layer in layers] == ranges
    assert [layer.gamma for layer in layers] == [1.0, 0.5, 1.0]
    layers[0].contrast_limits = (1, 2)
    assert tuple(layers[1].contrast_limits) == (10, 80)


def test_links_of_a_person_stay(layers):
    link_layers(layers[:2], ["contrast_limits", "opacity"])
    contrast = SharedContrast()
    contrast.begin(layers)
    contrast.end()
    layers[0].contrast_limits = (5, 6)
    layers[0].opacity = 0.5
    assert limits_of(layers) == [(5, 6), (5, 6), (20, 30)]
    assert layers[1].opacity == 0.5
    unlink_layers(layers[:2])


def test_a_layer_that_joins_takes_the_contrast_and_one_that_leaves_gets_its_own(layers):
    contrast = SharedContrast()
    contrast.begin(layers[:2])
    layers[0].contrast_limits = (1, 40)
    contrast.begin(layers[1:])
    assert limits_of(layers) == [(0, 50), (1, 40), (1, 40)]
    contrast.drop(layers[2])
    assert limits_of(layers) == [(0, 50), (10, 80), (20, 30)]
    contrast.end()
    assert limits_of(layers) == [(0, 50), (10, 80), (20, 30)]


def test_masks_and_coloured_images_have_no_contrast(layers):
    rgb = Image(np.zeros((4, 4, 3), np.uint8), rgb=True)
    assert images_with_contrast([rgb, Labels(np.zeros((4, 4), int)), *layers]) == layers
    SharedContrast().begin([rgb, Labels(np.zeros((4, 4), int))])
    assert common_limits([]) == (0.0, 1.0)


def test_a_contrast_that_would_hide_an_image_is_named(layers):
    counts = Image(np.zeros((4, 4)), name="counts", contrast_limits=(100, 4000))
    share = Image(np.zeros((4, 4)), name="share", contrast_limits=(0, 1))
    contrast = SharedContrast()
    assert contrast.problem(layers) == ""
    assert contrast.problem([share]) == ""
    sentence = (
        "“share” is shown from 0 to 1, “counts” from 100 to 4000: in one contrast one of them "
        "would show nothing, so each keeps its own."
    )
    assert contrast.problem([counts, share]) == sentence
    contrast.begin([counts, share])  # asked for all the same
    assert contrast.problem([counts, share]) == sentence
    contrast.end()
