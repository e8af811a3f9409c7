"""From what the user names (files, folders, globs, archives, "-") to the contents to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources.content import MAX_FILE_BYTES, Content

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_inputs(inputs: Sequence[str | Path]) -> list[Content]:
    """Return the contents of all inputs in the order given."""
    return [_read(Path(given)) for given in inputs]


def _read(path: Path) -> Content:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError("the file is too large", file=path.name, allowed=f"at most {MAX_FILE_BYTES} bytes")
        return Content(path.name, path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", file=str(path)) from error
