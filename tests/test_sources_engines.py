"""Results of the engines' own benchmark tools: vLLM, SGLang, AIPerf, GenAI-Perf, GuideLLM and trtllm-bench."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import write_json

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset

ON_EIGHT = ("gpus=8", "hardware=h200")


def _by_load(dataset: Dataset) -> dict[float | None, tuple[float | None, float | None, float | None]]:
    rows = dataset.measurements
    return {m.concurrency: (m.interactivity_tok_s_user, m.total_tok_s_gpu, m.output_tok_s_gpu) for m in rows}


@pytest.mark.parametrize(
    ("pattern", "golden"),
    [
        (
            "*_mtp_*",
            {
                1: (166.153716045338, 22.0885476030629, 11.0442738015315),
                4: (105.297637034974, 34.7009779295254, 17.3504889647627),
                16: (54.0931836069516, 91.7836961824637, 45.8918480912319),
            },
        ),
        (
            "*_nomtp_*",
            {
                1: (112.019185362797, 26.0247311014952, 13.0123655507476),
                4: (93.1739531817023, 60.6017205063837, 30.3008602531919),
                16: (65.4543054143442, 238.480754880842, 119.240377440421),
            },
        ),
    ],
)
def test_golden_vllm_pair(
    shared: Path, house: House, pattern: str, golden: dict[float, tuple[float, float, float]]
) -> None:
    """The real on/off pair on eight GPUs: speed is 1000 / median TPOT in ms, never 1 / ITL."""
    files = str(shared / "data/samples/vllm/dsv4flash_mtp_on_off" / pattern)

    dataset = load([files], house, DatasetOptions(settings=ON_EIGHT))

    assert golden == _by_load(dataset)
    assert {(m.workload, m.engine, str(m.date)) for m in dataset.measurements} == {("256x256", "vllm", "2026-05-22")}


def test_vllm_speculation_is_shown_but_its_method_is_not(shared: Path, house: House) -> None:
    """Acceptance figures mean that speculation was on by some method; without them it is unknown, never Off."""
    folder = shared / "data/samples/vllm/dsv4flash_mtp_on_off"

    rows = load([folder], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert {m.variant for m in rows if m.accept_length is not None} == {"other"}
    assert {m.variant for m in rows if m.accept_length is None} == {"unknown"}
    assert rows[0].accept_length == 1.73599320882852


def test_method_of_acceptance_figures_can_be_given_but_not_denied(shared: Path, house: House) -> None:
    """A user may say which method it was; saying that there was none contradicts the file."""
    file = shared / "data/samples/vllm/dsv4flash_mtp_on_off/bench_2026-05-22T195133Z_mtp_bs4.json"

    given = load([file], house, DatasetOptions(settings=(*ON_EIGHT, "variant=mtp", "model=dsv4")))
    assert [(m.variant, m.model) for m in given.measurements] == [("mtp", "dsv4")]

    with pytest.raises(InputError, match="field `variant`: the file says `other` but --set variant=none says `none`"):
        load([file], house, DatasetOptions(settings=(*ON_EIGHT, "variant=none")))


def test_warm_up_of_the_real_pair_is_noted(shared: Path, house: House) -> None:
    """A p99 TTFT over twenty times the median marks the row; the runs without a stall stay unmarked."""
    rows = load(
        [shared / "data/samples/vllm/dsv4flash_mtp_on_off"], house, DatasetOptions(settings=ON_EIGHT)
    ).measurements

    assert [(m.accept_length is not None, m.concurrency) for m in rows if "note:warm_up" in m.findings] == [
        (True, 1.0),
        (True, 16.0),
        (True, 4.0),
        (False, 4.0),
    ]


def test_golden_vllm_fork_in_seconds(shared: Path, house: House) -> None:
    """The fork writes seconds and no total; its client says nothing of the engine."""
    dataset = load([shared / "data/samples/vllm/inferencex_fork_seconds"], house, DatasetOptions(settings=ON_EIGHT))

    assert _by_load(dataset) == {
        4: (46.7891799831866, 185.318611213759, 20.5909568015288),
        8: (40.4315677456911, 330.866108504719, 36.7629009449688),
        16: (29.7486993010343, 454.028547759891, 50.4476164177657),
        32: (23.3352310545418, 729.301228925644, 81.0334698806271),
        64: (11.3815128698858, 745.917775354067, 82.8797528171185),
    }
    assert {(m.engine, m.workload, m.model) for m in dataset.measurements} == {("unknown", "1024x128", "glm5")}


def _vllm(tpot: float = 10.0, concurrency: int | None = 4, **changes: object) -> dict[str, Any]:
    row = {"date": "20260601-120000", "backend": "openai", "model_id": "glm5", "num_prompts": 40, "completed": 40}
    row |= {"request_rate": "inf", "max_concurrency": concurrency, "failed": 0}
    row |= {"total_input_tokens": 40960, "total_output_tokens": 40960}
    row |= {"output_throughput": 400.0, "total_token_throughput": 800.0}
    return row | {"mean_ttft_ms": 50.0, "median_ttft_ms": 50.0, "mean_tpot_ms": tpot, "median_tpot_ms": tpot} | changes


def test_vllm_metadata_says_what_the_tool_does_not(tmp_path: Path, house: House) -> None:
    """Values given with --metadata are top-level text and count like any other content."""
    row = _vllm(gpus="4", hardware="B200", precision="nvfp4", spec="none")

    found = load([write_json(tmp_path / "a.json", row)], house).measurements[0]

    assert (found.gpus, found.hardware, found.precision, found.variant) == (4, "b200", "fp4", "none")
    with pytest.raises(InputError, match="field `gpus`: the file says `4` but --set gpus=8 says `8`"):
        load([tmp_path / "a.json"], house, DatasetOptions(settings=("gpus=8",)))


def test_json_lines_in_a_json_file_are_read(tmp_path: Path, house: House) -> None:
    """--append-result writes one run per line; rows are numbered by line, of two unlike ones of a day the later counts."""
    lines = [_vllm(concurrency=4), _vllm(concurrency=8), _vllm(9.0, concurrency=4, date="20260601-130000")]
    (tmp_path / "a.json").write_text("\n\n".join(json.dumps(line) for line in lines))

    rows = load([tmp_path / "a.json"], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert [(m.source_row, m.usable) for m in rows] == [(1, False), (3, True), (5, True)]


def test_failed_requests_are_suspect_and_an_empty_run_unusable(tmp_path: Path, house: House) -> None:
    """Fewer completed than sent is a stop; nothing completed is no measurement."""
    rows = [_vllm(completed=39, failed=None), _vllm(concurrency=8), _vllm(concurrency=16, completed=0)]

    found = load([write_json(tmp_path / "a.json", rows)], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert found[0].findings == ("suspect:failed_requests", "note:stated_by_hand")
    assert [m.usable for m in found] == [True, True, False]
    assert found[2].excluded == "the run cannot be used: no request completed"


def test_rate_limited_runs_are_not_judged_by_littles_law(tmp_path: Path, house: House) -> None:
    """A request rate makes the concurrency a limit, not the load."""
    rows = [_vllm(concurrency=400), _vllm(concurrency=401, request_rate=2.0)]

    found = load([write_json(tmp_path / "a.json", rows)], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert [[f for f in m.findings if f.startswith("suspect")] for m in found] == [["suspect:littles_law"], []]


def test_sweep_repeats_give_their_median_run(tmp_path: Path, house: House) -> None:
    """Of three repeats the median run stands, the others name the spread; other settings are other configurations."""
    repeats = [_vllm(tpot, run_number=n, tensor_parallel_size=8) for n, tpot in enumerate((10.0, 8.0, 12.5))]
    other = _vllm(9.0, run_number=0, tensor_parallel_size=4)

    dataset = load(
        [write_json(tmp_path / "summary.json", [*repeats, other])], house, DatasetOptions(settings=("hardware=h200",))
    )

    assert [m.gpus for m in dataset.measurements] == [8, 8, 8, 4]
    repeat = "one of 3 repeats, of which row 1 is the median"
    assert [(m.repeats, m.excluded) for m in dataset.measurements] == [(3, ""), (1, repeat), (1, repeat), (1, "")]
    assert [n.text for n in dataset.notices if n.topic == "merged"] == ["3 repeats: median, spread 45 %"]
    assert dataset.files[0].by_documentation


def test_sweep_folder_is_read_without_profiles_and_failures(tmp_path: Path, house: House) -> None:
    """run=N files are repeats; profiles, failed runs, warm-ups and pictures are left out."""
    folder = tmp_path / "SERVE--tp8-BENCH--c4"
    folder.mkdir()
    for n, tpot in enumerate((10.0, 8.0, 12.5)):
        write_json(folder / f"run={n}.json", _vllm(tpot))
    for name in ("run=3.failure.json", "warmup.json", "a.pytorch.json"):
        (folder / name).write_text("{broken")
    (folder / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")

    dataset = load([tmp_path], house, DatasetOptions(settings=ON_EIGHT))

    assert [m.interactivity_tok_s_user for m in dataset.measurements if m.usable] == [100.0]
    assert len(dataset.measurements) == 3
    assert [n.file.rpartition("/")[2] for n in dataset.notices if n.topic == "left out"] == ["plot.png"]


def test_wandering_mean_lengths_are_warned_of(tmp_path: Path, house: House) -> None:
    """Means of random lengths tear a curve apart; a notice asks for the nominal lengths, which mend it."""
    rows = [
        _vllm(concurrency=4),
        _vllm(concurrency=8, total_input_tokens=40000),
        _vllm(concurrency=16, total_input_tokens=9000),
    ]
    path = write_json(tmp_path / "a.json", rows)

    scattered = load([path], house, DatasetOptions(settings=ON_EIGHT))
    assert [m.workload for m in scattered.measurements] == ["1024x1024", "1000x1024", "225x1024"]
    assert [n.text.split("(")[1].split(")")[0] for n in scattered.notices if n.topic == "lengths"] == [
        "such as 1000x1024 and 1024x1024"
    ]

    rows.pop()
    write_json(path, rows)
    mended = load([path], house, DatasetOptions(settings=(*ON_EIGHT, "isl=1024", "osl=1024")))
    assert {m.workload for m in mended.measurements} == {"1024x1024"}
    assert not [n for n in mended.notices if n.topic == "lengths"]


def test_gain_above_the_acceptance_length_is_noted(tmp_path: Path, house: House) -> None:
    """Twice the speed with 1.7 accepted tokens per step needs another reason than speculation."""
    off = _vllm(20.0, spec="none")
    rows = [off, _vllm(10.0, spec="mtp", spec_decode_acceptance_length=1.7)]
    rows += [_vllm(10.0, 8, spec="mtp", spec_decode_acceptance_length=2.1), _vllm(20.0, 8, spec="none")]

    found = load([write_json(tmp_path / "a.json", rows)], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert ["note:gain_above_acceptance" in m.findings for m in found] == [False, True, False, False]


@pytest.mark.parametrize(
    ("file", "line", "speed", "total"),
    [
        ("deepseek_dp_mla_output", 1, 1.40174552627427, 1554.57970405766),
        ("llama_3_3_70b_offline_output", 3, 4.30584209767647, 769.367058203948),
        ("llama_3_3_70b_online_output", 1, 68.9860638925023, 131.113021507411),
        ("llama_3_3_70b_online_output", 6, 97.9458759478946, 203.855326109701),
        ("llama_405b_online_output", 6, 8.66494667100918, 332.245084372639),
    ],
)
def test_golden_sglang_old_lines(shared: Path, house: House, file: str, line: int, speed: float, total: float) -> None:
    """Lines of the old schema on eight GPUs: speed estimated from the medians, input from tokens and duration."""
    path = shared / f"data/samples/sglang/2024-12_old_schema/{file}.jsonl"

    dataset = load([path], house, DatasetOptions(settings=(*ON_EIGHT, "model=m")))

    row = next(m for m in dataset.measurements if m.source_row == line)
    assert row.interactivity_tok_s_user == pytest.approx(speed, rel=1e-12)
    assert row.total_tok_s_gpu == pytest.approx(total, rel=1e-12)
    assert row.findings == ("note:stated_by_hand", "note:estimated_speed")
    assert "estimated" in row.interactivity_definition
    assert (row.variant, row.concurrency, row.date) == ("unknown", None, None)


def test_repeated_sglang_line_is_a_repeat(shared: Path, house: House) -> None:
    """Two lines of the same parameters, 1.3 % apart: the slower of the two is their median, and a notice says so."""
    path = shared / "data/samples/sglang/2024-12_old_schema/llama_3_3_70b_offline_output.jsonl"

    dataset = load([path], house, DatasetOptions(settings=(*ON_EIGHT, "model=m")))

    assert [(m.source_row, m.repeats) for m in dataset.measurements if m.repeats > 1] == [(5, 2)]
    assert [m.source_row for m in dataset.measurements if not m.usable] == [4]
    merged = [(n.row, n.text) for n in dataset.notices if n.topic == "merged"]
    assert merged == [(5, "2 repeats: median, spread 1.3 %")]


def _sglang(info: dict[str, Any] | None, **changes: object) -> dict[str, Any]:
    row = {"backend": "sglang-oai", "dataset_name": "random", "request_rate": float("inf"), "max_concurrency": 4}
    row |= {
        "random_input_len": 1024,
        "random_output_len": 512,
        "random_range_ratio": 1.0,
        "completed": 40,
        "duration": 10,
    }
    row |= {"total_input_tokens": 40960, "total_output_tokens": 20480, "total_output_tokens_retokenized": 20400}
    row |= {"input_throughput": 800.0, "output_throughput": 400.0, "total_throughput": 1200.0, "accept_length": None}
    row |= {"median_ttft_ms": 50.0, "p99_ttft_ms": 60.0, "median_tpot_ms": 8.0, "mean_e2e_latency_ms": 5120.0}
    return row | {"median_itl_ms": 4.0, "server_info": info} | changes


SERVER = {"model_path": "deepseek-ai/DeepSeek-R1-0528", "tp_size": 8, "pp_size": 1, "dp_size": 1, "quantization": "fp8"}


@pytest.mark.parametrize(
    ("info", "changes", "expected"),
    [
        ({"speculative_algorithm": None}, {}, ("none", 8, "1024x512", 150.0, "fp8", "TP8")),
        ({"speculative_algorithm": "EAGLE"}, {"accept_length": 2.1}, ("mtp", 8, "1024x512", 150.0, "fp8", "TP8")),
        ({"speculative_algorithm": "EAGLE3", "speculative_draft_model_path": "x"}, {}, ("eagle3", 8, "1024x512", 150.0, "fp8", "TP8")),
        ({"dp_size": 8, "enable_dp_attention": True, "speculative_algorithm": None}, {}, ("none", 8, "1024x512", 150.0, "fp8", "TP8 DP8 DPA")),
        ({"tp_size": 4, "dp_size": 2, "quantization": "modelopt_fp4"}, {"random_range_ratio": 0.5}, ("unknown", 8, "512-1024 x 256-512 uniform", 150.0, "fp4", "TP4 DP2")),
    ],
)  # fmt: skip
def test_golden_sglang_new_lines(
    tmp_path: Path, house: House, info: dict[str, Any], changes: dict[str, Any], expected: tuple[object, ...]
) -> None:
    """Hand-made lines of the new schema: method, GPUs, lengths and precision come from the listed server fields."""
    (tmp_path / "a.jsonl").write_text(json.dumps(_sglang(SERVER | info, **changes)) + "\n")

    dataset = load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=("hardware=h200",)))

    row = dataset.measurements[0]
    assert expected == (row.variant, row.gpus, row.workload, row.total_tok_s_gpu, row.precision, row.parallelism)
    assert (row.interactivity_tok_s_user, row.model, row.engine) == (125.0, "dsr1", "sglang")
    assert row.findings == ("note:stated_by_hand",)
    assert dataset.files[0].by_documentation


@pytest.mark.parametrize("ratio", [1e308, -1, 1.5, float("nan"), "x"])
def test_sglang_lengths_without_a_usable_ratio_are_the_means(tmp_path: Path, house: House, ratio: object) -> None:
    """A ratio that no draw can have says nothing: the workload is named by what was sent."""
    row = _sglang(SERVER, random_range_ratio=ratio, random_input_len=1e308)
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")

    found = load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=("hardware=h200",))).measurements[0]

    assert found.workload == "1024x512"


SPECULATING = {"speculative_algorithm": "EAGLE", "speculative_num_steps": 3}


@pytest.mark.parametrize(
    ("prefill", "decode", "expected"),
    [
        ({}, SPECULATING, ("dsr1", "mtp", "fp8", "prefill TP8, decode TP8")),
        ({"tp_size": 4}, {"speculative_algorithm": None, "tp_size": 16, "dp_size": 16, "enable_dp_attention": True}, ("dsr1", "none", "fp8", "prefill TP4, decode TP16 DP16 DPA")),
        ({"model_path": "Qwen/Qwen3-8B", "speculative_algorithm": None}, {}, (None, "unknown", "fp8", "prefill TP8, decode TP8")),
        ({"quantization": None}, {"quantization": "modelopt_fp4"}, ("dsr1", "unknown", "unknown", "prefill TP8, decode TP8")),
    ],
)  # fmt: skip
def test_sglang_behind_a_router_says_what_its_servers_say(
    tmp_path: Path, house: House, prefill: dict[str, Any], decode: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    """Model and precision where the roles agree, speculation of the decoding role; servers, in a list or one alone, are not counted."""
    router = {"internal_states": [], "prefill": [SERVER | prefill], "decode": [SERVER | decode], "tp_size": 8}
    (tmp_path / "a.jsonl").write_text(json.dumps(_sglang(router)) + "\n")
    model, variant, precision, parallelism = expected

    with pytest.raises(InputError, match=r"the file does not say (model, )?hardware, gpus"):
        load([tmp_path / "a.jsonl"], house)

    settings = ("hardware=h200", "gpus=24", *(() if model else ("model=m",)))
    row = load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=settings)).measurements[0]
    assert (row.model, row.variant, row.precision, row.parallelism) == (model or "m", variant, precision, parallelism)
    assert (row.serving, row.total_tok_s_gpu) == ("disaggregated", 50.0)

    one_each = router | {"prefill": router["prefill"][0], "decode": router["decode"][0]}
    (tmp_path / "a.jsonl").write_text(json.dumps(_sglang(one_each)) + "\n")
    alone = load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=settings)).measurements[0]
    assert (alone.model, alone.variant, alone.parallelism) == (row.model, row.variant, row.parallelism)


@pytest.mark.parametrize("roles", [{"prefill": [], "decode": None}, {"prefill": "http://x"}, {"decode": [3]}])
def test_sglang_router_without_servers_leaves_all_open(tmp_path: Path, house: House, roles: dict[str, Any]) -> None:
    """A router that lists no server says nothing of model and speculation, and is still read."""
    (tmp_path / "a.jsonl").write_text(json.dumps(_sglang(roles)) + "\n")

    settings = ("hardware=h200", "gpus=24", "model=m")
    row = load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=settings)).measurements[0]

    assert (row.serving, row.variant, row.precision) == ("disaggregated", "unknown", "unknown")


@pytest.mark.parametrize(
    ("concurrency", "median", "p90", "total", "output", "ttft"),
    [
        (1, 76.7060042039329, 69.6122032234600, 1317.7808875954, 14.6705811597547, 2.148041658),
        (16, 13.8564485666177, 8.79411892729615, 4048.14069171702, 39.634174698817, 52.990515657),
    ],
)
def test_golden_aiperf_exports(
    shared: Path, house: House, concurrency: int, median: float, p90: float, total: float, output: float, ttft: float
) -> None:
    """Real agentic exports on four GPUs: one over the latency percentile; the speed percentiles run the other way."""
    file = shared / f"data/samples/aiperf/kimik2.7_mi355x_vllm_tp4_conc{concurrency}_profile_export_aiperf.json"
    by_default, by_median = (
        load(
            [file], house, DatasetOptions(settings=("gpus=4", "hardware=mi355x"), agentic_statistic=statistic)
        ).measurements[0]
        for statistic in ("p90", "median")
    )

    assert by_default.interactivity_tok_s_user == pytest.approx(p90, rel=1e-9)
    assert by_median.interactivity_tok_s_user == pytest.approx(median, rel=1e-9)
    assert by_median.total_tok_s_gpu == pytest.approx(total, rel=1e-12)
    assert by_median.output_tok_s_gpu == pytest.approx(output, rel=1e-12)
    assert (by_median.concurrency, by_median.workload, by_median.ttft_median_s) == (
        concurrency,
        "agentic-coding",
        pytest.approx(ttft, rel=1e-9),
    )


@pytest.mark.parametrize(
    ("concurrency", "speed", "total"), [(1, 76.6871165644172, 1317.78), (16, 13.8561729250381, 4048.14)]
)
def test_golden_aiperf_csv(shared: Path, house: House, concurrency: int, speed: float, total: float) -> None:
    """The CSV form of the same runs, rounded by the tool, without model and concurrency."""
    file = shared / f"data/samples/aiperf/kimik2.7_mi355x_vllm_tp4_conc{concurrency}_profile_export_aiperf.csv"
    settings = (
        "gpus=4",
        "hardware=mi355x",
        "model=kimik2.7-code",
        f"concurrency={concurrency}",
        "workload=agentic-coding",
    )

    row = load([file], house, DatasetOptions(settings=settings)).measurements[0]

    assert (row.interactivity_tok_s_user, row.total_tok_s_gpu) == (pytest.approx(speed, rel=1e-12), total)
    assert (row.concurrency, row.workload) == (concurrency, "agentic-coding")


def _metric(unit: str, **values: float) -> dict[str, Any]:
    return {"unit": unit, **values}


def _genai(tpot: float, concurrency: int, **changes: object) -> dict[str, Any]:
    config = {"model": ["glm5"], "backend": "vllm", "perf_analyzer": {"stimulus": {"concurrency": concurrency}}}
    latency = tpot * 127 + 40
    return {
        "request_throughput": _metric("requests/sec", avg=concurrency * 1000 / latency),
        "request_latency": _metric("ms", avg=latency, p50=latency),
        "time_to_first_token": _metric("ms", avg=40, p50=40, p99=70),
        "inter_token_latency": _metric("ms", avg=tpot, p50=tpot, p90=tpot * 1.25, p99=tpot * 2),
        "output_token_throughput": _metric("tokens/sec", avg=concurrency * 128_000 / latency),
        "output_token_throughput_per_user": _metric("tokens/sec/user", avg=999, p50=999, p90=9999),
        "input_sequence_length": _metric("tokens", avg=512.0, p50=512.0),
        "output_sequence_length": _metric("tokens", avg=128.0, p50=128.0),
        "input_config": config,
    } | changes


@pytest.mark.parametrize(
    ("tpot", "concurrency", "speed", "total"),
    [
        (10.0, 1, 100.0, 61.0687022900763),
        (12.5, 4, 80.0, 196.620583717358),
        (20.0, 16, 50.0, 496.124031007752),
        (25.0, 32, 40.0, 796.267496111975),
        (40.0, 64, 25.0, 1000.0),
    ],
)
def test_golden_genai_perf_exports(
    tmp_path: Path, house: House, tpot: float, concurrency: int, speed: float, total: float
) -> None:
    """Hand-made GenAI-Perf exports on eight GPUs: input from requests times length, no per-user percentile used."""
    write_json(tmp_path / "profile_export_genai_perf.json", _genai(tpot, concurrency))

    dataset = load([tmp_path], house, DatasetOptions(settings=ON_EIGHT))

    row = dataset.measurements[0]
    assert (row.interactivity_tok_s_user, row.concurrency, row.workload) == (speed, concurrency, "512x128")
    assert row.total_tok_s_gpu == pytest.approx(total, rel=1e-12)
    assert row.findings == ("note:stated_by_hand",)
    assert dataset.files[0].by_documentation


@pytest.mark.parametrize(
    ("unit", "scale"), [("ms", 1.0), ("MS", 1.0), ("s", 1e-3), ("sec", 1e-3), ("us", 1e3), ("ns", 1e6), (None, 1.0)]
)
def test_aiperf_latencies_are_read_in_their_unit(tmp_path: Path, house: House, unit: str | None, scale: float) -> None:
    """JSON says the unit beside the figures, CSV in the name of the metric; what is no unit of time stops the file."""
    told = {
        "request_throughput": {"unit": "requests/sec", "avg": 1.5},
        "output_token_throughput": {"unit": "t/s", "avg": 400.0},
    }
    told |= {
        "input_sequence_length": {"unit": "tokens", "avg": 512.0},
        "output_sequence_length": {"unit": "tokens", "avg": 256.0},
    }
    for name, value in (("request_latency", 5120.0), ("time_to_first_token", 20.0), ("inter_token_latency", 20.0)):
        told[name] = {"unit": unit, "avg": value * scale, "p50": value * scale}
    export = write_json(tmp_path / "a.json", told)
    csv = tmp_path / "a.csv"
    named = f" ({unit})" if unit else ""
    lines = [f"{name}{named if 'p50' in at else ''},{at['avg']},1,1,{at.get('p50', '')}" for name, at in told.items()]
    csv.write_text("\n".join(["Metric,avg,min,max,p50", *lines]))
    settings = ("hardware=h200", "gpus=8", "model=glm5", "concurrency=8")

    for path in (export, csv):
        (m,) = load([path], house, DatasetOptions(settings=settings)).measurements
        assert (m.interactivity_tok_s_user, m.ttft_median_s) == (pytest.approx(50.0), pytest.approx(0.02)), path

    told["inter_token_latency"]["unit"] = "tokens"
    with pytest.raises(InputError, match="field `inter_token_latency`: the unit `tokens` is not one of time"):
        load([write_json(tmp_path / "b.json", told)], house, DatasetOptions(settings=settings))


def test_cancelled_and_failing_aiperf_runs(tmp_path: Path, house: House) -> None:
    """A cancelled run is unusable; errors make a run suspect."""
    write_json(tmp_path / "a.json", _genai(10.0, 4, was_cancelled=True))
    write_json(tmp_path / "b.json", _genai(10.0, 8, error_summary=[{"error_details": {}, "count": 3}]))

    rows = load([tmp_path], house, DatasetOptions(settings=ON_EIGHT)).measurements

    assert [m.usable for m in rows] == [False, True]
    assert rows[1].findings == ("suspect:failed_requests", "note:stated_by_hand")


def _guidellm(*loads: tuple[str, int | None, float]) -> dict[str, Any]:
    def outcome(**values: object) -> dict[str, Any]:
        return {"successful": values, "errored": {}, "incomplete": {}, "total": values}

    benchmarks = []
    for kind, streams, tpot in loads:
        held = streams or 1
        latency = (tpot * 127 + 40) / 1000
        metrics = {
            "request_totals": {"successful": 100, "errored": 0, "incomplete": held, "total": 100 + held},
            "inter_token_latency_ms": outcome(
                mean=tpot, median=tpot, percentiles={"p90": tpot * 1.25, "p99": tpot * 2}
            ),
            "time_per_output_token_ms": outcome(mean=tpot + 9, median=tpot + 9, percentiles={}),
            "time_to_first_token_ms": outcome(mean=40.0, median=40.0, percentiles={"p99": 90.0}),
            "request_latency": outcome(mean=latency, median=latency, percentiles={}),
            "output_tokens_per_second": outcome(mean=held * 128 / latency, median=5.0, percentiles={}),
            "prompt_tokens_per_second": outcome(mean=1.4e6, median=1.4e6, percentiles={}),
            "prompt_token_count": outcome(mean=512.0, total_sum=51200.0),
            "output_token_count": outcome(mean=128.0, total_sum=12800.0),
        }
        strategy = {
            "type_": kind,
            "streams": streams,
            "max_concurrency": None,
            "rate": 3 if kind == "constant" else None,
        }
        config = {"strategy": strategy}
        entry = {"config": config, "metrics": metrics, "start_time": 1780272000.5, "duration": 100 * latency / held}
        benchmarks.append(entry)
    return {
        "metadata": {"version": 1},
        "args": {"target": "http://secret-host:8000", "model": "glm5"},
        "benchmarks": benchmarks,
    }


def test_golden_guidellm_report(tmp_path: Path, house: House) -> None:
    """A hand-made report with five loads on eight GPUs: ITL is the per-request TPOT, input is tokens over duration."""
    loads = [("synchronous", None, 10.0), ("concurrent", 4, 12.5), ("concurrent", 16, 20.0), ("concurrent", 64, 40.0)]
    write_json(tmp_path / "benchmarks.json", _guidellm(*loads, ("constant", None, 16.0)))

    dataset = load([tmp_path / "benchmarks.json"], house, DatasetOptions(settings=ON_EIGHT))

    rows = dataset.measurements
    assert [m.interactivity_tok_s_user for m in rows] == [100.0, 80.0, 50.0, 25.0, 62.5]
    assert [m.concurrency for m in rows] == [1.0, 4.0, 16.0, 64.0, None]
    assert [round(m.total_tok_s_gpu, 6) for m in rows] == [61.068702, 196.620584, 496.124031, 1000.0, 38.610039]
    noted = ("note:stated_by_hand",)
    assert {(m.workload, m.model, str(m.date), m.findings) for m in rows} == {("512x128", "glm5", "2026-06-01", noted)}
    assert dataset.files[0].by_documentation


def _trtllm(tpot: float, concurrency: float, **changes: object) -> dict[str, Any]:
    percentiles = {
        "p50": tpot,
        "p90": tpot * 1.2,
        "p95": tpot * 1.3,
        "p99": tpot * 1.5,
        "minimum": 1.0,
        "maximum": 99.0,
        "average": tpot,
    }
    return {
        "engine": {"model": "deepseek-ai/DeepSeek-R1-0528", "model_path": "/home/secret/x", "version": "1.2", "backend": "Pytorch", "dtype": "bfloat16", "quantization": "NVFP4"},
        "machine": {"name": "NVIDIA B200", "memory.total": 180.0, "clocks.mem": 3.9},
        "world_info": {"tp_size": 8, "pp_size": 1, "ep_size": 8, "world_size": 8, "max_batch_size": 512},
        "request_info": {"num_requests": 100, "avg_num_concurrent_requests": concurrency, "avg_input_length": 1024.0, "avg_output_length": 512.0},
        "performance": {"system_output_throughput_tok_s": 4000.0, "system_total_throughput_tok_s": 12000.0, "output_throughput_per_user_tok_s": 55.0},
        "streaming_metrics": {"token_output_speed_tok_s": 70.0, "avg_ttft_ms": 60.0, "ttft_percentiles": {"p50": 50.0, "p99": 90.0}, "avg_tpot_ms": tpot, "tpot_percentiles": percentiles},
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("report", "variant", "precision", "speed"),
    [
        (_trtllm(10.0, 8.5), "none", "fp4", 100.0),
        (_trtllm(8.0, 8.0, decoding_stats={"mode": "MTP", "acceptance_length_percentiles": {"p50": 2.5, "average": 2.6}}), "mtp", "fp4", 125.0),
        (_trtllm(16.0, 64.0, decoding_stats={"mode": "SpeculativeDecodingMode.EAGLE3"}), "eagle3", "fp4", 62.5),
        (_trtllm(20.0, 8.0, engine={"model": "dsr1", "quantization": None, "dtype": "bfloat16"}), "none", "bf16", 50.0),
        (_trtllm(20.0, 8.0, streaming_metrics=None), "none", "fp4", None),
    ],
)  # fmt: skip
def test_golden_trtllm_reports(
    tmp_path: Path,
    house: House,
    report: dict[str, Any],
    variant: str,
    precision: str,
    speed: float | None,
) -> None:
    """Hand-made reports: the file says nearly everything; without streaming there is no point for a curve."""
    write_json(tmp_path / "a.json", report)
    (tmp_path / "b.json").write_text(json.dumps(_trtllm(5.0, 1.0)))

    dataset = load([tmp_path], house)

    row = dataset.measurements[0]
    assert (row.variant, row.interactivity_tok_s_user, row.usable) == (variant, speed, speed is not None)
    assert (row.precision, row.hardware, row.gpus, row.parallelism) == (precision, "b200", 8, "TP8 EP8")
    assert (row.total_tok_s_gpu, row.output_tok_s_gpu, row.workload) == (1500.0, 500.0, "1024x512")
    assert (row.ttft_median_s, row.ttft_p99_s) == ((0.05, 0.09) if speed else (None, None))
    assert dataset.files[0].by_documentation


SECRETS = ("sk-SECRET", "secret-host", "/home/secret", "--api-key", "hunter2")


def test_secrets_never_leave_the_readers(tmp_path: Path, house: House) -> None:
    """Keys, host names, command lines and paths in result files appear in no measurement, notice or file entry."""
    secret = {"api_key": SECRETS[0], "host": SECRETS[1], "cmd": SECRETS[3], "admin_api_key": SECRETS[4]}
    info = SERVER | secret | {"launch_command": "python --api-key sk-SECRET"}
    write_json(tmp_path / "sglang.json", _sglang(info, **secret))
    write_json(
        tmp_path / "vllm.json",
        _vllm(**secret, label="sk-SECRET", tokenizer_id="/home/secret/t", extra={"a": SECRETS[0]}),
    )
    config = {
        "endpoint": {"model_names": ["glm5"], "urls": ["http://secret-host"]},
        "cli_command": "aiperf --api-key sk-SECRET",
    }
    write_json(tmp_path / "aiperf.json", _genai(10.0, 4, input_config=config, **secret))
    write_json(tmp_path / "guidellm.json", _guidellm(("concurrent", 4, 10.0)) | secret)
    write_json(tmp_path / "trtllm.json", _trtllm(10.0, 4) | {"dataset": secret})

    settings = ("[!t]*:hardware=h200", "sglang.json:concurrency=4", "[vag]*:gpus=8")
    dataset = load([tmp_path], house, DatasetOptions(settings=settings))

    assert all(m.usable for m in dataset.measurements)
    assert len(dataset.measurements) == 5
    shown = repr(dataset)
    assert [secret for secret in SECRETS if secret in shown] == []
