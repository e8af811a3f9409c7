"""What a reader returned, before anything else uses it: every field of its type, and names without what could be secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from specxl.errors import Notice
from specxl.labels import bare_image, bare_name
from specxl.schema import PublishedFigures
from specxl.sources.record import Reading, Record, ScoreRecord

if TYPE_CHECKING:
    from collections.abc import Iterable


_NAME_END = re.compile(r"\?[^?\s]*=|\s--?[A-Za-z]")
"""Where the query of an address, or the options of a command, begin."""
_OPTION = re.compile(r"(?:^|\s)--?[A-Za-z][\w-]*(?:[= ]\S+)?")
_PATH = re.compile(r"(?<!\S)(?:[A-Za-z]:[\\/]|[\\/~])\S*[\\/](\S*)")
_HOST_ALONE = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]*://[^/\s?]+|(?:[\w-]+\.)*[\w-]+:[0-9]{2,5}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})/?(?:\?\S*)?\s*",
    re.IGNORECASE,
)
"""An address without a path."""


def _is_figure(value: object) -> bool:
    return value is None or (isinstance(value, (int, float, str)) and not isinstance(value, bool))


def _is_text(value: object) -> bool:
    return type(value) is str  # a text of a kind of its own runs code of its own wherever it is looked at


def _is_stats(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) and _is_figure(item) for key, item in value.items())


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return isinstance(value, Hashable)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "int": _is_count,
    "int | None": lambda value: value is None or _is_count(value),
    "str": _is_text,
    "str | None": lambda value: value is None or _is_text(value),
    "bool": lambda value: isinstance(value, bool),
    "bool | None": lambda value: value is None or isinstance(value, bool),
    "float | None": lambda value: value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)),
    "Figure": _is_figure,
    "Mapping[str, Figure]": _is_stats,
    "Hashable": _is_hashable,
    "frozenset[str]": lambda value: isinstance(value, frozenset) and all(map(_is_text, value)),
    "tuple[tuple[str, str], ...]": lambda value: (
        isinstance(value, tuple)
        and all(isinstance(pair, tuple) and len(pair) == 2 and all(map(_is_text, pair)) for pair in value)  # noqa: PLR2004
    ),
    "PublishedFigures | None": lambda value: value is None or isinstance(value, PublishedFigures),
    "list[Record]": lambda value: isinstance(value, list) and all(isinstance(item, Record) for item in value),
    "list[ScoreRecord]": lambda value: isinstance(value, list) and all(isinstance(item, ScoreRecord) for item in value),
    "list[Notice]": lambda value: isinstance(value, list) and all(isinstance(item, Notice) for item in value),
}
"""What a field may hold, by its annotation."""


def check_reading(reading: object) -> None:
    """Raise `TypeError` for what is no reading, or has a field of another type: the mistake is named where it is made."""
    if not isinstance(reading, Reading):
        raise TypeError(f"it returned {type(reading).__name__} instead of a Reading")
    _check_fields(reading, "its reading")
    for record in reading.records:
        _check_fields(record, f"its record of row {record.row}")
    for score in reading.scores:
        _check_fields(score, f"its score of row {score.row}")


def _check_fields(item: Reading | Record | ScoreRecord, shown: str) -> None:
    for field in fields(item):
        value = getattr(item, field.name)
        if not _KINDS[str(field.type)](value):
            raise TypeError(f"{shown} has a {type(value).__name__} as `{field.name}`, not {field.type}")


def without_secrets(records: Iterable[Record | ScoreRecord]) -> None:
    """Cut names of models, engines and images to what tells them apart.

    Result files hold addresses, paths and command lines in these fields, and with them hosts, users and tokens.
    """
    known: dict[str, dict[str, str | None]] = {name: {} for name in _SHORTENED}
    for record in records:
        for name, shorten in _SHORTENED.items():
            value = getattr(record, name, None)
            if not isinstance(value, str):
                continue
            if value not in known[name]:
                known[name][value] = shorten(value) or None
            if known[name][value] != value:
                setattr(record, name, known[name][value])


def _bare_model(text: str) -> str:
    """Return a model's name with its folders, by which the house knows it, but without options and queries."""
    return "" if _HOST_ALONE.fullmatch(text) else _NAME_END.split(text, maxsplit=1)[0].replace("\\", "/").strip()


def _bare_engine(text: str) -> str:
    """Return an engine's name; the address of a server names none."""
    return "" if _HOST_ALONE.fullmatch(text) else bare_name(text)


def _bare_image(text: str) -> str:
    """Return an image's name; what stands before it in a private registry tells of a team."""
    bare = bare_image(text)
    return bare if text.strip().startswith(bare) and not bare.startswith("/") else bare.rpartition("/")[2]


def _bare_words(text: str) -> str:
    """Return words of a person's without the options of a command, and of a path its last part."""
    return _PATH.sub(r"\1", _OPTION.sub("", text)).strip()


_SHORTENED: Mapping[str, Callable[[str], str]] = {
    "model": _bare_model,
    "engine": _bare_engine,
    "image": _bare_image,
    **dict.fromkeys(("configuration", "parallelism", "interactivity_definition"), _bare_words),
}
