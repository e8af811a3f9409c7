"""Files of a folder, an archive or a pattern that are no results: left out with one notice a kind.

A result file that is broken is no stray: leaving it out could change what a workbook says without a word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.labels import clean_label
from specxl.sources.content import UTF16_MARKS, TooLargeError, UnrecognisedError
from specxl.sources.jsontext import BrokenTextError
from specxl.sources.nearest import looks_like_results
from specxl.sources.refused import RefusedError

if TYPE_CHECKING:
    from specxl.sources.content import Content

SHOWN_FILES = 12
EMPTY = "the file is empty"
NO_TABLE = "no result file (text without a known header)"
_OPENS_AN_OBJECT = re.compile(r"\ufeff?\s*\[?\s*\{")
_KNOWN_COLUMNS = ("interactivity_tok_s_user", "total_tok_s_gpu", "Hardware Key", "Inter Token Latency")


class Strays:
    """Collects what is left out, kind by kind."""

    def __init__(self) -> None:
        self._kinds: dict[str, list[str]] = defaultdict(list)
        self._nearest: InputError | None = None

    def take(self, content: Content, error: InputError) -> bool:
        """Leave a content out if the user did not name it himself and it is no result file; False when it is to stop."""
        kind = _kind(content, error) if content.collected else ""
        if kind:
            self._kinds[kind].append(content.name)
            if self._nearest is None or _nearness(error) > _nearness(self._nearest):
                self._nearest = _bare(error)
        return bool(kind)

    def notices(self) -> list[Notice]:
        """Return one notice for each kind that names the files."""
        return [Notice("left out", _sentence(kind, names), names[0]) for kind, names in self._kinds.items()]

    def raise_nearest(self) -> None:
        """When nothing was read: raise what was said of the file that comes nearest to a result file, if any was left out."""
        if self._nearest is not None:
            raise self._nearest


def _nearness(error: InputError) -> float:
    """Return how near a file came to a format."""
    return error.nearness if isinstance(error, UnrecognisedError) else 0.0


def _bare(error: InputError) -> InputError:
    """Return the error without what led to it: that holds on to the whole text of the file."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _sentence(kind: str, names: list[str]) -> str:
    """Say that files were left out and which."""
    if len(names) == 1:
        return f"this is {kind}, so it was left out"
    others = names[1 : 1 + SHOWN_FILES]
    more = f" and {len(names) - 1 - len(others)} more" if len(names) - 1 > len(others) else ""
    listed = ", ".join(clean_label(name, limit=120) for name in others)
    return f"this is {kind}, so it was left out, and {len(names) - 1} more with it: {listed}{more}"


def _kind(content: Content, error: InputError) -> str:
    """Say what kind of stray a content is; empty for what could be a result file."""
    if isinstance(error, RefusedError):
        return f"no measurement that can be read ({error.short})"
    if isinstance(error, UnrecognisedError):
        return _unrecognised_kind(content, error)
    if isinstance(error, TooLargeError):
        return "" if _shows_results(_start_of(content)) else "too large to be read, and shows no results at its start"
    if isinstance(error, BrokenTextError):
        text = _start_of(content)
        # a log may begin with "[" and print results further on; what begins as an object is meant to be JSON
        is_meant = error.cut or not error.position or _OPENS_AN_OBJECT.match(text)
        shown = text if is_meant else text[: error.position]
        return "" if _shows_results(shown, cut=error.cut) else NO_TABLE
    return "an empty file" if error.problem == EMPTY else ""


def _unrecognised_kind(content: Content, error: UnrecognisedError) -> str:
    """Say what kind of file no reader takes."""
    if content.workbook is not None:
        return "a sheet without a table"
    if content.is_binary:
        return "no result file (no text)"
    if not content.looks_like_json:
        return NO_TABLE
    return f"JSON without results ({error.near})" if error.near else "JSON without results"


def _start_of(content: Content) -> str:
    """Return the beginning of a content as text, whatever its encoding."""
    return content.start.decode("utf-16" if content.start.startswith(UTF16_MARKS) else "utf-8", "replace")


def _shows_results(text: str, *, cut: bool = False) -> bool:
    """Whether a text that cannot be read shows results all the same, by their keys or their columns."""
    return looks_like_results(text, cut=cut) or any(name in text for name in _KNOWN_COLUMNS)
