"""The pieces that formulas are made of, evaluated by the spreadsheet engine rather than compared as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specxl.errors import TemplateError
from specxl.evaluate import Engine
from specxl.method import curves
from specxl.model import formulas
from specxl.model.cells import Book, Properties, Ref, Sheet
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from specxl.model.cells import Value

NAME = "It's a 'test' & more"
INPUT = Ref(NAME, 0, 0, fixed=True)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=700)


def evaluated(folder: Path, texts: list[str], inputs: tuple[Any, ...] = ()) -> list[Value]:
    """Evaluate formulas that stand on another sheet than their inputs, which fill the first column."""
    given_sheet, sheet = Sheet(NAME), Sheet("Formulas")
    for row, value in enumerate(inputs):
        given_sheet.put(row, 0, value)
    refs = [sheet.formula(row, 0, text) for row, text in enumerate(texts)]
    book = Book([given_sheet, sheet], Properties("", "", "", "", "2026-01-01", {}))
    write_plain(book, folder / "plain.xlsx")
    engine = Engine(folder / "plain.xlsx", book)
    return [engine.get(ref) for ref in refs]


@pytest.fixture
def value(tmp_path: Path) -> Callable[..., Value]:
    """Return a function that evaluates one formula over inputs in the first column of another sheet."""
    return lambda text, *inputs: evaluated(tmp_path, [text], inputs)[0]


# --- texts ------------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, derandomize=True)
@given(texts=st.lists(TEXT, min_size=1, max_size=8))
def test_a_literal_evaluates_to_its_text(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Whatever quotes, marks and markup a text holds, and however long it is, the formula gives it back."""
    written = [formulas.literal(text) for text in texts]

    assert evaluated(tmp_path_factory.mktemp("literal"), written) == texts


@settings(derandomize=True)
@given(text=st.text(alphabet='a"😀', max_size=1_500))
def test_no_piece_of_a_literal_is_too_long_for_excel(text: str) -> None:
    """Each quoted piece holds at most 255 characters, as Excel counts them, and no piece is lost."""
    pieces = re.findall(r'"((?:[^"]|"")*)"', formulas.literal(text))

    assert "".join(pieces).replace('""', '"') == text
    assert max(len(piece.replace('""', '"').encode("utf-16-le")) // 2 for piece in pieces) <= 255


def test_a_sentence_joins_literals_and_cells(value: Callable[..., Value]) -> None:
    """Placeholders become cells, doubled braces stay braces, and quotes in the template are text."""
    template = 'At {target} tok/s/user {a} is "{a}" {{so}} & on'
    fields = {"target": f"FIXED({INPUT},0)", "a": str(INPUT.down())}

    text = formulas.sentence(template, fields, origin="x.toml [y] z")

    assert value(text, 60, "<MTP>") == 'At 60 tok/s/user <MTP> is "<MTP>" {so} & on'
    assert value(formulas.sentence("", fields, origin="x")) == ""


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("at {tarqet}", r"x\.toml \[y\] z: unknown placeholder \{tarqet\}; allowed: a, target"),
        ("at {}", r"x\.toml \[y\] z: unknown placeholder \{\}; allowed: a, target"),
        ("at {a.b}", r"unknown placeholder \{a\.b\}"),
        ("at {a:.2f}", r"x\.toml \[y\] z: the placeholder \{a\} takes no format"),
        ("at {a!r}", r"x\.toml \[y\] z: the placeholder \{a\} takes no format"),
        ("at {a", r"x\.toml \[y\] z: expected '\}' before end of string in 'at \{a'\. Write each placeholder as \{name\}"),
        ("a } b", r"x\.toml \[y\] z: Single '\}' encountered"),
        ("a" * 8_000, r"x\.toml \[y\] z: the sentence makes a formula of \d+ characters; shorten it"),
    ],
)  # fmt: skip
def test_a_sentence_that_cannot_be_compiled(template: str, message: str) -> None:
    """A template's mistake names its file and place and what is allowed."""
    with pytest.raises(TemplateError, match=message):
        formulas.sentence(template, {"a": "A1", "target": "B1"}, origin="x.toml [y] z")


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (("a", "", "c", "d"), "a c d"),
        (("", "b", "", "d"), "b d"),
        (("a", None, "", None), "a"),
        ((None, None, None, None), ""),
    ],
)
def test_joined_parts_leave_no_gap(value: Callable[..., Value], inputs: tuple[str | None, ...], text: str) -> None:
    """Whichever of the first two speaks begins; empty parts bring no separator, and none stands at the end."""
    cells = [str(INPUT.down(row)) for row in range(4)]

    assert value(formulas.joined(cells[:2], cells[2:]), *inputs) == text


