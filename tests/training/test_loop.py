"""The loop: curves, validations, checkpoints, memory, broken losses, stops."""

import math
import os
import signal
import threading

import numpy as np
import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio import read_image
from napari_fidelity.training.examples import LARGEST_PX
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.session import build_method
from napari_fidelity.training.train import train


def load(run, name="last.pt"):
    return torch.load(run / "checkpoints" / name, weights_only=True)


def weights(run, name="last.pt"):
    return torch.cat([value.flatten() for value in load(run, name)["networks"]["main"].values()])


def rows_of(run, key):
    return [row for row in RunFolder(run).read_metrics()[0] if key in row]


def test_a_whole_run(tmp_path, configure):
    told = []
    result = train(
        configure(keep_every=6),
        tmp_path / "run",
        progress=Progress(lambda *place: told.append(place)),
    )
    run = RunFolder(tmp_path / "run")
    assert (result.folder, result.state, result.step) == (run.path, "finished", 12)
    losses = rows_of(run.path, "loss_main")
    assert [row["step"] for row in losses] == [3, 6, 9, 12]
    assert list(losses[0]) == ["step", "seconds", "loss_main", "loss_square", "rate_main",
                               "rate_other"]  # fmt: skip
    assert losses[-1]["loss_main"] < losses[0]["loss_main"]
    found = rows_of(run.path, "val_psnr")
    assert [row["step"] for row in found] == [5, 10, 12]
    assert {"val_ssim", "val_nrmse", "val_mae", "val_loss", "val_input_psnr"} <= set(found[0])
    assert set(found[0]["previews"]) == {"field0"} or len(found[0]["previews"]) == 1
    best = max(found, key=lambda row: row["val_psnr"])
    assert result.best == {"step": best["step"], "key": "val_psnr", "value": best["val_psnr"]}
    names = {path.name for path in run.checkpoints.iterdir()}
    assert names == {"best.pt", "last.pt", "step_0000006.pt", "step_0000012.pt"}
    assert load(run.path, "step_0000006.pt")["state"]["steps"] == 6
    status = run.read_status()
    assert (status.state, status.step, status.best) == ("finished", 12, result.best)
    assert status.package == str(result.package) == str(run.package)
    assert (run.package / "manifest.json").is_file()
    assert run.data_manifest.is_file()
    assert told[-1] == (12, 12, "Training, 1 s left, step")
    assert "best: larger val_psnr" in run.log.read_text()


