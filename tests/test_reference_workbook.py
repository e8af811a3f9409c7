"""The workbook of the shared API answer against the oracle: expected reads, published counts, reported faults, every sheet."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest
from support.answer import answer_curves, answer_of, notes_synthetic
from support.books import PUBLISHED_CARD, Built, built_reference
from support.desk import Desk, State, in_threes, matrix, place
from support.engine import Book
from support.expectations import Shown as Row
from support.expectations import close, comparison_faults, family_faults
from support.oracle import Thresholds, default_targets
from support.overview import Overview
from support.walk import Shown, Walk, steps, typed

from specxl.method.catalogue import BEST
from specxl.schema import TIERS, TOKEN_BASES
from specxl.sheets.results import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Value
    from support.oracle import Point

    from specxl.method.catalogue import Comparison

SEED = 20260611
RANDOM_READS, TRIPLES = 200, 4
FAULTS = 9
KINDS = ("block", "answer", "sentence", "label", "same engine", "message", "chart", "evidence", "error")


@pytest.fixture(scope="module")
def built(shared: Path) -> Built:
    """Return the workbook."""
    return built_reference(answer_of(shared))


def desk_of(built: Built, shared: Path) -> Desk:
    """The workbook in an engine of its own."""
    curves = answer_curves(shared, synthetic=notes_synthetic(built))
    return Desk(built, Book(built.path), curves, PUBLISHED_CARD)


@pytest.fixture(scope="module")
def own(built: Built, shared: Path) -> Desk:
    """Return it with its pair sheets live."""
    desk = desk_of(built, shared)
    return desk.only(*desk.pairs)


@pytest.fixture(scope="module")
def tables(built: Built, shared: Path) -> Desk:
    """Return it with Results, Same engine and the Summary live."""
    return desk_of(built, shared).only("Results", "Same engine", "Summary")


@pytest.fixture
def pairs(own: Desk) -> Iterator[Desk]:
    """Return the pair sheets; every edit is taken back afterwards."""
    yield own
    own.book.reset()


@pytest.fixture
def results(tables: Desk) -> Iterator[Desk]:
    """Return the tables; every edit is taken back afterwards."""
    yield tables
    tables.book.reset()


def dice() -> random.Random:
    """A sample that is the same in every run."""
    return random.Random(SEED)  # noqa: S311 - nothing is hidden by it


# what is there


def test_one_sheet_per_hardware(pairs: Desk) -> None:
    """Every hardware of the answer has a sheet, with every combination that was measured, both sides as it has them."""
    wanted: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for key in pairs.curves:
        wanted[key.model, key.hardware].add((key.precision, key.workload))
    found = {
        (pair.pair.model, pair.pair.hardware): {(c.key.precision, c.key.workload) for c in pair.pair.comparisons}
        for pair in pairs.pairs.values()
    }
    assert found == wanted
    assert (len(found), len(pairs.comparisons)) == (9, 40)


def test_targets_are_the_oracles(results: Desk) -> None:
    """Each comparison opens at the three speeds of METHOD 6, the Summary at 71; none reads below or above in vain.

    Where the whole number beside a share lies off the frontiers, the next one inside is as good as the share with a decimal.
    """
    assert results.book.value(results.inputs["speed"]) == 71
    moved = 0
    for comparison in results.comparisons.values():
        a, b = results.sides(comparison, State())
        wanted = default_targets(a.points or None, b.points or None) or ()
        for target, exact in zip(comparison.targets, wanted, strict=True):
            if target != exact:
                assert (target == round(target), abs(target - exact) < 1) == (True, True)
                found, other = (results.compared(comparison, t, State()) for t in (target, exact))
                in_range = {"measured", "interpolated"}
                assert {found.a_status, found.b_status} & in_range == {other.a_status, other.b_status} & in_range
                moved += 1
    assert moved <= 1
    opened = {number: row["target_tok_s_user"] for number, read, row in results.results() if read == 1}
    assert opened == {number: comparison.targets[0] for number, comparison in results.comparisons.items()}


# the tables


def row_faults(desk: Desk, state: State, speed: Value, reads: tuple[int, ...]) -> list[str]:
    """Return what Results shows wrong of the given reads while `speed` stands on the Summary."""
    found = []
    for number, read, row in desk.results():
        comparison = desk.comparisons[number]
        target = speed if read == COMMON else comparison.targets[read - 1]
        if read in reads:
            wrong = comparison_faults(row, desk.sides(comparison, state), target, state, Row(desk.labels(comparison)))
            found += [f"{comparison.key} at {target!r}: {text}" for text in wrong]
    return found


def test_every_row_as_it_opens(results: Desk) -> None:
    """Every column of all 160 rows is the oracle's before anything is edited, and so are the families of Same engine."""
    state, speed = State(), results.book.value(results.inputs["speed"])
    assert row_faults(results, state, speed, (0, 1, 2, 3)) == []
    assert same_engine_faults(results, state, speed) == []


