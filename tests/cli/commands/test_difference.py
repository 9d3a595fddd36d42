"""`difference`: the map of the Python function, and sentences for pairs that do not fit."""

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.difference import DifferenceParams, map_difference

FRAME = {"scale": (0.1, 0.1), "units": ("micrometer",) * 2}


def test_map_is_that_of_the_function(run, tmp_path):
    rng = np.random.default_rng(0)
    paths = [tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"]
    for path in paths:
        write_image(path, Image(rng.integers(0, 9999, (20, 30), dtype=np.uint16), **FRAME))
    output = tmp_path / "map.ome.tif"
    words = ["difference", paths[0], "--reference", paths[1], "-o", output]
    outcome = run(*words, "--kind", "relative", "--floor", "500")
    assert outcome.code == 0, outcome.err
    params = DifferenceParams(kind="relative", floor=500)
    wanted = map_difference(*map(read_image, paths), params)
    found = read_image(output)
    np.testing.assert_array_equal(found.array, wanted.array)
    np.testing.assert_allclose(found.scale, FRAME["scale"])
    assert found.provenance["params"] == {"kind": "relative", "floor": 500}
    assert "must be 'difference', 'absolute' or 'relative'" in run(*words, "--kind", "sum").err
    write_image(tmp_path / "small.ome.tif", Image(np.zeros((4, 4), np.uint8), **FRAME))
    outcome = run("difference", tmp_path / "small.ome.tif", *words[2:])
    assert outcome.code == 2
    assert "shape" in outcome.err
    outcome = run(*words[:-1], paths[1])
    assert "would be overwritten" in outcome.err
