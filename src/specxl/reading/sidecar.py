"""What files do not say: values from a `specxl.toml` beside the files or from `--set [GLOB:]key=value`.

A value fills a gap. Where the file itself speaks, an equal value is welcome and a different one is an error that
names both, because only the user can tell which of the two is wrong.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from specxl.errors import InputError, OptionError, nearest
from specxl.figures import number
from specxl.house.tables import toml_table
from specxl.labels import clean_label
from specxl.schema import OFF, StatedValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from specxl.reading.naming import Names
    from specxl.sources.content import Content, SidecarText
    from specxl.sources.record import Record

NAME_KEYS = ("model", "hardware", "engine", "precision", "variant")
COUNT_KEYS = ("gpus", "isl", "osl", "concurrency", "draft_tokens", "request_rate")
FRACTIONS = ("concurrency", "request_rate")
TEXT_KEYS = ("workload", "parallelism", "date", "run_url", "configuration")
LABEL = "label"
KEYS: tuple[str, ...] = (*NAME_KEYS, *COUNT_KEYS, *TEXT_KEYS, "serving", LABEL)
LONGEST_LABEL = 18
OFFICIAL = "official"
"""What the runs without a label are called, so that no label may."""
_NO_LABEL = str.maketrans(dict.fromkeys("*?~", "-"))
_ALIASES: Mapping[str, str] = {
    "spec": "variant",
    "spec_method": "variant",
    "spec_decoding": "variant",
    "framework": "engine",
}
_SERVING = {"aggregated": False, "disaggregated": True}
_SETTING = re.compile(r"(?:(?<=:)|^)([a-z_]+)=")
LENGTH_SHARES = (0.45, 1.05)
"""What a measured mean length may be of the nominal one: uniform draws from 1 to the nominal length give a half."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One value with the place it was given in and the files it speaks for (a pattern below `folder`).

    `source` names that place for a list of all statements, and `sha256` its content.
    """

    key: str
    value: str | int | float
    place: str
    pattern: str = "*"
    folder: str = ""
    source: str = "--set"
    sha256: str = ""

    @property
    def listed(self) -> StatedValue:
        """The statement as a workbook lists it."""
        pattern, value = clean_label(self.pattern, limit=200), clean_label(self.value, limit=200)
        return StatedValue(self.source, pattern, self.key, value, self.sha256)


def read_settings(settings: Sequence[str]) -> list[Statement]:
    """Read the values of `--set [GLOB:]key=value`; `OptionError` for a form or a key that does not exist."""
    statements = []
    for setting in settings:
        match = next((m for m in _SETTING.finditer(setting) if _key(m[1]) in KEYS), None)
        if match is None or not setting[match.end() :].strip():
            shown = clean_label(setting, limit=80)
            hint = nearest(setting.partition("=")[0].rpartition(":")[2], KEYS)
            raise OptionError(
                f"--set `{shown}` is not of the form [GLOB:]key=value; allowed keys: {', '.join(KEYS)}"
                + (f"; {hint}" if hint else "")
            )
        key, place = _key(match[1]), f"--set {setting}"
        value = _checked(key, setting[match.end() :].strip(), place)
        pattern = setting[: match.start()].removesuffix(":") or "*"
        statements.append(Statement(key, value, place, pattern, sha256=hashlib.sha256(setting.encode()).hexdigest()))
    return statements


def read_labels(labels: Sequence[str]) -> list[Statement]:
    """Read the values of `--label GLOB=NAME`; `OptionError` for another form."""
    statements = []
    for given in labels:
        pattern, sign, name = given.partition("=")
        place = f"--label {clean_label(given, limit=80)}"
        if not sign or not pattern.strip() or not name.strip():
            raise OptionError(f"{place} is not of the form GLOB=NAME, such as own/*.json=Our cluster")
        digest = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()
        value = _checked(LABEL, name, place)
        statements.append(Statement(LABEL, value, place, pattern.strip(), source="--label", sha256=digest))
    return statements


def _label(value: str, place: str) -> str:
    """Clean a label: it becomes a part of names, dropdowns and legends."""
    whole = clean_label(value.translate(_NO_LABEL))
    # what begins with a letter or a digit is no formula to anybody
    start = next((place for place, sign in enumerate(whole) if sign.isalnum()), len(whole))
    found = clean_label(whole[start:], limit=LONGEST_LABEL)
    if not found:
        raise InputError("the label holds no letter and no digit", file=place)
    if found.casefold() == OFFICIAL:
        raise InputError(f"a label may not be `{OFFICIAL}`, which is said of the runs without one", file=place)
    return found


def check_patterns(settings: Iterable[Statement], contents: Sequence[Content]) -> None:
    """Refuse a setting whose pattern fits no file: its value would be lost in silence."""
    for statement in settings:
        if not any(matches(statement, content) for content in contents):
            shown = ", ".join(clean_label(content.name) for content in contents[:5])
            raise OptionError(f"{statement.place}: the pattern fits no file; the files are {shown}")


@lru_cache(maxsize=1024)
def read_sidecar(sidecar: SidecarText) -> tuple[Statement, ...]:
    """Read one `specxl.toml`: `[defaults]` for all files of its folder, then `[[files]]` entries with `match`."""
    try:
        table = toml_table(sidecar.text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the sidecar is no TOML ({clean_label(error, limit=80)})", file=sidecar.name) from error
    if unknown := set(table) - {"defaults", "files"}:
        raise _unknown_key(min(unknown), ("defaults", "files"), sidecar.name)
    defaults, entries = table.get("defaults", {}), table.get("files", [])
    if not isinstance(defaults, dict) or not isinstance(entries, list):
        raise InputError("`defaults` must be a table and `files` an array of tables", file=sidecar.name)
    statements = _statements(defaults, "*", sidecar, "defaults")
    for place, entry in enumerate(entries, 1):
        pattern = entry.get("match") if isinstance(entry, dict) else None
        if not isinstance(pattern, str) or not pattern:
            raise InputError("the entry has no pattern", file=sidecar.name, field=f"files[{place}].match")
        values = {key: value for key, value in entry.items() if key != "match"}
        statements += _statements(values, pattern, sidecar, f"files[{place}]")
    return tuple(statements)


def _statements(values: Mapping[str, object], pattern: str, sidecar: SidecarText, where: str) -> list[Statement]:
    """Check the keys and values of one table of a sidecar."""
    result = []
    source = clean_label("/".join(PurePosixPath(sidecar.name.replace("\\", "/")).parts[-2:]), limit=200)
    for raw, value in values.items():
        key = _key(raw)
        if key not in KEYS:
            raise _unknown_key(raw, KEYS, sidecar.name)
        place = f"{sidecar.name} {where}.{raw}"
        checked = _checked(key, value, place)
        result.append(Statement(key, checked, place, pattern, sidecar.folder, source, sidecar.sha256))
    return result


def _unknown_key(key: str, known: Sequence[str], file: str) -> InputError:
    """Name the key and the ones that exist."""
    hint = nearest(key, known)
    return InputError(
        f"the key means nothing here{f' ({hint})' if hint else ''}",
        file=file,
        field=clean_label(key, limit=60),
        allowed=", ".join(known),
    )


def _key(key: str) -> str:
    """Return the canonical name of a key."""
    return _ALIASES.get(key, key)


def _checked(key: str, value: object, place: str) -> str | int | float:
    """Check one value by its key."""
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(value, bool) and key == "variant":
        value = "on" if value else "off"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError("the value is neither text nor a number", file=place)
    if key in COUNT_KEYS:
        count = number(value)
        if count is None or count <= 0 or (key not in FRACTIONS and count != int(count)):
            raise InputError(f"`{clean_label(value, limit=40)}` is no count above zero", file=place)
        return int(count) if count == int(count) else count
    if key == LABEL:
        return _label(str(value), place)
    if key == "serving" and value not in _SERVING:
        raise InputError(
            f"`{clean_label(value, limit=40)}` is no serving mode", file=place, allowed=", ".join(_SERVING)
        )
    if key == "date":
        _check_date(str(value), place)
    return str(value)


def _check_date(value: str, place: str) -> None:
    """Refuse a date that is not written YYYY-MM-DD."""
    try:
        dt.date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"`{clean_label(value, limit=40)}` is no date", file=place, allowed="YYYY-MM-DD") from error


def for_file(content: Content, settings: Iterable[Statement]) -> list[Statement]:
    """Return what is said about one file, weakest first: sidecars far and near, then settings; one value per key.

    Settings and later entries replace earlier ones of the same key.
    """
    said = [statement for sidecar in content.sidecars for statement in read_sidecar(sidecar)]
    matching = {item.key: item for item in (*said, *settings) if matches(item, content)}
    return list(matching.values())


def matches(statement: Statement, content: Content) -> bool:
    """Whether a statement's pattern fits the file: its name, its path below the sidecar, or the name in reports."""
    path = content.path.replace("!", "!/")
    folder = statement.folder.replace("!", "!/").removesuffix("/.")
    below = path.removeprefix(f"{folder}/") if folder else path
    names = {path.rpartition("/")[2], below, content.name, content.name.replace("!", "!/").rpartition("/")[2]}
    # a label is given on the command line with a folder, wherever that stands
    patterns = (statement.pattern, f"*/{statement.pattern}") if statement.source == "--label" else (statement.pattern,)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def apply(statements: Sequence[Statement], records: Iterable[Record], file: str, names: Names) -> None:
    """Fill the gaps of all records; `InputError` names the file's value and the given one where they differ."""
    for record in records:
        for statement in statements:
            if statement.key == LABEL:
                record.label = str(statement.value)  # no file says it, so there is nothing that it could contradict
            else:
                _apply_one(statement, record, file, names)


