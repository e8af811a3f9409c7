"""Folders as the tools and their users leave them, one of each kind: right units, and every file read or accounted for."""

from __future__ import annotations

import json
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest
from support.rows import api_metrics, api_row

from specxl.errors import SpecxlError
from specxl.reading.dataset import DatasetOptions, collect
from specxl.sources.unpacking import may_hold_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.house import House

Point = tuple[float, float]
LOG = "[2026-08-01 10:00:00] INFO ready\n"


@dataclass(frozen=True)
class Kind:
    """What makes a folder, what the user says of it, and the usable points that it holds: tok/s/user, tok/s/GPU."""

    files: dict[str, Any]
    points: list[Point]
    settings: tuple[str, ...] = ()
    unused: int = 0


def _write(folder: Path, files: dict[str, Any]) -> None:
    """Write files: bytes and text as they are, functions as what they write, lists of lines, the rest as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def _lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def vllm(tpot_ms: float = 20.0, concurrency: int = 8, **changes: object) -> dict[str, Any]:
    """64 requests of 512 in and 256 out: 400 tok/s out, 1200 in all; consistent with its latencies at 8."""
    row = {
        "date": "20260701-101500",
        "endpoint_type": "openai",
        "backend": "openai",
        "label": None,
        "model_id": "org/glm5",
    }
    row |= {"tokenizer_id": "org/glm5", "num_prompts": 64, "request_rate": "inf", "burstiness": 1.0}
    row |= {"max_concurrency": concurrency, "duration": 40.96, "completed": 64, "failed": 0}
    row |= {"total_input_tokens": 32768, "total_output_tokens": 16384, "request_throughput": 1.5625}
    row |= {"output_throughput": 400.0, "total_token_throughput": 1200.0, "mean_ttft_ms": 20.0, "median_ttft_ms": 20.0}
    row |= {"p99_ttft_ms": 60.0, "mean_tpot_ms": tpot_ms, "median_tpot_ms": tpot_ms, "p99_tpot_ms": 2 * tpot_ms}
    return row | {"mean_itl_ms": 3.0, "median_itl_ms": 0.1, "p99_itl_ms": 9.0} | changes


def sglang(info: dict[str, Any] | None, **changes: object) -> dict[str, Any]:
    """The same run as SGLang's client writes it."""
    row = {
        "tag": None,
        "backend": "sglang",
        "dataset_name": "random",
        "request_rate": float("inf"),
        "max_concurrency": 8,
    }
    row |= {
        "random_input_len": 512,
        "random_output_len": 256,
        "random_range_ratio": 1.0,
        "duration": 40.96,
        "completed": 64,
    }
    row |= {"total_input_tokens": 32768, "total_output_tokens": 16384, "total_output_tokens_retokenized": 16300}
    row |= {"input_throughput": 800.0, "output_throughput": 400.0, "total_throughput": 1200.0}
    row |= {
        "median_ttft_ms": 20.0,
        "p99_ttft_ms": 60.0,
        "median_tpot_ms": 20.0,
        "median_itl_ms": 0.1,
        "accept_length": None,
    }
    return row | ({"server_info": info} if info else {}) | changes


SERVER = {"model_path": "zai-org/GLM-5", "tp_size": 8, "pp_size": 1, "dp_size": 1, "speculative_algorithm": None}


def metric(unit: str, avg: float, **others: float) -> dict[str, Any]:
    """One metric of AIPerf."""
    return {"unit": unit, "avg": avg, **others}


def aiperf(**changes: object) -> dict[str, Any]:
    """The same run as AIPerf exports it."""
    export = {
        "request_throughput": metric("requests/sec", 1.5625),
        "request_latency": metric("ms", 5120.0, p50=5120.0, p99=6000.0),
        "time_to_first_token": metric("ms", 20.0, p50=20.0, p99=60.0),
        "inter_token_latency": metric("ms", 22.0, p50=20.0, p90=40.0),
        "inter_chunk_latency": metric("ms", 1.0, p50=0.5),
        "output_token_throughput": metric("tokens/sec", 400.0),
        "output_token_throughput_per_user": metric("tokens/sec/user", 60.0, p50=50.0),
        "input_sequence_length": metric("tokens", 512.0),
        "output_sequence_length": metric("tokens", 256.0),
        "request_count": metric("requests", 64.0),
        "input_config": {"endpoint": {"model_names": ["org/glm5"]}, "loadgen": {"concurrency": 8}},
        "start_time": "2026-07-01T10:15:00",
        "aiperf_version": "0.9.0",
    }
    return export | changes


