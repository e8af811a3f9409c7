"""Work that is done beside this process, in a copy of it, so that two processors share a build.

Only Linux copies a process safely and cheaply, and only one without other threads, which the copy would lack. Everywhere else
the work is done here when it is begun, and where a copy fails in any way, it is done anew here when its result is asked for:
so the result, and what is raised, are the same in any case.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Beside:
    """A function that makes bytes, begun beside this process; a context, at whose end the copy is gone."""

    def __init__(self, work: Callable[[], bytes], place: Path) -> None:
        """Say what to do, and where the copy may leave the result: a file that nothing else uses."""
        self._work, self._place = work, place
        self._copy = 0
        self._made: bytes | None = None

    def __enter__(self) -> Self:
        """Begin in a copy, or do it here.

        Raises:
            Exception: whatever the work raises.
        """
        self._copy = _copied(self._work, self._place) if _can_copy() else -1
        if self._copy < 0:
            self._made = self._work()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the copy if nobody waited for it."""
        if self._copy > 0:
            with suppress(ProcessLookupError):
                os.kill(self._copy, signal.SIGKILL)
            self._ended()

    def result(self, anew: Callable[[], bytes]) -> bytes:
        """What the work made, waited for; `anew` makes the same from what there is by now, should the copy have failed.

        Raises:
            Exception: whatever `anew` raises.
        """
        if self._made is not None:
            return self._made
        return self._place.read_bytes() if self._copy > 0 and self._ended() else anew()

    def _ended(self) -> bool:
        """Wait until the copy has ended; whether it did so well."""
        _, status = os.waitpid(self._copy, 0)
        self._copy = -1
        return status == 0


def _can_copy() -> bool:
    """Whether this process can be copied, and has another processor for the copy."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0)) > 1


def _copied(work: Callable[[], bytes], place: Path) -> int:
    """Copy this process, and return the number of the copy, below 0 where the system refuses.

    The copy does the work, and nothing of what this process does at its own end. What stops this process is kept from it:
    it would be an error in the midst of somebody else's work, and the end of the context ends the copy.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        with warnings.catch_warnings():
            # Python warns of threads that libraries started, such as NumPy's: the copy computes nothing with them
            warnings.simplefilter("ignore", DeprecationWarning)
            number = os.fork()
        if number == 0:
            _finish(work, place)
    except OSError:
        number = -1
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return number


def _finish(work: Callable[[], bytes], place: Path) -> NoReturn:
    status = 1
    try:
        place.write_bytes(work())
        status = 0
    finally:
        os._exit(status)
