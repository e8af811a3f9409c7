"""The files that a folder or a pattern names, without following links to folders: those may lead in a circle."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import cache
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.bounds import MAX_WALKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ANY_DEPTH = "**"


class Walk:
    """Looks at folders, and counts what it looks at: `InputError` beyond the bound and for folders it cannot read."""

    def __init__(self, given: str) -> None:
        """Begin a walk for one input, which messages name."""
        self._given, self._looked_at = given, 0

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield the files below a folder in the order of their paths, links to files among them."""
        yield from sorted(Path(entry.path) for entry in self._below(folder) if _is_file(entry))

    def matches(self, pattern: str) -> list[Path]:
        """Return what a pattern matches, in the order of the paths; "**" stands for any number of folders.

        As in a shell, a name that begins with a dot is only matched by a pattern that begins with one.
        """
        parts = Path(pattern).parts
        fixed = next(place for place, part in enumerate(parts) if has_magic(part))
        found: Iterable[Path] = [Path(*parts[:fixed])]
        for part in parts[fixed:]:
            found = dict.fromkeys(child for parent in found for child in self._children(parent, part))
        return sorted(found)

    def _children(self, parent: Path, part: str) -> Iterator[Path]:
        """Yield what one part of a pattern matches in a folder."""
        if not parent.is_dir():
            return
        if part == _ANY_DEPTH:
            yield parent
            yield from (Path(entry.path) for entry in self._below(parent) if not entry.name.startswith("."))
        elif not has_magic(part):
            child = parent / part
            if _exists(child):
                yield child
        else:
            matches, dotted = _matcher(part), part.startswith(".")
            for entry in self._entries(parent):
                if matches.fullmatch(entry.name) and (dotted or not entry.name.startswith(".")):
                    yield Path(entry.path)

    def _below(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """Yield every entry below a folder; one loop, since folders may lie deeper than functions can call."""
        waiting = [folder]
        while waiting:
            for entry in self._entries(waiting.pop()):
                yield entry
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    waiting.append(Path(entry.path))

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return the entries of one folder by name."""
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            shown = clean_label(folder, limit=255)
            raise InputError(f"the folder cannot be read ({error.strerror})", file=shown) from error
        self._looked_at += len(listed)
        if self._looked_at > MAX_WALKED:
            step = "Name the folder that holds the results"
            allowed = f"folders with at most {MAX_WALKED} names in them"
            raise InputError(
                "this leads to too many files", file=clean_label(self._given), allowed=allowed, next_step=step
            )
        return listed


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link to one."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    """Whether a path names anything."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


@cache
def _matcher(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))