AIPERF_CSV = """Metric,avg,min,max,sum,p1,p50,p90,p99,std
Inter Token Latency (ms),22.00,10.00,50.00,,12.00,20.00,40.00,45.00,5.00
Request Latency (ms),"5,120.00",900.00,"7,000.00",,950.00,"5,120.00","6,000.00","6,900.00",9.00
Input Sequence Length (tokens),512.00,512.00,512.00,"32,768.00",512.00,512.00,512.00,512.00,0.00
Output Sequence Length (tokens),256.00,256.00,256.00,"16,384.00",256.00,256.00,256.00,256.00,0.00

Metric,Value
Output Token Throughput (tokens/sec),400.00
Request Throughput (requests/sec),1.5625
"""
GENAI_CSV = """Metric,avg,min,max,p99,p95,p90,p75,p50,p25,p10,p5,p1
Inter Token Latency (ms),22.00,10.00,50.00,45.00,42.00,40.00,30.00,20.00,15.00,13.00,12.50,12.00
Input Sequence Length,512,512,512,512,512,512,512,512,512,512,512,512
Output Sequence Length,256,256,256,256,256,256,256,256,256,256,256,256

Metric,Value
Output Token Throughput (per sec),400.00
Request Throughput (per sec),1.5625
"""


def guidellm(model_in: str, streams: int = 8) -> dict[str, Any]:
    """The same run as GuideLLM reports it, in a window longer than the run."""

    def told(**values: float) -> dict[str, Any]:
        return {"successful": {"percentiles": {"p99": 3 * max(values.values())}} | values}

    metrics = {
        "request_totals": {"successful": 64, "errored": 0},
        "inter_token_latency_ms": told(mean=22.0, median=20.0),
        "time_per_output_token_ms": told(mean=99.0, median=99.0),
        "time_to_first_token_ms": told(mean=20.0, median=20.0),
        "request_latency": told(mean=5.12, median=5.12),
        "prompt_token_count": told(mean=512, total_sum=32768),
        "output_token_count": told(mean=256, total_sum=16384),
        "output_tokens_per_second": told(mean=400.0, median=9.9),
        "tokens_per_second": told(mean=1200.0, median=1e6),
        "prompt_tokens_per_second": told(mean=1.4e6),
    }
    config: dict[str, Any] = {"strategy": {"type_": "concurrent", "streams": streams}}
    report: dict[str, Any] = {"metadata": {"version": 1}}
    if model_in == "args":
        report["args"] = {"model": "org/glm5", "target": "http://h"}
    else:
        report["config"] = {"spec": {"backend": {"model": "org/glm5"}}}
    return report | {
        "benchmarks": [{"config": config, "start_time": 1782900900.0, "duration": 70.0, "metrics": metrics}]
    }


def spread(middle: float) -> dict[str, float]:
    """One latency of inference-perf or of an agentic aggregate."""
    return {"mean": middle, "median": middle, "p90": 1.5 * middle, "p99": 2 * middle}


def stage(rate: float | None) -> dict[str, Any]:
    """The same run as a stage of inference-perf; without a rate, as its summary."""
    latency = {
        "request_latency": spread(5.12),
        "time_per_output_token": spread(0.02),
        "inter_token_latency": spread(1e-5),
    }
    rates = {"input_tokens_per_sec": 800.0, "output_tokens_per_sec": 400.0, "total_tokens_per_sec": 1200.0}
    done = {"count": 64, "latency": latency | {"time_to_first_token": spread(0.02)}, "throughput": rates}
    done |= {"prompt_len": spread(512), "output_len": spread(256)}
    load = {"count": 64, "schedule_delay": spread(0.001)} | ({} if rate is None else {"requested_rate": rate})
    return {"load_summary": load, "successes": done, "failures": {"count": 0}}


