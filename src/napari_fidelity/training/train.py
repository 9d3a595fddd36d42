"""`train`: a run from its settings to a model package, which may be killed and resumed."""

from __future__ import annotations

import contextlib
import logging
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.heartbeat import Heartbeat
from napari_fidelity.training.lengthening import is_over, restate_run
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_log import RunLog
from napari_fidelity.training.run_status import new_status, write_status
from napari_fidelity.training.stated_settings import settle_places
from napari_fidelity.training.stopping import listen_for_stop

if TYPE_CHECKING:  # PyTorch is loaded when the folder has been looked at
    from lightning_fabric import Fabric


# What Fabric tells developers; set here since the process of a device imports this file first.
for _name in ("distributed", "rank_zero"):
    logging.getLogger(f"lightning_fabric.utilities.{_name}").setLevel(logging.ERROR)
INTERRUPTED = "Interrupted before it could save: it can be resumed from its last checkpoint."
KEPT = {"step", "seconds", "best", "package"}  # of the status, when a run is resumed


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Parameters
    ----------
    folder : Path
    state : str
        "finished" or "stopped".
    step : int
        Steps done.
    best : dict
        Step, key and value of the best checkpoint; empty where none was validated.
    package : Path or None
        The model package, of the best checkpoint.
    """

    folder: Path
    state: str
    step: int
    best: dict[str, Any] = field(default_factory=dict)  # Any: a word and numbers
    package: Path | None = None


def train(
    config: TrainConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Train in this process, to the end or until asked to stop.

    Parameters
    ----------
    config : TrainConfig
    folder : str or Path
        Of the run: new or empty, or with `resume` one that was begun with these settings. Its
        length, and what else `FREE_ON_RESUME` names, may be another: also a finished run goes on.
    resume : bool
        Go on from the last checkpoint; from the start where there is none.
    progress : Progress, optional
        Called after steps; when it raises `Cancelled`, the run stops as by its stop file: the
        step ends, everything is saved, the best model is packaged.

    Returns
    -------
    RunResult

    Raises
    ------
    UserError
        Settings or images that cannot be trained on, a folder that holds another run, a full
        disk, a loss that is not finite. `status.json` then says "failed" and why.
    """
    if config.batch % config.run.devices:
        raise UserError(
            f"A batch of {config.batch} cannot be shared by {config.run.devices} devices: choose "
            "a multiple."
        )
    config = settle_places(config)
    run = open_run(config, folder, resume=resume)
    if not is_over(run.read_status(), config):
        _start(config, run, progress or Progress())
    status = run.read_status()
    package = Path(status.package) if status.package else None
    return RunResult(run.path, status.state, status.step, status.best, package)


def open_run(config: TrainConfig, folder: str | Path, *, resume: bool) -> RunFolder:
    """The folder of a run, made or found.

    Raises
    ------
    UserError
        It holds another run, or one that another process works on.
    """
    run = RunFolder(folder)
    if resume and run.identity.exists():
        run = RunFolder.open(folder, config)
        run.check_idle()
        run.remove_leftovers()
        restate_run(run, config)
    else:
        run = RunFolder.create(folder, config)
    run.stop.unlink(missing_ok=True)
    return run


def _start(config: TrainConfig, run: RunFolder, progress: Progress) -> None:
    """Work here, or in one process a device, of which the first writes."""
    before = run.read_status().model_dump(include=KEPT)
    heart = new_status(total_steps=config.steps, batch=config.batch, message="Starting", **before)
    write_status(run.status, heart)
    from napari_fidelity.training.device_setup import open_fabric

    try:
        fabric = open_fabric(config.run)
    except UserError as error:
        changes = {"state": "failed", "message": str(error)}
        write_status(run.status, heart.model_copy(update=changes))
        raise
    if config.run.devices == 1:
        _work(fabric, config, run, progress)
        return
    try:
        fabric.launch(partial(_work, config=config, run=run, progress=Progress()))
    except Exception as error:
        status = run.read_status()
        if status.state == "failed":
            raise UserError(status.message) from error
        raise


def _work(fabric: Fabric, config: TrainConfig, run: RunFolder, progress: Progress) -> None:
    """Prepare, train and package, and say in the status how it ended."""
    from napari_fidelity.training.device_setup import steady_numbers
    from napari_fidelity.training.session import RunSession

    log = RunLog(run)
    with contextlib.ExitStack() as stack:
        heart = Heartbeat(run.status, run.read_status())
        if fabric.global_rank == 0:
            stack.enter_context(heart)
        request = stack.enter_context(listen_for_stop(run, progress))
        stack.enter_context(steady_numbers(config.run.threads))
        try:
            RunSession(fabric, config, run, log, heart, request).work()
        except Cancelled:
            log.tell("Stopped before the first step.")
            heart.tell(state="stopped", message="", remaining_s=None)
            run.stop.unlink(missing_ok=True)
        except UserError as error:
            log.tell(f"Failed: {error}")
            heart.tell(state="failed", message=str(error), remaining_s=None)
            raise
        except KeyboardInterrupt:  # the second one: the first ends the step
            log.tell(INTERRUPTED)
            heart.tell(state="stopped", message=INTERRUPTED, remaining_s=None)
            raise
        except BaseException as error:
            log.tell("Failed by a mistake in the program:\n" + traceback.format_exc())
            text = f"A mistake in the program ended it ({type(error).__name__}: {error})."
            heart.tell(state="failed", message=text, remaining_s=None)
            raise
