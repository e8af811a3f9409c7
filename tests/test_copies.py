"""One run, one measurement: files with the same content, other exports of one run, and runs that call themselves invalid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_row, load_rows, write_json

from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

GIVEN = ("*.json:gpus=4", "*.csv:gpus=4", "hardware=b200", "precision=fp8", "variant=none", "engine=vllm")
LATENCIES = {  # ms: mean, median, p90, p99
    "time_to_first_token": (812.4, 540.25, 1930.5, 3911.75),
    "inter_token_latency": (27.375, 18.125, 61.5, 118.25),
    "request_latency": (9120.5, 7040.75, 18311.25, 30122.5),
}


def _aiperf(scale: float = 1.0, **changes: object) -> dict[str, Any]:
    """Return an AIPerf export of one run."""
    export: dict[str, Any] = {
        name: {"unit": "ms", **dict(zip(("avg", "p50", "p90", "p99"), (v * scale for v in values), strict=True))}
        for name, values in LATENCIES.items()
    }
    export["request_throughput"] = {"unit": "requests/sec", "avg": 0.8}
    export["request_count"] = {"unit": "requests", "avg": 300}
    export["output_token_throughput"] = {"unit": "tokens/sec", "avg": 244.0 / scale}
    export["total_token_throughput"] = {"unit": "tokens/sec", "avg": 20244.0 / scale}
    export["input_token_throughput"] = {"unit": "tokens/sec", "avg": 20000.0 / scale}
    export["input_sequence_length"] = {"unit": "tokens", "avg": 25000}
    export["output_sequence_length"] = {"unit": "tokens", "avg": 305}
    export["input_config"] = {"endpoint": {"model_names": ["zai-org/GLM-5"]}, "loadgen": {"concurrency": 10}}
    export["metadata"] = {"scenario": "inferencex-agentx-mvp", "submission_valid": True}
    export["start_time"] = "2026-08-08T08:08:08"
    return export | changes


def _aiperf_csv(export: dict[str, Any]) -> str:
    """Return the CSV of the same run, with two decimals."""
    names = {"time_to_first_token": "Time to First Token (ms)", "inter_token_latency": "Inter Token Latency (ms)"}
    names |= {"request_latency": "Request Latency (ms)"}
    lines = ["Metric,avg,min,max,p50,p90,p99"]
    lines += [
        f"{title},"
        + ",".join(f"{export[key][s]:.2f}" if s in export[key] else "" for s in ("avg", "", "", "p50", "p90", "p99"))
        for key, title in names.items()
    ]
    lines += [
        "",
        "Metric,Value",
        f"Output Token Throughput (tokens/sec),{export['output_token_throughput']['avg']:.2f}",
    ]
    lines += [f"Total Token Throughput (tokens/sec),{export['total_token_throughput']['avg']:.2f}"]
    lines += ["Request Count (requests),300.00", "Request Throughput (requests/sec),0.80"]
    return "\n".join(lines) + "\n"


def _aggregate(export: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Return the CI aggregate of the same run: seconds with five decimals, throughput over another window."""
    latency = {
        short: {k: round(export[name][key] / 1000, 5) for k, key in (("mean", "avg"), ("p50", "p50"), ("p90", "p90"))}
        for short, name in (
            ("ttft", "time_to_first_token"),
            ("itl", "inter_token_latency"),
            ("e2el", "request_latency"),
        )
    }
    per_gpu = {
        "total_tput_tps": 20244 * 1.02 / 4,
        "output_tput_tps": 244 * 1.02 / 4,
        "input_tput_tps": 20000 * 1.02 / 4,
    }
    row = {"hw": "b200-nb", "conc": 10, "model": "zai-org/GLM-5", "framework": "vllm", "precision": "fp8", "tp": 4}
    row |= {"spec_decoding": "none", "scenario_type": "agentic-coding", "num_requests_total": 300}
    row |= {"num_requests_successful": 300, "is_multinode": False, "disagg": False}
    return row | {"request_metrics": {"latency": latency, "throughput": {"per_gpu": per_gpu}}} | changes


