"""What a theme of one's own may say: only what the writer can put into a file that spreadsheet programs open.

XlsxWriter takes an unknown property for a bug of its caller, and a size below zero for what was wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from specxl.errors import TemplateError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

LARGEST_FONT = 409
LONGEST_FONT_NAME = 31
LONGEST_NUMBER_FORMAT = 255


@dataclass(frozen=True, slots=True)
class _Number:
    """Numbers from `low` to `high`, whole ones unless `fractions`."""

    low: float
    high: float
    fractions: bool = False

    def holds(self, value: object, _: Collection[str]) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and (self.fractions or value == int(value))

    def words(self, _: Collection[str]) -> str:
        kind = "a number" if self.fractions else "a whole number"
        return f"{kind} from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of some values: texts or numbers."""

    values: tuple[object, ...]

    def holds(self, value: object, _: Collection[str]) -> bool:
        return not isinstance(value, bool) and value in self.values

    def words(self, _: Collection[str]) -> str:
        return ", ".join(str(value) for value in self.values)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is not empty, up to `longest` characters."""

    longest: int

    def holds(self, value: object, _: Collection[str]) -> bool:
        return isinstance(value, str) and 0 < len(value) <= self.longest

    def words(self, _: Collection[str]) -> str:
        return f"a text of up to {self.longest} characters"


class _Truth:
    """True or false."""

    def holds(self, value: object, _: Collection[str]) -> bool:
        return isinstance(value, bool)

    def words(self, _: Collection[str]) -> str:
        return "true or false"


class _Colour:
    """The name of a colour of this theme."""

    def holds(self, value: object, colours: Collection[str]) -> bool:
        return isinstance(value, str) and value in colours

    def words(self, colours: Collection[str]) -> str:
        return f"a colour of this theme: {', '.join(colours)}"


_Rule = _Number | _Choice | _Text | _Truth | _Colour
_TRUTH, _COLOUR, _FONT = _Truth(), _Colour(), _Number(1, LARGEST_FONT, fractions=True)
_BORDER = _Number(0, 13)
_PAGE: Mapping[str, _Rule] = {
    "font": _Text(LONGEST_FONT_NAME),
    "size": _FONT,
    "paper": _Number(1, 118),
    "footer_size": _Number(1, LARGEST_FONT),
}
_STYLE: Mapping[str, _Rule] = {
    "font_name": _Text(LONGEST_FONT_NAME),
    "font_size": _FONT,
    "num_format": _Text(LONGEST_NUMBER_FORMAT),
    "underline": _Choice((1, 2, 33, 34)),
    "font_script": _Choice((1, 2)),
    "align": _Choice(("left", "center", "right", "fill", "justify", "center_across", "distributed")),
    "valign": _Choice(("top", "vcenter", "bottom", "vjustify", "vdistributed")),
    "indent": _Number(0, 15),
    "rotation": _Number(-90, 90),
    **dict.fromkeys(("bold", "italic", "font_strikeout", "text_wrap", "shrink", "locked"), _TRUTH),
    **dict.fromkeys(("border", "bottom", "top", "left", "right"), _BORDER),
    **dict.fromkeys(("font_color", "bg_color", "border_color", "bottom_color", "top_color"), _COLOUR),
}
_LOOK: Mapping[str, _Rule] = {
    **dict.fromkeys(("bar", "line", "fill", "border"), _COLOUR),
    "width": _Number(0.25, 100, fractions=True),
    "size": _Number(2, 72),
    "dash": _Choice(
        (
            "solid",
            "round_dot",
            "square_dot",
            "dash",
            "dash_dot",
            "long_dash",
            "long_dash_dot",
            "long_dash_dot_dot",
        )
    ),
    "marker": _Choice(("square", "diamond", "triangle", "x", "star", "dot", "dash", "circle", "plus", "none")),
    "label": _Choice(("above", "below", "left", "right", "center")),
    "pattern": _Choice(
        (
            "percent_5",
            "percent_10",
            "percent_20",
            "percent_25",
            "percent_30",
            "percent_40",
            "percent_50",
            "light_upward_diagonal",
            "light_downward_diagonal",
            "dark_upward_diagonal",
            "dark_downward_diagonal",
            "wide_upward_diagonal",
            "wide_downward_diagonal",
            "light_horizontal",
            "light_vertical",
            "horizontal_brick",
            "small_grid",
            "large_grid",
            "small_check",
            "large_check",
        )
    ),
}
DROPDOWNS = ("tiers", "bases", "metrics")
"""Tables of labels.toml whose texts are the choices of a dropdown, told apart by these texts alone."""
BESIDE_CHOICES = ("as_workbook",)
"""Texts that stand in such dropdowns beside every choice."""
CODES = ("statuses", "published_statuses", "servings", "grades", "bounds", "certainties", "likeness", "reads")
"""Lists of labels.toml that stand for numbered codes."""
_WILDCARDS = frozenset("*?~")


def require_theme(theme: Mapping[str, object], file: str) -> None:
    """Refuse a theme whose page, styles or looks hold what no workbook can carry.

    Raises:
        TemplateError: with the file, the field and what is allowed there.
    """
    colours = tuple(_table(theme.get("colours")))
    for name, value in _table(theme.get("page")).items():
        _require(name, value, _PAGE, colours, file, f"page.{name}")
    for section, rules in (("styles", _STYLE), ("looks", _LOOK)):
        for name, properties in _table(theme.get(section)).items():
            for key, value in _table(properties).items():
                _require(key, value, rules, colours, file, f"{section}.{name}.{key}")


def require_distinct(labels: Mapping[str, object], file: str) -> None:
    """Refuse labels that a dropdown or a lookup could not tell apart: equal but for case, or with wildcards.

    Raises:
        TemplateError: with the file, the field and the text that it equals.
    """
    beside = {name: labels[name] for name in BESIDE_CHOICES if name in labels}
    for table in DROPDOWNS:
        _require_apart({**beside, **_choices(labels, table)}, file, wildcards=False)
    for name in CODES:
        texts = labels.get(name)
        listed = texts if isinstance(texts, tuple | list) else ()
        _require_apart({f"{name}[{place}]": text for place, text in enumerate(listed, 1)}, file, wildcards=True)


def _choices(labels: Mapping[str, object], table: str) -> dict[str, object]:
    """Return the texts of a table of choices by field; one that says more of a choice gives its text as `name`."""
    entries = _table(labels.get(table)).items()
    named = {f"{table}.{key}.name": entry.get("name") for key, entry in entries if isinstance(entry, Mapping)}
    return named | {f"{table}.{key}": entry for key, entry in entries if not isinstance(entry, Mapping)}


def _require(
    name: str, value: object, rules: Mapping[str, _Rule], colours: Collection[str], file: str, field: str
) -> None:
    rule = rules.get(name)
    if rule is None:
        _fail("is not a property of this table", file, field, ", ".join(rules), nearest(name, rules))
    if not rule.holds(value, colours):
        _fail(f"{value!r} is not usable here", file, field, rule.words(colours))


def _require_apart(texts: Mapping[str, object], file: str, *, wildcards: bool) -> None:
    seen: dict[str, str] = {}
    for field, text in texts.items():
        shown = str(text)
        if not wildcards and _WILDCARDS & set(shown):
            _fail(f"{shown!r} holds a wildcard", file, field, "a text without * ? ~")
        owner = seen.setdefault(" ".join(shown.casefold().split()), field)
        if owner != field:
            _fail(f"{shown!r} is also the text of `{owner}`", file, field, "texts that differ by more than case")


def _fail(problem: str, file: str, field: str, allowed: str, next_step: str = "") -> NoReturn:
    raise TemplateError(problem, file=file, field=field, allowed=allowed, next_step=next_step or None)


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
