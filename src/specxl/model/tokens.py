"""The canonical form of what a cell holds, which no spreadsheet program's rewriting changes: digests are taken over it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from specxl.model.cells import Formula, Link, copied

if TYPE_CHECKING:
    from specxl.model.cells import Content

# What a formula must hold before the costly part of its canonical form is tried; most formulas hold none of them.
_REWRITTEN = re.compile(r"[.]|E[-+(]|[(,=]\+|^\+")
_NUMBER = re.compile(r"(?<![A-Z0-9_.!:])(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?(?![A-Z0-9_.!:(])")
_UNARY_PLUS = re.compile(r"(^|[(,=<>&*/^+-])\++")


def formula_token(text: str) -> str:
    """Bring a formula (without its equals sign) into the form that no spreadsheet program's rewriting changes.

    Outside of text literals: upper case, no blanks, quotes or dollar signs, no unary plus, TRUE for TRUE(), and numbers
    with 15 significant digits.
    """
    if '"' not in text:
        return _code_token(text)
    pieces = text.split('"')
    pieces[::2] = [_code_token(piece) if piece else piece for piece in pieces[::2]]
    return '"'.join(pieces)


def _code_token(code: str) -> str:
    code = _plain(code)
    if _REWRITTEN.search(code):
        code = code.replace("TRUE()", "TRUE").replace("FALSE()", "FALSE")
        code = _NUMBER.sub(_literal, _UNARY_PLUS.sub(r"\1", code))
    return code


def _plain(code: str) -> str:
    """Upper case without quotes, dollar signs and blanks; a chain of replacements is the quickest way there."""
    return code.upper().replace("'", "").replace("$", "").replace(" ", "").replace("\n", "").replace("\r", "")


def _literal(match: re.Match[str]) -> str:
    return f"{float(match[0]):.15g}"


def _target_token(target: str) -> str:
    if target.startswith("#"):
        return _plain(target)
    return unquote(target).rstrip("/")


def cell_token(content: Content) -> str:
    """The canonical form of what a cell holds; empty for a blank cell and for an empty text."""
    if isinstance(content, Formula):
        return "f" + formula_token(content.source)
    if isinstance(content, str):
        return "t" + content.replace("\r\n", "\n") if content else ""
    if isinstance(content, Link):
        return f"t{content.text}\x1f{_target_token(content.target)}"
    # adding zero makes minus zero, which files do not keep, plain zero
    return "" if content is None else f"n{content + 0.0:.15g}"


@lru_cache(maxsize=8192)
def _pattern_token(pattern: str) -> str:
    return "f" + formula_token(pattern)


def token_in_row(content: Content, row: int) -> str:
    """The canonical form of what a cell in a row holds; that of a pattern is worked out once for all its copies."""
    if type(content) is Formula:
        source, pattern = content
        return copied(_pattern_token(source), row) if pattern else "f" + formula_token(source)
    return cell_token(content)
