"""References -> formula text: the small pieces that every sheet shares, and the rules that all formulas obey."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from specxl.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from specxl.cells import Range, Ref

# The Excel 2007 functions that Excel, LibreOffice and the evaluating engine agree on; nothing else is ever written.
ALLOWED_FUNCTIONS = frozenset({
    "ABS", "AND", "COUNT", "COUNTIF", "FIXED", "HYPERLINK", "IF", "IFERROR", "INDEX", "INT", "ISNUMBER", "MATCH",
    "MAX", "MIN", "NOT", "OR", "ROUND", "ROWS", "SIGN", "SUM", "SUMPRODUCT",
})  # fmt: skip
LITERAL_LIMIT = 255
FORMULA_LIMIT = 8192
_CHUNK = 240


def literal(text: str) -> str:
    """Text of our own templates as formula text, cut into pieces that Excel accepts (255 characters each).

    Text from data never comes here: it stands in cells and is referenced.
    """
    pieces = [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)] or [""]
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
    for text, name, _, _ in pieces:
        if text:
            parts.append(literal(text))
        if name is not None:
            if name not in fields:
                msg = f"{origin}: unknown placeholder {{{name}}}; allowed: {', '.join(sorted(fields))}"
                raise TemplateError(msg)
            parts.append(fields[name])
    formula = "&".join(parts) or '""'
    if len(formula) > FORMULA_LIMIT - 400:
        msg = f"{origin}: the sentence makes a formula of {len(formula)} characters; shorten it"
        raise TemplateError(msg)
    return formula


def choice_number(cell: Ref, choices: Range) -> str:
    """The position of a dropdown's text in its list, 0 when it is none of them."""
    return f"IFERROR(MATCH({cell},{choices},0),0)"


def positive(cell: Ref | str) -> str:
    """The number in a cell when it is above zero, else empty text."""
    return f'IF(ISNUMBER({cell}),IF({cell}>0,{cell},""),"")'


def differs(cell: Ref, released: Ref, *, empty: bool) -> str:
    """1 when an input is not as released; `empty` says that it was released empty."""
    if empty:
        return f'IF({cell}="",0,1)'
    return f"IF({cell}={released},0,1)"


def cases(selector: Ref | str, texts: Iterable[tuple[int, str]], otherwise: str = '""') -> str:
    """A chain of IFs over small codes: the formula of the first code that equals `selector`."""
    chain = otherwise
    for code, formula in reversed(list(texts)):
        chain = f"IF({selector}={code},{formula},{chain})"
    return chain


def joined(parts: Iterable[str], separator: str = " ") -> str:
    """Join formula texts with a separator that appears only after a part that is not empty."""
    return "&".join(f'IF({part}="","",{part}&"{separator}")' for part in parts)
