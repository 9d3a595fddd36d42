"""One process's work on a run: data, method, loop, package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.data.split import VALIDATION
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.training.checkpoints import (
    BEST,
    LAST,
    RunPosition,
    load_checkpoint,
    load_newest,
)
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.device_setup import choose_precision, place_method
from napari_fidelity.training.evaluation import Evaluator, resting
from napari_fidelity.training.examples import LARGEST_PX
from napari_fidelity.training.heartbeat import Heartbeat
from napari_fidelity.training.loop import Loop, RunParts
from napari_fidelity.training.method import TrainingMethod
from napari_fidelity.training.package import write_package
from napari_fidelity.training.preflight import check_opened, open_config_data
from napari_fidelity.training.previews import remove_later, write_examples
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_log import RunLog
from napari_fidelity.training.schedules import RateSchedule
from napari_fidelity.training.seeding import BUILD, seed_step
from napari_fidelity.training.spec import Criterion, DataFacts
from napari_fidelity.training.step import NotFinite
from napari_fidelity.training.stopping import StopRequest
from napari_fidelity.training.training_data import TrainingData

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class RunSession:
    """What `train` does in each process.

    Parameters
    ----------
    fabric : Fabric
    config : TrainConfig
    run : RunFolder
        Made and checked.
    log, heart, request : RunLog, Heartbeat, StopRequest
        Where it tells what it does, and is told to stop.
    """

    def __init__(
        self,
        fabric: Fabric,
        config: TrainConfig,
        run: RunFolder,
        log: RunLog,
        heart: Heartbeat,
        request: StopRequest,
    ) -> None:
        self._fabric, self._config, self._run = fabric, config, run
        self._log, self._heart, self._request = log, heart, request
        self._chief = fabric.global_rank == 0

    def work(self) -> None:
        """Everything from opening the data to the package."""
        data = open_config_data(self._config, Progress(self._tell_opening, self._request.is_asked))
        self._check(data)
        method = build_method(self._config, data)
        place_method(method, self._fabric.device, data.spatial_dims)
        evaluator = self._open_evaluator(data)
        criterion = choose_criterion(self._config, method)
        schedule = RateSchedule(method.schedule, method.optimisers, self._config.steps, criterion)
        position = self._resume(method, schedule)
        self._begin(data, method, evaluator, criterion, position)
        parts = RunParts(
            config=self._config,
            run=self._run,
            fabric=self._fabric,
            method=method,
            data=data,
            evaluator=evaluator,
            schedule=schedule,
            criterion=criterion,
            log=self._log,
            heart=self._heart,
            request=self._request,
        )
        try:
            ending = Loop(parts, position).run()
        except NotFinite:
            if self._chief and position.best:
                self._package(data, method, evaluator)
            raise
        if self._chief:
            self._log.tell(f"{ending.capitalize()} at step {position.step}.")
            self._package(data, method, evaluator)
            self._run.stop.unlink(missing_ok=True)
            self._heart.tell(state=ending, message="", remaining_s=None)

    def _tell_opening(self, done: int, total: int, text: str) -> None:
        self._heart.tell(message=f"{text} {done} of {total}")
        self._request.tell(done, total, text)

    def _check(self, data: TrainingData) -> None:
        """What can be known before a first step: time, memory, disk; refused where hopeless."""
        if self._chief and not any(self._run.checkpoints.glob("*.pt")):
            self._heart.tell(message="Trying a few steps")
            found = check_opened(self._config, data, self._run.path)
            for sentence in found.warnings:
                self._log.tell(f"Note: {sentence}")

    def _open_evaluator(self, data: TrainingData) -> Evaluator:
        settings = self._config.run
        return Evaluator(
            data.list_validation(settings.validation_images, LARGEST_PX[data.spatial_dims]),
            data.task,
            previews=settings.previews,
            seed=settings.seed,
            device=self._fabric.device,
        )

    def _resume(self, method: TrainingMethod, schedule: RateSchedule) -> RunPosition:
        position, note = load_newest(self._run.checkpoints, method)
        if position is None:
            position = RunPosition()
        else:
            schedule.load_state(position.schedule)
        if self._chief:
            if note:
                self._log.tell(note)
            self._log.cut_rows(position.step, position.validated)
            remove_later(self._run, position.validated)
        return position

    def _begin(
        self,
        data: TrainingData,
        method: TrainingMethod,
        evaluator: Evaluator,
        criterion: Criterion,
        position: RunPosition,
    ) -> None:
        """Write what does not change any more, and try one validation before it is too late."""
        if not self._chief:
            return
        found = evaluator.evaluate(method, count=1).values
        if criterion.key not in found:
            raise UserError(
                f"Setting 'best_by' names {criterion.key}, which this run does not measure: "
                f"choose one of {', '.join(found)}."
            )
        self._write_data(data, position)
        write_examples(self._run, evaluator.shown)
        self._tell_beginning(data, evaluator, criterion, position)
        self._heart.change(
            state="running",
            message="",
            step=position.step,
            seconds=position.seconds,
            best=position.best,
            accumulate=-(-self._config.batch // position.part) if position.part else 1,
        )

    def _write_data(self, data: TrainingData, position: RunPosition) -> None:
        """The table of the images; a run goes on with the very same ones only.

        Others would move images from validation to training.
        """
        table = self._run.data_manifest
        with write_atomically(table) as temporary:
            data.write_manifest(temporary)
            if position.step and table.exists() and table.read_bytes() != temporary.read_bytes():
                raise UserError(
                    f"The images are no longer those that the run began with (see {table}): put "
                    "them back, or start a new run in another folder."
                )

    def _tell_beginning(
        self,
        data: TrainingData,
        evaluator: Evaluator,
        criterion: Criterion,
        position: RunPosition,
    ) -> None:
        config, device = self._config, self._fabric.device
        precision = choose_precision(config.run, device)
        way = "larger" if criterion.larger_is_better else "smaller"
        self._log.tell(
            f"{config.spec.title}: step {position.step} of {config.steps}, {config.batch} patches "
            f"of {data.patch_px} a step, on {device} in {precision}; best: {way} {criterion.key}."
        )
        self._log.tell(
            f"{len(data.train_names)} training images, {len(data.validation_names)} for "
            f"validation, of which {len(evaluator.examples)} are scored."
        )
        if large := name_large(data):
            self._log.tell(f"Large, so scored in their middle alone: {', '.join(large)}.")

    def _package(self, data: TrainingData, method: TrainingMethod, evaluator: Evaluator) -> None:
        """The best network that there is as a model package."""
        folder = self._run.checkpoints
        source = next((folder / name for name in (BEST, LAST) if (folder / name).exists()), None)
        if source is None:
            return
        self._heart.tell(message="Writing the model package")
        position = load_checkpoint(source, method)
        figures = evaluator.evaluate(method).values
        with resting(method):
            product = method.finish_product(method.make_product(), data, evaluator.examples)
            write_package(
                self._run.package,
                product,
                config=self._config,
                data=data,
                figures=figures if product.figures is None else product.figures,
                examples=evaluator.examples,
                facts={"step": position.step, "seconds": round(position.seconds, 1)},
            )
        self._heart.tell(package=str(self._run.package), best=position.best)


def build_method(config: TrainConfig, data: TrainingData) -> TrainingMethod:
    """The method with fresh weights, which depend on the seed alone."""
    facts = DataFacts(
        task=data.task,
        in_channels=data.in_channels,
        out_channels=data.out_channels,
        spatial_dims=data.spatial_dims,
        patch_px=data.patch_px,
        total_steps=config.steps,
    )
    seed_step(config.run.seed, BUILD)
    return config.spec.build(config.method, facts)


def name_large(data: TrainingData) -> list[str]:
    """The validation images of which only the middle is scored."""
    most = LARGEST_PX[data.spatial_dims]
    return [
        field.name
        for field in data.fields[VALIDATION]
        if any(side > limit for side, limit in zip(field.shape, most, strict=True))
    ]


def choose_criterion(config: TrainConfig, method: TrainingMethod) -> Criterion:
    """What the best checkpoint is chosen by: as set, else the method's own."""
    chosen = config.run.best_by
    if chosen is None:
        return method.criterion
    return Criterion(chosen.removeprefix("-"), larger_is_better=chosen.startswith("-"))
