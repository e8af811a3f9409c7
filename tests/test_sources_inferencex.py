"""InferenceX files beside the API answer: CI aggregates of all eras, the web CSV export and the database dump."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, write_json

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.throughput import whole_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset
    from specxl.schema import Measurement

LENGTHS = ("*8k1k*:isl=8192", "*1k1k*:isl=1024", "osl=1024")


def _key(m: Measurement) -> tuple[object, ...]:
    return m.model, m.hardware, m.engine, m.precision, m.workload, m.variant, m.concurrency, m.gpus


@pytest.fixture(scope="module")
def v0(shared: Path, house: House) -> Dataset:
    """Return the 312 rows of October 2025 with their sequence lengths given as settings."""
    folder = shared / "data/samples/inferencex_agg/2025-10_v0_flat"
    return load([folder], house, DatasetOptions(settings=LENGTHS))


@pytest.mark.parametrize(
    ("file", "row", "key", "figures"),
    [
        (
            "agg_dsr1_8k1k",
            1,
            ("dsr1", "mi325x", "sglang", "fp8", "8192x1024", "unknown", 16, 8),
            (30.7934788484464, 525.940231731706),
        ),
        (
            "agg_dsr1_8k1k",
            2,
            ("dsr1", "b200", "sglang", "fp4", "8192x1024", "unknown", 8, 8),
            (100.973298291703, 412.396183753875),
        ),
        (
            "agg_dsr1_8k1k",
            57,
            ("dsr1", "gb200", "dynamo-trt", "fp4", "8192x1024", "mtp", 3, 28),
            (269.112675245822, 234.526907169111),
        ),
        (
            "agg_dsr1_8k1k",
            69,
            ("dsr1", "gb200", "dynamo-trt", "fp4", "8192x1024", "none", 3, 28),
            (152.476026607783, 134.270203896852),
        ),
        (
            "agg_gptoss_1k1k",
            1,
            ("gptoss120b", "b200", "vllm", "fp4", "1024x1024", "unknown", 16, 4),
            (233.646602240307, 1816.51414374962),
        ),
        (
            "agg_gptoss_1k1k",
            2,
            ("gptoss120b", "h200", "vllm", "fp4", "1024x1024", "unknown", 32, 4),
            (130.291194379809, 2031.99036161641),
        ),
    ],
)
def test_golden_v0_rows(
    v0: Dataset, file: str, row: int, key: tuple[object, ...], figures: tuple[float, float]
) -> None:
    """Rows checked by hand: raw hardware and model names resolved, an absent method unknown, on and off apart."""
    found = next(m for m in v0.measurements if file in m.source_file and m.source_row == row)

    assert key == _key(found)
    assert figures == (found.interactivity_tok_s_user, found.total_tok_s_gpu)


def test_v0_role_figures_are_repaired_from_the_total(v0: Dataset) -> None:
    """GB200 rows give output and input per role and only tp as a count; the total tells the shares."""
    row = next(m for m in v0.measurements if "8k1k" in m.source_file and m.source_row == 57)

    assert row.output_tok_s_gpu + row.input_tok_s_gpu == pytest.approx(row.total_tok_s_gpu, rel=1e-12)
    assert row.output_as_published_tok_s_gpu == 30.9608053006082
    assert "note:derived_shares" in row.findings
    assert not any(m.suspect for m in v0.measurements)


def test_v0_asks_for_what_it_does_not_say(shared: Path, house: House) -> None:
    """Lengths, method and date are asked for by name, and the file name is not used for them."""
    file = shared / "data/samples/inferencex_agg/2025-10_v0_flat/agg_gptoss_1k1k.json"

    dataset = load([file], house)

    assert {m.workload for m in dataset.measurements} == {"unknown"}
    assert any(n.topic == "missing" and "variant, workload, date" in n.text for n in dataset.notices)


@pytest.mark.parametrize(
    ("concurrency", "median", "p90", "total", "output"),
    [
        (1, 76.6871165644172, 69.5894224077940, 1350.20976, 15.03161),
        (4, 48.0307396733910, 36.7782272894447, 3099.21014, 40.65606),
        (8, 29.0866783013380, 21.0659363808721, 5299.71326, 49.62874),
        (16, 13.8561729250381, 8.79430129276229, 4063.0395, 39.78004),
        (32, 14.7623265426631, 9.33619643357296, 4328.22715, 40.79872),
    ],
)
def test_golden_agentic_rows(
    shared: Path, house: House, concurrency: int, median: float, p90: float, total: float, output: float
) -> None:
    """Agentic v3 rows: 1/p90 of the per-request latency by default, 1/p50 on request, per-GPU figures as published."""
    folder = shared / "data/samples/inferencex_agg/2026-07_agentic_v3"
    by_default, by_median = (
        load([folder], house, DatasetOptions(agentic_statistic=statistic)) for statistic in ("p90", "median")
    )

    row, other = (next(m for m in d.measurements if m.concurrency == concurrency) for d in (by_default, by_median))
    assert _key(row) == ("kimik2.7-code", "mi355x", "vllm", "fp4", "agentic-coding", "none", concurrency, 4)
    assert (row.total_tok_s_gpu, row.output_tok_s_gpu) == (total, output)
    assert row.interactivity_tok_s_user == pytest.approx(p90, rel=1e-12)
    assert other.interactivity_tok_s_user == pytest.approx(median, rel=1e-12)
    assert row.findings == ()


def _agg_row(**changes: object) -> dict[str, Any]:
    """Build a v1 row equal to the API row of the test support."""
    names = {
        "hw": "h200-nb",
        "framework": "sglang",
        "infmax_model_prefix": "dsr1",
        "model": "deepseek-ai/DeepSeek-R1-0528",
    }
    sizes = {"tp": 8, "ep": 1, "dp_attention": "false", "is_multinode": False}
    rest = {"precision": "fp8", "spec_decoding": "none", "disagg": False, "isl": 1024, "osl": 1024, "conc": 8}
    return names | sizes | rest | {"image": "lmsysorg#sglang:v0.5.12"} | api_metrics() | changes


@pytest.mark.parametrize(
    ("changes", "key", "parallelism", "output"),
    [
        ({}, ("dsr1", "h200", "sglang", "fp8", "1024x1024", "none", 8, 8), "TP8", 100.0),
        (
            {"tp": 4, "pp": 2, "ep": 4, "num_gpus": None},
            ("dsr1", "h200", "sglang", "fp8", "1024x1024", "none", 8, 8),
            "TP4 PP2 EP4",
            100.0,
        ),
        (
            {"hw": "cluster:b200-trt", "framework": "trtllm", "tp": 16, "num_gpus": 8},
            ("dsr1", "b200", "trt", "fp8", "1024x1024", "none", 8, 8),
            "TP16",
            100.0,
        ),
        (
            {"spec_decoding": "mtp", "dp_attention": "true"},
            ("dsr1", "h200", "sglang", "fp8", "1024x1024", "mtp", 8, 8),
            "TP8 DPA",
            100.0,
        ),
        (
            {
                "is_multinode": True,
                "disagg": True,
                "tp": None,
                "prefill_tp": 4,
                "prefill_num_workers": 1,
                "decode_tp": 12,
                "decode_ep": 12,
                "decode_num_workers": 1,
                "num_prefill_gpu": 4,
                "num_decode_gpu": 12,
                "output_tput_per_gpu": 120.0,
                "input_tput_per_gpu": 440.0,
                "mean_e2el": 8 * 2048 * 0.9 / (200 * 16),
            },
            ("dsr1", "h200", "sglang", "fp8", "1024x1024", "none", 8, 16),
            "prefill TP4, decode TP12 EP12",
            90.0,
        ),
    ],
)
def test_golden_v1_and_v2_rows(
    tmp_path: Path, house: House, changes: dict[str, Any], key: tuple[object, ...], parallelism: str, output: float
) -> None:
    """Hand-made rows after the format's documentation: parallel sizes, GPU counts, roles, image name."""
    row = load([write_json(tmp_path / "agg.json", [_agg_row(**changes)])], house).measurements[0]

    assert (*key, parallelism, output) == (*_key(row), row.parallelism, row.output_tok_s_gpu)
    assert row.image == "lmsysorg/sglang:v0.5.12"
    assert not row.suspect


