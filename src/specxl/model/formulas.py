"""References -> formula text: the small pieces that every sheet shares, and the rules that all formulas obey."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from specxl.errors import TemplateError
from specxl.model.cells import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.model.cells import Range, Ref

# The Excel 2007 functions that Excel, LibreOffice and the evaluating engine agree on; nothing else is ever written.
ALLOWED_FUNCTIONS = frozenset({
    "ABS", "AND", "COUNT", "COUNTIF", "FIXED", "HYPERLINK", "IF", "IFERROR", "INDEX", "INT", "ISNUMBER", "MATCH",
    "MAX", "MID", "MIN", "NOT", "OR", "RANK", "ROUND", "ROWS", "SIGN", "SMALL", "SUM", "SUMPRODUCT",
})  # fmt: skip
FORMULA_LIMIT = 8192
_CHUNK = 240  # Excel takes texts of 255 characters
_LAST_SINGLE = "\uffff"  # characters beyond this one count twice in Excel
_WRAPPING = 400  # characters that a caller may put around a sentence


class Context(dict[str, str]):
    """Ranges and cells that every comparison refers to, as formula text by name."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(names)
        self._resolved: dict[str, dict[str, str]] = {}

    def on(self, sheet: str) -> Mapping[str, str]:
        """The names as they read on a sheet, worked out once per sheet."""
        if sheet not in self._resolved:
            self._resolved[sheet] = {name: resolve(text, sheet) for name, text in self.items()}
        return self._resolved[sheet]

    def cost(self, price: Ref | str, throughput: Ref | str) -> str:
        """Cost per million tokens from a price per GPU-hour and tok/s/GPU (METHOD 5)."""
        return f"{price}/({throughput}*{self['seconds_per_hour']}/{self['million']})"

    def price(self, cost: Ref | str, throughput: Ref | str) -> str:
        """Price per GPU-hour that a cost per million tokens implies at a throughput: `cost` the other way round."""
        return f"{cost}*{throughput}*{self['seconds_per_hour']}/{self['million']}"

    def per_megawatt(self, throughput: Ref | str, power: Ref | str) -> str:
        """Tok/s/MW from tok/s/GPU and kW per GPU (METHOD 5)."""
        return f"{throughput}*{self['thousand']}/{power}"

    def joules(self, power: Ref | str, throughput: Ref | str) -> str:
        """Joules per token from kW per GPU and tok/s/GPU (METHOD 5)."""
        return f"{power}*{self['thousand']}/{throughput}"


def literal(text: str) -> str:
    """Text of our own templates as formula text, cut into pieces that Excel accepts (255 characters each).

    Text from data never comes here: it stands in cells and is referenced.
    """
    size = _CHUNK if max(text, default="") <= _LAST_SINGLE else _CHUNK // 2
    pieces = [text[i : i + size] for i in range(0, len(text), size)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def sentence(template: str, fields: Mapping[str, str], *, origin: str) -> str:
    """Compile "At {target} tok/s/user, ..." into a formula that joins literals and the fields' formula texts.

    Raises:
        TemplateError: a placeholder is not among the fields, or the formula grows too long.
    """
    parts: list[str] = []
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as exc:
        msg = f"{origin}: {exc} in {template!r}. Write each placeholder as {{name}}"
        raise TemplateError(msg) from exc
    for text, name, form, conversion in pieces:
        if text:
            parts.append(literal(text))
        if name is not None:
            if form or conversion:
                msg = f"{origin}: the placeholder {{{name}}} takes no format; its cell has one already"
                raise TemplateError(msg)
            if name not in fields:
                msg = f"{origin}: unknown placeholder {{{name}}}; allowed: {', '.join(sorted(fields))}"
                raise TemplateError(msg)
            parts.append(fields[name])
    formula = "&".join(parts) or '""'
    if len(formula) > FORMULA_LIMIT - _WRAPPING:
        msg = f"{origin}: the sentence makes a formula of {len(formula)} characters; shorten it"
        raise TemplateError(msg)
    return formula


def hermite_weights(u: Ref | str) -> tuple[str, str, str, str]:
    """The weights of METHOD 3 at a place `u` of a segment: left value, left tangent, right value, right tangent.

    Those of the tangents are still to be multiplied by the length of the segment.
    """
    return f"(1+2*{u})*(1-{u})*(1-{u})", f"{u}*(1-{u})*(1-{u})", f"{u}*{u}*(3-2*{u})", f"{u}*{u}*({u}-1)"


def choice_number(cell: Ref, choices: Range) -> str:
    """The position of a dropdown's text in its list, 0 when it is none of them.

    MATCH takes stars and question marks in a text for any characters, so what it finds is compared once more.
    """
    found = f"MATCH({cell},{choices},0)"
    return f"IFERROR(IF(INDEX({choices},{found})={cell},{found},0),0)"


def if_positive(cell: Ref | str, then: object, otherwise: object) -> str:
    """One thing when a cell holds a number above zero, another for anything else."""
    return f"IF(ISNUMBER({cell}),IF({cell}>0,{then},{otherwise}),{otherwise})"


def if_share(cell: Ref | str, then: object, otherwise: object) -> str:
    """One thing when a cell holds a number from 0 to 1, another for anything else."""
    return f"IF(ISNUMBER({cell}),IF(AND({cell}>=0,{cell}<=1),{then},{otherwise}),{otherwise})"


def positive(cell: Ref | str, otherwise: Ref | str = '""') -> str:
    """The number in a cell when it is above zero, else empty text or what is given."""
    return if_positive(cell, cell, otherwise)


def content(cell: Ref | str) -> str:
    """What a cell holds, and empty text when it is empty: a mere reference would give 0."""
    return f'IF({cell}="","",{cell})'


def word(words: Range, code: Ref | str) -> str:
    """The word of a code that counts from 0, out of a list of cells."""
    return f"INDEX({words},{code}+1)"


def speed(cell: Ref | str, decimals: int = 1) -> str:
    """A speed as text, with as few decimals as it has and at most those given."""
    places = str(decimals)
    for fewer in reversed(range(decimals)):
        places = f"IF({cell}=ROUND({cell},{fewer}),{fewer},{places})"
    return f"FIXED({cell},{places})"


def amount(cell: Ref | str, steps: Iterable[tuple[float, int]], otherwise: int) -> str:
    """A number as text: decimals by size, each step an upper limit with its decimals."""
    return f"FIXED({cell},{first_true(((f'{cell}<{limit}', places) for limit, places in steps), otherwise)})"


def differs(cell: Ref, released: Ref, *, empty: bool) -> str:
    """1 when an input is not as released; `empty` says that it was released empty."""
    if empty:
        return f'IF({cell}="",0,1)'
    return f"IF({cell}={released},0,1)"


def first_true(rules: Iterable[tuple[str, object]], otherwise: object) -> str:
    """A chain of IFs: the result (formula text or a code) of the first condition that holds."""
    chain = f"{otherwise}"
    for condition, result in reversed(list(rules)):
        chain = f"IF({condition},{result},{chain})"
    return chain


def cases(selector: Ref | str, texts: Iterable[tuple[int, str]], otherwise: str = '""') -> str:
    """A chain of IFs over small codes: the formula of the first code that equals `selector`."""
    return first_true(((f"{selector}={code}", formula) for code, formula in texts), otherwise)


def joined(first: Iterable[str], others: Iterable[str], separator: str = " ") -> str:
    """Join formula texts: those of which one at most is not empty, then others, each behind a separator unless empty."""
    return "&".join([*first, *(f'IF({part}="","","{separator}"&{part})' for part in others)])
