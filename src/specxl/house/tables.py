"""Strict reading of the small CSV tables that people edit: registries, rate cards, published figures.

A table is text until a column is asked for; every fault names the file, the row as a spreadsheet numbers it, the field,
and what may stand there.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn

from specxl.errors import nearest
from specxl.schema import round15

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from specxl.errors import PlacedError

LARGEST_TABLE_BYTES = 2_000_000
SMALLEST_FIGURE = 1e-9
"""Nothing that people price or measure is smaller, and below it two computations have no digits left to agree in."""
MOST_KEY_PARTS = 16
_NOT_ON_DISK = ("/proc/", "/sys/")
_TOML_TEXT = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)
_LONG_KEY = re.compile(rf"(?:[\w-]*[ \t]*\.[ \t]*){{{MOST_KEY_PARTS},}}", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_ALLOWED_NUMBER = "a plain number with a decimal point, such as 2.34"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: stripped texts by column, and the place it was read from."""

    cells: Mapping[str, object]
    file: str
    number: int | None
    error: type[PlacedError]

    def fail(self, field: str, problem: str, *, allowed: str = "", next_step: str = "") -> NoReturn:
        """Raise the table's error for one field of this row."""
        raise self.error(
            problem, file=self.file, row=self.number, field=field, allowed=allowed or None, next_step=next_step or None
        )

    @property
    def file_name(self) -> str:
        """The file's own name, without the folders that lead to it."""
        return PurePath(self.file).name

    def text(self, field: str) -> str:
        """Return the text of a field, "" when it is empty or the table lacks the column."""
        value = self.cells.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fail(field, f"{value!r} is not a text", allowed="a text in quotes")
        return value.strip()

    def required(self, field: str) -> str:
        """Return the text of a field that may not be empty."""
        value = self.text(field)
        if not value:
            self.fail(field, "is empty", allowed="a text", next_step="Fill it in or remove the row.")
        return value

    def names(self, field: str) -> tuple[str, ...]:
        """Return the parts of a list written with semicolons."""
        return tuple(part.strip() for part in self.text(field).split(";") if part.strip())

    def choice(self, field: str, allowed: Sequence[str]) -> str:
        """Return a text that must be one of `allowed`."""
        value = self.required(field)
        if value not in allowed:
            self.fail(field, f"{value!r} is not known", allowed=", ".join(allowed), next_step=nearest(value, allowed))
        return value

    def positive(self, field: str, *, largest: float = float("inf"), unit: str = "") -> float | None:
        """Return a number above zero, rounded to 15 significant digits (METHOD 1); None when the field is empty.

        Grouping signs, decimal commas, currency signs, NaN and infinity are refused: guessing them changes figures.
        """
        value = self.cells.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        number = round15(self._number(field, value))
        allowed = f"a number above 0 and up to {largest:g} {unit}".rstrip() if unit else "a number above 0"
        if 0 < number < SMALLEST_FIGURE:
            self.fail(field, f"{value!r} is too small", allowed=f"a number from {SMALLEST_FIGURE:g} on")
        if not 0 < number <= largest:
            self.fail(
                field, f"{value!r} is out of range", allowed=allowed, next_step="Leave it empty if it is unknown."
            )
        return number

    def _number(self, field: str, value: object) -> float:
        if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value.strip()):
            return float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(field, f"{value!r} is not a number", allowed=_ALLOWED_NUMBER)
        # An integer with more digits than a float can hold is as wrong as infinity, and fails the range check.
        return float(value) if abs(value) < 10**300 else float("inf")


def toml_table(text: str) -> dict[str, Any]:
    """Parse TOML, whose time and memory grow with the square of the parts of a key: one of many parts is refused.

    Raises:
        ValueError: it is no TOML, or has a key of more than `MOST_KEY_PARTS` parts.
        RecursionError: it is nested too deeply.
    """
    if _LONG_KEY.search(_TOML_TEXT.sub("", text)):
        msg = f"a key has more than {MOST_KEY_PARTS} parts"
        raise ValueError(msg)
    return tomllib.loads(text)


def read_text(path: Path, error: type[PlacedError]) -> str:
    """Read a small UTF-8 text file (with or without byte order mark); every failure names the file and the way out."""
    try:
        if path.exists() and (not path.is_file() or path.resolve().as_posix().startswith(_NOT_ON_DISK)):
            raise error(
                "is no file", file=str(path), next_step="Check the path."
            )  # a pipe would never end, or never begin
        with path.open("rb") as file:
            content = file.read(LARGEST_TABLE_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise error(f"cannot be read ({reason})", file=str(path), next_step="Check the path.") from exc
    if len(content) > LARGEST_TABLE_BYTES:
        raise error("is too large to be such a table", file=str(path), allowed=f"up to {LARGEST_TABLE_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise error("is not UTF-8 text", file=str(path), next_step="Save it as `CSV UTF-8`.") from exc


def read_table(
    path: Path,
    error: type[PlacedError],
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    unknown: Callable[[str], str] = lambda _: "is not a column of this table",
) -> tuple[Row, ...]:
    """Read a CSV with a header row into rows of text; blank lines are skipped but counted.

    `unknown` words the fault of a column that is neither required nor optional.
    Raises `error` for a file that cannot be read, a missing, doubled or unknown column, and a row of another length.
    """
    records = _records(path, error)
    if not records:
        raise error("is empty", file=str(path), allowed=f"a header row with {', '.join(required)}")
    header = [name.strip() for name in records[0]]
    _check_columns(header, file=str(path), error=error, required=required, optional=optional, unknown=unknown)
    rows = []
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            raise error(
                f"has {len(record)} fields where the header has {len(header)}",
                file=str(path),
                row=number,
                next_step="Put a text that holds a comma in double quotes.",
            )
        rows.append(Row(dict(zip(header, record, strict=True)), str(path), number, error))
    return tuple(rows)


def _check_columns(
    header: Sequence[str],
    *,
    file: str,
    error: type[PlacedError],
    required: Sequence[str],
    optional: Sequence[str],
    unknown: Callable[[str], str],
) -> None:
    """Raise `error` for the first doubled, unknown or missing column."""
    allowed = (*required, *optional)
    if len(header) == 1 and ";" in header[0]:
        raise error("is separated by semicolons", file=file, row=1, next_step="Save it with commas between the fields.")
    for position, name in enumerate(header):
        if name in header[:position]:
            raise error("stands twice in the header", file=file, row=1, field=name, next_step="Remove one of them.")
        if name not in allowed:
            raise error(
                unknown(name),
                file=file,
                row=1,
                field=name,
                allowed=", ".join(allowed),
                next_step=nearest(name, allowed) or "Rename it or remove it.",
            )
    for name in required:
        if name not in header:
            raise error("is missing", file=file, row=1, field=name, next_step="Add the column to the header.")


def _records(path: Path, error: type[PlacedError]) -> list[list[str]]:
    text = read_text(path, error)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as exc:
        raise error(f"is not a readable CSV ({exc})", file=str(path), next_step="Save it again as CSV UTF-8.") from exc