def test_mixed_and_failed_rows_are_kept_apart(tmp_path: Path, house: House) -> None:
    """One collected file with fixed, agentic and failed rows: the failed ones say why, no curve is shared."""
    agentic_v2 = {"hw": "b200", "conc": 4, "model": "m", "framework": "vllm", "precision": "fp4", "tp": 4}
    agentic_v2 |= {"scenario_type": "agentic-coding", "total_tput_tps": 400.0, "p90_intvty": 97.9}
    failed = _agg_row(conc=16) | {
        "scenario_type": "agentic-coding",
        "num_requests_total": 9,
        "num_requests_successful": 0,
    }

    rows = load([write_json(tmp_path / "agg.json", [_agg_row(), agentic_v2, failed])], house).measurements

    assert [m.usable for m in rows] == [True, False, False]
    assert rows[1].excluded == "the p90 TPOT that interactivity needs is missing"
    assert rows[2].excluded == "the run cannot be used: no request succeeded"


def test_broken_real_file_stops_with_its_line(shared: Path, house: House) -> None:
    """The file with a git conflict marker is refused with file, line and what stands there."""
    folder = shared / "data/samples/inferencex_agg/2025-10_gaudi_dashboard"

    with pytest.raises(
        InputError, match=r"results_BROKEN_merge_conflict\.json: line 931 holds a git conflict marker, `>>>>>>>"
    ):
        load([folder], house)


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("DeepSeek-R1-0528", 5, ("dsr1", "sglang", "fp8", 8, 4, 102.775695073418, 98.8286113710882, 49.173854925265)),
        ("DeepSeek-R1-0528", 9, ("dsr1", "sglang", "fp8", 8, 64, 32.7651069149978, 519.711563063087, 259.797213203542)),
        ("gpt-oss-120b", 5, ("gptoss120b", "vllm", "fp4", 8, 4, 270.226852821401, 260.619955562059, 129.675887454459)),
        ("gpt-oss-120b", 10, ("gptoss120b", "vllm", "fp4", 2, 4, 204.086784704714, 791.971628227122, 394.058941141405)),
        ("gpt-oss-120b", 15, ("gptoss120b", "vllm", "fp4", 1, 4, 157.315355044827, 1214.29277370309, 604.192003332568)),
    ],
)
def test_golden_web_export_rows(shared: Path, house: House, name: str, line: int, expected: tuple[object, ...]) -> None:
    """Rows checked by hand; the header says ms, the values are seconds, and TPOT times speed tells."""
    file = shared / f"data/samples/inferencex_ui_csv/InferenceX_{name}_interactivity.csv"

    row = next(m for m in load([file], house).measurements if m.source_row == line)

    figures = (row.interactivity_tok_s_user, row.total_tok_s_gpu, row.output_tok_s_gpu)
    assert expected == (row.model, row.engine, row.precision, row.gpus, row.concurrency, *figures)
    assert 0.03 < row.ttft_median_s < 0.2
    assert (row.hardware, row.variant, row.serving) == ("h200", "none", "aggregated")


