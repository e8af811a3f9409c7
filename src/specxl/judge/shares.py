"""The judge of a build: the whole workbook here, its pair sheets in two shares where that pays, one in a copy of the process.

The sheets are independent of each other, so the shares see the same states and compare the same rows as one judge would.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.beside import Beside, can_copy
from specxl.evaluate import Engine
from specxl.judge.compare import Tally
from specxl.judge.states import Judge, require_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from specxl.sheets.book import Layout

FEWEST = 100
"""A judge of fewer states than these is done before a copy has begun to pay."""


def judge_build(layout: Layout, plain: Path, engine: Engine, progress: Callable[[str], None]) -> Tally:
    """Judge a built workbook in every state of every dropdown.

    `plain` holds it for the engine, and has room beside it; `engine` has loaded it, and is used up.

    Raises:
        DisagreementError: a cell does not hold what the reference says, shows an error, or fewer rows were compared than laid.
    """
    judge = Judge(layout, engine, progress)
    judge.whole_workbook()
    judge_pairs(judge, lambda: Engine(plain, layout.book), plain.with_suffix(".seen"))
    require_all(judge.anchors, judge.tally)
    return judge.tally


@dataclass
class Share:
    """The sheets that are judged in the copy; where it fails they are judged here, with another engine."""

    judge: Judge
    names: Sequence[str]
    another: Callable[[], Engine]
    used: bool = False
    """Whether the engine has been used up here, which the copy, begun before, never sees."""

    def seen(self) -> bytes:
        """Judge the sheets, and return what was compared.

        Raises:
            DisagreementError: as the judge does.
        """
        judge = self.judge.again(self.another()) if self.used else self.judge.again(self.judge.engine)
        judge.pair_sheets(self.names)
        tally = judge.tally
        return json.dumps([tally.rows, tally.cells, sorted(tally.seen), tally.worst]).encode()


def judge_pairs(judge: Judge, another: Callable[[], Engine], place: Path) -> None:
    """Have every pair sheet judged; `another` loads the workbook anew, `place` is a file that nothing else uses.

    Raises:
        DisagreementError: a cell does not hold what the reference says, or shows an error.
    """
    states = judge.states_of_pairs()
    here, beside = shares({name: sum(map(len, own)) for name, own in states.items()})
    if not beside or not can_copy():
        judge.pair_sheets(list(states))
        return
    share = Share(judge, beside, another)
    with Beside(share.seen, place) as copy:
        judge.pair_sheets(here)
        share.used = True
        rows, cells, seen, worst = json.loads(copy.result())
    judge.tally.add(Tally(rows, cells, set(seen), worst))


def shares(states: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Share sheets out by the number of their states, the largest first; all are in the first share where they are few."""
    found: tuple[list[str], list[str]] = ([], [])
    if sum(states.values()) < FEWEST:
        return list(states), []
    for name in sorted(states, key=lambda name: -states[name]):
        min(found, key=lambda share: sum(states[other] for other in share)).append(name)
    return found
