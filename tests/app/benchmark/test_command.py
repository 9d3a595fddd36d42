"""`benchmark`: rows for scripts, a table with words for people, one sentence when stopped."""

import json
import os
import subprocess
import sys

import pytest

from napari_fidelity.app.benchmark import measure as measures
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.main import main

ROWS = {
    "predict": [
        Row("predict_float32", 4.0, 10.0, "s", "beside plain PyTorch"),
        Row("predict_fast", 1.25, 10.0, "s", "bfloat16"),
    ],
    "gpu": [],
    "stroke": [Row("stroke_512", 9.0, 300.0, "ms"), Row("stroke_8192", 9.5, 80000.0, "ms")],
    "nfm": [Row("nfm_1e6", 0.03, 9.0, "s")],
    "ssim": [Row("ssim_2048", 0.1, 0.5, "s")],
    "psf_convolution": [],
    "rl_iterations": [],
}


@pytest.fixture
def quick(monkeypatch):
    """Every measurement gives its rows at once."""
    monkeypatch.setattr(measures, "measure", ROWS.__getitem__)


def test_json_is_a_list_of_rows_and_all_of_stdout(quick, capsys):
    assert main(["benchmark", "--format", "json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [row["name"] for row in rows] == [
        *("predict_float32", "predict_fast", "stroke_512", "stroke_8192", "nfm_1e6", "ssim_2048")
    ]
    assert rows[1] == {
        "name": "predict_fast",
        "ours": 1.25,
        "other": 10.0,
        "ratio": 8.0,
        "unit": "s",
    }
    assert said.err.count("…\n") == len(ROWS)


def test_the_table_ends_with_words(quick, capsys):
    assert main(["benchmark"]) == 0
    out = capsys.readouterr().out
    table, words = out.split("\n\n")
    assert len(table.splitlines()) == 1 + 6
    assert "A 2048² image takes about 1.2 s here; plain PyTorch takes 10 s." in words
    assert "Live painting follows the brush: 9 ms a step, on a large canvas too." in words
    assert "is used because" in words.splitlines()[-1]


def test_another_format_is_refused(capsys):
    assert main(["benchmark", "--format", "xml"]) == 2
    assert "xml" in capsys.readouterr().err


def test_an_interrupt_ends_it_with_one_sentence(monkeypatch, capsys):
    def interrupt(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(measures, "measure", interrupt)
    assert main(["benchmark"]) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == "Stopped."


WITHOUT_SCREEN = """
import sys
for name in ("napari", "qtpy", "PyQt6", "vispy", "magicgui"):
    sys.modules[name] = None  # importing it fails
from importlib import import_module
from napari_fidelity.app.benchmark.measure import HERE, MEASURES
from napari_fidelity.app.benchmark import command, expectations, report
functions = [getattr(import_module(f"{HERE}.{name}"), f"measure_{name}") for name in MEASURES]
print(all(map(callable, functions)))
"""


def test_every_measurement_loads_without_napari_and_qt():
    command = [sys.executable, "-c", WITHOUT_SCREEN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.stderr == ""
    assert done.stdout == "True\n"