def test_previews_are_in_own_units_with_pixel_size(tmp_path, configure):
    train(configure(max_steps=5), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert [folder.name for folder in run.list_previews()] == ["step_0000005"]
    (result,) = run.list_previews()[0].iterdir()
    images = [read_image(path) for path in (result, *run.previews.glob(f"*puts/{result.name}"))]
    target = read_image(run.previews / "targets" / result.name)
    assert [image.array.dtype for image in images] == [np.float32] * 2
    assert (target.shape, target.axes, target.scale) == ((40, 40), "YX", (1.0, 1.0))
    assert target.array.min() == pytest.approx(100, abs=0.1)
    assert target.array.max() == pytest.approx(900, abs=900)
    assert 0 < images[0].array.mean() < 1000


def test_large_images_are_scored_in_their_middle_and_the_log_says_so(
    tmp_path, configure, monkeypatch
):
    monkeypatch.setitem(LARGEST_PX, 2, (32, 512))
    train(configure(max_steps=1), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    (result,) = run.list_previews()[0].iterdir()
    assert read_image(result).shape == (32, 40)
    assert f"scored in their middle alone: {result.stem}." in run.log.read_text()


def test_equal_seeds_give_equal_runs_and_others_do_not(tmp_path, configure):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(configure({"dropout": 0.2}, seed=seed), tmp_path / name)
    assert torch.equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not torch.equal(weights(tmp_path / "a"), weights(tmp_path / "c"))


@pytest.mark.parametrize("two_phases", [False, True])
def test_memory_that_runs_out_halves_the_parts_and_changes_no_result(
    tmp_path, configure, two_phases
):
    for name, most in (("whole", 1024), ("parts", 2)):
        method = {"most_patches": most, "two_phases": two_phases}
        train(configure(method, batch=6, max_steps=3), tmp_path / name)
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert torch.allclose(whole, parts, atol=1e-6)
    assert load(tmp_path / "parts")["position"]["part"] == 2
    status = RunFolder(tmp_path / "parts").read_status()
    assert (status.batch, status.accumulate) == (6, 3)
    log = (tmp_path / "parts" / "log.txt").read_text()
    assert "Step 1: Memory ran out: 3 patches at a time" in log
    assert "Step 1: Memory ran out: 2 patches at a time" in log
    assert rows_of(tmp_path / "parts", "loss_main")[0]["loss_main"] == pytest.approx(
        rows_of(tmp_path / "whole", "loss_main")[0]["loss_main"], rel=1e-5
    )


def test_memory_for_not_even_one_patch_is_said(tmp_path, configure):
    with pytest.raises(UserError, match="does not suffice for a single patch"):
        train(configure({"most_patches": 0}), tmp_path / "run")
    status = RunFolder(tmp_path / "run").read_status()
    assert status.state == "failed"
    assert "single patch" in status.message


def test_a_loss_that_is_nan_ends_the_run_and_keeps_the_best(tmp_path, configure):
    with pytest.raises(UserError, match=r"the loss 'main' is nan at step 8") as caught:
        train(configure({"nan_at": 8}), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    status = run.read_status()
    assert (status.state, status.step, status.message) == ("failed", 7, str(caught.value))
    assert status.best["step"] == 5
    assert load(run.path)["position"]["step"] == 4
    assert load(run.path, "best.pt")["position"]["step"] == 5
    assert status.package == str(run.package)
    assert torch.isfinite(weights(run.path)).all()


def test_a_loss_that_is_nan_at_once_leaves_no_package(tmp_path, configure):
    with pytest.raises(UserError, match="nan at step 1"):
        train(configure({"nan_at": 1}), tmp_path / "run")
    assert not (tmp_path / "run" / "model").exists()


def test_a_stop_file_saves_and_packages(tmp_path, configure):
    run = RunFolder(tmp_path / "run")

    def stop(done, total, text):
        if text.endswith("step"):
            run.ask_to_stop()

    # the file is looked for now and then: steps last a little
    config = configure({"sleep_ms": 20}, max_steps=2000, validate_every=2000)
    result = train(config, run.path, progress=Progress(stop))
    assert result.state == "stopped"
    assert 1 <= result.step < 2000
    assert load(run.path)["position"]["step"] == result.step
    assert not run.stop.exists()
    assert result.package == run.package
    assert rows_of(run.path, "val_psnr") == []


@pytest.mark.parametrize("how", ["cancelled", "terminated", "interrupted"])
def test_whoever_watches_can_stop_it(tmp_path, configure, how):
    def stop(done, total, text):
        if not text.endswith("step"):
            return
        if how == "cancelled":
            raise Cancelled
        os.kill(os.getpid(), signal.SIGTERM if how == "terminated" else signal.SIGINT)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    result = train(configure(max_steps=500), tmp_path / "run", progress=Progress(stop))
    assert result.state == "stopped"
    assert result.step == load(tmp_path / "run")["position"]["step"] < 500
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_second_interrupt_ends_it_at_once(tmp_path, configure):
    def stop(*place):
        if place[2].endswith("step"):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(configure(), tmp_path / "run", progress=Progress(stop))
    status = RunFolder(tmp_path / "run").read_status()
    assert status.state == "stopped"
    assert "can be resumed" in status.message
    assert train(configure(), tmp_path / "run", resume=True).state == "finished"


def test_it_trains_on_a_thread_too(tmp_path, configure):
    results = []
    thread = threading.Thread(
        target=lambda: results.append(train(configure(max_steps=3), tmp_path / "run"))
    )
    thread.start()
    thread.join()
    assert results[0].state == "finished"


def test_minutes_end_a_run(tmp_path, configure):
    config = configure(max_steps=10**6, max_minutes=0.002)
    result = train(config, tmp_path / "run")
    assert result.state == "finished"
    assert result.step < 1000
    assert rows_of(tmp_path / "run", "val_psnr")[-1]["step"] == result.step
    assert RunFolder(tmp_path / "run").read_status().seconds >= 0.12


def test_the_worst_is_not_kept_for_want_of_a_sign(configure):
    with pytest.raises(UserError, match="Larger val_ssim is better: choose the best by -val_ssim"):
        configure(best_by="val_ssim")


@pytest.mark.parametrize(("best_by", "pick"), [("val_loss", min), ("-val_ssim", max)])
def test_the_best_is_chosen_by_what_is_set(tmp_path, configure, best_by, pick):
    result = train(configure(best_by=best_by), tmp_path / "run")
    key = best_by.removeprefix("-")
    assert result.best["key"] == key
    assert result.best["value"] == pick(row[key] for row in rows_of(tmp_path / "run", key))


def test_a_criterion_that_nothing_measures_is_said_before_the_first_step(tmp_path, configure):
    with pytest.raises(UserError, match="names val_sfm, which this run does not measure") as caught:
        train(configure(best_by="-val_sfm"), tmp_path / "run")
    assert "val_psnr" in str(caught.value)
    # nothing was trained: the folder can be used again
    train(configure(max_steps=1), tmp_path / "run")


def test_phases_train_their_own_networks(tmp_path, configure):
    train(configure({"two_phases": False}, max_steps=3), tmp_path / "one")
    train(configure({"two_phases": True}, max_steps=3), tmp_path / "two")
    one, two = (load(tmp_path / name)["networks"] for name in ("one", "two"))
    assert torch.equal(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert not torch.equal(one["other"]["weight"], two["other"]["weight"])


def test_weights_at_the_start_depend_on_the_seed_alone(tmp_path, configure):
    class Data:
        task, in_channels, out_channels, spatial_dims, patch_px = "restoration", 1, 1, 2, (16, 16)

    torch.rand(3)
    one = build_method(configure(), Data()).networks["main"].head.weight
    torch.rand(5)
    two = build_method(configure(), Data()).networks["main"].head.weight
    assert torch.equal(one, two)


def test_it_can_be_stopped_before_its_first_step(tmp_path, configure):
    def stop(done, total, text):
        raise Cancelled

    result = train(configure(), tmp_path / "run", progress=Progress(stop))
    assert (result.state, result.step, result.package) == ("stopped", 0, None)
    assert train(configure(max_steps=1), tmp_path / "run").state == "finished"


def test_a_batch_that_devices_cannot_share_is_refused(tmp_path, configure):
    with pytest.raises(UserError, match="batch of 3 cannot be shared by 2 devices"):
        train(configure(batch=3, devices=2), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_bfloat16_keeps_weights_in_float32(tmp_path, configure):
    result = train(configure(precision="bfloat16", max_steps=3), tmp_path / "run")
    assert math.isfinite(rows_of(result.folder, "loss_main")[0]["loss_main"])
    assert weights(result.folder).dtype == torch.float32