def test_two_exports_of_one_chart_count_once(shared: Path, house: House) -> None:
    """The e2e and the interactivity export hold the same rows; the second file's rows are listed as repeats."""
    dataset = load([shared / "data/samples/inferencex_ui_csv"], house)

    assert (sum(m.usable for m in dataset.measurements), len(dataset.measurements)) == (21, 42)
    assert {n.topic for n in dataset.notices} == {"partial", "merged"}


def test_real_overlap_of_export_and_answer(shared: Path, house: House) -> None:
    """Two H200 rows stand in both real files with equal figures; they count once, as the row that links to its run."""
    export = shared / "data/samples/inferencex_ui_csv/InferenceX_DeepSeek-R1-0528_interactivity.csv"

    dataset = load([export, shared / "data/inferencex/benchmarks.json"], house)

    repeats = [m for m in dataset.measurements if m.excluded.startswith("repeats row")]
    assert [(m.source_row, m.source_file) for m in repeats] == [(n, export.name) for n in (5, 6)]
    for m in repeats:
        twin = dataset.measurements[int(m.excluded.split()[2]) - 1]
        assert _key(m) == _key(twin)
        assert (m.parallelism, m.serving, m.ttft_p99_s) == (twin.parallelism, twin.serving, twin.ttft_p99_s)


NEW_HEADER = (
    "Model,ISL,OSL,Hardware,Hardware Key,Framework,Precision,TP,Concurrency,Date,Throughput/Chip (tok/s),"
    "Output Throughput/Chip (tok/s),Input Throughput/Chip (tok/s),Mean TTFT (s),Median TTFT (s),P99 TTFT (s),"
    "Mean TPOT (s),Median TPOT (s),P99 TPOT (s),Median Interactivity (tok/s/user),Mean E2E Latency (s),"
    "Disaggregated,Num Prefill Chips,Num Decode Chips,Spec Decoding,EP,DP Attention,Is Multinode,Run URL"
)


