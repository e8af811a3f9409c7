"""Parts made into workbooks: in this process, in several processes of this machine, or on the workers of a Dask cluster.

A worker gets everything with the task and returns the content of a file; it reads and writes no file of the user. So a worker
that is killed leaves nothing behind, and the same parts give the same bytes wherever they were made.
"""

from __future__ import annotations

import copyreg
import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from specxl.errors import ClusterError, SpecxlError
from specxl.pipeline import compose
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from specxl.pipeline import Judged
    from specxl.recipe import Recipe
    from specxl.splitting.parts import Part

CONNECT_SECONDS = 10


def _view(held: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(held)


def _plain(view: MappingProxyType[Any, Any]) -> tuple[Callable[..., MappingProxyType[Any, Any]], tuple[dict[Any, Any]]]:
    return _view, (dict(view),)


# The registries of a house are read-only views, which pickle does not know.
copyreg.pickle(MappingProxyType, _plain)


@dataclass(frozen=True, slots=True)
class Task:
    """A part, what all parts have in common, and the version whose bytes are wanted."""

    part: Part
    recipe: Recipe
    version: str = __version__


@dataclass(frozen=True, slots=True)
class Made:
    """The workbook of a part; or, where it could not be made, the sentence that says why."""

    stem: str
    package: bytes
    judged: Judged | None
    fault: str = ""


def make(task: Task) -> Made:
    """Make the workbook of a part; what is wrong with it is returned, since an error would stop the other parts too."""
    if task.version != __version__:
        return Made(task.part.stem, b"", None, f"the worker has specxl {__version__}, this is {task.version}")
    try:
        package, judged = compose(task.part.dataset, task.recipe, alone=True)
    except SpecxlError as error:
        return Made(task.part.stem, b"", None, str(error))
    return Made(task.part.stem, package, judged)


def make_all(tasks: Sequence[Task], jobs: int, scheduler: str | None = None) -> Iterator[Made]:
    """Make every part, and yield each as soon as it is done.

    Args:
        tasks: in any order.
        jobs: processes on this machine; 1 makes them in this one.
        scheduler: the address of a Dask scheduler, such as "tcp://10.0.0.1:8786", whose workers are used instead.

    Raises:
        ClusterError: the cluster cannot be reached, or a process ended before its part was made.
    """
    if scheduler is not None:
        yield from _on_cluster(tasks, scheduler)
    elif min(jobs, len(tasks)) <= 1:
        yield from map(make, tasks)
    else:
        yield from _in_processes(tasks, min(jobs, len(tasks)))


def _in_processes(tasks: Sequence[Task], jobs: int) -> Iterator[Made]:
    # Started afresh: a fork would copy whatever threads and locks the caller has.
    with _stopped_at_once(ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))) as pool:
        # the largest first: at the end nobody waits for one that was begun late
        ordered = sorted(tasks, key=lambda task: len(task.part.dataset.measurements), reverse=True)
        waiting = {pool.submit(make, task) for task in ordered}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        except BrokenProcessPool as exc:
            msg = "a process ended before its workbook was made, as when memory is short. Try fewer with --jobs"
            raise ClusterError(msg) from exc


@contextmanager
def _stopped_at_once(pool: ProcessPoolExecutor) -> Iterator[ProcessPoolExecutor]:
    """Let no worker go on when the build is broken off."""
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    else:
        pool.shutdown()


def _on_cluster(tasks: Sequence[Task], scheduler: str) -> Iterator[Made]:
    try:
        distributed = import_module("distributed")
    except ImportError as exc:
        msg = "--scheduler needs Dask: install it with pip install 'specxl[cluster]'"
        raise ClusterError(msg) from exc
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as exc:
        msg = f"the scheduler at {scheduler} does not answer within {CONNECT_SECONDS} s. Give its address as tcp://HOST:8786"
        raise ClusterError(msg) from exc
    with client:
        if not client.scheduler_info()["workers"]:
            msg = f"the scheduler at {scheduler} has no workers. Start some with: dask worker {scheduler}"
            raise ClusterError(msg)
        # impure: the same task again is made again, since a result that somebody kept may be of other code
        futures = client.map(make, tasks, pure=False)
        yield from _gathered(distributed, distributed.as_completed(futures, loop=client.loop))


def _gathered(distributed: Any, done: Iterable[Any]) -> Iterator[Made]:  # noqa: ANN401 - Dask has no types
    try:
        for future in done:
            yield future.result()
    except (OSError, distributed.KilledWorker) as exc:
        msg = "a worker of the cluster ended before its workbook was made, as when memory is short. Give workers more"
        raise ClusterError(msg) from exc
