"""From what the user names (files, folders, patterns, archives, tables in memory, "-") to the contents to read.

Nothing is read here beyond the first bytes: a content opens its file when it is read, one after the other. Archives are
unpacked in memory under limits that are checked before anything is inflated; nothing is written to disk.
"""

from __future__ import annotations

import hashlib
import stat
import sys
from collections import Counter
from functools import partial
from glob import has_magic
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.bounds import MAX_FILES, MAX_PIPED_BYTES, MAX_TOTAL_BYTES
from specxl.sources.content import Content, SidecarText
from specxl.sources.frames import TidyRows
from specxl.sources.unpacking import MAX_SIDECAR_BYTES, SIDECAR_NAME, Unpacking, may_hold_results
from specxl.sources.walking import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Input = str | Path | TidyRows
"""What may be read: a file, a folder, a pattern or "-", or a table in memory."""
STANDARD_INPUT = "-"
MAX_NAME = 255
_DUMP_TABLES = frozenset({"configs.json", "benchmark_results.json", "workflow_runs.json"})
_NOT_ON_DISK = ("/proc/", "/sys/")
"""Where a system shows its own state as files; some of them never end."""


def open_inputs(inputs: Sequence[Input]) -> list[Content]:
    """Return the contents of all inputs in the order given, folders and archives in the order of their names.

    Raises `InputError` when an input does not exist, matches nothing, cannot be read or breaks a limit. A file that
    several inputs name is read once.
    """
    contents: list[Content] = []
    seen: set[Path] = set()
    total = 0
    for given in inputs:
        if isinstance(given, TidyRows):
            contents.append(Content(clean_label(given.name, limit=MAX_NAME), given.csv()))
        elif str(given) == STANDARD_INPUT:
            contents += _from_standard_input()
        else:
            for found in _found(given):
                if found.real in seen:
                    continue
                seen.add(found.real)
                total += found.size
                if total > MAX_TOTAL_BYTES:
                    raise InputError(f"the inputs have more than {MAX_TOTAL_BYTES} bytes", file=_shown(given))
                contents += found.contents()
                if len(contents) > MAX_FILES:
                    raise InputError(f"the inputs hold more than {MAX_FILES} files", file=_shown(given))
    if not contents:
        named = ", ".join(_shown(given) for given in inputs)
        raise InputError("there is no result file to read", file=clean_label(named) or None)
    return _with_distinct_names(_bundle_dumps(contents))


def _shown(given: object) -> str:
    """Show what the user named."""
    return clean_label(given.name if isinstance(given, TidyRows) else given, limit=MAX_NAME)


def _from_standard_input() -> list[Content]:
    """Read what is piped in; it cannot be read again."""
    data = sys.stdin.buffer.read(MAX_PIPED_BYTES + 1)
    if len(data) > MAX_PIPED_BYTES:
        step = "Give the file itself"
        raise InputError(f"more than {MAX_PIPED_BYTES} bytes are too many", file="standard input", next_step=step)
    return Unpacking("standard input", partial(BytesIO, data), len(data)).contents()


class _Found:
    """One file on disk, with the folder below which sidecars are looked for, and its name in reports."""

    def __init__(self, path: Path, root: Path, name: str, *, collected: bool) -> None:
        self._path, self._root, self._name, self._collected = path, root, name, collected
        try:
            self.real = path.resolve()
            status = path.stat()
        except FileNotFoundError as error:
            raise InputError("the file does not exist", file=_shown(path), next_step="Check the path") from error
        except RuntimeError as error:
            raise InputError("the file cannot be read (links lead in a circle)", file=_shown(path)) from error
        except (OSError, ValueError) as error:
            reason = clean_label(getattr(error, "strerror", None) or error, limit=80)
            raise InputError(f"the file cannot be read ({reason})", file=_shown(path)) from error
        if not stat.S_ISREG(status.st_mode) or self.real.as_posix().startswith(_NOT_ON_DISK):
            allowed = "a file, a folder, a pattern, or -"
            raise InputError("this is not a file", file=_shown(path), allowed=allowed)
        self.size = status.st_size

    def contents(self) -> list[Content]:
        """Return what the file holds: itself, or the members of an archive."""
        unpacking = Unpacking(self._name, self._open, self.size, self._path)
        unpacking.collected = self._collected
        unpacking.sidecars = _sidecars_on_disk(self._path, self._root)
        return unpacking.contents()

    def _open(self) -> IO[bytes]:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise InputError(f"the file cannot be read ({error.strerror})", file=_shown(self._path)) from error