def _csv_row(row: dict[str, Any]) -> str:
    """Write an API row as a line of the newest web export."""
    m, split = row["metrics"], row["disagg"]
    head = [
        "DeepSeek-R1-0528",
        row["isl"],
        row["osl"],
        "H200",
        f"h200_{row['framework']}",
        row["framework"],
        row["precision"],
    ]
    load_ = [row["decode_tp"], row["conc"], row["date"]]
    rates = [m["tput_per_gpu"], m["output_tput_per_gpu"], m["input_tput_per_gpu"]]
    first = ["", m["median_ttft"], m["p99_ttft"]]
    token = [m["mean_tpot"], m["median_tpot"], m["p99_tpot"], m["median_intvty"], m["mean_e2el"]]
    roles = [str(split).lower(), row["num_prefill_gpu"] if split else "", row["num_decode_gpu"] if split else ""]
    tail = [
        row["spec_method"],
        row["decode_ep"],
        str(row["decode_dp_attention"]).lower(),
        str(row["is_multinode"]).lower(),
    ]
    return ",".join(str(cell) for cell in (*head, *load_, *rates, *first, *token, *roles, *tail, row["run_url"]))


def _aggregate(row: dict[str, Any]) -> dict[str, Any]:
    """Write an API row as a CI aggregate."""
    renamed = {"hw": row["hardware"], "infmax_model_prefix": row["model"], "spec_decoding": row["spec_method"]}
    same = ("framework", "precision", "disagg", "is_multinode", "isl", "osl", "conc", "image", "date", "run_url")
    if row["disagg"]:
        roles = {key: value for key, value in row.items() if key.startswith(("prefill_", "decode_", "num_"))}
    else:
        roles = {
            "tp": row["prefill_tp"],
            "ep": row["prefill_ep"],
            "dp_attention": str(row["prefill_dp_attention"]).lower(),
        }
    return renamed | {key: row[key] for key in same} | roles | row["metrics"]


EQUAL_ROWS = (
    api_row(),
    api_row(conc=32, spec_method="mtp", prefill_ep=8, decode_ep=8, prefill_dp_attention=True, decode_dp_attention=True),
    api_row(api_metrics(33.3333333333333, 1234.5678901234567, 64), conc=64, isl=1024, precision="fp4"),
    api_row(
        api_metrics(output_tput_per_gpu=120.0, input_tput_per_gpu=440.0, mean_e2el=8 * 2048 * 0.9 / 3200),
        disagg=True,
        is_multinode=True,
        framework="dynamo-sglang",
        prefill_tp=4,
        decode_tp=12,
        prefill_num_workers=1,
        decode_num_workers=1,
        num_prefill_gpu=4,
        num_decode_gpu=12,
    ),
    api_row(
        api_metrics(speed=77.7, p99_ttft=9.0),
        framework="vllm",
        prefill_tp=4,
        decode_tp=4,
        num_prefill_gpu=4,
        num_decode_gpu=4,
    ),
)


def test_three_formats_give_the_same_canonical_rows(tmp_path: Path, house: House) -> None:
    """The same measurements as API JSON, aggregate JSON and web CSV differ in nothing but what a format cannot say."""
    write_json(tmp_path / "api.json", EQUAL_ROWS)
    write_json(tmp_path / "agg.json", [_aggregate(row) for row in EQUAL_ROWS])
    lines = ["# Licensed under Apache License 2.0", NEW_HEADER, *(_csv_row(row) for row in EQUAL_ROWS)]
    (tmp_path / "web.csv").write_text("\n".join(lines))

    api, agg, web = (load([tmp_path / name], house).measurements for name in ("api.json", "agg.json", "web.csv"))

    unsaid_by_csv = {"image", "parallelism"}
    provenance = {"source_file", "source_row"}
    for one, two, three in zip(api, agg, web, strict=True):
        fields = [name for name in one.__slots__ if name not in provenance]
        assert {n: getattr(one, n) for n in fields} == {n: getattr(two, n) for n in fields}
        fields = [name for name in fields if name not in unsaid_by_csv]
        assert {n: getattr(one, n) for n in fields} == {n: getattr(three, n) for n in fields}
        if one.serving == "aggregated":
            assert one.parallelism == three.parallelism


def test_export_without_lengths_takes_them_from_settings(tmp_path: Path, house: House) -> None:
    """The oldest header has no model and lengths; the user gives them."""
    old = "\n".join(line.split(",", 3)[3] for line in (NEW_HEADER, _csv_row(EQUAL_ROWS[0])))
    (tmp_path / "web.csv").write_text(old)

    row = load(
        [tmp_path / "web.csv"], house, DatasetOptions(settings=("model=dsr1", "isl=1024", "osl=1024"))
    ).measurements[0]

    assert (row.model, row.workload, row.usable) == ("dsr1", "1024x1024", True)


