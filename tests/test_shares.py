"""The judge in two shares: the same states and rows as in one, whichever process looks at them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.built import build, built

from specxl import beside
from specxl.errors import DisagreementError
from specxl.evaluate import Engine
from specxl.judge import shares
from specxl.judge.shares import judge_build
from specxl.judge.states import Judge
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from specxl.judge.compare import Tally
    from specxl.sheets.book import Layout

WAYS = ("whole", "copy", "failed copy")


def judged(layout: Layout, folder: Path) -> Tally:
    """Judge a workbook as a build does."""
    plain = folder / "plain.xlsx"
    write_plain(layout.book, plain)
    return judge_build(layout, plain, Engine(plain, layout.book), lambda _: None)


def by(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the judge share its work out, or not, whatever threads the test runner has."""
    monkeypatch.setattr(shares, "can_copy", lambda: way != "whole")
    monkeypatch.setattr(beside, "can_copy", lambda: way == "copy")
    monkeypatch.setattr(shares, "FEWEST", 2)


def test_shares_see_what_one_judge_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, cells, states and the largest disagreement are the same in one share, in two, and where the copy fails."""
    found = []
    for way in WAYS:
        with monkeypatch.context() as patch, tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            by(way, patch)
            found.append(judged(built("mixed").layout, Path(folder)))

    assert found[0] == found[1] == found[2]
    assert found[0].states == len(found[0].seen) > 5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sheet", [0, 1])
def test_a_fault_in_any_share_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, sheet: int
) -> None:
    """What one share finds wrong is raised here, in the judge's own words."""
    layout = built("mixed").layout
    by(way, monkeypatch)
    wrong = layout.pairs[sheet].sheet.name
    original = Judge._pair_state

    def find(self: Judge, state: object, fresh: set[str], step: int) -> None:
        if wrong in fresh:
            msg = f"{wrong} is wrong"
            raise DisagreementError(msg)
        original(self, state, fresh, step)  # type: ignore[arg-type]

    monkeypatch.setattr(Judge, "_pair_state", find)

    with pytest.raises(DisagreementError, match=f"{wrong} is wrong"):
        judged(layout, tmp_path)


def test_sheets_are_shared_out_by_their_states() -> None:
    """The largest go first, each to the share that has less; a few states are not worth a copy."""
    assert shares.shares({"a": 60, "b": 50, "c": 30, "d": 20}) == (["a", "d"], ["b", "c"])
    assert shares.shares({"a": 60, "b": 39}) == (["a", "b"], [])
    assert shares.shares({"a": 200}) == (["a"], [])


def test_the_bytes_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build gives the same file with a copy of the process and without one."""
    monkeypatch.setattr(beside, "can_copy", lambda: True)

    assert build([], tmp_path / "o.xlsx").path.read_bytes() == built("default").path.read_bytes()
