"""The default workbook against the text of the five published pages: every printed figure, and what we say of it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.books import default_book, engine, pages
from support.curvesets import published_points
from support.desk import Desk, cases, matrix

from specxl.house import House, data_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.finder import PairPage

HOUSE = House.load()
CARD = "2026-04"
RATES = {"B300": 2.34, "GB200 NVL72": 2.21, "MI355X": 1.48, "H200": 1.41}
TITLES = {
    "DeepSeek R1 on B300",
    "DeepSeek R1 on MI355X",
    "DeepSeek V4 Pro 1.6T on GB200 NVL72",
    "DeepSeek V4 Pro 1.6T on H200",
    "GLM 5/5.1 on B300",
}
AT_ODDS = ("DeepSeek V4 Pro 1.6T on GB200 NVL72", 61.0)
TIE_OUT = "Tie-out to the published page"
WORDS = {"measured": "as published", "interpolated": "between published figures"}
_FIGURES = re.compile(r"MTP:[$~]?([\d.]+)Off:[$~]?([\d.]+)")
_SUBJECT = re.compile(r"on ([^(\n]+) \(([^()]+) (FP\d)\)")
_CLAIM = re.compile(r"(\w+) is (\d+)% cheaper per token; (\w+) delivers (\d+)% more tok/s/GPU")
_METRICS = ("throughput", "cost", "megawatt", "concurrency")


@dataclass(frozen=True)
class Page:
    """What one page prints: by metric, three pairs of (MTP, Off) as text; per target the claimed winners and percents."""

    title: str
    targets: list[float]
    printed: dict[str, list[tuple[str, str]]]
    claims: list[tuple[str, int, str, int]]


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, Page]:
    """Return the five pages, read from their text, by the title of our sheet."""
    found = [_page(path.read_text(encoding="utf-8")) for path in sorted((shared / "seeds").glob("*.txt"))]
    return {page.title: page for page in found}


def _page(text: str) -> Page:
    subject = _SUBJECT.search(text)
    assert subject
    figures = _FIGURES.findall(text)
    assert len(figures) == 12
    targets = [float(t) for t in dict.fromkeys(re.findall(r"[Aa]t (\d+) tok/s/user", text))]
    claims = [(w, int(p), v, int(q)) for w, p, v, q in _CLAIM.findall(text)]
    printed = {metric: figures[3 * i : 3 * i + 3] for i, metric in enumerate(_METRICS)}
    return Page(f"{subject[1]} on {subject[2]}", targets, printed, claims)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return the default workbook on the desk; every edit is taken back afterwards."""
    with data_file("published_points.csv").open(encoding="utf-8", newline="") as lines:
        points = published_points(csv.DictReader(lines))
    path = default_book()
    desk = Desk(pages(path), engine(path), cases(points, HOUSE), CARD, HOUSE)
    desk.statuses = WORDS
    yield desk
    desk.book.reset()


def _value(page: PairPage, cell: tuple[str, str]) -> Any:  # noqa: ANN401 - whatever the cell holds
    return page.workbook.sheet(cell[0])[cell[1]].value


def _printed_rows(page: PairPage) -> list[dict[str, Any]]:
    """The rows of the tie-out, as values by header."""
    return [{k: _value(page, c) for k, c in row.items()} for row in page.table("Target (tok/s/user)", TIE_OUT)]


def test_five_pairs(seeds: dict[str, Page]) -> None:
    """The default workbook has one sheet for each of the five pages, at the page's own targets."""
    found = {page.title: page for page in pages(default_book()).pairs}
    assert set(found) == set(seeds) == TITLES
    for title, page in seeds.items():
        assert [_value(found[title], cell) for cell in found[title].targets] == page.targets


def test_all_printed_figures_stand_on_their_sheets(seeds: dict[str, Page]) -> None:
    """All 120 table figures are shown at the printed precision, throughput and concurrency live, the others in the tie-out."""
    compared = 0
    for page in pages(default_book()).pairs:
        seed, rows = seeds[page.title], _printed_rows(page)
        for i, target in enumerate(seed.targets):
            for s, (side, label) in enumerate((("a", "MTP"), ("b", "Off"))):
                row = next(r for r in rows if (r["Target (tok/s/user)"], r["Variant"]) == (target, label))
                shown = {
                    "throughput": f"{_value(page, page.figure('throughput', side, i)):.1f}",
                    "concurrency": _value(page, page.figure("concurrency", side, i)).lstrip("~").replace(",", ""),
                    "cost": f"{row['Cost printed']:.3f}",
                    "megawatt": f"{row['tok/s/MW printed']:.0f}",
                }
                assert shown == {metric: seed.printed[metric][i][s] for metric in _METRICS}, (page.title, target, label)
                compared += len(shown)
    assert compared == 120


