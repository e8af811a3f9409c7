"""Words for people belong in templates: those that are still written in the code of the sheets are counted, and may only fall."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.house import House

SHEETS = Path(__file__).resolve().parents[1] / "src" / "specxl" / "sheets"
WRITTEN = 450
"""Texts for people in the code of the sheets. Lower it when there are fewer; never raise it."""
SLACK = 10
_PEOPLE = re.compile(r"[A-Za-z][^\n]* [^\n]*[A-Za-z]|[A-Za-z],? $|^ [a-z]")
_Text = tuple[int, str]


def texts_of(tree: ast.Module, styles: frozenset[str]) -> Iterator[_Text]:
    """Yield line and text of every constant that people could read.

    A constant counts that has a blank between, before or after letters: formulas have none outside of their texts. Left out
    are docstrings, errors (what follows `raise`, and what is assigned to `msg`), and lists of the theme's styles.
    """
    skipped = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            skipped |= {id(part.value) for part in body if isinstance(part, ast.Expr)}
        if isinstance(node, ast.Raise) or (
            isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "msg" for target in node.targets)
        ):
            skipped |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            words = set(node.value.split())
            if _PEOPLE.search(node.value) and not words <= styles:
                yield node.lineno, node.value


def written(house: House) -> list[str]:
    """Every text for people in the code of the sheets, with its place."""
    styles = frozenset(house.theme["styles"])
    return [
        f"{path.relative_to(SHEETS)} line {line}: {text!r}"
        for path in sorted(SHEETS.rglob("*.py"))
        for line, text in texts_of(ast.parse(path.read_text(encoding="utf-8")), styles)
    ]


def test_words_in_the_code_of_the_sheets_get_fewer(house: House) -> None:
    """A new text for people goes to a template; when the count has fallen, the number here falls with it."""
    found = written(house)

    by_file = Counter(place.partition(" line ")[0] for place in found)
    assert len(found) <= WRITTEN, f"{len(found)} texts for people in code, more than {WRITTEN}: {dict(by_file)}"
    assert len(found) > WRITTEN - SLACK, f"only {len(found)} are left: set WRITTEN to that"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('put(1, 2, "Two words")', ["Two words"]),
        ('x = f"{a} is better than {b}"', [" is better than "]),
        ("formula(1, 2, '\"Checks: \"&A1')", ['"Checks: "&A1']),
        ('put(1, 2, "word", "strong right")', []),
        ('def f():\n    """Two words."""\n    return "IF(A1=0,0,1)"', []),
        ('raise ValueError("two words")', []),
        ('msg = f"{a} is laid out twice"\nraise E(msg)', []),
        ('"""Two words."""\nX = 1\n"""What it is."""', []),
        ('a = "IF({x}=0,\\"\\",\\"no read\\")"', ['IF({x}=0,"","no read")']),
        ('key = ("first_knot", "x y")', ["x y"]),
    ],
)
def test_what_people_read_is_told_from_what_they_do_not(code: str, found: list[str]) -> None:
    """Docstrings, errors, styles and formulas without words are nobody's reading; everything else with a blank is."""
    assert [text for _, text in texts_of(ast.parse(code), frozenset({"strong", "right"}))] == found