TRTLLM = {
    "engine": {"model": "zai-org/GLM-5", "backend": "Pytorch", "dtype": "bfloat16", "quantization": "FP8"},
    "machine": {"name": "NVIDIA H200"},
    "world_info": {"tp_size": 8, "pp_size": 1, "world_size": 8},
    "request_info": {"num_requests": 64, "avg_num_concurrent_requests": 8, "avg_input_length": 512, "avg_output_length": 256},
    "performance": {"system_output_throughput_tok_s": 400.0, "system_total_throughput_tok_s": 1200.0, "output_throughput_per_user_tok_s": 45.0},
    "streaming_metrics": {"avg_tpot_ms": 22.0, "tpot_percentiles": {"p50": 20.0, "p99": 45.0}, "avg_ttft_ms": 20.0},
}  # fmt: skip
TRTLLM_LOG = "= PERFORMANCE OVERVIEW\nTotal Output Throughput (tokens/sec):  400.0\n"
AGG = {
    "hw": "h200", "conc": 8, "model": "zai-org/GLM-5", "framework": "sglang", "precision": "fp8", "tp": 8, "ep": 1,
    "tput_per_gpu": 150.0, "output_tput_per_gpu": 50.0, "input_tput_per_gpu": 100.0, "median_tpot": 0.02, "median_intvty": 50.0,
}  # fmt: skip
AGG_V1 = AGG | {
    "spec_decoding": "none",
    "isl": 512,
    "osl": 256,
    "infmax_model_prefix": "glm5",
    "image": "a#b:1",
    "disagg": "false",
}
AGG_V2 = {key: value for key, value in AGG_V1.items() if key not in ("tp", "ep")} | {
    "is_multinode": True, "disagg": True, "prefill_tp": 4, "decode_tp": 8, "num_prefill_gpu": 8, "num_decode_gpu": 16,
    "output_tput_per_gpu": 75.0, "input_tput_per_gpu": 300.0,
}  # fmt: skip
AGENTIC = {
    "hw": "mi355x-amds", "conc": 16, "model": "kimi", "framework": "vllm", "precision": "fp4", "spec_decoding": "none", "tp": 4,
    "scenario_type": "agentic-coding", "num_requests_total": 9, "num_requests_successful": 9,
    "request_metrics": {
        "latency": {"itl": spread(0.02), "tpot": spread(0.02), "ttft": spread(0.5), "full_response_itl": spread(0.02)},
        "throughput": {"per_gpu": {"total_tput_tps": 150.0, "output_tput_tps": 50.0, "input_tput_tps": 100.0}},
    },
}  # fmt: skip
WEB_HEAD = (
    "Model,ISL,OSL,Hardware,Hardware Key,Framework,Precision,TP,Concurrency,Date,Throughput/{chip} (tok/s),"
    "Output Throughput/{chip} (tok/s),Input Throughput/{chip} (tok/s),Median TTFT ({unit}),Median TPOT ({unit}),"
    "Median Interactivity (tok/s/user),Disaggregated,Num Prefill {chip}s,Num Decode {chip}s,Spec Decoding,EP,DP Attention,Is Multinode"
)
WEB_ROW = "DeepSeek-R1-0528,1024,1024,H200,h200_sglang,sglang,fp8,8,8,2026-06-11,150,75,75,0.2,0.02,50,false,,,none,1,false,false"
PREAMBLE = "# Licensed under Apache-2.0\n# Copyright 2026 SemiAnalysis LLC\n# Attribution required\n"
API = api_row(api_metrics(speed=50.0, total=150.0))
TIDY_HEAD = "model,hardware,variant,concurrency,interactivity_tok_s_user,total_tok_s_gpu"
TIDY_ROW = "dsr1,h200,none,8,50,150"
CONFIG = {
    key: value for key, value in API.items() if key not in ("isl", "osl", "conc", "image", "date", "run_url", "metrics")
}
DUMP = {
    "dump/configs.json": [{"id": 7} | CONFIG],
    "dump/workflow_runs.json": [{"id": 3, "github_run_id": 9, "run_attempt": 1, "html_url": "https://github.com/a/b/actions/runs/9", "date": "2026-06-02"}],
    "dump/benchmark_results.json": [{"id": 1, "workflow_run_id": 3, "config_id": "7", "benchmark_type": "single_turn", "date": "2026-06-02T00:00:00Z", "isl": 1024, "osl": 1024, "conc": 8, "image": None, "metrics": API["metrics"], "error": None}],
    "dump/availability.json": [{"model": "dsr1", "isl": 1024}],
}  # fmt: skip