def _found(given: str | Path) -> Iterator[_Found]:
    """Expand one input to files."""
    if not str(given).strip():
        allowed = "a file, a folder, a pattern, or -"
        step = "A variable that is not set gives this; write . for the current folder"
        raise InputError("an input is an empty text", allowed=allowed, next_step=step)
    path = Path(given)
    if _exists(path) or not has_magic(str(given)):
        yield from _files_of(path, str(given), collected=False)
        return
    matches = Walk(str(given)).matches(str(given))
    if not matches:
        raise InputError("nothing matches the pattern", file=_shown(given), next_step="Check the path and the quotes")
    for match in matches:
        yield from _files_of(match, str(given), collected=True)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _files_of(path: Path, given: str, *, collected: bool) -> Iterator[_Found]:
    """Return a file as it is, and the files below a folder by name, without hidden ones and what is no result."""
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if not is_folder:
        yield _Found(path, path.parent, clean_label(path.name, limit=MAX_NAME), collected=collected)
        return
    real = path.resolve()
    if f"{real.as_posix()}/".startswith(_NOT_ON_DISK):
        raise InputError("this is not a folder on a disk", file=_shown(path), allowed="a folder of result files")
    # a folder that nobody named, as with a dot, may be called after a person or a customer
    folder = f"{real.name}/" if path.name not in ("", "..") else ""
    for file in Walk(given).files(path):
        name = file.relative_to(path).as_posix()
        if may_hold_results(name):
            yield _Found(file, path, clean_label(f"{folder}{name}", limit=MAX_NAME), collected=True)


def _sidecars_on_disk(path: Path, root: Path) -> tuple[SidecarText, ...]:
    """Find the sidecars that speak for a file: from the folder the user named down to the file's own."""
    below = path.parent.relative_to(root).parts if path.parent.is_relative_to(root) else ()
    folders = [root.joinpath(*below[:depth]) for depth in range(len(below) + 1)]
    return tuple(_read_sidecar(folder / SIDECAR_NAME) for folder in folders if (folder / SIDECAR_NAME).is_file())


def _read_sidecar(path: Path) -> SidecarText:
    """Read one sidecar as text."""
    shown = _shown(path)
    try:
        if path.stat().st_size > MAX_SIDECAR_BYTES:
            raise InputError("the sidecar is too large", file=shown, allowed=f"at most {MAX_SIDECAR_BYTES} bytes")
        data = path.read_bytes()
        return SidecarText(shown, path.parent.as_posix(), data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the sidecar cannot be read ({clean_label(error)})", file=shown) from error


def _bundle_dumps(contents: Iterable[Content]) -> list[Content]:
    """Put the tables of a database dump that lie side by side into one content with members."""
    folders: dict[str, dict[str, Content]] = {}
    for content in contents:
        folder, _, table = content.name.replace("!", "!/").rpartition("/")
        folders.setdefault(folder, {})[table] = content
    dumps = {folder for folder, tables in folders.items() if tables.keys() >= _DUMP_TABLES}
    result: list[Content] = []
    for content in contents:
        folder, _, table = content.name.replace("!", "!/").rpartition("/")
        if folder not in dumps:
            result.append(content)
        elif table == "benchmark_results.json":
            content.members = {name: folders[folder][name] for name in _DUMP_TABLES}
            result.append(content)
    return result


def _with_distinct_names(contents: list[Content]) -> list[Content]:
    """Tell files of one name apart: by the folder they lie in, else by a number."""
    for attempt in ("folder", "number"):
        counts = Counter(content.name for content in contents)
        taken: Counter[str] = Counter()
        for content in contents:
            name = content.name
            if counts[name] < 2:  # noqa: PLR2004
                continue
            taken[name] += 1
            folder = PurePosixPath(content.path.partition("!")[0]).parent.name
            content.name = f"{folder}/{name}" if attempt == "folder" and folder else f"{name} ({taken[name]})"
    return contents
