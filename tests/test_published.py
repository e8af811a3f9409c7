"""The default workbook against the text of the five published pages: every printed figure, and what we say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.answers import Answer, Sheet
from support.books import Built, built_default, pages
from support.desk import place
from support.published import PRICES

from specxl.sheets.pair.tie_out import CLAIM_HEADERS, CLAIM_PLACES, HEADERS, PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support import Cell

    from specxl.sheets.pair.sheet import PairSheet

POWERS = {"b300": 2.17, "gb200": 2.1, "mi355x": 2.65, "h200": 1.73}
AT_ODDS = ("dsv4", "gb200", 61.0)
METRICS = ("throughput", "cost", "megawatt", "concurrency")
_FIGURES = re.compile(r"MTP:[$~]?([\d.]+)Off:[$~]?([\d.]+)")
_SUBJECT = re.compile(r"on ([^(\n]+) \(([^()]+) (FP\d)\)")
_CLAIM = re.compile(r"(\w+) is (\d+)% cheaper per token; (\w+) delivers (\d+)% more tok/s/GPU")


@dataclass(frozen=True)
class Page:
    """What one page prints: by metric, three pairs of (MTP, Off) as text; per target the claimed winners and percents."""

    title: str
    targets: list[float]
    printed: dict[str, list[tuple[str, str]]]
    claims: list[tuple[str, int, str, int]]


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, Page]:
    """Return the five pages, read from their text, by model and hardware as they name them."""
    found = [_page(path.read_text(encoding="utf-8")) for path in sorted((shared / "seeds").glob("*.txt"))]
    return {page.title: page for page in found}


def _page(text: str) -> Page:
    subject = _SUBJECT.search(text)
    assert subject
    figures = _FIGURES.findall(text)
    assert len(figures) == 12
    targets = [float(t) for t in dict.fromkeys(re.findall(r"[Aa]t (\d+) tok/s/user", text))]
    claims = [(w, int(p), v, int(q)) for w, p, v, q in _CLAIM.findall(text)]
    printed = {metric: figures[3 * i : 3 * i + 3] for i, metric in enumerate(METRICS)}
    return Page(f"{subject[1]} on {subject[2]}", targets, printed, claims)


@pytest.fixture(scope="module")
def built() -> Built:
    """Return the default workbook."""
    return built_default()


def title_of(built: Built, pair: PairSheet) -> str:
    """Model and hardware as a page names them."""
    house = built.layout.plan.house
    return f"{house.model(pair.pair.model).label} on {house.hardware(pair.pair.hardware).label}"


def stored(built: Built, cell: Cell) -> Any:  # noqa: ANN401 - whatever a program shows that calculates nothing
    """What a cell holds on disk."""
    return pages(built.path).sheet(cell[0])[cell[1]].value


def table(built: Built, pair: PairSheet, headers: Sequence[str], places: Sequence[int]) -> list[dict[str, Cell]]:
    """The rows of a table of the tie-out, as cells by header."""
    cells = pair.sheet.cells
    head = next(
        row
        for row, _ in cells
        if all((row, c) in cells and cells[row, c].content == h for c, h in zip(places, headers, strict=True))
    )
    rows, row = [], head + 1
    while (row, places[0]) in cells:
        rows.append({h: place(pair.sheet.ref(row, c)) for h, c in zip(headers, places, strict=True)})
        row += 1
    assert rows, built.path
    return rows


def printed_rows(built: Built, pair: PairSheet) -> list[dict[str, Any]]:
    """The printed figures of a sheet beside ours, as stored values by header."""
    return [{k: stored(built, cell) for k, cell in row.items()} for row in table(built, pair, HEADERS, PLACES)]


# what is printed


def test_five_pages(built: Built, seeds: dict[str, Page]) -> None:
    """The default workbook has one sheet for each of the five pages, at the page's own targets, and opens at 60."""
    found = {title_of(built, pair): pair for pair in built.layout.pairs}
    assert set(found) == set(seeds)
    assert len(seeds) == 5
    for title, page in seeds.items():
        assert [stored(built, place(ref)) for ref in found[title].chosen.controls.targets] == page.targets
    assert built.layout.plan.catalogue.common_target == 60