def _workbook(*sheets: tuple[str, list[list[Any]]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(path)

    return write


def _zipped(files: dict[str, Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content if isinstance(content, str) else json.dumps(content))

    return write


def _tarred(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "x.py")


ROWS = [TIDY_HEAD.split(","), ["dsr1", "h200", "none", 8, 50, 150]]
ONE = [(50.0, 150.0)]
ON_EIGHT = ("hardware=h200", "gpus=8", "model=glm5")
KINDS = {
    "vllm bench serve": Kind({"openai-infqps.json": vllm(), "server.log": LOG, "run.sh": "#!/bin/sh\nvllm serve x\n"}, ONE, ON_EIGHT),
    "vllm appended": Kind({"results.json": _lines(vllm(), vllm(10.0, 2))}, [(50.0, 150.0), (100.0, 150.0)], ON_EIGHT),
    "vllm detailed": Kind({"d.json": vllm(itls=[[0.01] * 50] * 64, generated_texts=["a, b: {c}"] * 64, errors=[""] * 64), "d.pytorch.json": {"x": 1}}, ONE, ON_EIGHT),
    "vllm sweep": Kind(
        {
            "exp/SERVE--tp8-BENCH--c8/run=0.json": vllm(),
            "exp/SERVE--tp8-BENCH--c8/run=1.json": vllm(19.0),
            "exp/SERVE--tp8-BENCH--c8/run=2.json": vllm(25.0),
            "exp/SERVE--tp8-BENCH--c2/run=0.json": vllm(10.0, 2),
            "exp/SERVE--tp8-BENCH--c8/run=3.failure.json": "{",
            "exp/warmup.json": {},
            "exp/summary.csv": ",run_number,median_tpot_ms\n0,0,20\n",
        },
        [(100.0, 150.0), (50.0, 150.0)],
        ON_EIGHT,
        unused=2,
    ),
    "vllm sweep summary": Kind({"summary.json": [vllm(run_number=0, tensor_parallel_size=8), vllm(10.0, 2, run_number=0, tensor_parallel_size=8)]}, [(50.0, 150.0), (100.0, 150.0)], ("hardware=h200", "model=glm5")),
    "vllm fork in seconds": Kind({"c8.json": {key.removesuffix("_ms"): value / 1000 if key.endswith("_ms") else value for key, value in vllm(input_throughput=800.0).items() if key != "total_token_throughput"}}, ONE, ON_EIGHT),
    "inferencex client": Kind({"glm5_fp8_h200_tp8_conc8_isl512_osl256.json": vllm(best_of=1, backend="vllm", **{"request_goodput:": None})}, ONE, ON_EIGHT),
    "sglang": Kind({"sglang_0701_8.jsonl": _lines(sglang(SERVER), sglang(SERVER | {"speculative_algorithm": "EAGLE"}, median_tpot_ms=10.0)), "sglang.log": LOG}, [(50.0, 150.0), (100.0, 150.0)], ("hardware=h200",)),
    "sglang 2024": Kind({"out.jsonl": _lines({"backend": "sglang", "dataset_name": "random", "request_rate": float("inf"), "random_input_len": 512, "random_output_len": 256, "random_range_ratio": 1.0, "duration": 40.96, "completed": 64, "total_input_tokens": 32768, "total_output_tokens": 16384, "total_output_tokens_retokenized": 16300, "output_throughput": 400.0, "median_e2e_latency_ms": 5120.0, "median_ttft_ms": 20.0, "median_itl_ms": 0.1})}, ONE, ON_EIGHT),
    "sglang behind a router": Kind({"out.jsonl": _lines(sglang({"prefill": [SERVER], "decode": [SERVER]}))}, ONE, ("hardware=h200", "gpus=8")),
    "aiperf": Kind(
        {
            "artifacts/profile_export_aiperf.json": aiperf(),
            "artifacts/profile_export.jsonl": _lines({"metadata": {"session_num": 0}, "metrics": {"request_latency": {"value": 5120.0, "unit": "ms"}}}),
            "artifacts/inputs.json": {"data": [{"session_id": "x", "payloads": [{"messages": []}]}]},
            "artifacts/logs/aiperf.log": LOG,
        },
        ONE,
        ("hardware=h200", "gpus=8"),
    ),
    "aiperf csv": Kind({"profile_export_aiperf.csv": AIPERF_CSV}, ONE, (*ON_EIGHT, "concurrency=8")),
    "genai-perf json": Kind({"profile_export_genai_perf.json": aiperf(input_config={"model": ["org/glm5"], "concurrency": 8}), "profile_export.json": {"experiments": [], "version": "1"}}, ONE, ("hardware=h200", "gpus=8")),
    "genai-perf csv": Kind({"profile_export_genai_perf.csv": GENAI_CSV.replace("\n", "\r\n")}, ONE, (*ON_EIGHT, "concurrency=8")),
    "guidellm": Kind({"benchmarks.json": guidellm("args"), "benchmarks.csv": "Benchmark,Benchmark\nRun Info,Model\n,\nx,y\n", "benchmarks.html": "<html></html>"}, ONE, ("hardware=h200", "gpus=8")),
    "guidellm 0.8": Kind({"benchmarks.json": guidellm("config")}, ONE, ("hardware=h200", "gpus=8")),
    "trtllm-bench": Kind({"report.json": TRTLLM, "run.log": TRTLLM_LOG}, ONE),
    "inference-perf": Kind(
        {
            "reports-20260701-101500/stage_0_lifecycle_metrics.json": stage(1.5),
            "reports-20260701-101500/summary_lifecycle_metrics.json": stage(None),
            "reports-20260701-101500/per_request_lifecycle_metrics.json": [{"start_time": 1.0, "end_time": 2.0, "request": "{}", "error": None}],
            "reports-20260701-101500/stage_0_prometheus_metrics.json": {"load_summary": {}, "successes": {"count": 3}, "failures": {}},
            "reports-20260701-101500/config.yaml": "load:\n  type: constant\n",
        },
        ONE,
        ON_EIGHT,
    ),
    "api answer": Kind({"benchmarks.json": [API], "availability.json": [{"model": "dsr1", "isl": 1024, "hardware": "h200"}]}, ONE),
    "fetched": Kind({"dsr1.json": {"fetched_at": "2026-06-03", "rows": [API]}}, ONE),
    "api and evaluations": Kind({"benchmarks.json": [API], "evaluations.json": [{"task": "gsm8k", "hardware": "h200", "framework": "vllm", "conc": 8, "metrics": {"em_strict": 0.9}}], "notes.docx": _zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"})}, ONE),
    "ci artifact v0": Kind({"agg_glm5_1k1k.json": [AGG], "readme.md": "# aggregated\n"}, ONE),
    "ci artifact v1": Kind({"bmk_x/agg_x.json": AGG_V1}, ONE),
    "ci artifact v2": Kind({"results_bmk/agg_bmk.json": [AGG_V2, AGG_V1 | {"conc": 64}]}, [(50.0, 150.0), (50.0, 150.0)]),
    "ci agentic v3": Kind({"agg_a.json": AGENTIC}, [(1 / 0.03, 150.0)]),
    "web export of June": Kind({"InferenceX_DeepSeek-R1-0528_interactivity.csv": PREAMBLE + WEB_HEAD.format(chip="GPU", unit="ms") + "\n" + WEB_ROW + "\n"}, ONE),
    "web export of August": Kind({"InferenceX_DeepSeek-R1-0528_interactivity.csv": PREAMBLE + WEB_HEAD.format(chip="Chip", unit="s") + "\n" + WEB_ROW + "\n"}, ONE),
    "database dump": Kind(DUMP, ONE),
    "own table": Kind({"june.csv": f"{TIDY_HEAD}\n{TIDY_ROW}\n", "june.md": "# June\n"}, ONE),
    "own table, German": Kind({"juni.csv": "sep=;\n" + TIDY_HEAD.replace(",", ";") + "\ndsr1;h200;none;8;50,0;1.150,5\ndsr1;h200;none;16;40,0;2.000\n"}, [(50.0, 1150.5), (40.0, 2000.0)]),
    "own table, tabs": Kind({"june.tsv": f"{TIDY_HEAD}\n{TIDY_ROW}\n".replace(",", "\t"), "chart.png": b"\x89PNG\r\n\x1a\n\0"}, ONE),
    "own workbook": Kind({"june.xlsx": _workbook(("Cover", [["June"]]), ("Data", [["Runs"], [], *ROWS]), ("Prices", [["gpu", "usd"], ["h200", 2]]))}, ONE),
    "own Parquet": Kind({"june.parquet": lambda path: pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_parquet(path)}, ONE),
    "zipped artifact": Kind({"artifact.zip": _zipped({"out/c8.json": vllm(), "out/server.log": LOG, "out/specxl.toml": "[defaults]\nhardware = 'h200'\ngpus = 8\n"})}, ONE),
    "tar beside results": Kind({"c8.json": vllm(), "all.tar": _tarred}, ONE, ON_EIGHT),
    "llmperf beside results": Kind({"c8.json": vllm(), "llmperf_summary.json": {"results_inter_token_latency_s_mean": 0.02, "version": "2023-08-31"}}, ONE, ON_EIGHT),
    "mlperf beside results": Kind({"c8.json": vllm(), "summary_results.json": [{"Submitter": "x", "Scenario": "Server", "Performance_Result": 3.0}]}, ONE, ON_EIGHT),
}  # fmt: skip


@pytest.mark.parametrize("name", list(KINDS))
def test_a_folder_of_each_kind(tmp_path: Path, house: House, name: str) -> None:
    """Every point has the right speed and throughput, and no file is lost without being named."""
    kind = KINDS[name]
    _write(tmp_path, kind.files)

    dataset = collect([tmp_path], house, DatasetOptions(settings=kind.settings))

    rows = [m for m in dataset.measurements if m.usable]
    found = sorted((m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in rows)
    assert found == [pytest.approx(point, rel=1e-12) for point in sorted(kind.points)]
    assert len(dataset.measurements) - len(rows) == kind.unused
    read = "\n".join((*(file.name for file in dataset.files), *map(str, dataset.notices)))
    lost = [file for file in kind.files if may_hold_results(file) and Path(file).name not in read]
    assert [file for file in lost if not file.startswith("dump/")] == []
    assert not [m.findings for m in rows if any("unit" in finding for finding in m.findings)]


@pytest.mark.parametrize(
    "files",
    [
        {"llmperf_summary.json": {"results_inter_token_latency_s_mean": 0.02}},
        {"summary_results.json": [{"Submitter": "x", "Scenario": "Server", "Performance_Result": 3.0}]},
        {"feed.json": {"points": [{"hardware": "h200", "workload": "1k/1k", "tier": 50, "output_tput_per_gpu": 9.0}]}},
        {"InferenceX_calculator_X.csv": "Chip,Hardware Key,Precision,Target Interactivity\nH200,h200,fp8,50\n"},
        {"view.json": [{"hardware": "h200", "framework": "vllm", "conc": 8, "tput_per_gpu": 9.0}]},
        {"dump.zst": b"\x28\xb5\x2f\xfd123"},
        {"run.log": TRTLLM_LOG},
        {"all.tar": _tarred},
        {"benchmarks.csv": "Benchmark,Benchmark\nRun Info,Model\n,\nx,y\n"},
        {"per_request_lifecycle_metrics.json": [{"start_time": 1.0, "request": "{}"}]},
        {"empty/.hidden.json": [API]},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_folder_without_a_measurement_says_what_it_is(tmp_path: Path, house: House, files: dict[str, Any]) -> None:
    """Alone, such a file is one sentence that names it, or says that there is nothing to read."""
    _write(tmp_path, files)

    with pytest.raises(SpecxlError) as caught:
        collect([tmp_path], house, DatasetOptions())

    name = next(iter(files)).rpartition("/")[2]
    assert name in str(caught.value) or "there is no result file to read" in str(caught.value)
    assert "\n" not in str(caught.value)