def _apply_one(statement: Statement, record: Record, file: str, names: Names) -> None:
    """Fill one gap of one record."""
    key, value = statement.key, statement.value
    if key == "serving":
        current, given = record.disaggregated, _SERVING[str(value)]
        if current is not None and current != given:
            raise _conflict(statement, "disaggregated" if current else "aggregated", record, file)
        if current is None:
            record.disaggregated = given
            record.stated |= {key}
        return
    current_value = getattr(record, key)
    if key in ("isl", "osl") and current_value is None:
        _check_length(statement, getattr(record, f"{key}_mean"), record, file)
    firm = current_value not in (None, "") and key not in record.tentative
    if firm and not _same(key, current_value, value, names):
        raise _conflict(statement, current_value, record, file)
    if key == "variant" and current_value is not None and not firm and names.variant(value) == OFF:
        # A file that only shows that speculation was on leaves its method open, but contradicts "none".
        raise _conflict(statement, current_value, record, file)
    if not firm:
        if current_value in (None, "") or not _same(key, current_value, value, names):
            record.stated |= {key}
        setattr(record, key, value)
        if key in ("isl", "osl") and "workload" in record.tentative:
            record.workload = None


def _same(key: str, current: object, given: object, names: Names) -> bool:
    """Whether two values mean the same once aliases are resolved."""
    if key in NAME_KEYS:
        resolve = getattr(names, key)
        return bool(resolve(current) == resolve(given))
    if key in COUNT_KEYS:
        return number(current if isinstance(current, (int, float, str)) else None) == number(
            given if isinstance(given, (int, float, str)) else None
        )
    length = len("YYYY-MM-DD") if key == "date" else None
    return str(current)[:length] == str(given)[:length]


def _check_length(statement: Statement, mean: float | None, record: Record, file: str) -> None:
    """Refuse a nominal length that the measured mean cannot come from."""
    nominal = number(statement.value)
    if mean is None or nominal is None:
        return
    low, high = LENGTH_SHARES
    if not low * nominal <= mean <= high * nominal:
        raise _conflict(statement, f"a mean of {mean:g}", record, file)


def _conflict(statement: Statement, current: object, record: Record, file: str) -> InputError:
    """Name both values and both places."""
    return InputError(
        f"the file says `{clean_label(current, limit=60)}` but {statement.place} says"
        f" `{clean_label(statement.value, limit=60)}`",
        file=file,
        row=record.row,
        field=statement.key,
        next_step="Correct the one that is wrong, or give it for other files by a pattern",
    )
