"""Speed at equal cost on every pooled curve of the shared answer: what the cells solve is what bisection finds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.books import built_reference
from support.engine import Book
from support.libreoffice import Session
from support.oracle import Curve, Side, compare, fit
from support.oracle_curve import exact, highest_speed
from support.plain import AT_LEAST, EXACT, NEVER, Plain
from support.reader_of_benchmarks import points_of
from support.sides import Line, Pairing, alone, edits_of, lay_sides

from specxl.method.catalogue import BEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Value

pytestmark = pytest.mark.slow
SEED, TARGETS, EXACT_TARGETS, IN_OFFICE = 20260614, 500, 4, 30


class Bench(NamedTuple):
    """The blocks, one for each pooled curve as side A, and the curves by their ids."""

    path: Path
    lines: list[Line]
    curves: dict[int, Curve]
    plain: dict[int, Plain]


@pytest.fixture(scope="module")
def bench(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a workbook in which every pooled curve meets another one that shares speeds with it."""
    built = built_reference(shared / "data" / "inferencex" / "benchmarks.json")
    points = {tuple(key): held for key, held in points_of(shared / "data").items()}
    curves: dict[int, Curve] = {}
    for held in built.layout.plan.catalogue.curves:
        if held.key.scope == BEST:
            key = held.key
            made = fit(points[key.model, key.hardware, key.precision, key.workload, key.variant])
            assert made
            curves[held.id] = made
    plain = {number: Plain.of(curve) for number, curve in curves.items()}
    dice = _dice()
    pairings = [Pairing(a, dice.choice(_beside(plain, a))) for a in plain]
    path = tmp_path_factory.mktemp("equal") / "equal.xlsx"
    return Bench(path, lay_sides(built, pairings, path), curves, plain)


def _beside(plain: dict[int, Plain], a: int) -> list[int]:
    """The curves that share a stretch of speeds with one."""
    own = plain[a]
    return [b for b, other in plain.items() if _shared(own, other)[0] < _shared(own, other)[1]] or [a]


def _shared(one: Plain, other: Plain) -> tuple[float, float]:
    return max(one.x[0], other.x[0]), min(one.x[-1], other.x[-1])


def _dice() -> random.Random:
    return random.Random(SEED)  # noqa: S311 - a sample that is the same in every run


def rounds(bench: Bench, count: int) -> Iterator[list[tuple[Value, ...]]]:
    """Yield a target for every block, and prices at which A must give a throughput in, above or below its own range."""
    dice = _dice()
    for _ in range(count):
        values: list[tuple[Value, ...]] = []
        for line in bench.lines:
            a, b = bench.plain[line.pairing.a], bench.plain[line.pairing.b]
            target = dice.uniform(*_shared(a, b))
            wanted = (0.9 * a.y[-1]) * (1.2 * a.y[0] / a.y[-1]) ** dice.random()
            values.append((target, 2.0, 2.0 * b.read(target) / wanted))
        yield values


def test_all_curves_are_there(bench: Bench) -> None:
    """The answer has 74 pooled curves, from one knot up; each is side A of a block."""
    assert len(bench.lines) == len(bench.curves) == 74
    assert min(len(plain.x) for plain in bench.plain.values()) == 1


def test_bisection_finds_the_same_speed(bench: Bench) -> None:
    """At 500 random targets on each of the 74 curves the cells give the speed of a bisection to 1e-9, or why there is none."""
    book = Book(bench.path).freeze(alone)
    kinds = dict.fromkeys((EXACT, AT_LEAST, NEVER), 0)
    worst, compared = 0.0, 0
    for values in rounds(bench, TARGETS):
        book.edit(edits_of(bench.lines, values))
        for line, (target, a_price, b_price) in zip(bench.lines, values, strict=True):
            assert isinstance(target, float)
            assert isinstance(b_price, float)
            y = bench.plain[line.pairing.b].read(target) * 2.0 / b_price
            kind, x = bench.plain[line.pairing.a].inverse(y)
            found, solved = book.value(line.block["eq_code"]), book.value(line.block["eq_x"])
            assert (found, a_price) == (kind, 2.0), (line.pairing, target, b_price)
            kinds[kind] += 1
            compared += 1
            if x is None:
                assert solved in ("", None)
                continue
            assert isinstance(solved, float)
            worst = max(worst, abs(solved / x - 1))
    assert compared == TARGETS * len(bench.lines)
    assert min(kinds.values()) > compared / 20
    assert worst <= 1e-9


def test_exact_arithmetic_finds_the_same_speed(bench: Bench) -> None:
    """So does the oracle's bisection in exact arithmetic, with its whole comparison."""
    book = Book(bench.path).freeze(alone)
    solved = 0
    for values in rounds(bench, EXACT_TARGETS):
        book.edit(edits_of(bench.lines, values))
        for line, (target, a_price, b_price) in zip(bench.lines, values, strict=True):
            sides = (
                Side(bench.curves[line.pairing.a].points, float(str(a_price)), 1.0),
                Side(bench.curves[line.pairing.b].points, float(str(b_price)), 1.0),
            )
            got = compare(*sides, target, same_hardware=False)
            found = book.value(line.block["eq_x"])
            if got.equal_cost_tok_s_user is None:
                assert found in ("", None)
            else:
                assert found == pytest.approx(got.equal_cost_tok_s_user, rel=1e-9)
                solved += got.equal_cost_kind == ""
    assert solved > 100


def test_the_plain_curves_are_the_oracles(bench: Bench) -> None:
    """The bisection in floats, which 37,000 targets need, agrees with the exact one to 1e-12."""
    dice = _dice()
    for number, plain in bench.plain.items():
        y = dice.uniform(plain.y[-1], plain.y[0])
        _, speed = highest_speed(bench.curves[number], "total", exact(y))
        assert plain.inverse(y)[1] == pytest.approx(speed, rel=1e-11)


@pytest.mark.libreoffice
def test_libreoffice_finds_the_same_speed(bench: Bench) -> None:
    """LibreOffice solves a sample of 30 to the same speeds."""
    [values] = rounds(bench, 1)
    kinds = [
        bench.plain[line.pairing.a].inverse(bench.plain[line.pairing.b].read(t) * 2.0 / p)[0]  # type: ignore[arg-type,operator]
        for line, (t, _, p) in zip(bench.lines, values, strict=True)
    ]
    chosen = [i for i, kind in enumerate(kinds) if kind == EXACT][:IN_OFFICE]
    assert len(chosen) == IN_OFFICE
    edits = edits_of([bench.lines[i] for i in chosen], [values[i] for i in chosen])
    cells = [bench.lines[i].block["eq_x"] for i in chosen]
    with Session() as office:
        office.open(bench.path)
        found = office.edit(edits, cells, recalculate=False)
    for i, cell in zip(chosen, cells, strict=True):
        target, _, price = values[i]
        line = bench.lines[i]
        y = bench.plain[line.pairing.b].read(float(str(target))) * 2.0 / float(str(price))
        assert found[cell] == pytest.approx(bench.plain[line.pairing.a].inverse(y)[1], rel=1e-9)
