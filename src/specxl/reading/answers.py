"""Reading a JSON array of objects while it arrives, row by row, so that no answer is ever held as a whole.

A hostile or broken answer costs no more memory than its longest row may, and is refused at the first row that is no object.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.reading.transport import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ROW_CHARACTERS = 4 << 20
"""Longest row; the longest real ones have some ten thousand characters."""
_BLANK = re.compile(r"[ \t\n\r]*")
_SHOWN_START, _SHOWN_WORDS = 60, 200
_ARRAY, _FIRST, _ROW, _COMMA, _END, _OTHER = range(6)
"""What may come next: the array, its first row or its end, a row, a comma or the end, nothing; or it is no array at all."""


def rows(body: Iterable[bytes], url: str, max_rows: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every row as it stands in the answer, and parsed (numbers as text: nobody computes with them here).

    Raises:
        RetryableError: the text is no JSON; it may be a page of a proxy.
        InputError: it is JSON but no array of objects, or too many or too long rows.
    """
    reader = _Reader(url, max_rows)
    for piece in body:
        yield from reader.feed(piece)
    yield from reader.feed(b"", last=True)


class _Reader:
    """Takes pieces of an answer and gives the rows that are complete."""

    def __init__(self, url: str, max_rows: int) -> None:
        self._url, self._max_rows = url, max_rows
        self._to_text = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._parse = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).raw_decode
        self._start = self._text = ""
        self._next, self._count, self._enough = _ARRAY, 0, 0

    def feed(self, piece: bytes, *, last: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """Add a piece of the answer and yield the rows that it completes; `last` says that nothing follows."""
        try:
            self._text += self._to_text.decode(piece, final=last)
        except UnicodeDecodeError as error:
            raise self._no_json() from error
        self._start = self._start or self._text[: 4 * _SHOWN_START]
        if last or len(self._text) >= self._enough:
            yield from self._complete_rows(last=last)
        if last and self._next != _END:
            raise self._no_array() if self._next == _OTHER else self._no_json()
        if len(self._text) > MAX_ROW_CHARACTERS:
            what = f"row {self._count + 1}" if self._next != _OTHER else "the answer, which is no array of rows,"
            problem = f"{what} is longer than {MAX_ROW_CHARACTERS:,} characters, or broken"
            raise InputError(problem, file=self._url)

    def _complete_rows(self, *, last: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        at = 0
        while self._next != _OTHER and (at := self._after_blanks(at)) < len(self._text):
            sign = self._text[at]
            if self._next in (_FIRST, _ROW) and sign != "]":
                parsed = self._row(at, last=last)
                if parsed is None:
                    break
                row, end = parsed
                yield self._text[at:end], row
                at, self._next, self._enough = end, _COMMA, 0
            else:
                self._next = self._after(sign)
                at += self._next != _OTHER
        self._text = self._text[at:]

    def _after_blanks(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match else at

    def _after(self, sign: str) -> int:
        """Return what may follow a sign between rows."""
        if self._next == _ARRAY:
            return _FIRST if sign == "[" else _OTHER
        follows = {(_COMMA, ","): _ROW, (_COMMA, "]"): _END, (_FIRST, "]"): _END}.get((self._next, sign))
        if follows is None:
            raise self._no_json()
        return follows

    def _row(self, at: int, *, last: bool) -> tuple[dict[str, Any], int] | None:
        """Parse one row, or return None while its end has not arrived."""
        number = self._count + 1
        if self._text[at] != "{":
            raise InputError(
                f"row {number} of the answer is not an object", file=self._url, allowed="an array of objects"
            )
        try:
            row, end = self._parse(self._text, at)
        except RecursionError as error:
            raise InputError(f"row {number} of the answer is nested too deeply", file=self._url) from error
        except json.JSONDecodeError as error:
            if last:
                raise self._no_json() from error
            self._enough = 2 * (len(self._text) - at)  # a long row is not read again for every piece of it
            return None
        self._count = number
        if number > self._max_rows:
            raise InputError("the answer has too many rows", file=self._url, allowed=f"at most {self._max_rows:,}")
        return row, end

    def _no_json(self) -> RetryableError:
        return RetryableError(f"the answer is not JSON (it begins `{clean_label(self._start, limit=_SHOWN_START)}`)")

    def _no_array(self) -> Exception:
        try:
            answer = json.loads(self._text)
        except (ValueError, RecursionError):
            return self._no_json()
        said = clean_label(answer.get("error"), limit=_SHOWN_WORDS) if isinstance(answer, dict) else ""
        return InputError(f"the answer is not an array of rows{f': {said}' if said else ''}", file=self._url)
