"""Work in a copy of the process: the same result and the same errors as without one, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from specxl import beside
from specxl.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WITHOUT = ("platform", "threads", "one processor", "refused")


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Note the copies that are made, whatever threads the test runner has, and see that none is left."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot copy a process")
    made: list[int] = []
    original = beside._copied

    def noted(work: Callable[[], bytes], place: Path) -> int:
        number = original(work, place)
        if number > 0:
            made.append(number)
        return number

    monkeypatch.setattr(beside, "_copied", noted)
    monkeypatch.setattr(beside, "_can_copy", lambda: True)
    yield made
    for number in made:
        with pytest.raises(ChildProcessError):
            os.waitpid(number, os.WNOHANG)


def who() -> bytes:
    """Return the number of the process that does the work."""
    return str(os.getpid()).encode()


def test_the_copy_does_the_work(tmp_path: Path, copies: list[int]) -> None:
    """What the copy made is the result."""
    with Beside(who, tmp_path / "made") as making:
        made = making.result(who)

    assert [made] == [str(number).encode() for number in copies]


def test_an_error_of_the_work_is_raised_here(tmp_path: Path, copies: list[int]) -> None:
    """A copy that fails leaves the work to this process, which raises what the work raises."""

    def broken() -> bytes:
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="broken"), Beside(broken, tmp_path / "made") as making:
        making.result(broken)
    assert len(copies) == 1


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGUSR1])
def test_a_copy_that_is_ended_is_done_without(tmp_path: Path, copies: list[int], ending: signal.Signals) -> None:
    """Where the system ends the copy, the work is done here."""
    here = os.getpid()

    def ended() -> bytes:
        if os.getpid() != here:
            os.kill(os.getpid(), ending)
            time.sleep(60)
        return who()

    with Beside(ended, tmp_path / "made") as making:
        assert making.result(who) == who()
    assert len(copies) == 1


def test_no_room_for_the_result(tmp_path: Path, copies: list[int]) -> None:
    """A copy that cannot leave its result is done without."""
    with Beside(who, tmp_path / "gone" / "made") as making:
        assert making.result(who) == who()
    assert len(copies) == 1


def test_the_copy_is_stopped_with_its_context(tmp_path: Path, copies: list[int]) -> None:
    """An error meanwhile, such as a judge's or Ctrl-C, ends the copy at once."""
    start = time.monotonic()

    def long() -> bytes:
        time.sleep(60)
        return b""

    with pytest.raises(KeyboardInterrupt), Beside(long, tmp_path / "made"):
        raise KeyboardInterrupt
    assert time.monotonic() - start < 30
    assert len(copies) == 1


@pytest.mark.parametrize("reason", WITHOUT)
def test_without_a_copy_the_work_is_done_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    """Other systems, other threads, a single processor or a system that refuses: the work is done here."""

    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(beside.sys, "platform", "win32" if reason == "platform" else "linux")
    monkeypatch.setattr(threading, "active_count", lambda: 2 if reason == "threads" else 1)
    processors = {0} if reason == "one processor" else {0, 1}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: processors, raising=False)
    monkeypatch.setattr(os, "fork", refuse, raising=False)

    done: list[bytes] = []
    with Beside(lambda: done.append(who()) or done[-1], tmp_path / "made") as making:
        assert done == [who()]
        assert making.result(lambda: b"anew") == who()
    assert len(done) == 1
    assert not (tmp_path / "made").exists()
