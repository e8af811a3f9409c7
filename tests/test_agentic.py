"""Agentic rows: which latency gives their speed, which of them become points, cached input, and synthetic acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_row, load_rows, write_json

from specxl.method.catalogue import BEST, build_catalogue
from specxl.reading.dataset import DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

AGENTIC = {"benchmark_type": "agentic_traces", "isl": None, "osl": None}


def _metrics(latency: float = 0.05, total: float = 4000.0, **changes: object) -> dict[str, Any]:
    """Return agentic metrics whose full-response ITL is `latency` (s) at the 90th percentile."""
    metrics = {"tput_per_gpu": total, "output_tput_per_gpu": total / 100, "input_tput_per_gpu": total * 99 / 100}
    metrics |= {"median_full_response_itl": latency / 2, "p90_full_response_itl": latency, "median_intvty": 2 / latency}
    metrics |= {"p90_intvty": 1 / latency, "median_itl": latency / 2, "p90_itl": latency, "p90_tpot": latency / 5}
    return {key: value for key, value in (metrics | changes).items() if value is not None}


def _row(metrics: dict[str, Any] | None = None, **changes: object) -> dict[str, Any]:
    return api_row(metrics if metrics is not None else _metrics(), **AGENTIC, **changes)


@pytest.mark.parametrize(
    ("changes", "speed", "words"),
    [
        ({}, 20.0, "1 / p90 full-response ITL"),
        ({"p90_itl": 0.01}, 20.0, "1 / p90 full-response ITL"),
        ({"p90_full_response_itl": None, "p90_itl": 0.04}, 25.0, "1 / p90 ITL"),
        ({"p90_full_response_itl": None, "p90_itl": None, "p90_tpot": 0.025}, 40.0, "1 / p90 TPOT"),
        ({"p90_full_response_itl": 0, "p90_itl": "0.08"}, 12.5, "1 / p90 ITL"),
    ],
)
def test_speed_of_api_rows(tmp_path: Path, house: House, changes: dict[str, object], speed: float, words: str) -> None:
    """The full-response ITL counts, then plain ITL, then TPOT; the published speed of that latency is no contradiction."""
    unrelated = {"median_full_response_itl": None, "median_itl": None, "median_intvty": None} if changes else {}

    found = load_rows(tmp_path, house, _row(_metrics(**unrelated | changes))).measurements[0]

    assert found.interactivity_tok_s_user == pytest.approx(speed)
    assert found.interactivity_definition.startswith(words)
    assert not found.suspect


def test_published_speed_stands_in_where_it_is_that_of_slow_users(tmp_path: Path, house: House) -> None:
    """Without any latency a p90 speed below the median one is taken; one above it is that of the fastest users."""
    bare = dict.fromkeys(("median_full_response_itl", "p90_full_response_itl", "median_itl", "p90_itl", "p90_tpot"))
    slow = _row(_metrics(**bare, median_intvty=60, p90_intvty=15))
    fast = _row(_metrics(**bare, median_intvty=60, p90_intvty=90), conc=16)

    rows = load_rows(tmp_path, house, slow, fast).measurements

    assert [(m.usable, m.interactivity_tok_s_user) for m in rows] == [(True, 15), (False, None)]


def test_other_statistic_of_agentic_rows(tmp_path: Path, house: House) -> None:
    """Another statistic takes that of the same latency."""
    rows = load_rows(tmp_path, house, _row(), agentic_statistic="median").measurements

    assert rows[0].interactivity_tok_s_user == 40
    assert rows[0].interactivity_definition.startswith("1 / median full-response ITL")


@pytest.mark.parametrize("era", ["flat", "nested"])
@pytest.mark.parametrize(
    ("latencies", "speed"),
    [
        ({"full_response_itl": 0.05, "itl": 0.01, "tpot": 0.02}, 20),
        ({"itl": 0.04, "tpot": 0.02}, 25),
        ({"tpot": 0.016}, 62.5),
    ],
)
def test_speed_of_aggregates(tmp_path: Path, house: House, era: str, latencies: dict[str, float], speed: float) -> None:
    """CI aggregates hold the same latencies at their top level or among request metrics; speeds there are not read."""
    row: dict[str, Any] = {"hw": "b200-nb", "conc": 6, "model": "zai-org/GLM-5", "framework": "sglang", "tp": 8}
    row |= {"precision": "fp8", "spec_decoding": "mtp", "scenario_type": "agentic-coding", "date": "2026-06-30"}
    if era == "flat":
        row |= {f"p90_{name}": value for name, value in latencies.items()}
        row |= {"p90_intvty": 999.0, "mean_intvty": 30.0, "tput_per_gpu": 800.0, "output_tput_per_gpu": 8.0}
        row |= {"input_tput_per_gpu": 792.0}
    else:
        nested = {name: {"p90": value, "p50": value / 2} for name, value in latencies.items()}
        per_gpu = {"total_tput_tps": 800.0, "output_tput_tps": 8.0, "input_tput_tps": 792.0}
        row["request_metrics"] = {"latency": nested, "throughput": {"per_gpu": per_gpu}}

    found = load([write_json(tmp_path / "agg.json", row)], house).measurements[0]

    assert (found.interactivity_tok_s_user, found.total_tok_s_gpu, found.output_tok_s_gpu) == (speed, 800.0, 8.0)
    assert (found.gpus, found.workload, found.model) == (8, "agentic-coding", "glm5")


def _curve(tmp_path: Path, house: House, *points: tuple[float, float, float | None], **options: object) -> list[float]:
    """Return the knots' speeds of a curve of (p90 ITL, total, p90 end-to-end latency)."""
    rows = [_row(_metrics(itl, total, p90_e2el=e2el), conc=n) for n, (itl, total, e2el) in enumerate(points, 1)]
    dataset = load_rows(tmp_path, house, *rows, **options)
    assert all(m.usable for m in dataset.measurements)
    catalogue = build_catalogue(dataset.measurements, house)
    curve = next(c for c in catalogue.curves if c.key.scope == BEST)
    off = [catalogue.reasons[m.number] for m in curve.off_frontier]
    assert all(reason.startswith("row ") for reason in off)
    return [m.interactivity_tok_s_user or 0 for m in curve.knots]