def test_number_formats_show_the_printed_digits() -> None:
    """Throughput shows one decimal, the printed cost three and tok/s/MW none, as the pages do."""
    for page in pages(default_book()).pairs:
        row = page.table("Target (tok/s/user)", TIE_OUT)[0]
        cells = (
            page.figure("throughput", "a", 0),
            row["Throughput printed"],
            row["Cost printed"],
            row["tok/s/MW printed"],
        )
        formats = [page.workbook.sheet(sheet)[address].number_format for sheet, address in cells]
        assert formats == ["#,##0.0", "#,##0.0", "#,##0.000", "#,##0"]


def test_tie_out_of_every_cost(seeds: dict[str, Page]) -> None:
    """Ours is rate over throughput, the implied rate cost times throughput; only GB200 Off at 61 is at odds, at $5.51."""
    odd = []
    for page in pages(default_book()).pairs:
        rate = RATES[page.title.split(" on ")[1]]
        for row in _printed_rows(page):
            printed, y = row["Cost printed"], row["Throughput ours"]
            assert row["Cost ours, at the page's price"] == pytest.approx(rate / (y * 0.0036), rel=1e-12)
            assert row["Price that the printed cost implies"] == pytest.approx(printed * y * 0.0036, rel=1e-12)
            assert row["Difference"] == pytest.approx(printed * y * 0.0036 / rate - 1, rel=1e-9, abs=1e-12)
            assert (row["Flag"] or "") == ("at odds" if abs(row["Difference"]) > 0.05 else "")
            if row["Flag"]:
                odd.append((page.title, row))
            else:
                assert abs(row["Difference"]) < 0.026
    [(title, row)] = odd
    assert (title, row["Target (tok/s/user)"]) == AT_ODDS
    assert row["Variant"] == "Off"
    assert f"{row['Price that the printed cost implies']:.2f}" == "5.51"
    assert row["Cost ours, at the page's price"] == pytest.approx(4.65, abs=0.005)
    assert row["Difference"] == pytest.approx(1.5, abs=0.01)


def test_every_claimed_percentage(seeds: dict[str, Page]) -> None:
    """All 30 percentages stand on their sheets, and lie where the rounded figures of the page's own table allow."""
    compared = 0
    for page in pages(default_book()).pairs:
        seed, rows = seeds[page.title], _claim_rows(page)
        for i, (target, claim) in enumerate(zip(seed.targets, seed.claims, strict=True)):
            for kind, winner, percent in (("cost", *claim[:2]), ("throughput", *claim[2:])):
                row = next(r for r in rows if r["Target (tok/s/user)"] == target and _kind(r["Claim"]) == kind)
                low, high = _allowed(seed.printed[kind][i], winner, kind)
                assert (row["Winner"], row["Printed by the page"]) == (winner, percent / 100)
                assert low <= percent / 100 <= high, (page.title, target, kind)
                assert row["Lowest that rounding allows"] == pytest.approx(low, rel=1e-9)
                assert row["Highest that rounding allows"] == pytest.approx(high, rel=1e-9)
                assert row["Verdict"] == "as its table allows"
                compared += 1
    assert compared == 30


def _claim_rows(page: PairPage) -> list[dict[str, Any]]:
    """The rows of the claims table below the tie-out, as values by header."""
    first = page.table("Target (tok/s/user)", TIE_OUT)
    rows = page.table("Target (tok/s/user)", TIE_OUT, after=first[-1])
    return [{k: _value(page, c) for k, c in row.items()} for row in rows]


def _kind(claim: str) -> str:
    return "cost" if "cheaper" in claim else "throughput"


def _allowed(printed: tuple[str, str], winner: str, kind: str) -> tuple[float, float]:
    """The least and the greatest ratio - 1 that rounds to a percentage and is made of figures that round to the table's."""
    decimals = len(printed[0].partition(".")[2])
    half = 0.5 * 10**-decimals
    mtp, off = (float(text) for text in printed)
    better, worse = (mtp, off) if winner == "MTP" else (off, mtp)
    top, bottom = (worse, better) if kind == "cost" else (better, worse)
    return (top - half) / (bottom + half) - 1 - 0.005, (top + half) / (bottom - half) - 1 + 0.005


@pytest.mark.parametrize("title", sorted(TITLES))
def test_edits_of_published_sheets(desk: Desk, title: str) -> None:
    """At and away from the page's targets everything follows the method, in the words for published points."""
    [case] = [case for (sheet, _), case in desk.cases.items() if sheet == title]
    given = desk.given(case.hardware, odds_at=frozenset([AT_ODDS[1]] if title == AT_ODDS[0] else []))
    for targets in matrix(case):
        desk.book.edit(desk.choose(case, targets))
        assert desk.faults(case, targets, given) + desk.same_engine_faults(case, targets, given) + desk.errors() == []


def test_the_published_cost_at_odds_is_flagged_where_it_is_read(desk: Desk) -> None:
    """Only the read at the page's own target carries the stop flag, and it withholds nothing of the tie-out."""
    page = desk.pages.pair(AT_ODDS[0])
    flags = [desk.book.value(page.line("flags", i)) for i in range(3)]
    assert ["published cost at odds" in str(text) for text in flags] == [False, False, True]
    assert desk.book.value(page.line("status a", 0)) == "below the frontier"