def test_export_saved_again_by_a_german_excel(shared: Path, tmp_path: Path, house: House) -> None:
    """Semicolons, decimal commas, quoted comments and CRLF give the same rows."""
    path = shared / "data/samples/inferencex_ui_csv/InferenceX_gpt-oss-120b_e2e.csv"
    lines = [
        f'"{line}";;;' if line.startswith("#") else line.replace(",", ";").replace(".", ",")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    (tmp_path / "german.csv").write_text("\r\n".join(lines), encoding="utf-8-sig", newline="")

    german, original = (load([file], house).measurements for file in (tmp_path / "german.csv", path))

    assert len(german) == 16
    assert [(m.interactivity_tok_s_user, m.total_tok_s_gpu, m.ttft_p99_s) for m in german] == [
        (m.interactivity_tok_s_user, m.total_tok_s_gpu, m.ttft_p99_s) for m in original
    ]


def test_zero_that_means_missing_is_suspect(tmp_path: Path, house: House) -> None:
    """An older export writes 0 for a figure it does not have; the row says so."""
    row = api_row(api_metrics(p99_ttft=0))
    (tmp_path / "web.csv").write_text(f"{NEW_HEADER}\n{_csv_row(row)}\n")

    assert load([tmp_path / "web.csv"], house).measurements[0].findings == ("suspect:zeros",)


def _dump_tables() -> dict[str, list[dict[str, Any]]]:
    """Build a small dump: one line measured in two runs, one run attempted twice, one failed result, one orphan."""
    row = api_row()
    names = ("hardware", "framework", "model", "precision", "spec_method", "disagg", "is_multinode")
    config = {
        key: value for key, value in row.items() if key in names or key.startswith(("prefill_", "decode_", "num_"))
    }
    runs = [
        {
            "id": 1,
            "github_run_id": 100,
            "run_attempt": 1,
            "html_url": "https://github.com/o/r/actions/runs/100",
            "date": "2026-05-01",
        },
        {
            "id": 2,
            "github_run_id": "200",
            "run_attempt": 1,
            "html_url": "https://github.com/o/r/actions/runs/200",
            "date": "2026-06-01",
        },
        {
            "id": 3,
            "github_run_id": 200,
            "run_attempt": 2,
            "html_url": "https://github.com/o/r/actions/runs/200",
            "date": "2026-06-01",
        },
    ]
    plan = [
        (1, 1, 8, 90.0),
        (1, 1, 16, 80.0),
        (2, 1, 8, 95.0),
        ("3", "1", 8, 100.0),
        (3, 1, 32, 60.0),
        (3, 9, 8, 50.0),
        (3, 2, 8, 70.0),
    ]
    results = [
        {
            "id": n,
            "workflow_run_id": run,
            "config_id": config_id,
            "benchmark_type": "single_turn",
            "date": f"2026-0{5 if run == 1 else 6}-01T00:00:00.000Z",
            "isl": 1024,
            "osl": 1024,
            "conc": conc,
            "image": "img",
            "metrics": api_metrics(speed, concurrency=conc),
            "error": "out of memory" if config_id == 2 else None,
        }
        for n, (run, config_id, conc, speed) in enumerate(plan, 1)
    ]
    configs = [{"id": 1, **config}, {"id": 2, **config, "hardware": "b200"}]
    return {"configs.json": configs, "workflow_runs.json": runs, "benchmark_results.json": results}


@pytest.mark.parametrize("packed", [True, False])
def test_golden_dump_rows(tmp_path: Path, house: House, packed: bool) -> None:  # noqa: FBT001
    """A dump, zipped or unpacked: joined by id as text, last attempts only, newest run per line, failures listed."""
    folder = tmp_path / "inferencex-dump-2026-06-08"
    folder.mkdir()
    for name, rows in _dump_tables().items():
        (folder / name).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
    source = folder
    if packed:
        source = tmp_path / "dump.zip"
        with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in _dump_tables():
                archive.write(folder / name, f"{folder.name}/{name}")

    dataset = load([source], house)

    found = [(m.source_row, m.concurrency, m.interactivity_tok_s_user, m.excluded) for m in dataset.measurements]
    assert found == [
        (1, 8.0, 90.0, "from an older run: the configuration was measured again on 2026-06-01, see row 3"),
        (2, 16.0, 80.0, "from an older run: the configuration was measured again on 2026-06-01, see row 3"),
        (4, 8.0, 100.0, ""),
        (5, 32.0, 60.0, ""),
        (7, 8.0, 70.0, "the run cannot be used: out of memory"),
    ]
    assert dataset.measurements[2].run_url == "https://github.com/o/r/actions/runs/200/attempts/2"
    texts = " ".join(n.text for n in dataset.notices)
    assert "1 results name a configuration that the dump does not hold" in texts
    assert "1 results belong to a run that was attempted again later" in texts


def test_as_of_shows_the_past_of_a_dump(tmp_path: Path, house: House) -> None:
    """A history holds what an answer has lost: before the second run, the first one's rows are the newest."""
    for name, rows in _dump_tables().items():
        write_json(tmp_path / name, rows)

    dataset = load([tmp_path], house, DatasetOptions(as_of=dt.date(2026, 5, 15)))

    assert [m.source_row for m in dataset.measurements if m.usable] == [1, 2]
    assert dataset.as_of == dt.date(2026, 5, 1)


def test_export_of_rows_with_wrong_role_counts(tmp_path: Path, house: House) -> None:
    """Disaggregated rows that are not multi-node count the whole deployment in both roles; API and export agree."""
    metrics = api_metrics(output_tput_per_gpu=120.0, input_tput_per_gpu=440.0)
    row = api_row(metrics, disagg=True, prefill_tp=8, num_prefill_gpu=8, num_decode_gpu=8)
    write_json(tmp_path / "api.json", [row])
    (tmp_path / "web.csv").write_text(f"{NEW_HEADER}\n{_csv_row(row)}\n")

    api, web = (load([tmp_path / name], house).measurements[0] for name in ("api.json", "web.csv"))

    assert (api.gpus, api.output_tok_s_gpu, api.input_tok_s_gpu) == (8, 90.0, 110.0)
    assert (web.gpus, web.output_tok_s_gpu, web.input_tok_s_gpu) == (8, api.output_tok_s_gpu, api.input_tok_s_gpu)


@pytest.mark.parametrize(
    ("output", "into", "total", "roles", "expected"),
    [
        (60.0, 220.0, 100.0, (4, 12), (45.0, 55.0)),
        (60.0, 220.0, 100.0, (None, None), (45.0, 55.0)),
        (60.0, 40.0, 100.0, (16, 0), (60.0, 40.0)),
        (60.0, 60.0, 100.0, (None, None), (None, None)),
        (60.0, 70.0, 100.0, (None, None), (None, None)),
        (None, 70.0, 100.0, (4, 12), (None, None)),
    ],
)
def test_whole_deployment_rule(
    output: float | None,
    into: float,
    total: float,
    roles: tuple[float | None, float | None],
    expected: tuple[float | None, float | None],
) -> None:
    """With and without role counts, with no decode GPU of its own, and where no solution exists."""
    assert expected == whole_deployment(total, output, into, *roles)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.dump", b"PGDMP\x01\x0e", "PostgreSQL dump of InferenceX: it needs zstd and pg_restore. Fetch the rows"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x00", "PostgreSQL dump of InferenceX"),
        ("a.tar.xz", b"\xfd7zXZ\x00\x00", "xz archive: only gzip and zip are unpacked"),
        ("t.json", json.dumps([{"hardware": "b200", "workload": "w", "tier": 30, "output_tput_per_gpu": 1}]).encode(), "tco-feed answer: it pools engines"),
        ("t.csv", b"hardware,workload,tier,output_tput_per_gpu\nb200,w,30,1\n", "tco-feed answer"),
        ("m.json", json.dumps([{"Submitter": "x", "Scenario": "Server", "Performance_Result": 1}]).encode(), "MLPerf results file: it has one point"),
        ("l.json", json.dumps({"results_inter_token_latency_s_mean": 1}).encode(), "LLMPerf summary: its inter-token latency includes"),
        ("c.csv", b"Chip,Hardware Key,Precision,Target Interactivity\n", "calculator export of the InferenceX page: it holds one interpolated"),
        ("v.json", json.dumps([{"hardware": "b200", "framework": "x", "conc": 4}]).encode(), "trimmed InferenceX API answer: rows of a `view`"),
    ],
)  # fmt: skip
def test_known_formats_are_refused_with_the_reason(
    tmp_path: Path, house: House, name: str, content: bytes, message: str
) -> None:
    """Formats that cannot feed a comparison are named and refused in one sentence."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=message):
        load([tmp_path / name], house)
