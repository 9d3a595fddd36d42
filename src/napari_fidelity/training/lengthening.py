"""A run that goes on longer, or is kept otherwise, than it was begun with."""

from __future__ import annotations

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.config import FREE_ON_RESUME, TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_log import RunLog
from napari_fidelity.training.run_status import RunStatus

FOLLOWS = "What follows the length of the run, such as a falling rate, follows the new one."


def restate_run(run: RunFolder, config: TrainConfig) -> None:
    """Note in settings and log of an idle run what it goes on with in another way.

    Parameters
    ----------
    run : RunFolder
    config : TrainConfig
        As the run was begun with, but for `FREE_ON_RESUME`.

    Raises
    ------
    UserError
        The run is longer already.
    """
    if run.read_identity().get("config_sha256") == config.sha256():
        return
    done = run.read_status().step
    if config.steps < done:
        raise UserError(
            f"{run.path} has made {done} steps already: give as many or more, not {config.steps}."
        )
    before = run.read_config()
    changes = [
        f"{name} {_spell(new)} instead of {_spell(old)}"
        for name in FREE_ON_RESUME
        if (new := getattr(config.run, name)) != (old := getattr(before.run, name))
    ]
    run.write_config(config)
    if changes:
        follows = f" {FOLLOWS}" if config.steps != before.steps else ""
        RunLog(run).tell(f"Going on from step {done} with {', '.join(changes)}.{follows}")


def is_over(status: RunStatus, config: TrainConfig) -> bool:
    """Whether a run has come to the end that its settings state.

    Examples
    --------
    >>> config = TrainConfig.parse({"method": "care", "data": {}, "run": {"max_steps": 20}})
    >>> is_over(RunStatus(state="finished", step=10), config)
    False
    >>> is_over(RunStatus(state="finished", step=20), config)
    True
    """
    if status.state != "finished":
        return False
    minutes = config.run.max_minutes
    return status.step >= config.steps or (minutes is not None and status.seconds >= 60 * minutes)


def _spell(value: object) -> str:
    return "unset" if value is None else str(value)