def same_engine_faults(desk: Desk, state: State, speed: Value) -> list[str]:
    """Return which engine families Same engine compares wrongly, at the Summary's speed and at the middle target."""
    found = []
    for (number, read, family), cells in desk.rows("family"):
        comparison = desk.comparisons[int(number)]
        if read in (COMMON, 2):
            target = speed if read == COMMON else comparison.targets[1]
            wanted = desk.families(comparison, target, state)
            found += [
                f"{comparison.key} at {target}: {t}" for t in family_faults(desk.values(cells), str(family), wanted)
            ]
    return found


@pytest.mark.parametrize("turn", range(6))
def test_rows_after_edits(results: Desk, turn: int) -> None:
    """Another speed, price basis, token basis, prices and thresholds together: every row follows the oracle."""
    limits = Thresholds(tau=1.1 + turn / 10, thin_knots=2 + turn, gap_x=1.2, stale_days=20, same_family_knots=2)
    own_prices: dict[tuple[str, str], Value] = {
        ("b200", "own"): 2.5 + turn,
        ("gb300", "kw"): None,
        ("h100", "own"): "x",
    }
    state = State(TIERS[turn % 3], TOKEN_BASES[turn // 2], limits if turn % 2 else Thresholds(), typed=own_prices)
    speed = (12.5, 40.0, 71.0, 103.75, 160.0, 400.0)[turn]
    results.book.edit({**results.edits(state), results.inputs["speed"]: speed})
    assert row_faults(results, state, speed, (COMMON, 1 + turn % 3)) == []
    if turn % 2:
        assert same_engine_faults(results, state, speed) == []


def test_the_summary_after_edits(results: Desk) -> None:
    """At speeds from end to end the table, the counts, the message and the figures are those of the oracle."""
    for turn, speed in enumerate((5.0, 33.0, 71.0, 120.0, 166.5, 300.0)):
        group = turn % len(results.groups())
        choice = {results.inputs["speed"]: speed, results.inputs["group"]: results.groups()[group]}
        results.book.edit(choice)
        seen = Overview(results, speed, group, State())
        faults = [*seen.table_faults(), *seen.message_faults(), *seen.figure_faults(), *seen.caveat_faults()]
        assert faults == [], (speed, group)
        assert seen.counts() == seen.expected_counts()


# the published counts


def test_the_counts_at_71(results: Desk) -> None:
    """At 71 tok/s per user, before stops: 9 settled, 15 interpolated, 1 level, 2 undecided of 40; the rest is withheld."""
    results.book.edit({results.inputs["speed"]: 71.0})
    found = Counter(_kind(row) for _, read, row in results.results() if read == COMMON)
    assert {word: found[word] for word in ("settled", "interpolated", "level", "undecided")} == {
        "settled": 9, "interpolated": 15, "level": 1, "undecided": 2,
    }  # fmt: skip
    assert found["only MTP reaches it"] + found["only Off reaches it"] == 5
    assert (found["neither reaches it"], found["no data"], found.total()) == (2, 6, 40)


def test_the_counts_at_the_default_targets(results: Desk) -> None:
    """At the default targets of the 26 combinations that share more than one speed: 24 settled, 52 interpolated, 2 level."""
    shared = [number for number, c in results.comparisons.items() if _share_more_than_one(results, c)]
    assert len(shared) == 26
    found = Counter(_kind(row) for number, read, row in results.results() if number in shared and read != COMMON)
    assert found == {"settled": 24, "interpolated": 52, "level": 2}


def _kind(row: dict[str, Value]) -> str:
    """What a row comes to: its certainty where a side is better, else its verdict."""
    return str(row["certainty"] or row["verdict"]).partition(",")[0]


def _share_more_than_one(desk: Desk, comparison: Comparison) -> bool:
    speeds = [[p.x for p in side.points or ()] for side in desk.sides(comparison, State())]
    return all(speeds) and max(map(min, speeds)) < min(map(max, speeds))


# reported faults


def test_reported_faults_stop_the_reads_that_rest_on_them(pairs: Desk) -> None:
    """Each of the nine runs on the list of known issues stops every read that rests on it, and only those."""
    faulty = [row.point for rows in pairs.curves.values() for row in rows if row.point.fault]
    assert len(faulty) == FAULTS
    shown = list(_reads_of_faults(pairs))
    assert {point for _, point in shown} == set(faulty)
    for step in steps(one for one, _ in shown):
        pairs.book.edit(typed(pairs, step, "cost"))
        for one in step:
            for target, block in zip(one.targets, one.pair.reads.blocks, strict=False):
                got = pairs.compared(one.comparison, target, State(), one.scope)
                held = {key: pairs.book.value(place(block[key])) for key in ("f_reported_fault", "stops", "grade")}
                rests = any(p.fault for p in (*got.a_knots, *got.b_knots))
                assert held == {"f_reported_fault": float(rests), "stops": float(rests), "grade": held["grade"]}
                assert (held["grade"] == 3.0) is rests
        assert any(one.targets[0] is not None for one in step)


def _reads_of_faults(desk: Desk) -> Iterator[tuple[Shown, Point]]:
    """Yield for each faulty run a sheet that reads it: on its knot, beside it, and far from it; pooled or one engine alone."""
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            for scope in (BEST, *(s.key for s in comparison.engines)):
                for side in desk.sides(comparison, State(), scope):
                    knots = side.curve.knots if side.curve else ()
                    for at, knot in enumerate(knots):
                        if knot.fault:
                            beside = (knot.x + knots[max(at - 1, 0)].x) / 2
                            yield Shown(pair, comparison, (knot.x, beside, knots[(at + 3) % len(knots)].x), scope), knot


# the expected reads


def _queue(desk: Desk, shared: Path) -> dict[str, list[tuple[Comparison, str, list[Any]]]]:
    """The expected reads by sheet: each as its comparison, its side and the row of the expected file."""
    by_curve = {}
    for comparison in desk.comparisons.values():
        for side, held in comparison.sides:
            key = held.key
            names = (key.model, key.hardware, key.precision, key.workload, key.variant)
            if held.curve:
                by_curve["|".join(names)] = comparison, side
    found: dict[str, list[tuple[Comparison, str, list[Any]]]] = defaultdict(list)
    for row in json.loads((shared / "data" / "expected" / "benchmarks-latest.json").read_text(encoding="utf-8")):
        comparison, side = by_curve[row[0]]
        found[desk.plan.sheet_name(comparison)].append((comparison, side, row))
    return found


def test_all_expected_reads(pairs: Desk, shared: Path) -> None:
    """Choosing each combination and typing each target of the expected file shows its four figures and its status."""
    queue, compared, statuses = _queue(pairs, shared), 0, 0
    while any(queue.values()):
        shown: list[tuple[Shown, list[tuple[Comparison, str, list[Any]]]]] = []
        for name, rows in queue.items():
            batch = list(takewhile(lambda row, first=rows[0]: row[0] is first[0], rows[:3])) if rows else []  # type: ignore[misc]
            queue[name] = rows[len(batch) :]
            targets = [row[1] for _, _, row in batch]
            if batch:
                filled = [*targets, *[None] * (3 - len(targets))]
                shown.append((Shown(pairs.pairs[name], batch[0][0], filled), batch))
        pairs.book.edit(typed(pairs, [one for one, _ in shown], "cost"))
        for one, batch in shown:
            for block, (comparison, side, row) in zip(one.pair.reads.blocks, batch, strict=False):
                held = {key: pairs.book.value(place(ref)) for key, ref in block.items()}
                statuses += _compare(pairs, held, comparison, side, row)
                compared += 1
    assert (compared, statuses) == (948, 750)


def _compare(desk: Desk, held: dict[str, Value], comparison: Comparison, side: str, row: list[Any]) -> int:
    """Compare a read with its row; above the range with what was last measured. 1 if the status was compared too."""
    key, target, throughput, cost, megawatt, requests, bound = row
    curve = desk.side(comparison, side, State()).curve
    assert curve is not None
    away = min(abs(target / float(x) - 1) for x in curve.x)
    status = held[f"{side}_status"]
    if status == 2.0:  # no figure of a read above the range stands where figures stand
        assert close(held[f"{side}_y_last"], throughput), (key, target)
        assert held[f"{side}_x_last"] == curve.knots[-1].x
        assert {held[f"{side}_{name}"] or "" for name in ("y", "cost", "mw", "requests", "total")} == {""}
    else:
        wanted = {"y": throughput, "total": throughput, "cost": cost, "mw": megawatt, "requests": requests}
        # beside a knot the expected file has the spline at a rounded speed, METHOD 4 the knot
        relative = 1e-9 if away > 1e-9 else 1e-7
        wrong = {
            name: held[f"{side}_{name}"] for name, v in wanted.items() if not close(held[f"{side}_{name}"], v, relative)
        }
        assert wrong == {}, (key, target, wanted)
    if away <= 1e-6:
        return 0
    assert status == {"above": 2.0, "below": 3.0, "": 5.0}[bound], row
    return 1


# every sheet


@pytest.fixture(scope="module")
def walk(own: Desk, built: Built) -> Walk:
    """Return a walk through a sample of the edit matrix of every combination, at random speeds, and through every engine."""
    chance, walked = dice(), Walk(own, built)
    shown = [
        Shown(pair, comparison, targets)
        for pair in own.pairs.values()
        for comparison in pair.pair.comparisons
        for targets in _sampled(list(in_threes(matrix(_knots(own, comparison)))), TRIPLES)
    ]
    walked.go(steps(shown), State())
    for basis in TOKEN_BASES[1:]:
        walked.go(steps(_at_random(own, chance)), State(TIERS[len(basis) % 3], basis), "joules")
    walked.go(steps(_alone(own, chance)), State(), "mw")
    return walked


def _knots(desk: Desk, comparison: Comparison, scope: str = BEST) -> list[float]:
    return [knot.x for side in desk.sides(comparison, State(), scope) if side.curve for knot in side.curve.knots]


def _sampled(groups: list[tuple[Value, Value, Value]], count: int) -> list[tuple[Value, Value, Value]]:
    """Return the first and the last groups, and some between them."""
    return [groups[round(i * (len(groups) - 1) / (count - 1))] for i in range(count)]


def _random_targets(knots: list[float], chance: random.Random) -> tuple[float, float, float]:
    first, second, third = (chance.uniform(0.9 * min(knots), 1.05 * max(knots)) for _ in range(3))
    return first, second, third


def _at_random(desk: Desk, chance: random.Random) -> Iterator[Shown]:
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            yield Shown(pair, comparison, _random_targets(_knots(desk, comparison), chance))


def _alone(desk: Desk, chance: random.Random) -> Iterator[Shown]:
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            for scope in comparison.engines:
                yield Shown(pair, comparison, _random_targets(_knots(desk, comparison, scope.key), chance), scope.key)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sheet(walk: Walk, kind: str) -> None:
    """On every real curve every figure, word, message, mark and piece of evidence is right, pooled and engine by engine."""
    assert walk.found[kind][:5] == []
    assert walk.looked_at[kind] > 40


def test_evidence_links_lead_to_their_measurements(pairs: Desk) -> None:
    """The row number behind a link is where the measurement stands, with its speed and a link to its run."""
    cells = dict(pairs.rows("measurements"))
    measured = pairs.plan.catalogue.measurements
    assert len(measured) == 435
    first = next(iter(cells.values()))
    assert set(first) >= {"number", "x", "total", "date", "family"}
    for at, row in enumerate(cells.values()):
        assert pairs.book.value(row["number"]) == measured[at].number == at + 1
        assert pairs.book.value(row["x"]) == measured[at].interactivity_tok_s_user


def test_same_engine_thresholds(results: Desk) -> None:
    """GB300 FP8 1k/1k at 91: 21.2x pooled; with the threshold at two one family shows what it has by itself."""
    [comparison] = [
        c
        for c in results.comparisons.values()
        if (c.key.hardware, c.key.precision, c.key.workload) == ("gb300", "fp8", "1024x1024")
    ]
    pooled = results.compared(comparison, 91.0, State())
    assert pooled.ratio == pytest.approx(21.2, abs=0.05)
    state = State(limits=Thresholds(same_family_knots=2))
    results.book.edit({results.inputs["speed"]: 91.0, results.inputs["family_knots"]: 2})
    assert same_engine_faults(results, state, 91.0) == []
    alone = results.families(comparison, 91.0, state)
    assert isinstance(alone, dict)
    assert {family: round(got.ratio or 0, 2) for family, got in alone.items()} == {"trt": 1.03}
