"""A recipe over many files."""

import csv
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.assess import assess
from napari_fidelity.operations.batch import BatchParams, run_batch
from napari_fidelity.operations.recipe import read_recipe
from napari_fidelity.operations.rerun import rerun

RECIPE = """napari-fidelity: recipe 1
steps:
- operation: synthesize
  params: {model: random-fill, seed: 3, dtype: uint16}
"""
HERE = BatchParams(workers=1)


def write_masks(folder, count):
    folder.mkdir()
    for number in range(count):
        mask = np.zeros((40, 40), np.uint8)
        mask[5:20, 6 + number % 12 : 20] = 1
        write_image(folder / f"{number}.ome.tif", Image(mask, name=f"mask {number}"))
    return sorted(folder.iterdir())


def read_outputs(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.tif")}


def test_every_file_gets_its_own_noise_and_a_recipe_of_its_own(tmp_path):
    files = write_masks(tmp_path / "in", 2)
    outcome = run_batch(read_recipe(RECIPE), files, tmp_path / "out", HERE)
    assert (outcome.written, outcome.kept, outcome.failures) == (2, 0, ())
    results = [read_image(tmp_path / "out" / path.name) for path in files]
    assert results[0].array[:, 25:].tolist() != results[1].array[:, 25:].tolist()
    assert rerun(results[1]).array.tobytes() == results[1].array.tobytes()
    assert read_recipe(tmp_path / "out" / "recipe.yaml") == read_recipe(RECIPE)


def test_failures_are_listed_and_tried_again(tmp_path):
    files = write_masks(tmp_path / "in", 2)
    bad = tmp_path / "in" / "bad.tif"
    bad.write_bytes(b"II*\0 damaged")
    out = tmp_path / "out"
    outcome = run_batch(read_recipe(RECIPE), [*files, bad], out, HERE)
    assert [failure.name for failure in outcome.failures] == [str(bad.resolve())]
    with (out / "failed.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == str(bad.resolve())
    assert "damaged" in row["reason"]
    bad.write_bytes(files[0].read_bytes())
    again = run_batch(read_recipe(RECIPE), [*files, bad], out, BatchParams(workers=1, resume=True))
    assert (again.written, again.kept, again.failures) == (1, 2, ())
    assert not (out / "failed.csv").exists()


def test_what_does_not_belong_together_is_refused(tmp_path):
    files = write_masks(tmp_path / "in", 1)
    out = tmp_path / "out"
    run_batch(read_recipe(RECIPE), files, out, HERE)
    with pytest.raises(UserError, match="holds 1 of 1 results already: resume"):
        run_batch(read_recipe(RECIPE), files, out, HERE)
    other = read_recipe(RECIPE.replace("seed: 3", "seed: 4"))
    with pytest.raises(UserError, match="holds results of another recipe"):
        run_batch(other, files, out, BatchParams(workers=1, resume=True))
    with pytest.raises(UserError, match="lies in the folder of the results"):
        run_batch(other, files, tmp_path / "in", HERE)
    with pytest.raises(UserError, match="There are no images"):
        run_batch(other, [], out, HERE)


def test_killed_at_random_and_resumed_it_ends_as_if_nothing_had_happened(tmp_path):
    kills = int(os.environ.get("FIDELITY_KILLS", "2"))
    files = write_masks(tmp_path / "in", 4 * kills)
    (tmp_path / "r.yaml").write_text(RECIPE)
    run_batch(read_recipe(RECIPE), files, tmp_path / "whole", BatchParams(workers=2))
    words = ["batch", "r.yaml", "in/*.tif", "--out", "out", "--resume", "--workers", "2"]
    program = "import sys; from napari_fidelity.cli.main import main; sys.exit(main())"
    draw = random.Random(0)
    seen = []
    for _ in range(kills):
        run = subprocess.Popen(
            [sys.executable, "-c", program, *words],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        before = len(read_outputs(tmp_path / "out"))
        deadline = time.monotonic() + 60
        # past the start of Python, which would be all that is ever killed
        while len(read_outputs(tmp_path / "out")) == before and time.monotonic() < deadline:
            if run.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(draw.random() * 0.1)
        run.send_signal(signal.SIGKILL)
        run.wait()
        seen.append(len(read_outputs(tmp_path / "out")))
    assert seen[0] >= 1
    outcome = run_batch(
        read_recipe(RECIPE), files, tmp_path / "out", BatchParams(workers=2, resume=True)
    )
    assert outcome.failures == ()
    assert read_outputs(tmp_path / "out") == read_outputs(tmp_path / "whole")
    assert not list((tmp_path / "out").glob(".*.part"))


def test_progress_counts_files(tmp_path):
    files = write_masks(tmp_path / "in", 2)
    told = []
    progress = Progress(lambda done, total, _: told.append((done, total)))
    run_batch(read_recipe(RECIPE), files, tmp_path / "out", HERE, progress)
    assert told == [(1, 2), (2, 2)]


ASSESS = """napari-fidelity: recipe 1
steps:
- operation: assess
  params: {keys: [ncc, ssim]}
  inputs: {reference: REAL}
"""


def write_noise(folder, count):
    folder.mkdir()
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 900, (40, 40), dtype=np.uint16)
        write_image(folder / f"{number}.ome.tif", Image(pixels, name="noise"))
    return sorted(folder.iterdir())


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_recipe_that_gives_tables_writes_one_for_each_file_and_one_of_all(tmp_path):
    real, *files = write_noise(tmp_path / "in", 4)
    (tmp_path / "in" / "table.tif").write_bytes(files[2].read_bytes())
    files[2] = files[2].rename(tmp_path / "in" / "flat.ome.tif")
    write_image(files[2], Image(np.ones((9, 9)), name="flat"))
    files = [*files, tmp_path / "in" / "table.tif"]
    recipe, out = read_recipe(ASSESS.replace("REAL", str(real))), tmp_path / "out"
    outcome = run_batch(recipe, files, out, HERE)
    (failure,) = outcome.failures
    assert "pick two of equal shape" in failure.reason
    written = sorted(path.name for path in out.iterdir())
    assert written == [
        "1.csv", "2.csv", "failed.csv", "recipe.yaml", "table.csv", "table.tif.csv",
    ]  # fmt: skip
    rows = read_csv(out / "table.csv")
    assert [row["file"] for row in rows] == [
        str(path) for path in sorted(files) if path != files[2]
    ]
    (row,) = read_csv(out / "1.csv")
    wanted = assess(
        [read_image(files[0])], reference=read_image(real), params=recipe.steps[0].settings()
    )
    assert float(row["ncc"]) == wanted.rows[0].scores["ncc"].value == float(rows[0]["ncc"])
    assert row["image"] == "1.ome.tif"
    write_image(files[2], read_image(real))
    again = run_batch(recipe, files, out, BatchParams(workers=1, resume=True))
    assert (again.written, again.kept, again.failures) == (1, 3, ())
    assert len(read_csv(out / "table.csv")) == 4


def test_a_further_input_that_is_not_there_is_told_before_any_work(tmp_path):
    files = write_noise(tmp_path / "in", 1)
    recipe = read_recipe(ASSESS.replace("REAL", str(tmp_path / "none.tif")))
    with pytest.raises(UserError, match=r"Step 1 \(assess\): There is no file .*none\.tif"):
        run_batch(recipe, files, tmp_path / "out", HERE)
    assert not (tmp_path / "out").exists()
