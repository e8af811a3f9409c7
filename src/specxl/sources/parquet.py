"""The tidy table as a Parquet file; pyarrow is optional, and loaded for the first such file."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.bounds import MAX_CELLS, MAX_FIELD_CHARS, MAX_FILE_BYTES, MAX_ROWS
from specxl.sources.record import INTERFACE_VERSION, Reading
from specxl.sources.tidy import COLUMNS, canonical_names, cell, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.figures import Figure
    from specxl.sources.content import Content

MAGIC = b"PAR1"
_EXTRA = 'Install the extra: pip install "specxl[parquet]"'
_BATCH_ROWS = 4096
_INDEX = "__index_level_"
"""How pandas names the index that it writes beside the columns."""


class TidyParquet:
    """Reads a Parquet file with the canonical columns; others are not decoded."""

    interface_version = INTERFACE_VERSION
    name = "tidy-parquet"
    title = "tidy table in a Parquet file"

    def recognises(self, content: Content) -> bool:
        """By its magic bytes."""
        return content.start.startswith(MAGIC) and content.data.endswith(MAGIC)

    def read(self, content: Content) -> Reading:
        """Read all rows, numbered from 1. Its own account of rows and bytes is checked before anything is decoded."""
        try:
            arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError as error:
            missing = "a package is missing to read it (pyarrow)"
            raise InputError(missing, file=content.name, next_step=_EXTRA) from error
        try:
            names, rows = _rows(content, arrow, parquet)
        except InputError:
            raise
        except Exception as error:  # arrow raises its own errors, and Python's over text that is not UTF-8
            reason = clean_label(error, limit=100)
            raise InputError(f"the file cannot be read ({reason})", file=content.name) from error
        return read_table(names, rows, content.name)


def _rows(content: Content, arrow: Any, parquet: Any) -> tuple[list[str], list[tuple[int, Sequence[Figure]]]]:  # noqa: ANN401
    """Decode the columns that mean something; the names of the others are returned behind theirs."""
    types = arrow.types
    file = parquet.ParquetFile(BytesIO(content.data))
    stored = [name for name in file.schema_arrow.names if not name.startswith(_INDEX)]
    wanted = [name for name in stored if canonical_names([name])[0] in COLUMNS]
    texts = [field.name for field in file.schema_arrow if field.name in wanted and _is_text(types, field.type)]
    _check(file.metadata, len(wanted), content.name)
    for field in file.schema_arrow:
        if field.name in wanted and types.is_nested(field.type):
            problem = f"the column holds {clean_label(field.type, limit=40)}"
            raise InputError(problem, file=content.name, field=field.name, allowed="one text or number a row")
    # text that repeats is decoded once
    file = parquet.ParquetFile(BytesIO(content.data), read_dictionary=texts)
    rows: list[tuple[int, Sequence[Figure]]] = []
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
        columns = [_values(types, batch.column(name), content.name) for name in wanted]
        rows += enumerate(zip(*columns, strict=True), len(rows) + 1)
        if len(rows) > MAX_ROWS:
            raise InputError(f"more than {MAX_ROWS} rows are too many", file=content.name)
    arrow.default_memory_pool().release_unused()
    others = [name for name in stored if name not in wanted]
    return canonical_names([*wanted, *others]), [row for row in rows if any(value is not None for value in row[1])]


def _is_text(types: Any, kind: Any) -> bool:  # noqa: ANN401 - a type of arrow
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _check(metadata: Any, columns: int, name: str) -> None:  # noqa: ANN401 - arrow's own
    """Refuse by the file's own account what would take too much memory.

    Only row groups are asked: arrow ends the process over a damaged column's account, where decoding it raises an error.
    """
    rows = metadata.num_rows
    if rows > MAX_ROWS or rows * columns > MAX_CELLS:
        allowed = f"at most {MAX_ROWS} rows and {MAX_CELLS} cells"
        raise InputError(f"the file has {rows} rows and {columns} columns to read", file=name, allowed=allowed)
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if size > MAX_FILE_BYTES:
        step = "Leave out columns that are no part of the table"
        raise InputError(
            f"its columns take {size} bytes", file=name, allowed=f"at most {MAX_FILE_BYTES}", next_step=step
        )


def _values(types: Any, column: Any, name: str) -> list[Figure]:  # noqa: ANN401 - a column of arrow
    """Return the values of a column; the distinct texts of a dictionary are shared by its rows."""
    if not types.is_dictionary(column.type):
        return [cell(value) for value in column.to_pylist()]
    distinct = [cell(value) for value in column.dictionary.to_pylist()]
    if any(isinstance(value, str) and len(value) > MAX_FIELD_CHARS for value in distinct):
        raise InputError("a text is too long", file=name, allowed=f"at most {MAX_FIELD_CHARS} characters")
    return [None if place is None else distinct[place] for place in column.indices.to_pylist()]
