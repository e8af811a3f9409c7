"""No fault that XlsxWriter reports passes: neither a warning nor a return code."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xlsxwriter.exceptions import FileCreateError, XlsxWriterException

from specxl.errors import LayoutError

if TYPE_CHECKING:
    from collections.abc import Iterator


def strict(code: object, what: str, *place: object) -> None:
    """Check what a call returned: XlsxWriter gives a negative number for a refused one, and 0 or None for a good one.

    Raises:
        LayoutError: the call was refused; `place` is the sheet, row and column from zero.
    """
    if isinstance(code, int) and code != 0:
        where = f" at {place[0]} row {int(str(place[1])) + 1} column {int(str(place[2])) + 1}" if place else ""
        msg = f"{what}{where} was refused with code {code}"
        raise LayoutError(msg)


@contextmanager
def warnings_are_errors() -> Iterator[None]:
    """Turn every warning and exception of XlsxWriter into an error of the model.

    Raises:
        LayoutError: XlsxWriter warned or raised; OSError: the file could not be written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield
        except FileCreateError as exc:  # no fault of the model: it wraps what the system said
            raise OSError(*exc.args[0].args) from exc
        except (UserWarning, XlsxWriterException) as exc:
            msg = f"the sheet model breaks a rule of the file format: {exc}"
            raise LayoutError(msg) from exc