def test_points_off_the_latency_frontier_are_no_knots(tmp_path: Path, house: House) -> None:
    """A point that another beats in end-to-end latency and throughput is left out, though its speed is the best."""
    points = [(0.02, 1000, 90.0), (0.025, 1500, 30.0), (0.05, 4000, 60.0)]

    assert _curve(tmp_path, house, *points) == [20, 40]


def test_points_on_both_frontiers_are_knots(tmp_path: Path, house: House) -> None:
    """Where latency and speed rank the points alike, nothing changes."""
    points = [(0.02, 1000, 20.0), (0.025, 1500, 30.0), (0.05, 4000, 60.0)]

    assert _curve(tmp_path, house, *points) == [20, 40, 50]


def test_points_without_a_latency_are_not_judged_by_it(tmp_path: Path, house: House) -> None:
    """A file may lack the end-to-end latency, of all of its rows or of some."""
    assert _curve(tmp_path, house, (0.02, 1000, None), (0.05, 4000, None)) == [20, 50]
    assert _curve(tmp_path, house, (0.02, 1000, None), (0.025, 1500, 90.0), (0.05, 4000, 60.0)) == [20, 50]


def test_each_engine_is_judged_by_its_own_latencies(tmp_path: Path, house: House) -> None:
    """A point that another engine beats is off the pooled curve, and stays a knot of its own engine's."""
    rows = [
        _row(_metrics(0.02, 1000, p90_e2el=90.0), conc=1, framework="vllm"),
        _row(_metrics(0.025, 1500, p90_e2el=30.0), conc=2, framework="sglang"),
    ]
    catalogue = build_catalogue(load_rows(tmp_path, house, *rows).measurements, house)

    knots = {c.key.scope: [m.number for m in c.knots] for c in catalogue.curves}
    assert knots == {BEST: [2], "vllm": [1], "sglang": [2]}
    assert catalogue.reasons[1] == "row 2 is at least as good in throughput and end-to-end latency"


