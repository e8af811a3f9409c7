"""The reference against the expected reads of METHOD 8, which were computed elsewhere from the same measurements."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from specxl.method.curves import Curve, Read, Status, cost_usd_per_mtok, pareto_frontier, read, throughput_tok_s_mw

ROOT = Path(__file__).resolve().parents[1]
RATE_CARD = "2026-04"
BOUND_WORD = {Status.ABOVE: "above", Status.BELOW: "below"}

Expected = tuple[str, float, float, float, float, float, str]


@pytest.fixture(scope="module")
def expected(shared: Path) -> list[Expected]:
    """Return the expected reads: curve, target, throughput, cost, tok/s/MW, concurrency, bound word."""
    return [tuple(row) for row in _json(shared / "data" / "expected" / "benchmarks-latest.json")]


@pytest.fixture(scope="module")
def curves(shared: Path) -> dict[str, Curve]:
    """Return every curve of the shared answer, grouped and cut to its frontier here, by its key in the expected file."""
    groups: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for row in _json(shared / "data" / "inferencex" / "benchmarks.json"):
        workload = f"{row['isl']}x{row['osl']}"
        key = "|".join((row["model"], row["hardware"], row["precision"], workload, row["spec_method"]))
        groups[key].append((row["metrics"]["median_intvty"], row["metrics"]["tput_per_gpu"], row["conc"]))
    return {key: _curve(points) for key, points in groups.items()}


def _json(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text(encoding="utf-8"))


def _curve(points: list[tuple[float, float, float]]) -> Curve:
    kept = pareto_frontier([p[0] for p in points], [p[1] for p in points])
    x, total, concurrency = zip(*(points[i] for i in kept), strict=True)
    return Curve.fit(x, total, None, None, concurrency)


@pytest.fixture(scope="module")
def card() -> dict[str, tuple[float, float]]:
    """Return $/GPU-hr at hyperscaler scale and kW per GPU of the rate card behind the expected file."""
    with (ROOT / "data" / "rates.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["hardware"]: (float(row["usd_per_gpu_hr_hyperscaler"]), float(row["kw_per_gpu"]))
            for row in csv.DictReader(lines)
            if row["as_of"] == RATE_CARD
        }


def test_every_expected_figure(
    expected: list[Expected], curves: dict[str, Curve], card: dict[str, tuple[float, float]]
) -> None:
    """All four figures of every expected read agree to 1e-9 relative."""
    assert len(expected) == 948
    for key, target, *figures, _ in expected:
        got = read(curves[key], target)
        rate, kilowatt = card[key.split("|")[1]]
        mine = (
            got.total,
            cost_usd_per_mtok(rate, got.total),
            throughput_tok_s_mw(got.total, kilowatt),
            got.concurrency,
        )
        assert mine == pytest.approx(tuple(figures), rel=1e-9), (key, target)


def test_every_expected_bound(expected: list[Expected], curves: dict[str, Curve]) -> None:
    """Above and below agree wherever the target is farther than 1e-6 relative from a knot."""
    compared = 0
    for key, target, *_, bound in expected:
        curve = curves[key]
        if min(abs(target / x - 1) for x in curve.x) > 1e-6:
            assert BOUND_WORD.get(read(curve, target).status, "") == bound, (key, target)
            compared += 1
    assert compared == 750


def test_every_curve_of_the_answer_is_expected(expected: list[Expected], curves: dict[str, Curve]) -> None:
    """The grouping of METHOD 1 gives exactly the curves that the expected file reads."""
    assert set(curves) == {key for key, *_ in expected}


def test_reads_beside_a_knot_follow_the_spline(expected: list[Expected], curves: dict[str, Curve]) -> None:
    """Reads inside the tolerance of a knot are called measured, yet keep the spline's figures.

    Snapping them to the knot would miss the expected figures by up to 2e-7, because the targets are rounded.
    """
    snapped: list[tuple[Read, float, float]] = []
    for key, target, throughput, *_ in expected:
        got = read(curves[key], target)
        if got.status is Status.MEASURED and got.left is not None:
            snapped.append((got, throughput, float(curves[key].total[got.left])))
    assert snapped
    assert max(abs(knot / throughput - 1) for _, throughput, knot in snapped) > 1e-9
    assert all(got.total == pytest.approx(throughput, rel=1e-12) for got, throughput, _ in snapped)
