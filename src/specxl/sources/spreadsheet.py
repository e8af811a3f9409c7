"""The tidy table as an Excel workbook or a Parquet file; both need optional packages."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.record import INTERFACE_VERSION, Reading
from specxl.sources.tidy import canonical_names, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.figures import Figure
    from specxl.sources.content import Content

_EXTRA = 'Install the extra: pip install "specxl[parquet]"'


class TidyWorkbook:
    """Reads the first sheet of an xlsx file, whose first row is the header."""

    interface_version = INTERFACE_VERSION
    name = "tidy-xlsx"
    title = "tidy table in an Excel workbook"

    def recognises(self, content: Content) -> bool:
        """By the zip that holds a workbook part (the container has checked its sizes)."""
        return content.data.startswith(b"PK\x03\x04") and b"xl/workbook.xml" in content.data

    def read(self, content: Content) -> Reading:
        """Read the first sheet; rows are numbered as in the sheet."""
        return _read(content, "read_excel", first_row=2)


class TidyParquet:
    """Reads a Parquet file with the canonical columns."""

    interface_version = INTERFACE_VERSION
    name = "tidy-parquet"
    title = "tidy table in a Parquet file"

    def recognises(self, content: Content) -> bool:
        """By its magic bytes."""
        return content.data.startswith(b"PAR1") and content.data.endswith(b"PAR1")

    def read(self, content: Content) -> Reading:
        """Read all rows, numbered from 1."""
        return _read(content, "read_parquet", first_row=1)


def _read(content: Content, reader: str, *, first_row: int) -> Reading:
    """Read a frame with pandas, which is optional and slow to load: it is imported when a file needs it."""
    try:
        pandas: Any = importlib.import_module("pandas")
        frame = getattr(pandas, reader)(io.BytesIO(content.data))
    except ImportError as error:
        raise InputError(
            f"a package is missing to read it ({error.name})", file=content.name, next_step=_EXTRA
        ) from error
    except Exception as error:
        # The engines behind pandas raise what they like over a damaged file: xml, zip, arrow and value errors.
        raise InputError(f"the file cannot be read ({clean_label(error, limit=100)})", file=content.name) from error
    names = canonical_names([str(name) for name in frame.columns])
    rows = [
        (place, dict(zip(names, map(_cell, cells), strict=True)))
        for place, cells in enumerate(frame.itertuples(index=False, name=None), first_row)
    ]
    return read_table(names, [row for row in rows if _is_filled(row[1])], content.name)


def _cell(value: Any) -> Figure:  # noqa: ANN401
    """Turn one cell into a figure: a missing value is None, a date its ISO text."""
    if value is None or value != value:  # noqa: PLR0124
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, (int, float, str)) else str(value)


def _is_filled(cells: Mapping[str, Figure]) -> bool:
    """Whether any cell of a row holds something."""
    return any(value is not None and value != "" for value in cells.values())
