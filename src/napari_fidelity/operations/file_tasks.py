"""The same work on many files, in processes of their own, of which any may fail or die."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for_end
from multiprocessing.synchronize import Event
from typing import Any

from napari_fidelity.core.cores import count_cores
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress

INTERVAL_S = 0.1
DIED = (
    "The process that worked on it ended without a word; most often memory ran out: "
    "try with fewer workers."
)

Work = Callable[[Any, Progress], None]  # Any: a task's content


@dataclass(frozen=True)
class Task:
    """A piece of work: what it is called, and what the worker is given (picklable)."""

    name: str
    content: Any  # Any: each work has its own


@dataclass(frozen=True)
class Failure:
    """A task that failed, and why, in a sentence."""

    name: str
    reason: str


Ended = tuple[Task, str] | None  # a task with its failure or "", or nothing within the interval


def run_tasks(
    work: Work,
    tasks: Sequence[Task],
    *,
    workers: int | None,
    progress: Progress,
    on_failure: Callable[[Failure], None] | None = None,
) -> list[Failure]:
    """The failures of running `work` on every task, in the order of the tasks.

    Parameters
    ----------
    work : callable
        A function of a module, `work(content, progress)`. With more than one worker it is called
        in other processes, which import the main script: this keeps its start under
        ``if __name__ == "__main__"``.
    tasks : sequence of Task
        What it is called with.
    workers : int, optional
        Tasks at a time; default: one for each core that the process may use. The cores are shared
        among them, in the same way however many tasks there are: results may depend in their
        last digit on how many cores worked on them.
    progress : Progress
        Called for every task that ended; when it raises, running tasks are ended too.
    on_failure : callable, optional
        Called at once for each failure.

    Examples
    --------
    >>> def check(content, progress):
    ...     if content < 0:
    ...         raise UserError(f"{content} is negative.")
    >>> tasks = [Task("a", 1), Task("b", -1)]
    >>> run_tasks(check, tasks, workers=1, progress=Progress())
    [Failure(name='b', reason='-1 is negative.')]
    """
    failures: dict[str, Failure] = {}
    done = 0
    workers = workers or count_cores()
    ends = _run_here(work, tasks, progress) if workers == 1 else _run_pool(work, tasks, workers)
    try:
        for ended in ends:
            progress.check()
            if ended is None:
                continue
            task, reason = ended
            if reason:
                failures[task.name] = Failure(task.name, reason)
                if on_failure is not None:
                    on_failure(failures[task.name])
            done += 1
            progress(done, len(tasks), task.name)
    finally:
        ends.close()
    return [failures[task.name] for task in tasks if task.name in failures]


def _run_here(
    work: Work, tasks: Sequence[Task], progress: Progress
) -> Generator[Ended, None, None]:
    for task in tasks:
        yield task, _call(work, task.content, Progress(is_cancelled=_ask(progress)))


def _run_pool(work: Work, tasks: Sequence[Task], workers: int) -> Generator[Ended, None, None]:
    waiting = deque(tasks)
    threads = max(1, count_cores() // workers)
    while waiting:
        suspects = yield from _run_until_death(work, waiting, workers, threads)
        # Nobody knows whose process died: each that ran is tried in a process of its own.
        for task in suspects:
            if (yield from _run_until_death(work, deque([task]), 1, threads)):
                yield task, DIED


def _run_until_death(
    work: Work, waiting: deque[Task], workers: int, threads: int
) -> Generator[Ended, None, list[Task]]:
    """Run the tasks that wait; gives those that were running when a process died."""
    running: dict[Future[str], Task] = {}
    with _open_pool(min(workers, len(waiting)), threads) as pool:
        while waiting or running:
            try:
                while waiting and len(running) < workers:
                    running[pool.submit(_call_in_pool, work, waiting[0].content)] = waiting[0]
                    waiting.popleft()
            except BrokenProcessPool:
                return list(running.values())
            ended = wait(running, INTERVAL_S, FIRST_COMPLETED).done
            for future in ended:
                if not isinstance(future.exception(), BrokenProcessPool):
                    yield running.pop(future), future.result()
            if any(future in running for future in ended):
                return list(running.values())
            yield None
    return []


@contextmanager
def _open_pool(workers: int, threads: int) -> Iterator[ProcessPoolExecutor]:
    context = get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, _prepare_process, (stop, threads))
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


_stop: list[Event] = []  # of a worker process: set when its work is not wanted any more


def _prepare_process(stop: Event, threads: int) -> None:
    """Make a fresh process a worker: quiet on Ctrl-C, gone with its parent, few threads."""
    _stop.append(stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


def _call_in_pool(work: Work, content: Any) -> str:  # Any: a task's content
    # tensors are heavy to load, and the process has little else to do
    from napari_fidelity.inference.threads import use_threads

    use_threads(count_cores())
    return _call(work, content, Progress(is_cancelled=_stop[0].is_set))


def _call(work: Work, content: Any, progress: Progress) -> str:  # Any: as above
    """Why the work failed, for a person; empty when it did not."""
    try:
        work(content, progress)
    except UserError as error:
        return str(error)
    except Cancelled:
        return "It was stopped."
    except MemoryError:
        return "There is not enough memory: try with fewer workers."
    except Exception as error:  # noqa: BLE001  # the worker: one bad file must not end the others
        return f"It failed because of a mistake in the program ({type(error).__name__}: {error})."
    return ""


def _ask(progress: Progress) -> Callable[[], bool]:
    """Whether `progress` is asked to stop."""

    def is_cancelled() -> bool:
        try:
            progress.check()
        except Cancelled:
            return True
        return False

    return is_cancelled
