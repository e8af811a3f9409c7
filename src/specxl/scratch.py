"""Temporary files: a folder for those of one run, and the removal of what runs that were killed have left behind.

A run holds its folder and its unfinished output with a lock, which the system lets go with the process, however that ends: what
nobody holds was left behind. Where there are no locks, as on Windows and some network folders, age alone tells.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "specxl-"
UNFINISHED_PREFIX = f".{PREFIX}"
"""How an output is called, beside its place, until it is whole."""
STALE_SECONDS = 3600.0
"""No run takes an hour, so what is older belongs to none that is still going, should locks not tell."""
FRESH_SECONDS = 2.0
"""What is younger may have been made a moment ago, and be held in the next."""
_RANDOM = r"[a-z0-9_]{8}"  # what `tempfile` puts behind a prefix
_FOLDER = re.compile(re.escape(PREFIX) + _RANDOM)
_UNFINISHED = re.compile(re.escape(UNFINISHED_PREFIX) + _RANDOM + r"\.(xlsx|json)")
_INSIDE = re.compile(r".+\.(xlsx|json)")
_OF_OTHERS = 0o077


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the temporary files of one run, which goes with them at its end.

    Raises:
        OutputError: there is no place for temporary files.
    """
    try:
        parent = Path(tempfile.gettempdir())
        remove_leftovers(parent)
        made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True)
    except OSError as exc:
        msg = f"no place for temporary files: {exc.strerror or exc}. Make some room, or name a folder in TMPDIR"
        raise OutputError(msg) from exc
    with made as name, held(name):
        yield Path(name)


@contextmanager
def held(path: str | Path) -> Iterator[None]:
    """Hold a file or folder of this run, so that no other run takes it for one that was left behind."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # a folder of a kind that has no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _is_held(path: str | Path) -> bool | None:
    """Whether a run that is going on holds this; None where that cannot be known."""
    if fcntl is None:
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False


def remove_leftovers(folder: Path) -> None:
    """Remove from a folder what earlier runs of this user left there when they were killed.

    Only what is named and owned as our temporary files are is touched; what cannot be removed stays, in silence.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if _UNFINISHED.fullmatch(entry.name) and _is_left_over(entry.path, stat.S_ISREG):
                    Path(entry.path).unlink()
                elif _FOLDER.fullmatch(entry.name) and _is_left_over(entry.path, stat.S_ISDIR):
                    _remove_folder(Path(entry.path))


def _is_left_over(path: str | Path, kind: Callable[[int], bool]) -> bool:
    """Whether this is a file or folder of this user alone, and of no run that is going on; links are not followed."""
    info = os.lstat(path)
    own = not hasattr(os, "getuid") or info.st_uid == os.getuid()
    age = time.time() - info.st_mtime
    if not own or not kind(info.st_mode) or age < FRESH_SECONDS:
        return False
    is_held = _is_held(path)
    return age > STALE_SECONDS if is_held is None else not is_held


def _remove_folder(folder: Path) -> None:
    """Remove a folder of temporary files; one that others may look into or that holds anything else is not ours."""
    files = list(folder.iterdir())
    private = not folder.lstat().st_mode & _OF_OTHERS
    if private and all(_INSIDE.fullmatch(file.name) and _is_left_over(file, stat.S_ISREG) for file in files):
        for file in files:
            file.unlink()
        folder.rmdir()
