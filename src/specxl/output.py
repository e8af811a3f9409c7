"""An output file: refused before any work where it cannot be written, and moved into place only when it is whole."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from specxl.errors import OutputError
from specxl.scratch import UNFINISHED_PREFIX, held, remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRITABLE = 0o222
_PERMISSIONS = 0o777


def require_writable(path: Path, example: str = "specxl.xlsx") -> None:
    """Find out before any work whether the output can be written; `example` is a name for one.

    Raises:
        OutputError: the folder does not exist, is not a folder or may not be written; the target is no plain file, or a
            file that may not be written.
    """
    try:
        _require_folder(path)
        target = _stat(path)
    except (OSError, ValueError) as exc:  # a name with a null byte, or one that the system cannot encode
        raise _output_error(path, exc) from exc
    _resolved(path)
    if target is None:
        return
    if stat.S_ISDIR(target.st_mode):
        msg = f"{path}: this is a folder. Name a file in it, such as {path / example}"
        raise OutputError(msg)
    if not stat.S_ISREG(target.st_mode):
        msg = f"{path}: this is a device or a pipe, and the output is a file. Choose another place with -o"
        raise OutputError(msg)
    # The owner of the folder, or root, could replace such a file all the same; whoever locked it meant it to stay.
    if not target.st_mode & _WRITABLE or not os.access(path, os.W_OK):
        mode = target.st_mode & _PERMISSIONS
        msg = f"{path}: the file may not be written (mode {mode:o}). Make it writable, or choose another place with -o"
        raise OutputError(msg)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file beside an output, which it replaces in one step when the block ends without an error.

    A link stays, and what it names is replaced; the permissions of an older file stay. What is written in vain goes.

    Raises:
        OutputError: the system refused to write.
    """
    unfinished: Path | None = None
    target = _resolved(path)
    try:
        remove_leftovers(target.parent)
        handle, name = tempfile.mkstemp(prefix=UNFINISHED_PREFIX, suffix=_suffix(target), dir=target.parent)
        unfinished = Path(name)
        with held(unfinished):
            with os.fdopen(handle, "w+b") as stream:
                yield stream
            unfinished.chmod(_permissions(target))
            unfinished.replace(target)
    except OSError as exc:
        raise _output_error(path, exc) from exc
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def _suffix(target: Path) -> str:
    # What `remove_leftovers` knows; spreadsheet programs open a file by its ending while it is looked at.
    return ".xlsx" if target.suffix.lower() == ".xlsx" else ".json"


def _require_folder(path: Path) -> None:
    folder = path.parent
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except FileNotFoundError:
        msg = f"{path}: {folder} does not exist. Create it, or choose another place with -o"
        raise OutputError(msg) from None
    except NotADirectoryError:
        is_folder = False
    if not is_folder:
        msg = f"{path}: {folder} is not a folder. Choose another place with -o"
        raise OutputError(msg)
    if not os.access(folder, os.W_OK):
        msg = f"{path}: the folder {folder} is read-only. Choose another place with -o"
        raise OutputError(msg)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as exc:  # a loop of links is a RuntimeError in Python 3.11 and 3.12
        raise _output_error(path, exc) from exc


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _permissions(target: Path) -> int:
    """Return the permissions of the older file, or those of any new file."""
    older = _stat(target)
    if older is not None:
        return older.st_mode & _PERMISSIONS
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _output_error(path: Path, exc: Exception) -> OutputError:
    if not path.is_absolute() and not _has_working_folder():
        return OutputError(f"{path}: the working folder does not exist any more. Change to another one")
    reason = getattr(exc, "strerror", None) or str(exc)
    return OutputError(
        f"{path}: cannot be written: {reason}. Choose another place with -o, or close the program that holds it"
    )


def _has_working_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True
