"""The edit matrix of the pair sheets: hand-made and published curves at every kind of speed, figures, words and marks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support.books import PUBLISHED_CARD, SHAPES_CARD, built_default, built_shapes
from support.curvesets import SHAPES, curve_points
from support.desk import Desk, State, in_threes, matrix
from support.engine import Book
from support.oracle_compare import BETTER
from support.published import published_curves
from support.sentences import WINNERS, holds_a_figure
from support.walk import Shown, Walk, steps, typed

from specxl.schema import TIERS, TOKEN_BASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Value

pytestmark = pytest.mark.slow
KINDS = ("block", "answer", "sentence", "label", "same engine", "message", "chart", "evidence", "error")
TARGETS = (33.0, 60.0, 149.0)
GARBAGE: tuple[Value, ...] = (None, "", "n/a", "2.5", 0, -1.5, True)
METRICS = ("cost", "tokens", "y", "mw", "joules")
ALL_VERDICTS = {
    "no target", "no data", "method not stated", "only A reaches it", "only B reaches it", "neither reaches it",
    "undecided", "better", "level",
}  # fmt: skip


def every_speed(desk: Desk) -> Iterator[Shown]:
    """Yield every comparison at every speed of the edit matrix over its own knots."""
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            sides = desk.sides(comparison, State())
            knots = {knot.x for side in sides if side.curve for knot in side.curve.knots}
            for targets in in_threes(matrix(knots)):
                yield Shown(pair, comparison, targets)


def at_targets(desk: Desk) -> Iterator[Shown]:
    """Yield every comparison at the same three speeds."""
    for pair in desk.pairs.values():
        for comparison in pair.pair.comparisons:
            yield Shown(pair, comparison, TARGETS)


@pytest.fixture(scope="module")
def own() -> Desk:
    """Return the hand-made workbook with its pair sheets live."""
    built = built_shapes()
    desk = Desk(built, Book(built.path), curve_points(SHAPES), SHAPES_CARD)
    return desk.only(*desk.pairs)


@pytest.fixture
def desk(own: Desk) -> Iterator[Desk]:
    """Return that workbook; every edit is taken back afterwards."""
    yield own
    own.book.reset()


@pytest.fixture
def fresh(desk: Desk) -> Walk:
    """Return a walk through that workbook that has not begun."""
    return Walk(desk, built_shapes())


@pytest.fixture(scope="module")
def shapes(own: Desk) -> Walk:
    """Return a walk through every speed of the hand-made curves, then through every basis and metric at three."""
    desk, walk = own, Walk(own, built_shapes())
    walk.go(steps(every_speed(desk)), State())
    for basis, metric in zip(TOKEN_BASES, METRICS[1:], strict=False):
        walk.go(steps(at_targets(desk)), State(basis=basis), metric)
    walk.go(steps(at_targets(desk)), State(tier="rental", factor=0.92, currency="EUR"), "joules")
    return walk


@pytest.fixture(scope="module")
def published() -> Walk:
    """Return a walk through every speed of the published points."""
    built = built_default()
    desk = Desk(built, Book(built.path), published_curves(), PUBLISHED_CARD)
    walk = Walk(desk.only(*desk.pairs), built)
    walk.go(steps(every_speed(desk)), State())
    walk.go(steps(every_speed(desk)), State(basis="output"), "joules")
    return walk


@pytest.mark.parametrize("kind", KINDS)
def test_every_speed_of_the_hand_made_curves(shapes: Walk, kind: str) -> None:
    """Every figure, word, message, mark and plotted cell of every sheet is right at every speed, basis and metric."""
    assert shapes.found[kind][:5] == []
    assert shapes.looked_at[kind] > 90


@pytest.mark.parametrize("kind", KINDS)
def test_every_speed_of_the_published_points(published: Walk, kind: str) -> None:
    """So they are on the sheets of published pages, whose points are never called measured."""
    assert published.found[kind][:5] == []
    assert published.looked_at[kind] > 10


def test_everything_was_said(shapes: Walk) -> None:
    """The walk comes to every verdict that one hardware can have, so no sentence is left unread."""
    assert shapes.verdicts >= ALL_VERDICTS
    assert len(shapes.sentences["total"]) > 1000


def test_no_sentence_is_true_of_two_token_bases(shapes: Walk) -> None:
    """A sentence with a figure names the tokens that it counts, so on another basis it reads otherwise."""
    compared = 0
    for first, second in pairwise((*TOKEN_BASES, TOKEN_BASES[0])):
        for at, text in shapes.sentences[first].items():
            other = shapes.sentences[second].get(at)
            if other is not None and holds_a_figure(text):
                assert text != other, at
                compared += 1
    assert compared > 200


def test_what_names_a_winner_is_known(shapes: Walk, desk: Desk) -> None:
    """The words by which a winner is recognised are those that the sentences use where there is one."""
    named = [c for c in desk.comparisons.values() if desk.compared(c, TARGETS[1], State()).verdict == BETTER]
    assert len(named) > 10
    for comparison in named:
        at = desk.plan.sheet_name(comparison), comparison.number, repr(TARGETS[1])
        assert WINNERS.search(shapes.sentences["total"][at])


def test_each_engine_alone(desk: Desk, fresh: Walk) -> None:
    """Narrowed to one engine, a sheet shows that engine's own curves, and words where a side was not measured by it."""
    alone = [
        Shown(pair, comparison, TARGETS, scope.key)
        for pair in desk.pairs.values()
        for comparison in pair.pair.comparisons
        for scope in comparison.engines
    ]
    assert len({shown.scope for shown in alone}) == 6
    fresh.go(steps(alone), State())
    assert {kind: found for kind, found in fresh.found.items() if found} == {}


@pytest.mark.parametrize("tier", [*TIERS, "n/a"])
def test_the_price_basis_of_one_sheet(desk: Desk, fresh: Walk, tier: str) -> None:
    """A sheet's own price basis holds on that sheet alone; what is none leaves its costs empty."""
    first = next(iter(desk.pairs))
    shown = [one._replace(tier=tier if one.pair.sheet.name == first else "") for one in at_targets(desk)]
    fresh.go(steps(shown), State(tier="rental"), "tokens")
    assert {kind: found for kind, found in fresh.found.items() if found} == {}


@pytest.mark.parametrize("control", ["combination", "engine", "metric"])
def test_no_choice(desk: Desk, fresh: Walk, control: str) -> None:
    """A combination or engine that is none of the choices shows no figures and says so; no metric is the cost."""
    for value in GARBAGE:
        shown = [
            Shown(pair, pair.pair.comparisons[0], TARGETS, typed={control: value}, nothing=control != "metric")
            for pair in desk.pairs.values()
            if control != "engine" or pair.pair.engines
        ]
        fresh.go([shown], State())
    assert {kind: found for kind, found in fresh.found.items() if found} == {}


def test_faults_are_seen(desk: Desk, fresh: Walk) -> None:
    """The walk is no rubber stamp: another price, threshold, basis or curve on our side is seen in every kind of cell."""
    released = State()
    step = next(steps(at_targets(desk)))
    desk.book.edit(typed(desk, step, "cost"))
    for state in (
        replace(released, typed={("b300", "own"): 2.27}),
        replace(released, basis="output"),
        replace(released, limits=replace(released.limits, tau=3.0, thin_knots=9)),
    ):
        for shown in step:
            fresh.look(shown, state, "tokens" if state.basis == "output" else "cost")
    seen = {kind for kind, found in fresh.found.items() if found}
    assert seen == {"block", "answer", "sentence", "message", "chart"}
