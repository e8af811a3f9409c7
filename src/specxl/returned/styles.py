"""Number formats: which of a file's looks show a number as what it is, and which hide or falsify it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from specxl.labels import clean_label
from specxl.returned.parts import Attributes, PartReader, refuse, whole

_LOOKS = 66_000  # Excel takes 65,490
_FORMATS = 10_000
_MOST_SECTIONS = 4
_FORMAT_LENGTH = 500
# The formats that a number stands for without being written out; 14 to 22 and 45 to 47 show dates and times.
_BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 49: "@"}

_SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(;|$)', re.DOTALL)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.')
_BRACKET = re.compile(
    r"\[(?:\$([^\]-]*)(?:-[0-9A-Fa-f,]*)?|[<>=]{1,2}-?[0-9.]+|(?:black|blue|red|green|color ?\d+))\]", re.IGNORECASE
)
_LOCALE = re.compile(r"\[\$-[0-9A-Fa-f]{1,8}\]")
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]+)?(?:E[+-]0+)?%?", re.IGNORECASE)
# Day, month and year in any order: programs give formulas over dates the order of their language.
_DATE = re.compile(r"(?=.*d)(?=.*m)(?=.*y)(?:d{1,2}|m{1,4}|y{2}|y{4}|[-/., ])+", re.IGNORECASE)
_SCALED = re.compile(r",(?![#0?])")
_CONDITION = re.compile(r"\[[<>=]")
_BELOW, _ABOVE = (re.compile(rf"\[{sign}=?(-?[0-9.]+)\]") for sign in "<>")
_PADDING = re.compile(r"_.|\*.")
_SIGN = re.compile(r"[-−–(]")  # noqa: RUF001
# What may stand beside a number: signs and currencies, which leave its size alone as "k" and "M" do not.
_BESIDE = re.compile(r"(?:[\s~+\-–−()/×x%€$£¥:']|USD|EUR|GBP)*")  # noqa: RUF001


def format_fault(code: str) -> str:
    """What a number format does to the number in a cell: empty when it shows it, else in words."""
    if len(code) > _FORMAT_LENGTH:
        return "is longer than any program writes"
    sections = _sections(code)
    if not 1 <= len(sections) <= _MOST_SECTIONS:
        return "no program writes"
    if len(sections) == _MOST_SECTIONS and "@" not in _LITERAL.sub("", sections.pop()):
        return "hides the text of the cell"
    return next((fault for fault in map(_section_fault, sections) if fault), "") or _sign_fault(sections)


def _sign_fault(sections: list[str]) -> str:
    """Whether negative numbers keep their sign, and others get none: a loss would read as a saving, or the other way round."""
    for place, section in enumerate(sections[:2]):
        if _is_date(section):
            continue
        below = any(float(bound) <= 0 for bound in _BELOW.findall(section))
        rest = place == 1 and all(float(bound) <= 0 for bound in _ABOVE.findall(sections[0]))
        negative = below or (rest and not any(_CONDITION.search(_ABOVE.sub("", each)) for each in sections))
        signed = _SIGN.search(_BRACKET.sub("", _PADDING.sub("", section).replace("E-", "")))
        if negative and not signed:
            return "shows a negative number without its sign"
        if signed and not negative and not _CONDITION.search(section):
            return "shows a sign that the number does not have"
    return ""


def _sections(code: str) -> list[str]:
    """The sections of a format, which semicolons part; none where its quotes or brackets do not close."""
    sections: list[str] = []
    at = 0
    while (match := _SECTION.match(code, at)) is not None:
        sections.append(match[1])
        at = match.end()
        if not match[2]:
            return sections
    return []


def _is_date(section: str) -> bool:
    return _DATE.fullmatch(_LOCALE.sub("", section).replace("\\", "").replace('"', "")) is not None


def _section_fault(section: str) -> str:
    beside = [first or second for first, second in _LITERAL.findall(section)]
    rest = _LITERAL.sub(" ", section)
    beside += [match[1] for match in _BRACKET.finditer(rest) if match[1]]
    rest = _BRACKET.sub(" ", rest)
    if rest.strip().casefold() in ("general", "@"):
        shown = ""
    elif _is_date(section):
        return ""
    else:
        match = _DIGITS.search(rest)
        if match is None:
            return "shows something else than the number"
        if _SCALED.search(match[0]):
            return "shows a number a thousand times smaller or less"
        shown = rest[: match.start()] + rest[match.end() :]
    if not _BESIDE.fullmatch("".join(beside)) or not _BESIDE.fullmatch(shown):
        return "shows something beside the number that changes it"
    return ""


@dataclass
class Looks:
    """The looks of a workbook by their numbers: the fault of a number format, which show a date, and which rules change.

    `changing` are differential looks, which rules lay over cells, with a number format of their own.
    """

    faults: dict[int, str] = field(default_factory=dict)
    dates: set[int] = field(default_factory=set)
    changing: set[int] = field(default_factory=set)


class StylesReader(PartReader):
    """Reads the number formats of the styles part."""

    root = "styleSheet"
    places = {"cellXfs": ["styleSheet"], "numFmts": ["styleSheet"], "dxfs": ["styleSheet"]}  # noqa: RUF012

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._codes: dict[int, str] = {}
        self._used: list[int] = []
        self._differential = -1
        self._changing: set[int] = set()
        self.starts = {"numFmt": self._on_format, "xf": self._on_look, "dxf": self._on_differential}

    def _on_format(self, given: Attributes) -> None:
        if self.path[1] == "dxfs":
            self._changing.add(self._differential)
        elif self.path[1] == "numFmts":
            number = whole(self.where, given.get("numFmtId"))
            if number in self._codes or len(self._codes) >= _FORMATS:
                refuse(self.where, f"it can be read in two ways: number format {number} stands there twice")
            self._codes[number] = given.get("formatCode", "")

    def _on_look(self, given: Attributes) -> None:
        if self.path[1] == "cellXfs":
            if len(self._used) >= _LOOKS:
                refuse(self.where, f"it has more than {_LOOKS} looks")
            self._used.append(whole(self.where, given.get("numFmtId")))

    def _on_differential(self, _: Attributes) -> None:
        self._differential += 1

    def looks(self) -> Looks:
        """What was read."""
        found = Looks(changing=self._changing)
        faults = {number: self._fault(number) for number in set(self._used)}
        for look, number in enumerate(self._used):
            if faults[number]:
                found.faults[look] = faults[number]
            elif _is_date(self._codes.get(number, "")):
                found.dates.add(look)
        return found

    def _fault(self, number: int) -> str:
        if number not in self._codes:
            if number in _BUILT_IN:
                return ""
            return f"the number format {number}, which shows a date or something else"
        code = self._codes[number]
        fault = format_fault(code)
        return f"the number format {clean_label(code, limit=40)!r}, which {fault}" if fault else ""
