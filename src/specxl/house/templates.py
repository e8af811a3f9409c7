"""What a template of one's own must have: every key of the one it replaces, with a value of the same kind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from specxl.errors import TemplateError, nearest

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
TABLE, LIST, NUMBER, TRUTH, COLOUR, TEXT = (
    "a table",
    "a list",
    "a number",
    "true or false",
    "a colour as #1F2933",
    "a text",
)


def require_form(found: Any, shipped: Any, file: str, field: str = "", *, free_lists: bool = False) -> None:  # noqa: ANN401
    """Compare a parsed template with the one it replaces; further keys are allowed, since nothing reads them.

    Args:
        found, shipped: values of the two files at the same place, `field` in words ("tiers.rental").
        free_lists: lists may be longer or shorter.

    Raises:
        TemplateError: naming the file and the key that is missing or whose value is of another kind.
    """
    expected = _kind(shipped)
    if _kind(found) != expected and (expected, _kind(found)) != (TEXT, COLOUR):
        raise TemplateError(f"is {_kind(found)}", file=file, field=field, allowed=expected)
    if isinstance(found, str) and any(unicodedata.category(char) == "Cc" for char in found):
        raise TemplateError(
            "holds a line break or another control character", file=file, field=field, allowed="one line"
        )
    if expected == TABLE:
        for key, value in shipped.items():
            path = f"{field}.{key}" if field else str(key)
            if key not in found:
                near = nearest(key, [name for name in found if name not in shipped])
                raise TemplateError(
                    "the key is missing", file=file, field=path, next_step=near or "Copy it from the original."
                )
            require_form(found[key], value, file, path, free_lists=free_lists)
    if expected == LIST:
        if len(found) != len(shipped) and not (free_lists and found):
            raise TemplateError(f"has {len(found)} entries", file=file, field=field, allowed=str(len(shipped)))
        for place, entry in enumerate(found):
            # the entries of a free list are all like its first; in it, lists are rows of a table, as wide as shipped
            model = shipped[0] if free_lists else shipped[place]
            require_form(entry, model, file, f"{field}[{place + 1}]")


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return TABLE
    if isinstance(value, (list, tuple)):
        return LIST
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, (int, float)):
        return NUMBER
    return COLOUR if isinstance(value, str) and _COLOUR.fullmatch(value) else TEXT
