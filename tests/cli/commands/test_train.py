"""`napari-fidelity train`."""

import pytest

from napari_fidelity.training.catalog import TRAININGS
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import new_status, write_status
from tests.training.tiny_method import TINY, write_pairs

SHORT = ("--set", "run.precision=float32", "run.device=cpu", "run.threads=1", "run.batch=2",
         "data.patch_px=16")  # fmt: skip


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(TRAININGS._specs, "tiny", TINY)


@pytest.fixture
def data(tmp_path):
    return write_pairs(tmp_path / "data")


def test_a_method_is_trained_on_a_folder_and_resumed(run, refuse, data, tmp_path):
    out = tmp_path / "run"
    words = ("train", "--method", "tiny", "--data", data, "--out", out, "--max-steps", 3)
    outcome = run(*words, "--seed", 4, *SHORT, "method.rate=1e-3")
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"{out / 'model'}\n"
    assert outcome.err.startswith(f"{out}: finished at step 3, best at step 3: val_psnr ")
    config = RunFolder.open(out).read_config()
    assert (config.run.seed, config.run.max_steps, config.run.batch) == (4, 3, 2)
    assert config.method.rate == 0.001
    assert "holds a run already: resume it" in refuse(*words, *SHORT)
    assert run("train", "--out", out, "--resume").out == outcome.out
    sentence = refuse("train", "--out", out, "--resume", "--max-steps", 9, "--seed", 5)
    assert "run.seed differs" in sentence
    longer = run("train", "--out", out, "--resume", "--max-steps", 5)
    assert longer.err.startswith(f"{out}: finished at step 5")
    assert "give as many or more" in refuse("train", "--out", out, "--resume", "--max-steps", 2)
    assert "there is nothing to stop" in refuse("train", "--out", out, "--stop")


def test_settings_come_from_a_file(run, refuse, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "train.yaml"
    config.write_text(
        "method: {kind: tiny}\ndata: {folder: data, patch_px: 16}\n"
        "run: {max_steps: 50, batch: 2, device: cpu, precision: float32, threads: 1}\n"
    )
    assert run("train", config, "--out", "run", "--max-steps", 1).code == 0
    found = RunFolder.open("run").read_config()
    assert (found.run.max_steps, found.data.folder) == (1, str(data))
    assert "not both" in refuse("train", config, "--method", "tiny", "--out", "b")
    assert "'run.speed' is not known here" in refuse(
        "train", config, "--out", "b", "--set", "run.speed=3"
    )
    assert not (tmp_path / "b").exists()


def test_the_check_trains_nothing(run, refuse, data, tmp_path):
    words = ("train", "--method", "tiny", "--data", data, *SHORT)
    outcome = run(*words, "--check")
    assert outcome.code == 0, outcome.err
    assert "to train on" in outcome.out
    assert run(*words, "--check", "--out", tmp_path / "new").code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "preflight.txt",
        "contact_sheet.png",
    }
    assert "holds other files" in refuse(*words, "--check", "--out", data)
    sentence = refuse("train", "--method", "tiny", "--data", tmp_path / "none", "--check")
    assert "none" in sentence


def test_methods_are_listed(run):
    lines = run("train", "--list").out.splitlines()
    assert any(line.startswith("tiny") and "Tiny: For tests" in line for line in lines)
    assert len(lines) == len(TRAININGS)


def test_mistakes_are_sentences(refuse, data, tmp_path):
    words = ("train", "--method", "tiny", "--data", data)
    assert "What is to be trained?" in refuse("train", "--out", tmp_path / "a")
    assert "Give its folder: --out RUN" in refuse(*words)
    assert "no training method 'gan'" in refuse("train", "--method", "gan", "--data", data)
    assert "--max-steps must be 1 or more, not 0" in refuse(*words, "--max-steps", "0")
    assert "a name and a value" in refuse(*words, "--set", "rate")
    assert "is a value and has no settings" in refuse(*words, "--set", "data.folder.x=1")
    assert "'method.speed' is not known here: tiny has rate, two_phases," in refuse(
        *words, "--set", "method.speed=1"
    )
    assert "'method.rate' must be more than 0" in refuse(*words, "--set", "method.rate=0")
    assert "is no YAML text" in refuse(*words, "--set", "run.seed=[")
    assert "holds no training run" in refuse("train", "--out", tmp_path, "--resume")
    assert "holds no training run" in refuse("train", "--out", tmp_path, "--stop")


def test_a_live_run_is_asked_to_stop(run, refuse, data, tmp_path):
    out = tmp_path / "run"
    words = ("train", "--method", "tiny", "--data", data, "--out", out, "--max-steps", 1)
    assert run(*words, *SHORT).code == 0
    folder = RunFolder(out)
    write_status(folder.status, new_status(state="running", pid=1))
    outcome = run("train", "--out", out, "--stop")
    assert (outcome.code, outcome.err) == (0, f"{out}: it will stop after this step.\n")
    assert folder.stop.exists()
    assert "worked on by process 1" in refuse("train", "--out", out, "--resume")