# --- choices and inputs -----------------------------------------------------------------------------------------------

GARBAGE = (None, "", "text", "60", 0, -1, -1e-9)


@pytest.mark.parametrize("given_value", GARBAGE)
def test_only_a_number_above_zero_counts(value: Callable[..., Value], given_value: Value) -> None:
    """Empty cells, texts, zero and negatives take the other branch, whatever it is."""
    assert value(formulas.if_positive(INPUT, 1, 0), given_value) == 0
    assert value(formulas.positive(INPUT), given_value) == ""
    assert value(formulas.positive(INPUT, str(INPUT.down())), given_value, 7.5) == 7.5


@pytest.mark.parametrize("given_value", [1, 1e-9, 0.5, 1e300])
def test_a_number_above_zero_is_taken(value: Callable[..., Value], given_value: float) -> None:
    """However small or large, a positive number is itself."""
    assert value(formulas.positive(INPUT), given_value) == given_value
    assert value(formulas.if_positive(INPUT, '"yes"', '"no"'), given_value) == "yes"


@pytest.mark.parametrize(("given_value", "shown"), [(None, ""), ("", ""), ("x", "x"), (0, 0), (2.5, 2.5)])
def test_an_empty_cell_stays_empty(value: Callable[..., Value], given_value: Value, shown: Value) -> None:
    """What a cell holds is passed on; an empty one is empty text, not 0."""
    assert value(formulas.content(INPUT), given_value) == shown


@pytest.mark.parametrize(
    ("choice", "number"),
    [("one", 1), ("THREE", 3), ("four", 0), (None, 0), ("", 0), (2, 0), ("'quoted' & \"", 2), ("*", 0), ("o?e", 0)],
)
def test_a_choice_is_its_place_in_the_list(value: Callable[..., Value], choice: Value, number: int) -> None:
    """The text of a dropdown gives its number without regard to case; anything else gives 0."""
    choices = Sheet(NAME).area(1, 0, 3, 0)

    assert value(formulas.choice_number(INPUT, choices), choice, "one", "'quoted' & \"", "three") == number


def test_a_code_is_a_word(value: Callable[..., Value]) -> None:
    """Codes count from 0."""
    words = Sheet(NAME).area(1, 0, 3, 0)

    assert [value(formulas.word(words, INPUT), code, "a", "b", "c") for code in range(3)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("now", "released", "empty", "result"),
    [
        (1, 1, False, 0),
        (2, 1, False, 1),
        (None, 1, False, 1),
        ("a", "A", False, 0),
        (None, "(empty)", True, 0),
        ("", "(empty)", True, 0),
        (0, "(empty)", True, 1),
        ("(empty)", "(empty)", True, 1),
    ],
)
def test_an_edit_is_noticed(value: Callable[..., Value], now: Value, released: Value, empty: bool, result: int) -> None:  # noqa: FBT001 - a parameter
    """An input differs when it is not what was released; one released empty differs when anything stands in it."""
    assert value(formulas.differs(INPUT, INPUT.down(), empty=empty), now, released) == result


