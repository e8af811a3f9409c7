"""One run of the command: its streams, the signals that stop it, and the exit status with which it ends.

Whatever goes wrong is one message on standard error: closed streams, a full disk behind standard output, Ctrl-C and the
signals that a system stops programs with. docs/building.md lists the exit statuses.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
import traceback
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

FAILED = 1
SIGNALLED = 128
"""A run that a signal stopped ends with this plus the signal's number, as in a shell: 130 for Ctrl-C, 143 for SIGTERM."""
DEBUG = "SPECXL_DEBUG"
"""With this variable set, a bug ends in Python's own report of it."""
_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
_WORDS = {"SIGINT": "Interrupted.", "SIGTERM": "Terminated.", "SIGHUP": "Terminated: the terminal is gone."}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_STDOUT, _STDERR = 1, 2


def visible(text: str) -> str:
    """Return a text without what a terminal would act on or a stream cannot carry; lines stay lines."""
    return "\n".join(map(_visible_line, text.split("\n")))


def _visible_line(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line
    return "".join("?" if unicodedata.category(sign) in _INVISIBLE else sign for sign in line)


def say(text: str, *, err: bool = False) -> None:
    """Print a line. What standard error cannot take is lost, since a run never fails for lack of a reader of its notices."""
    try:
        click.echo(visible(text), err=err)
    except OSError:
        if not err:
            raise
        _silence(_STDERR)


class Session(click.Group):
    """The group of all commands, which ends every run with one message and the right exit status."""

    def main(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as in click
        """Run a command and leave the interpreter; without `standalone_mode` as click does."""
        run: Callable[..., object] = super().main
        if not named.pop("standalone_mode", True):
            return run(*args, standalone_mode=False, **named)
        return sys.exit(run_to_end(lambda: run(*args, standalone_mode=False, **named)))


def run_to_end(command: Callable[[], object]) -> int:
    """Run a command and return the exit status; every foreseeable fault has been said by then."""
    _secure_streams()
    with _signals_noted() as received:
        try:
            status = command()
        except click.ClickException as exc:
            return _refused(exc)
        except (click.Abort, KeyboardInterrupt):
            return _stopped(received)
        except MemoryError:
            say("Error: there is not enough memory. Give fewer files, or filter with --model and --hardware", err=True)
            return FAILED
        except OSError as exc:
            return _failed_stream(exc)
        except Exception as exc:
            if os.environ.get(DEBUG) and not received:
                raise
            # A library that was stopped in the middle of its import fails in ways of its own.
            return _stopped(received) if received else _bug(exc)
    return status if isinstance(status, int) else 0


def _bug(exc: Exception) -> int:
    """Say where a fault came up that nobody foresaw. Its own words are left out: they may hold what stood in a file."""
    frames = [frame for frame, _ in traceback.walk_tb(exc.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals.get("__name__", "").startswith("specxl.")]
    frame = (ours or frames)[-1]
    place = f"{frame.f_globals.get('__name__')}, line {frame.f_lineno}"
    say(
        f"Error: this is a bug of specxl, not of your files: {type(exc).__name__} in {place}. No file was left half written."
        f" Please report this line; with {DEBUG}=1 set, the same command prints all of it",
        err=True,
    )
    return FAILED


def _refused(exc: click.ClickException) -> int:
    exc.message = visible(exc.message)  # type: ignore[misc]
    try:
        exc.show()
    except OSError:
        _silence(_STDERR)
    return exc.exit_code


def _stopped(received: list[int]) -> int:
    name = signal.Signals(received[0]).name if received else "SIGINT"
    say(_WORDS.get(name, "Interrupted."), err=True)
    return SIGNALLED + (received[0] if received else signal.SIGINT)


def _failed_stream(exc: OSError) -> int:
    """Name a fault of the system that no part of the library has named: as a rule standard output is full or closed."""
    reason = exc.strerror or str(exc)
    if not _has_working_folder():
        say("Error: the working folder does not exist any more. Change to another one", err=True)
    elif exc.filename is not None or exc.errno == errno.ENOENT:
        say(f"Error: {exc.filename or 'the system'}: {reason}", err=True)
    elif exc.errno == errno.EBADF:
        say("Error: standard output is closed, so the answer cannot be printed", err=True)
    elif exc.errno != errno.EPIPE:  # whoever reads no further knows
        say(f"Error: standard output cannot be written: {reason}", err=True)
    _silence(_STDOUT)
    return FAILED


def _has_working_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def _silence(descriptor: int) -> None:
    """Let what is still in a stream's buffer go nowhere: at its end the interpreter would fail on it once more."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


@contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """Let every signal that stops a program do what Ctrl-C does, so that nothing is left behind; give those that came."""
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        usual = (signal.SIG_DFL, signal.default_int_handler)  # what is ignored, as under nohup, stays ignored
        numbers = [getattr(signal, name) for name in _STOPPING if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        for number in [number for number, handler in before.items() if handler in usual]:
            signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _secure_streams() -> None:
    """Open what is closed of the three standard streams, and let none fail for a character.

    A closed descriptor would be given to the next file that is opened, which then took what is meant for a stream. Reading the
    one for input ends at once; writing to the one for output fails with the system's reason; that for errors takes all.
    """
    for descriptor, way in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, way)  # the lowest free descriptor is this one
    for name, descriptor in (("stdin", 0), ("stdout", _STDOUT), ("stderr", _STDERR)):
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
