"""`napari-fidelity batch`."""

from napari_fidelity.imageio import read_image

RECIPE = """napari-fidelity: recipe 1
steps:
- operation: synthesize
  params: {model: random-fill, seed: 3}
"""


def test_a_pattern_of_files_and_one_that_fails(run, field):
    recipe = field / "recipe.yaml"
    recipe.write_text(RECIPE)
    out = field / "out"
    outcome = run("batch", recipe, field / "M*.tif", "--out", out, "--workers", 1)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.endswith("out: 2 written.\n")
    assert read_image(out / "M.tif.ome.tif").shape == (64, 72)
    bad = field / "bad.tif"
    bad.write_bytes(b"II*\0 damaged")
    more = run("batch", recipe, field / "M*.tif", bad, "--out", out, "--workers", 1, "--resume")
    assert more.code == 1
    assert more.err.endswith("out: 0 written, 2 were there, 1 failed, see failed.csv there.\n")


def test_mistakes_are_sentences(refuse, field):
    recipe = field / "recipe.yaml"
    recipe.write_text(RECIPE.replace("random-fill", "random-fill, sharpness: 2"))
    assert "Setting 'sharpness' is not known here" in refuse(
        "batch", recipe, field / "M.tif", "--out", field / "out"
    )
    out = field / "out"
    assert "carries no recipe" in refuse("batch", field / "M.tif", field / "M.tif", "--out", out)
    recipe.write_text(RECIPE)
    assert "There is no image at" in refuse("batch", recipe, field / "N.tif", "--out", out)