def _usable(dataset: Dataset) -> list[tuple[str, float | None]]:
    return [(m.source_file, m.interactivity_tok_s_user) for m in dataset.measurements if m.usable]


@pytest.mark.parametrize("order", [("a.json", "z.csv"), ("z.json", "a.csv")])
def test_json_and_csv_of_one_run_are_one_measurement(tmp_path: Path, house: House, order: tuple[str, str]) -> None:
    """The JSON counts, in whatever order the files come; the CSV says which run it repeats, and asks for nothing."""
    write_json(tmp_path / order[0], _aiperf())
    (tmp_path / order[1]).write_text(_aiperf_csv(_aiperf()))

    dataset = load([tmp_path], house, DatasetOptions(settings=GIVEN))

    assert _usable(dataset) == [(f"{tmp_path.name}/{order[0]}", pytest.approx(1000 / 61.5))]
    assert [n.text for n in dataset.notices] == ["1 row merged: the same run in another export"]


def test_aggregate_counts_before_the_exports_of_its_run(tmp_path: Path, house: House) -> None:
    """A CI aggregate says most of a run; its exports, in other folders and under other names, are not counted beside it."""
    for folder in ("ci", "raw"):
        (tmp_path / folder).mkdir()
    write_json(tmp_path / "raw" / "export.json", _aiperf())
    (tmp_path / "raw" / "export.csv").write_text(_aiperf_csv(_aiperf()))
    write_json(tmp_path / "ci" / "agg.json", _aggregate(_aiperf()))

    dataset = load([tmp_path], house)

    assert [m.source_file.rpartition("/")[2] for m in dataset.measurements if m.usable] == ["agg.json"]
    reasons = {m.excluded for m in dataset.measurements if not m.usable}
    assert {reason.partition(" row")[0] for reason in reasons} == {"the same run as"}


@pytest.mark.parametrize("change", ["another run", "another load"])
def test_runs_that_are_merely_alike_both_count(tmp_path: Path, house: House, change: str) -> None:
    """Runs whose latencies differ by more than rounding, or whose load does, are two."""
    other = _aiperf(1.01) if change == "another run" else _aiperf()
    if change == "another load":
        other["input_config"] = other["input_config"] | {"loadgen": {"concurrency": 20}}
    write_json(tmp_path / "export.json", other)
    write_json(tmp_path / "agg.json", _aggregate(_aiperf()))

    dataset = load([tmp_path], house, DatasetOptions(settings=("export*:gpus=4", "export*:hardware=b200")))

    assert len(_usable(dataset)) == 2


def test_real_exports_belong_to_real_aggregates(shared: Path, house: House) -> None:
    """The two real AIPerf runs are those of two of the five real aggregates, and count once."""
    samples = shared / "data/samples"

    dataset = load([samples / "inferencex_agg/2026-07_agentic_v3", samples / "aiperf"], house)

    assert [m.usable for m in dataset.measurements] == [True] * 5 + [False] * 4
    assert {m.excluded.partition(" row")[0] for m in dataset.measurements[5:]} == {"the same run as"}


