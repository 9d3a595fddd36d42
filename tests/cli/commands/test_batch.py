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


def test_files_are_assessed_against_one_reference_and_mask(run, refuse, field):
    recipe = field / "recipe.yaml"
    inputs = f"{{reference: {field / 'R.tif'}, mask: {field / 'M.tif'}}}"
    step = f"- operation: assess\n  params: {{keys: [sfm, ncc]}}\n  inputs: {inputs}\n"
    recipe.write_text("napari-fidelity: recipe 1\nsteps:\n" + step)
    out = field / "out"
    outcome = run("batch", recipe, field / "A.tif", field / "B.tif", "--out", out, "--workers", 1)
    assert outcome.code == 0
    header, *rows = (out / "table.csv").read_text().splitlines()
    assert header.startswith("file,image,plane,sfm,ncc,")
    assert [row.split(",")[1] for row in rows] == ["A.tif", "B.tif"]
    assert "is a table, which carries no recipe" in refuse(
        "rerun", out / "table.csv", "-o", field / "again.ome.tif"
    )