def test_all_printed_figures_stand_on_their_sheets(built: Built, seeds: dict[str, Page]) -> None:
    """All 120 table figures are shown at the printed precision, throughput and concurrency live, the others in the tie-out."""
    compared = 0
    for pair in built.layout.pairs:
        seed, rows, sheet = seeds[title_of(built, pair)], printed_rows(built, pair), Sheet.of(pair)
        for i, target in enumerate(seed.targets):
            answer = Answer(sheet, pair.reads.blocks[i]).cells
            requests = str(stored(built, answer["requests"][0])).replace(",", "").split(" | ")
            for side, label, at, held in (("a", "MTP", 0, requests[1]), ("b", "Off", 1, requests[0])):
                row = next(r for r in rows if (r["Target (tok/s/user)"], r["Variant"]) == (target, label))
                shown = {
                    "throughput": one_decimal(stored(built, answer[f"{side}_y"][0])),
                    "concurrency": held.removeprefix("~"),
                    "cost": f"{row['Cost printed']:.3f}",
                    "megawatt": f"{row['tok/s/MW printed']:.0f}",
                }
                assert shown == {metric: seed.printed[metric][i][at] for metric in METRICS}, (seed.title, target, label)
                compared += len(shown)
    assert compared == 120


def one_decimal(shown: Any) -> str:  # noqa: ANN401 - a figure, or a bound in words
    """A throughput as the pages print it; one below the frontier, which the pages print as well, is a bound here."""
    return shown.removeprefix("≥ ").replace(",", "") if isinstance(shown, str) else f"{shown:.1f}"


def test_number_formats_show_the_printed_digits(built: Built) -> None:
    """Throughput shows one decimal, the printed cost three and tok/s/MW none, as the pages do."""
    for pair in built.layout.pairs:
        row = table(built, pair, HEADERS, PLACES)[0]
        answer = Answer(Sheet.of(pair), pair.reads.blocks[0]).cells
        cells = (answer["a_y"][0], row["Throughput printed"], row["Cost printed"], row["tok/s/MW printed"])
        formats = [pages(built.path).sheet(sheet)[address].number_format for sheet, address in cells]
        assert formats == ["#,##0.0", "#,##0.0", "#,##0.000", "#,##0"]


def test_tie_out_of_every_cost(built: Built) -> None:
    """Ours is rate over throughput, the implied rate cost times throughput; only GB200 Off at 61 is at odds, at $5.51."""
    odd = []
    for pair in built.layout.pairs:
        rate, power = PRICES[pair.pair.hardware], POWERS[pair.pair.hardware]
        for row in printed_rows(built, pair):
            printed, y = row["Cost printed"], row["Throughput ours"]
            assert row["Throughput printed"] == y
            assert row["Concurrency printed"] == row["Concurrency ours"]
            assert row["Cost ours, at the page's price"] == pytest.approx(rate / (y * 0.0036), rel=1e-12)
            assert row["Price that the printed cost implies"] == pytest.approx(printed * y * 0.0036, rel=1e-12)
            assert row["Difference"] == pytest.approx(printed * y * 0.0036 / rate - 1, rel=1e-9, abs=1e-12)
            assert row["tok/s/MW ours"] == pytest.approx(y * 1000 / power, rel=1e-12)
            assert row["tok/s/MW printed"] == pytest.approx(row["tok/s/MW ours"], rel=1e-3)
            assert row["Differs (1)"] == 0
            assert (row["Flag"] or "") == ("at odds" if abs(row["Difference"]) > 0.05 else "")
            if row["Flag"]:
                odd.append((pair.pair, row))
            else:
                assert abs(row["Difference"]) < 0.026
    [(pair, row)] = odd
    assert (pair.model, pair.hardware, row["Target (tok/s/user)"], row["Variant"]) == (*AT_ODDS, "Off")
    assert f"{row['Price that the printed cost implies']:.2f}" == "5.51"
    assert row["Cost ours, at the page's price"] == pytest.approx(4.65, abs=0.005)
    assert row["Difference"] == pytest.approx(1.5, abs=0.01)


def test_every_claimed_percentage(built: Built, seeds: dict[str, Page]) -> None:
    """All 30 percentages stand on their sheets, and lie where the rounded figures of the page's own table allow."""
    compared = 0
    for pair in built.layout.pairs:
        seed = seeds[title_of(built, pair)]
        rows = [
            {k: stored(built, c) for k, c in row.items()} for row in table(built, pair, CLAIM_HEADERS, CLAIM_PLACES)
        ]
        for i, (target, claim) in enumerate(zip(seed.targets, seed.claims, strict=True)):
            for kind, winner, percent in (("cost", *claim[:2]), ("throughput", *claim[2:])):
                row = next(r for r in rows if r["Target (tok/s/user)"] == target and _kind(r["Claim"]) == kind)
                low, high = _allowed(seed.printed[kind][i], winner, kind)
                assert (row["Winner"], row["Percentage printed"]) == (winner, percent / 100)
                assert low <= percent / 100 <= high, (seed.title, target, kind)
                assert row["Lowest that rounding allows"] == pytest.approx(low, rel=1e-9)
                assert row["Highest that rounding allows"] == pytest.approx(high, rel=1e-9)
                assert row["Verdict"] == "as its table allows"
                compared += 1
    assert compared == 30


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