@pytest.mark.parametrize("kind", ["json", "csv", "jsonl"])
def test_content_under_two_names_counts_once(tmp_path: Path, house: House, kind: str) -> None:
    """A copied file adds nothing, whatever it is called and stated to be, and a notice says so."""
    if kind == "csv":
        text = (
            "model,hardware,variant,gpus,concurrency,interactivity_tok_s_user,total_tok_s_gpu\nglm5,b200,,8,4,50,90\n"
        )
    else:
        text = (
            json.dumps([api_row()]) if kind == "json" else f"{json.dumps(api_row())}\n{json.dumps(api_row(conc=4))}\n"
        )
    for name in ("run_off", "run_mtp"):
        (tmp_path / f"{name}.{kind}").write_text(text)
    stated = ("*mtp*:variant=mtp", "*off*:variant=none") if kind == "csv" else ()

    dataset = load([tmp_path], house, DatasetOptions(settings=stated))

    first = f"{tmp_path.name}/run_mtp.{kind}"
    assert {m.source_file for m in dataset.measurements if m.usable} == {first}
    assert all(m.excluded.startswith(f"the same content as {first}") for m in dataset.measurements if not m.usable)
    merged = [n for n in dataset.notices if n.topic == "merged"]
    assert len(merged) == 1
    assert "the same content stands under another name" in merged[0].text


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"submission_valid": False, "submission_invalid_reasons": ["warmup_too_short"]}, "warmup too short"),
        ({"submission_valid": False, "submission_invalid_reasons": ["a_b", "c"]}, "a b, c"),
        ({"submission_valid": "false"}, "no reason given"),
    ],
)
def test_run_that_calls_itself_invalid_is_shown(
    tmp_path: Path, house: House, metadata: dict[str, object], reason: str
) -> None:
    """The row counts, with a finding and a notice that gives the run's own reasons."""
    write_json(tmp_path / "export.json", _aiperf(metadata={"scenario": "agentx", **metadata}))

    dataset = load([tmp_path / "export.json"], house, DatasetOptions(settings=("gpus=4", "hardware=b200")))

    assert "note:submission_invalid" in dataset.measurements[0].findings
    assert dataset.measurements[0].usable
    texts = [n.text for n in dataset.notices if n.topic == "invalid"]
    assert texts == [f"1 row: the run says that it is no valid submission ({reason})"]


def test_invalid_submission_follows_the_run_into_its_aggregate(tmp_path: Path, house: House) -> None:
    """What an export says of its run holds for the aggregate that counts instead."""
    write_json(tmp_path / "export.json", _aiperf(metadata={"scenario": "agentx", "submission_valid": False}))
    write_json(tmp_path / "agg.json", _aggregate(_aiperf()))

    found = next(m for m in load([tmp_path], house).measurements if m.usable)

    assert found.source_file.endswith("agg.json")
    assert "note:submission_invalid" in found.findings


def test_valid_and_silent_submissions_are_not_noted(tmp_path: Path, house: House) -> None:
    """A run that is valid, or says nothing, carries no finding."""
    for metadata in ({"submission_valid": True}, {}):
        write_json(tmp_path / "export.json", _aiperf(metadata=metadata))
        found = load([tmp_path / "export.json"], house, DatasetOptions(settings=("gpus=4", "hardware=b200")))
        assert "note:submission_invalid" not in found.measurements[0].findings


def test_copies_in_one_folder_are_one_notice(tmp_path: Path, house: House) -> None:
    """Thirty copies of one file are one line, not thirty."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(30):
        write_json(folder / f"{n:02}.json", [api_row()])

    notices = load([folder], house).notices

    assert [(n.file, n.text) for n in notices] == [
        (
            "many",
            "29 rows merged: the same content stands under another name (01.json row 1, 02.json row 1 and 27 more)",
        )
    ]


def test_error_of_a_run_is_told_by_its_first_words(tmp_path: Path, house: House) -> None:
    """Nothing of an error message that may name a person, a machine, a place or a secret is shown."""
    errors = {
        "CUDA out of memory on host gpu17.corp.example": "CUDA out of memory",
        "Authentication failed for user bob with key sk-12": "Authentication failed",
        "ConnectionError: http://10.1.2.3:8000/v1 refused": "ConnectionError",
        "/home/alice/bench.py line 12": "the source reports an error",
        "token=abc123": "the source reports an error",
        "timeout": "timeout",
    }
    rows = [api_row(error=error, conc=n) for n, error in enumerate(errors, 1)]

    dataset = load_rows(tmp_path, house, api_row(conc=99), *rows)

    shown = [m.excluded for m in dataset.measurements[1:]]
    assert shown == [f"the run cannot be used: {words}" for words in errors.values()]
    told = " ".join(str(n) for n in dataset.notices)
    assert not [word for word in ("gpu17", "bob", "sk-12", "10.1.2.3", "alice", "abc123") if word in told]
