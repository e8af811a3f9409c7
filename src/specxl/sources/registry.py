"""Finds the reader of a file by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.inferencex_api import InferencexApi
from specxl.sources.tidy import Tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.sources.content import Content
    from specxl.sources.record import Source

BUILT_IN: tuple[Source, ...] = (InferencexApi(), Tidy())


def find_source(content: Content, sources: Sequence[Source] = BUILT_IN) -> Source:
    """Return the first reader that recognises the content; `InputError` names what was found when none does."""
    if not content.data.strip():
        raise InputError("the file is empty", file=content.name, next_step="Check how it was written or downloaded")
    for source in sources:
        if source.recognises(content):
            return source
    raise InputError(
        f"no reader recognises the file: {_describe(content)}",
        file=content.name,
        allowed=", ".join(source.title for source in sources),
        next_step="docs/formats.md says by which keys or columns each format is recognised",
    )


def _describe(content: Content) -> str:
    """Say in a few words what the content looks like."""
    if content.is_binary:
        return "it holds binary data"
    if content.looks_like_json:
        keys = ", ".join(f"`{clean_label(key, limit=30)}`" for key in list(content.first)[:6])
        return f"it is JSON with the keys {keys}" if keys else "it is JSON without any object"
    columns = ", ".join(f"`{clean_label(name, limit=30)}`" for name in content.table.header[:6])
    return f"it is text that begins with the columns {columns}"
