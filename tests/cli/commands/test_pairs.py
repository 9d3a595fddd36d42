"""`napari-fidelity pairs`."""

from napari_fidelity.imageio import read_image


def test_a_folder_becomes_a_training_set(run, field):
    clean = field / "clean"
    clean.mkdir()
    for name in ("R.tif", "A.tif"):
        (field / name).rename(clean / name)
    out = field / "set"
    words = ("--preset", "mild", "--copies", 2, "--pixel-size-um", 0.1, "--workers", 1)
    outcome = run("pairs", clean, *words, "--out", out)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.endswith("set: 4 pairs (4 train).\n")
    assert read_image(out / "inputs" / "R_2.ome.tif").scale == (0.1, 0.1)
    assert (
        read_image(out / "targets" / "R_2.ome.tif").array == read_image(clean / "R.tif").array
    ).all()


def test_an_image_without_a_pixel_size_is_listed(run, field):
    outcome = run("pairs", field / "R.tif", "--copies", 1, "--workers", 1, "--out", field / "set")
    assert outcome.code == 1
    assert "1 failed, see failed.csv there" in outcome.err
    assert "state the pixel size in micrometers" in (field / "set" / "failed.csv").read_text()


def test_mistakes_are_sentences(refuse, field):
    words = ("pairs", field / "R.tif", "--out", field / "set")
    assert "There is no preset 'harsh'" in refuse(*words, "--preset", "harsh")
    assert "--copies must be 1 or more" in refuse(*words, "--copies", 0)