@pytest.mark.parametrize(
    ("rates", "share"),
    [
        ({"server_gpu_cache_hit_rate": 0.25, "server_cpu_cache_hit_rate": 0.5}, 0.75),
        (
            {
                "server_gpu_cache_hit_rate": 0.25,
                "server_external_cache_hit_rate": 0.5,
                "server_cpu_cache_hit_rate": 0.5,
            },
            0.75,
        ),
        ({"server_gpu_cache_hit_rate": 0.25}, 0.25),
        ({"server_gpu_cache_hit_rate": 0.75, "server_cpu_cache_hit_rate": 0.75}, None),
        ({"theoretical_cache_hit_rate": 0.95}, None),
    ],
)
def test_cached_input_is_kept_apart(tmp_path: Path, house: House, rates: dict[str, float], share: float | None) -> None:
    """What caches served is part of the input as published, and stands beside it where the server measured it."""
    found = load_rows(tmp_path, house, _row(_metrics(**rates))).measurements[0]

    assert found.input_tok_s_gpu == 3960
    assert found.cached_input_tok_s_gpu == (3960 * share if share is not None else None)


def test_cached_input_of_a_real_aggregate(shared: Path, house: House) -> None:
    """Counted by source: 5,650,124 + 46,872,228 of 59,939,732 prompt tokens."""
    folder = shared / "data/samples/inferencex_agg/2026-07_agentic_v3"
    rows = {m.concurrency: m for m in load([folder], house).measurements}

    share = (5650124 + 46872228) / 59939732
    assert rows[16].cached_input_tok_s_gpu == pytest.approx(4023.25946 * share, rel=1e-12)
    assert {c: m.configuration for c, m in rows.items()} == {
        1: "KV offload off",
        4: "KV offload off",
        8: "KV offload off",
        16: "KV offload to dram lmcache",
        32: "KV offload to dram lmcache",
    }


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        (_row(spec_method="mtp", date="2026-07-10"), "note:synthetic_acceptance"),
        (_row(spec_method="mtp", date="2026-07-09"), None),
        (_row(spec_method="none", date="2026-08-01"), None),
        (api_row(spec_method="mtp", date="2026-08-01"), "note:random_prompts"),
        (api_row(spec_method="mtp", date="2026-01-20"), "note:random_prompts"),
        (api_row(spec_method="eagle", date=None), "note:random_prompts"),
        (api_row(spec_method=None), None),
    ],
)
def test_notes_on_acceptance(tmp_path: Path, house: House, row: dict[str, Any], finding: str | None) -> None:
    """Agentic speculative runs are synthetic from the day it is required; fixed-sequence ones ran on random prompts."""
    found = load_rows(tmp_path, house, row).measurements[0]

    assert found.findings == ((finding,) if finding else ())


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({"speculative_config.synthetic_acceptance_length": 2.4}, True),
        ({"speculative_config.method": "eagle3"}, False),
        ({"speculative_config.synthetic_acceptance_length": None}, False),
    ],
)
def test_file_may_say_itself_that_acceptance_is_synthetic(
    tmp_path: Path, house: House, changes: dict[str, object], *, noted: bool
) -> None:
    """A run of any tool whose own options fix the acceptance length carries the note."""
    row = {"num_prompts": 9, "completed": 9, "max_concurrency": 3, "output_throughput": 90.0, "gpus": "2"}
    row |= {
        "total_token_throughput": 180.0,
        "median_tpot_ms": 25.0,
        "model_id": "glm5",
        "hardware": "b200",
        "spec": "mtp",
    }

    found = load([write_json(tmp_path / "a.json", row | changes)], house, DatasetOptions()).measurements[0]

    assert ("note:synthetic_acceptance" in found.findings) is noted
