"""JSON as benchmark tools write it: one value, an array, or values one after the other, decoded piece by piece.

What a text unfolds to is accounted for while it is decoded, so that a small file cannot take all memory. Messages name line
and column and nothing of the text, because result files hold server arguments, and those hold keys.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.bounds import MAX_JSON_MEMORY, MAX_ROWS, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

JsonValue = Any
"""What JSON text can hold; its shape is for the readers to check."""
PIECE_CHARS = 2 * MIB
"""How much text is decoded at once; an element that is longer is weighed by its signs before it is decoded."""
CONFLICT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_OBJECT, _PAIR, _NEW_KEY, _LIST, _ELEMENT = 220, 75, 180, 90, 72
"""Bytes of memory behind each of these once it is decoded, on the high side."""
_WORST = {"{": _OBJECT, ":": _PAIR + _NEW_KEY + 85, "[": _LIST, ",": _ELEMENT}
"""Bytes that each sign may stand for while it is decoded, when every key is new."""
_CHARS_PER_BYTE = 4
_LONGEST_LITERAL = 16
_BLANK = re.compile(r"[ \t\n\r]*")


class BrokenTextError(InputError):
    """A text cannot be parsed; `position` is how many of its characters could be, `cut` that it ends too early."""

    position: int = 0
    cut: bool = False


class _DuplicateKeyError(ValueError):
    """An object names one key twice, so its meaning is open."""


class _Objects:
    """Makes the objects of a text, with shared keys, and accounts for what its values take."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self.taken = 0

    def make(self, pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        """Build an object; a key that stands twice is an error, since readers differ on which one counts."""
        keys, known = self._keys, len(self._keys)
        result = {keys.setdefault(key, key): value for key, value in pairs}
        if len(result) != len(pairs):
            raise _DuplicateKeyError(Counter(key for key, _ in pairs).most_common(1)[0][0])
        self.taken += _OBJECT + len(pairs) * _PAIR + (len(keys) - known) * _NEW_KEY
        return result


class JsonText:
    """The values of a JSON text, decoded as they are asked for."""

    def __init__(self, text: str, name: str) -> None:
        """Take a text that opens with "{" or "["; `name` is the file's, for messages."""
        self._text, self._name = text, name
        self._objects = _Objects()  # no part of this: a circle would keep the text while nobody collects garbage
        self._decoder = json.JSONDecoder(object_pairs_hook=self._objects.make)
        self._piece, self._piece_start = "", 0
        self._line, self._line_known_to = 1, 0
        self._start = self._after_blanks(0)
        self.is_array = text[self._start : self._start + 1] == "["

    @property
    def taken(self) -> int:
        """About how many bytes the values take that were decoded so far."""
        return self._objects.taken

    def values(self) -> Iterator[tuple[int, JsonValue]]:
        """Decode the elements of an array, numbered from 1, or each value with the line it begins on (a lone one is 1).

        Raises `BrokenTextError` where the text breaks off and `InputError` when it holds more than the bounds allow.
        """
        for count, (row, value) in enumerate(self._elements() if self.is_array else self._lines(), 1):
            if count > MAX_ROWS:
                raise InputError(f"more than {MAX_ROWS} rows are too many", file=self._name)
            if self.taken > MAX_JSON_MEMORY:
                raise self._too_much()
            yield row, value

    def _elements(self) -> Iterator[tuple[int, JsonValue]]:
        """Decode the elements of the array that the text is."""
        text, row = self._text, 0
        position = self._after_blanks(self._start + 1)
        closed = text[position : position + 1] == "]"
        while not closed:
            row += 1
            value, end = self._decode(position, row)
            yield row, value
            position = self._after_blanks(end)
            closed = text[position : position + 1] == "]"
            if not closed and text[position : position + 1] != ",":
                raise self._broken(position, "a comma or the end of the list is missing")
            position = position if closed else self._after_blanks(position + 1)
        rest = self._after_blanks(position + 1)
        if rest < len(text):
            raise self._broken(rest, "more follows behind the end of the list")

    def _lines(self) -> Iterator[tuple[int, JsonValue]]:
        """Decode values that follow each other on lines of their own."""
        text, position, alone = self._text, self._start, True
        while position < len(text):
            line = self._line_of(position)
            value, end = self._decode(position, line)
            position = self._after_blanks(end)
            alone = alone and position >= len(text)
            yield (1 if alone else line), value
            alone = False
            if position < len(text) and "\n" not in text[end:position]:
                raise self._broken(position, "more follows behind the end of a value, on its line")

    def _decode(self, position: int, row: int) -> tuple[JsonValue, int]:
        """Decode the value at a position; returns it and where it ends."""
        size = PIECE_CHARS
        if not self._piece_start <= position < self._piece_start + len(self._piece):
            self._piece, self._piece_start = self._text[position : position + size], position
        while True:
            taken, start = self._objects.taken, position - self._piece_start
            at_end = self._piece_start + len(self._piece) >= len(self._text)
            try:
                value, end = self._decoder.raw_decode(self._piece, start)
            except json.JSONDecodeError as error:
                cut = _is_cut(error, len(self._piece))
                if at_end or not cut:
                    broken = self._broken(self._piece_start + error.pos, error.msg)
                    broken.cut = cut
                    raise broken from error
            except (ValueError, RecursionError) as error:
                raise self._unusable(error, row) from error
            else:
                # a number may go on behind the piece
                if at_end or end < len(self._piece):
                    self._account(start, end)
                    return value, self._piece_start + end
            self._objects.taken = taken
            size *= 8 if start == 0 else 1
            self._piece, self._piece_start = self._text[position : position + size], position
            if size > PIECE_CHARS:
                self._weigh()

    def _weigh(self) -> None:
        """Refuse a long element before it is decoded when its signs could stand for too much."""
        worst = sum(self._piece.count(sign) * cost for sign, cost in _WORST.items())
        if self.taken + worst > MAX_JSON_MEMORY:
            raise self._too_much()

    def _account(self, start: int, end: int) -> None:
        """Add what an element takes besides its objects, which were added when they were made."""
        lists = self._piece.count("[", start, end)
        if lists:
            self._objects.taken += lists * _LIST + self._piece.count(",", start, end) * _ELEMENT
        self._objects.taken += _ELEMENT + (end - start) // _CHARS_PER_BYTE

    def _after_blanks(self, position: int) -> int:
        match = _BLANK.match(self._text, position)
        return match.end() if match else position

    def _line_of(self, position: int) -> int:
        """Count lines up to a position; asked for rising positions."""
        if position < self._line_known_to:
            return self._text.count("\n", 0, position) + 1
        self._line += self._text.count("\n", self._line_known_to, position)
        self._line_known_to = position
        return self._line

    def _broken(self, position: int, reason: str) -> BrokenTextError:
        """Say where JSON breaks off; a git conflict marker is named as one."""
        line = self._line_of(position)
        begin = self._text.rfind("\n", 0, position) + 1
        if marker := conflict_marker(self._text[begin : begin + _LONGEST_LITERAL]):
            error = broken_by_conflict(line, marker, self._name)
        else:
            problem = f"broken JSON at line {line}, column {position - begin + 1} ({_reason(reason)})"
            step = "Write the file again; it may have been cut off"
            error = BrokenTextError(problem, file=self._name, next_step=step)
        error.position = position
        return error

    def _unusable(self, error: Exception, row: int) -> BrokenTextError:
        """Name what makes well-formed JSON unusable: a key given twice, nesting, or a number without end."""
        problem, field, allowed = f"a number cannot be read ({clean_label(error, limit=60)})", None, None
        if isinstance(error, _DuplicateKeyError):
            problem, field = "the key is given twice in one object", clean_label(error.args[0], limit=60)
        elif isinstance(error, RecursionError):
            problem, allowed = "objects are nested too deeply", "result files, a few levels deep"
        return BrokenTextError(problem, file=self._name, row=row, field=field, allowed=allowed)

    def _too_much(self) -> InputError:
        limit = f"what fits into {MAX_JSON_MEMORY // MIB} MiB of memory, about 130000 rows of the InferenceX API"
        step = "Split the file into several, or leave out what is no measurement"
        return InputError("the values of the file are too many", file=self._name, allowed=limit, next_step=step)


def conflict_marker(line: str) -> str:
    """Return the git conflict marker that a line begins with, or an empty text."""
    return next((mark for mark in CONFLICT_MARKERS if line.startswith(mark)), "")


def broken_by_conflict(line: int, marker: str, name: str) -> BrokenTextError:
    """Name a git conflict marker."""
    problem = f"line {line} holds a git conflict marker, `{marker}`"
    return BrokenTextError(problem, file=name, next_step="Resolve the merge conflict, then read the file again")


def _is_cut(error: json.JSONDecodeError, length: int) -> bool:
    """Whether decoding failed because a piece of the text ended, not because the text is broken."""
    return error.msg.startswith("Unterminated string") or error.pos >= length - _LONGEST_LITERAL


def _reason(message: str) -> str:
    """Return the decoder's reason without what it quotes."""
    return clean_label(message.partition(":")[0].rstrip(), limit=60)
