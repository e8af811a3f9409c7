"""The data audit: each finding fires exactly on its rule, and the real answer has one suspect row."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows

from specxl.reading.consistency import littles_law
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.findings import FINDINGS
from specxl.reading.naming import Names
from specxl.reading.normalise import normalise
from specxl.reading.row import Origin, Rules
from specxl.sources.content import Content
from specxl.sources.inferencex_api import InferencexApi

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House


def _suspects(metrics: dict[str, Any], tmp_path: Path, house: House) -> list[str]:
    found = load_rows(tmp_path, house, api_row(metrics)).measurements[0].findings
    return [finding for finding in found if finding.startswith("suspect")]


def test_sound_row_has_no_finding(tmp_path: Path, house: House) -> None:
    """The row that the other tests change is free of findings."""
    assert load_rows(tmp_path, house, api_row()).measurements[0].findings == ()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"mean_e2el": api_metrics()["mean_e2el"] * 3.01}, "suspect:littles_law"),
        ({"mean_e2el": api_metrics()["mean_e2el"] / 3.01}, "suspect:littles_law"),
        ({"mean_e2el": None, "median_e2el": api_metrics()["mean_e2el"] * 4.01}, "suspect:littles_law"),
        ({"mean_e2el": None, "median_e2el": api_metrics()["mean_e2el"] / 4.01}, "suspect:littles_law"),
        ({"output_tput_per_gpu": 103.0}, "suspect:sum"),
        ({"median_tpot": 0.0125, "p90_tpot": 0.013}, "suspect:unit"),
        ({"p99_ttft": 0.1}, "suspect:percentile_order"),
        ({"p90_tpot": 0.009}, "suspect:percentile_order"),
        ({"output_tput_per_gpu": 0}, "suspect:zeros"),
        ({"median_ttft": 0.0}, "suspect:zeros"),
    ],
)
def test_contradiction_is_found(tmp_path: Path, house: House, changes: dict[str, float], finding: str) -> None:
    """One contradiction at a time gives its own finding and no other."""
    assert _suspects(api_metrics(**changes), tmp_path, house) == [finding]


@pytest.mark.parametrize(
    "changes",
    [
        {"mean_e2el": api_metrics()["mean_e2el"] * 2.99},
        {"mean_e2el": api_metrics()["mean_e2el"] / 2.99},
        {"mean_e2el": None, "median_e2el": api_metrics()["mean_e2el"] * 3.99},
        {"mean_e2el": None, "median_e2el": api_metrics()["mean_e2el"] / 3.99},
        {"output_tput_per_gpu": 101.0},
        {"median_intvty": 100.9},
    ],
)
def test_tolerated_deviation_is_no_finding(tmp_path: Path, house: House, changes: dict[str, float]) -> None:
    """Within its bounds a rule keeps silent."""
    assert _suspects(api_metrics(**changes), tmp_path, house) == []


def test_milliseconds_are_read_by_evidence(tmp_path: Path, house: House) -> None:
    """A TPOT of 10 beside a speed of 100 is in milliseconds, and so are the other latencies of the row."""
    metrics = api_metrics()
    slow = {key: value * 1000 for key, value in metrics.items() if key.endswith(("tpot", "ttft", "e2el"))}

    row = load_rows(tmp_path, house, api_row(metrics | slow)).measurements[0]

    assert row.findings == ()
    assert row.ttft_median_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        (api_row(api_metrics(p99_ttft=4.1)), "note:warm_up"),
        (api_row(prefill_ep=8, num_prefill_gpu=64, num_decode_gpu=64), "note:gpu_count"),
        (api_row(spec_method="mtp"), "note:random_prompts"),
    ],
)
def test_notes_do_not_make_a_row_suspect(tmp_path: Path, house: House, row: dict[str, Any], finding: str) -> None:
    """A note is recorded and leaves the row usable and unsuspected."""
    found = load_rows(tmp_path, house, row).measurements[0]

    assert found.findings == (finding,)
    assert found.usable
    assert not found.suspect


def test_exactly_one_real_row_is_suspect(shared: Path, house: House) -> None:
    """In the real answer only row 205 (MI355X atom FP8 MTP, concurrency 512) contradicts itself."""
    dataset = load([shared / "data/inferencex/benchmarks.json"], house)

    suspects = [m for m in dataset.measurements if m.suspect]
    assert [(m.source_row, m.concurrency, m.findings[0]) for m in suspects] == [(205, 512.0, "suspect:littles_law")]
    counts = Counter(finding for m in dataset.measurements for finding in m.findings)
    noted = ("gpu_count", "random_prompts", "synthetic_acceptance", "derived_shares")
    assert [counts[f"note:{name}"] for name in noted] == [54, 157, 0, 8]
    assert [(n.topic, n.row) for n in dataset.notices] == [("suspect", 205)]


def test_littles_law_of_the_real_answer(shared: Path, house: House) -> None:
    """The suspect row is 42 times off; all others lie between 0.98 and 1.29 once GPUs are counted by rule."""
    data = (shared / "data/inferencex/benchmarks.json").read_bytes()
    names, origin = Names(house), Origin("benchmarks.json", "inferencex-api", "TPOT")
    records = InferencexApi().read(Content("benchmarks.json", data)).records

    found = [littles_law(normalise(record, origin, names, Rules())) for record in records]
    laws = [law.ratio for law in found if law is not None and law.by_means]

    assert laws.pop(204) == pytest.approx(41.99, abs=0.005)
    assert 0.98 < min(laws) < max(laws) < 1.29


def test_suspects_are_dropped_on_request(shared: Path, house: House) -> None:
    """With exclude_suspect the row stays in the list, excluded in words."""
    dataset = load([shared / "data/inferencex/benchmarks.json"], house, DatasetOptions(exclude_suspect=True))

    assert [m.excluded for m in dataset.measurements if not m.usable] == ["suspect (littles_law), left out on request"]


def test_every_finding_is_described() -> None:
    """Ids carry their grade; short texts are short, long texts are sentences."""
    for key, finding in FINDINGS.items():
        assert re.fullmatch(f"{finding.grade}:[a-z_]+", key)
        assert len(finding.short) <= 40
        assert finding.long.endswith(".")
