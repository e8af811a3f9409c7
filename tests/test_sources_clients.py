"""Results of load generators that serve any engine: GuideLLM in its forms, and inference-perf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.rows import write_json

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset
    from specxl.schema import Measurement

ON_FOUR = ("hardware=h200", "gpus=4", "precision=fp8", "variant=none", "engine=vllm")


def _shown(dataset: Dataset) -> list[tuple[object, ...]]:
    rows = dataset.measurements
    return [(m.model, m.concurrency, m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in rows]


@pytest.mark.parametrize("case", ["guidellm_window_past_end", "guidellm_report_v2"])
def test_cases_of_guidellm(shared: Path, house: House, case: str) -> None:
    """Input over the time in which requests ran, and the model of the newer report."""
    dataset = load([shared / f"data/cases/{case}.json"], house, DatasetOptions(settings=ON_FOUR))

    assert [row[:2] for row in _shown(dataset)] == [("llama70b", 4.0), ("llama70b", 8.0)]
    assert [row[3] for row in _shown(dataset)] == [368.64, 511.488]
    assert [row[2] for row in _shown(dataset)] == [pytest.approx(50, rel=1e-12), pytest.approx(1000 / 28, rel=1e-12)]
    assert [m.input_tok_s_gpu for m in dataset.measurements] == pytest.approx([327.68, 454.656], rel=1e-12)


def _outcome(**values: object) -> dict[str, Any]:
    return {"successful": {"mean": None, "median": None, "percentiles": {}} | values}


def _guidellm(strategy: dict[str, Any], *, total: float | None = 1000.0, **config: object) -> dict[str, Any]:
    """Build a benchmark of 50 requests, 900 in and 100 out each, that took 50 s of a window of 60 s."""
    metrics: dict[str, Any] = {
        "request_totals": {"successful": 50, "errored": 0},
        "inter_token_latency_ms": _outcome(mean=25.0, median=20.0),
        "time_per_output_token_ms": _outcome(mean=99.0, median=99.0),
        "time_to_first_token_ms": _outcome(mean=300.0, median=250.0),
        "request_latency": _outcome(mean=3.0, median=2.5),
        "prompt_token_count": _outcome(mean=900, total_sum=45_000),
        "output_token_count": _outcome(mean=100, total_sum=5_000),
        "output_tokens_per_second": _outcome(mean=100.0, median=1e6),
        "prompt_tokens_per_second": _outcome(mean=1.4e6),
    }
    if total is not None:
        metrics["tokens_per_second"] = _outcome(mean=total, median=3.0)
    return {"config": {"strategy": strategy, **config}, "start_time": 1.78e9, "duration": 60.0, "metrics": metrics}


@pytest.mark.parametrize(
    ("strategy", "total", "concurrency"),
    [
        ({"type_": "throughput", "max_concurrency": 256}, 1000.0, 256.0),
        ({"kind": "concurrent", "streams": 16, "max_concurrency": 32}, 1000.0, 16.0),
        ({"type_": "concurrent", "max_concurrency": 8}, None, 8.0),
        ({"type_": "synchronous"}, 0.0, 1.0),
        ({"type_": "throughput", "max_concurrency": None}, None, None),
        ({"type_": "constant", "rate": 2.0, "max_concurrency": 64}, 1000.0, None),
    ],
)
def test_guidellm_rates_and_loads(
    tmp_path: Path, house: House, strategy: dict[str, Any], total: float | None, concurrency: float | None
) -> None:
    """The total is stated, or follows from the time that the output took; a rate limits nothing that is held open."""
    report = {"args": {"model": "llama70b"}, "benchmarks": [_guidellm(strategy, total=total)]}

    dataset = load([write_json(tmp_path / "b.json", report)], house, DatasetOptions(settings=ON_FOUR))

    assert _shown(dataset) == [("llama70b", concurrency, 50.0, 250.0)]
    row = dataset.measurements[0]
    assert (row.output_tok_s_gpu, row.input_tok_s_gpu, row.workload) == (25.0, 225.0, "900x100")


@pytest.mark.parametrize(
    ("report", "config", "model"),
    [
        ({"config": {"spec": {"backend": {"model": "dsr1"}}}}, {}, "dsr1"),
        ({"config": {"spec": None}, "metadata": {"version": 2}}, {"backend": {"model": "dsr1"}}, "dsr1"),
        ({"args": {"model": "dsr1"}}, {"backend": {"model": "other"}}, "dsr1"),
        ({"args": None, "config": []}, {"backend": "http://10.0.0.1:8000"}, None),
    ],
)
def test_guidellm_model_of_every_form(
    tmp_path: Path, house: House, report: dict[str, Any], config: dict[str, Any], model: str | None
) -> None:
    """The report says it in its arguments, its configuration or that of each benchmark; an address is no model."""
    report = report | {"benchmarks": [_guidellm({"type_": "synchronous"}, **config)]}
    path = write_json(tmp_path / "b.json", report)

    if model is None:
        with pytest.raises(InputError, match="the file does not say model"):
            load([path], house, DatasetOptions(settings=ON_FOUR))
    else:
        assert load([path], house, DatasetOptions(settings=ON_FOUR)).measurements[0].model == model


def _spread(middle: float, mean: float | None = None) -> dict[str, float]:
    return {
        "mean": mean if mean is not None else middle,
        "min": middle / 2,
        "median": middle,
        "p90": middle * 2,
        "p99": middle * 3,
    }


def _stage(load_summary: dict[str, Any] | None = None, **changes: object) -> dict[str, Any]:
    """Build a report of one stage of inference-perf: 200 requests of 500 in and 101 out, at 10 ms a token."""
    successes: dict[str, Any] = {
        "count": 200,
        "latency": {
            "request_latency": _spread(1.25),
            "normalized_time_per_output_token": _spread(0.0125),
            "time_per_output_token": _spread(0.01),
            "time_to_first_token": _spread(0.25),
            "inter_token_latency": _spread(0.00003),
        },
        "throughput": {
            "input_tokens_per_sec": 3200.0,
            "output_tokens_per_sec": 646.4,
            "total_tokens_per_sec": 3846.4,
            "requests_per_sec": 6.4,
        },
        "prompt_len": _spread(500),
        "output_len": _spread(101),
    } | changes
    summary = {"count": 200, "schedule_delay": _spread(0.001), "send_duration": 31.0, "requested_rate": 6.4}
    report = {"load_summary": summary | (load_summary or {}), "successes": successes}
    return report | {"failures": {"count": 0, "request_latency": None, "prompt_len": None}}


PERF = ("model=dsr1", "hardware=h200", "gpus=8", "variant=none")


def _suspicions(row: Measurement) -> tuple[str, ...]:
    return tuple(finding for finding in row.findings if finding.startswith("suspect"))


def _read(path: Path, house: House) -> Measurement:
    return load([path], house, DatasetOptions(settings=PERF)).measurements[0]


@pytest.mark.parametrize(
    ("report", "concurrency", "findings"),
    [
        (_stage(), None, ()),
        (_stage({"concurrency": 8, "requested_rate": 12.5}), 8.0, ()),
        (_stage({"concurrency": 64}), 64.0, ("suspect:littles_law",)),
    ],
)
def test_inference_perf_stage(
    tmp_path: Path, house: House, report: dict[str, Any], concurrency: float | None, findings: tuple[str, ...]
) -> None:
    """Seconds, per-request TPOT, rates of the deployment; a stage at a rate has no concurrency, one with it is judged."""
    path = write_json(tmp_path / "stage_0_lifecycle_metrics.json", report)

    row = _read(path, house)

    assert (row.interactivity_tok_s_user, row.total_tok_s_gpu, row.output_tok_s_gpu) == (100.0, 480.8, 80.8)
    assert (row.workload, row.ttft_median_s, row.ttft_p99_s, row.engine) == ("500x101", 0.25, 0.75, "unknown")
    assert (row.concurrency, _suspicions(row)) == (concurrency, findings)
    dataset = load([path], house, DatasetOptions(settings=PERF))
    assert (dataset.files[0].format, dataset.files[0].by_documentation) == ("inference-perf", True)


def test_inference_perf_of_newer_releases(tmp_path: Path, house: House) -> None:
    """Prompt tokens with totals beside their distribution, retries, goodput, and failures by label."""
    report = _stage(
        prompt_len=None, prompt_tokens={"total": 1e5, "cached": 0, **_spread(500)}, output_tokens=_spread(102)
    )
    report |= {"benchmark_time_seconds": 31.2, "retries": {"attempts": 2}}
    report["failures"] = {"count": 3, "by_label": {"504 - Gateway Timeout": {"count": 3, "messages": ["SECRET"]}}}

    row = _read(write_json(tmp_path / "stage_1_lifecycle_metrics.json", report), house)

    assert (row.workload, _suspicions(row)) == ("500x101", ("suspect:failed_requests",))


def test_stages_at_different_rates_are_different_settings(tmp_path: Path, house: House) -> None:
    """Stages without a concurrency are no repeats of each other: their requested rates differ."""
    for number, rate in enumerate((1.0, 2.0, 4.0)):
        tpot = {"time_per_output_token": _spread(0.005 * (number + 1)), "request_latency": _spread(1.25)}
        write_json(tmp_path / f"stage_{number}_lifecycle_metrics.json", _stage({"requested_rate": rate}, latency=tpot))

    rows = load([tmp_path], house, DatasetOptions(settings=PERF)).measurements

    assert [m.interactivity_tok_s_user for m in rows if m.usable] == [200.0, 100.0, pytest.approx(1000 / 15)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"latency": {"time_per_output_token": None, "request_latency": _spread(1)}},
            "run inference-perf with api.streaming",
        ),
        ({"count": 0}, "no request succeeded"),
    ],
)
def test_inference_perf_stage_without_a_speed(
    tmp_path: Path, house: House, changes: dict[str, Any], reason: str
) -> None:
    """A stage that was not streamed, or in which nothing succeeded, says so."""
    path = write_json(tmp_path / "s.json", [_stage(), _stage({"requested_rate": 9.0}, **changes)])

    found = load([path], house, DatasetOptions(settings=PERF)).measurements

    assert [reason in m.excluded for m in found] == [False, True]


def _summary() -> dict[str, Any]:
    report = _stage()
    report["load_summary"] = {"count": 200, "schedule_delay": _spread(0.001)}
    return report


SERVER_SIDE = {
    "load_summary": {},
    "successes": {"count": 634, "rate": 7.9, "prompt_len": {"mean": 285}},
    "failures": {},
}


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (
            _summary(),
            "this is an inference-perf summary: it pools all load stages of a run into one figure. Give the stage",
        ),
        (SERVER_SIDE, "this is an inference-perf report of server metrics: it has no figures per request"),
    ],
)
def test_other_reports_of_inference_perf(tmp_path: Path, house: House, report: dict[str, Any], message: str) -> None:
    """Named alone they are refused with the way out; beside stages they are left out with a notice."""
    path = write_json(tmp_path / "summary_lifecycle_metrics.json", report)
    with pytest.raises(InputError, match=message):
        load([path], house)

    write_json(tmp_path / "stage_0_lifecycle_metrics.json", _stage())
    dataset = load([tmp_path], house, DatasetOptions(settings=PERF))

    assert len(dataset.measurements) == 1
    ignored = [str(notice) for notice in dataset.notices if notice.topic == "left out"]
    assert len(ignored) == 1
    assert "summary_lifecycle_metrics.json: this is no measurement that can be read (inference-perf" in ignored[0]


LOG = """[11/25/2026-10:00:00] [TRT-LLM] [I] Benchmark complete.

===========================================================
= PERFORMANCE OVERVIEW
===========================================================
Request Throughput (req/sec):                     43.2089
Total Output Throughput (tokens/sec):             5530.7382
Per User Output Speed [1/TPOT] (tokens/sec/user): 5.4656
"""


@pytest.mark.parametrize("log", [LOG, LOG.partition("\n\n")[2], "pip install ...\n" + LOG + "{done}\n"])
def test_console_logs_of_trtllm_bench_are_pointed_at_the_report(tmp_path: Path, house: House, log: str) -> None:
    """The log, with or without what was printed around it, is named, with the option that writes a report."""
    (tmp_path / "run.log").write_text(log)

    with pytest.raises(InputError, match=r"console log of trtllm-bench: .*--streaming and --report_json FILE"):
        load([tmp_path / "run.log"], house)