def test_the_first_condition_that_holds_decides(value: Callable[..., Value]) -> None:
    """Rules are tried in order; codes pick their case; without any the rest applies."""
    rules = [(f"{INPUT}>{limit}", f'"over {limit}"') for limit in (90, 50, 10)]
    chain = formulas.first_true(rules, '"small"')
    assert [value(chain, n) for n in (95, 90, 11, 10)] == ["over 90", "over 50", "over 10", "small"]

    picked = formulas.cases(INPUT, [(1, '"one"'), (2, '"two"')])
    assert [value(picked, n) for n in (1, 2, 3, None)] == ["one", "two", "", ""]
    assert formulas.first_true([], "7") == "7"


# --- numbers in words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "one", "two"),
    [
        (60, "60", "60"),
        (60.5, "60.5", "60.5"),
        (60.25, "60.3", "60.25"),
        (1234, "1,234", "1,234"),
        (0.125, "0.1", "0.13"),
    ],
)
def test_a_speed_has_as_few_decimals_as_it_needs(
    value: Callable[..., Value], number: float, one: str, two: str
) -> None:
    """Whole speeds stay whole; others get up to one decimal, or two where asked for."""
    assert value(formulas.speed(INPUT), number) == one
    assert value(formulas.speed(INPUT, 2), number) == two


@pytest.mark.parametrize(("number", "text"), [(0.00123, "0.00123"), (0.5, "0.500"), (9.9994, "9.999"), (10, "10.00")])
def test_an_amount_gets_decimals_by_its_size(value: Callable[..., Value], number: float, text: str) -> None:
    """Small amounts show more decimals."""
    assert value(formulas.amount(INPUT, ((0.01, 5), (10, 3)), 2), number) == text


# --- figures ----------------------------------------------------------------------------------------------------------


def test_derived_figures_are_those_of_the_reference(value: Callable[..., Value]) -> None:
    """Cost, implied price, tok/s/MW and joules over cells give what the reference computes (METHOD 5)."""
    cells = [str(INPUT.down(row)) for row in range(6)]
    names = dict(zip(("seconds_per_hour", "million", "thousand"), cells[3:], strict=True))
    context = formulas.Context(names)
    inputs = (2.34, 517.25, 2.17, 3600, 1_000_000, 1000)

    cost = value(context.cost(cells[0], cells[1]), *inputs)
    assert cost == pytest.approx(curves.cost_usd_per_mtok(2.34, 517.25), rel=1e-15)
    assert value(context.price(f"({context.cost(cells[0], cells[1])})", cells[1]), *inputs) == pytest.approx(
        2.34, rel=1e-15
    )
    assert value(context.per_megawatt(cells[1], cells[2]), *inputs) == curves.throughput_tok_s_mw(517.25, 2.17)
    assert value(context.joules(cells[2], cells[1]), *inputs) == curves.joules_per_token(517.25, 2.17)


def test_the_context_reads_as_its_sheet_needs() -> None:
    """Names resolve once per sheet: without the sheet's name at home, quoted elsewhere."""
    context = formulas.Context({"total": str(INPUT)})

    assert context.on(NAME) == {"total": "$A$1"}
    assert context.on("Results") == {"total": "'It''s a ''test'' & more'!$A$1"}
    assert context.on("Results") is context.on("Results")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(u=st.floats(0, 1), left=st.floats(1, 9e3), right=st.floats(1, 9e3), slopes=st.tuples(*[st.floats(-50, 50)] * 2))
def test_the_weights_are_those_of_the_cubic(
    tmp_path_factory: pytest.TempPathFactory, u: float, left: float, right: float, slopes: tuple[float, float]
) -> None:
    """The four weights sum values and tangents to METHOD 3's cubic."""
    weights = formulas.hermite_weights(INPUT)
    found = [float(str(w)) for w in evaluated(tmp_path_factory.mktemp("w"), list(weights), (u,))]

    terms = (left, slopes[0], right, slopes[1])
    expected = (
        (1 + 2 * u) * (1 - u) ** 2 * left
        + u * (1 - u) ** 2 * slopes[0]
        + u**2 * (3 - 2 * u) * right
        + u**2 * (u - 1) * slopes[1]
    )
    assert sum(w * t for w, t in zip(found, terms, strict=True)) == pytest.approx(expected, rel=1e-12, abs=1e-9)
