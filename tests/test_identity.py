"""What makes two rows different configurations, and how that is told in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json

from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

VLLM = {
    "date": "20260707-101500",
    "model_id": "glm5",
    "num_prompts": 96,
    "completed": 96,
    "request_rate": "inf",
    "max_concurrency": 12,
    "total_input_tokens": 98304,
    "total_output_tokens": 98304,
    "output_throughput": 600.0,
    "total_token_throughput": 1200.0,
    "mean_tpot_ms": 15.0,
    "median_tpot_ms": 15.0,
    "gpus": "8",
    "hardware": "b200",
    "precision": "fp8",
}
SGLANG: dict[str, Any] = {
    "backend": "sglang",
    "dataset_name": "random",
    "random_input_len": 1024,
    "random_output_len": 1024,
    "random_range_ratio": 1.0,
    "request_rate": "Infinity",
    "max_concurrency": 12,
    "completed": 96,
    "total_input_tokens": 98304,
    "total_output_tokens": 98304,
    "total_output_tokens_retokenized": 98304,
    "input_throughput": 600.0,
    "output_throughput": 600.0,
    "total_throughput": 1200.0,
    "median_tpot_ms": 15.0,
    "mean_tpot_ms": 15.0,
}


def _words(dataset: Dataset) -> list[str]:
    """Return the configurations in words; every row must feed a curve."""
    assert all(m.usable for m in dataset.measurements), [m.excluded for m in dataset.measurements]
    assert not [n for n in dataset.notices if n.topic in ("merged", "contradiction")]
    return [m.configuration for m in dataset.measurements]


def _vllm(tmp_path: Path, house: House, *changes: dict[str, object], **common: object) -> Dataset:
    rows = [VLLM | common | change for change in changes]
    return load([write_json(tmp_path / "summary.json", rows)], house)


def _sglang(tmp_path: Path, house: House, *infos: dict[str, object]) -> Dataset:
    server = {"model_path": "zai-org/GLM-5", "tp_size": 8, "version": "0.5", "api_key": "sk-1"}
    lines = [SGLANG | {"server_info": server | info} for info in infos]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return load([tmp_path / "a.jsonl"], house, DatasetOptions(settings=("hardware=b200",)))


def test_recipes_of_the_api_are_configurations(tmp_path: Path, house: House) -> None:
    """Two recipes at one concurrency both stay, and each keeps its own newest run."""
    rows = [
        api_row(recipe_fingerprint="5f3a9c", date="2026-05-01"),
        api_row(api_metrics(70), recipe_fingerprint="b81e22", date="2026-05-01"),
        api_row(api_metrics(140), recipe_fingerprint=None, date="2026-05-01"),
    ]

    assert _words(load_rows(tmp_path, house, *rows)) == ["recipe 5f3a9c", "recipe b81e22", ""]


def test_recipe_has_its_own_history(tmp_path: Path, house: House) -> None:
    """A newer run of one recipe sets nothing of the other aside."""
    link = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs"
    rows = [
        api_row(recipe_fingerprint="5f3a9c", run_url=f"{link}/1"),
        api_row(recipe_fingerprint="b81e22", run_url=f"{link}/1"),
        api_row(api_metrics(140), recipe_fingerprint="5f3a9c", run_url=f"{link}/2"),
    ]

    assert [m.usable for m in load_rows(tmp_path, house, *rows).measurements] == [False, True, True]


@pytest.mark.parametrize("key", ["id", "workflow_run_id", "server_log_id", "created_at", "curve_date", "trace_url"])
def test_ids_links_and_times_are_no_configuration(tmp_path: Path, house: House, key: str) -> None:
    """Rows that differ in an id, a link or a time alone are one configuration, also under keys of later versions."""
    rows = [api_row(**{key: "1"}), api_row(api_metrics(101), **{key: "2"})]

    assert [m.usable for m in load_rows(tmp_path, house, *rows).measurements].count(True) == 1


def test_parallel_sizes_among_the_metrics_are_configuration(tmp_path: Path, house: House) -> None:
    """Newer rows carry pipeline and context sizes among their metrics; they make other configurations."""
    rows = [api_row(api_metrics(speed, prefill_pp=pp)) for speed, pp in ((100, 1), (70, 2), (130, 4))]

    assert len(_words(load_rows(tmp_path, house, *rows))) == 3


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((12000, 4000), "3 draft tokens"),
        ((4000, 4000), "1 draft token"),
        ((11400, 4000), "3 draft tokens"),
        ((10, 0), ""),
    ],
)
def test_draft_tokens_of_vllm(tmp_path: Path, house: House, counts: tuple[int, int], words: str) -> None:
    """Drafted tokens over drafts; a method that falls short of its limit at times is told by the limit."""
    spec = {"spec_decode_draft_tokens": counts[0], "spec_decode_num_drafts": counts[1]}

    assert _words(_vllm(tmp_path, house, spec, spec="ngram")) == [words]


def test_study_of_draft_lengths_keeps_every_length(tmp_path: Path, house: House) -> None:
    """Runs that differ in the number of draft tokens alone, counted or swept, are different configurations."""
    counted = [
        {"spec_decode_draft_tokens": 1000 * k, "spec_decode_num_drafts": 1000, "median_tpot_ms": 15 - k}
        for k in (2, 4, 6)
    ]
    swept = [{"speculative_config.num_speculative_tokens": k, "median_tpot_ms": 15 - k} for k in (2, 4, 6)]

    for changes in (counted, swept):
        words = _words(_vllm(tmp_path, house, *changes, spec="mtp"))
        assert words == ["2 draft tokens", "4 draft tokens", "6 draft tokens"]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("max_num_seqs", (32, 128)),
        ("max_num_batched_tokens", (2048, 8192)),
        ("compilation_config.mode", ("eager", "full")),
        ("async_scheduling", ("on", "off")),
    ],
)
def test_swept_server_options_are_configuration(
    tmp_path: Path, house: House, option: str, values: tuple[object, object]
) -> None:
    """Whatever a sweep changes at the server parts its rows; what it left alone is not told."""
    changes = [{option: value, "median_tpot_ms": 15 + n} for n, value in enumerate(values)]

    words = _words(_vllm(tmp_path, house, *changes, run_number=0, gpu_memory_utilization=0.9))

    assert words == [f"{option} {value}" for value in values]


def test_sweep_folders_part_runs_whose_files_say_nothing(tmp_path: Path, house: House) -> None:
    """A sweep writes what it swept into the names of its folders only."""
    for number, size in enumerate((64, 256)):
        for run in (0, 1, 2):
            folder = tmp_path / f"SERVE--max_num_seqs={size}-BENCH--c12"
            folder.mkdir(exist_ok=True)
            tpot = 12 + 3 * number + run / 10
            write_json(folder / f"run={run}.json", VLLM | {"median_tpot_ms": tpot, "mean_tpot_ms": tpot})

    dataset = load([tmp_path], house)

    kept = [(m.configuration, m.repeats) for m in dataset.measurements if m.usable]
    assert kept == [("server max_num_seqs=256", 3), ("server max_num_seqs=64", 3)]
    assert [n.text.partition(" (")[0] for n in dataset.notices if n.topic == "merged"] == [
        "2 points with 3 repeats: median, spread up to 1.7 %"
    ]


def test_secrets_among_metadata_are_not_told(tmp_path: Path, house: House) -> None:
    """What a user gave with --metadata parts rows; under the name of a secret it is not shown."""
    changes = [{"api_key": f"sk-{n}", "note": f"try {n}", "median_tpot_ms": 15 + n} for n in (1, 2)]

    words = _words(_vllm(tmp_path, house, *changes))

    assert words == ["note try 1", "note try 2"]


def test_draft_settings_of_sglang(tmp_path: Path, house: House) -> None:
    """Steps, top-k and draft tokens of the server part rows; keys of the server are not copied."""
    spec = {"speculative_algorithm": "EAGLE", "speculative_draft_model_path": "d"}
    infos = [
        spec | {"speculative_num_steps": s, "speculative_eagle_topk": k, "speculative_num_draft_tokens": t}
        for s, k, t in ((1, 1, 2), (3, 1, 4), (3, 4, 16))
    ]

    words = _words(_sglang(tmp_path, house, *infos))

    assert [text.split(", ")[0] for text in words] == ["2 draft tokens", "4 draft tokens", "16 draft tokens"]
    assert words[2] == "16 draft tokens, speculative_num_steps 3, speculative_eagle_topk 4"
    assert "sk-1" not in " ".join(words)


@pytest.mark.parametrize(
    ("option", "values"),
    [("max_running_requests", (32, 128)), ("chunked_prefill_size", (2048, 8192)), ("kv_cache_dtype", ("auto", "fp8"))],
)
def test_swept_options_of_sglang(tmp_path: Path, house: House, option: str, values: tuple[object, object]) -> None:
    """Listed options of the server part rows."""
    infos = [{"speculative_algorithm": None, option: value} for value in values]

    assert _words(_sglang(tmp_path, house, *infos)) == [f"{option} {value}" for value in values]


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((1, 4), ["1 requests/s", "4 requests/s"]),
        ((0.25, "inf"), ["0.25 requests/s", "all requests at once"]),
    ],
)
def test_request_rate_stands_for_a_concurrency_that_is_not_stated(
    tmp_path: Path, house: House, rates: tuple[object, object], words: list[str]
) -> None:
    """Runs at different rates are different loads; all requests at once is one of them."""
    changes = [{"request_rate": rate, "median_tpot_ms": 15 + n} for n, rate in enumerate(rates)]

    assert _words(_vllm(tmp_path, house, *changes, max_concurrency=None)) == words


def test_no_gain_is_claimed_over_another_load(tmp_path: Path, house: House) -> None:
    """A run with speculation is held against one without it at the same load only, and against none at an unknown one."""
    off = VLLM | {"spec": "none", "max_concurrency": None, "median_tpot_ms": 40.0}
    mtp = off | {"spec": "mtp", "median_tpot_ms": 10.0, "spec_decode_acceptance_length": 1.8}

    for loads, noted in (
        (({"request_rate": 2}, {"request_rate": 2}), True),
        (({"request_rate": 2}, {"request_rate": 1}), False),
        (({"request_rate": None}, {"request_rate": None}), False),
        (({"max_concurrency": 8}, {"max_concurrency": 8}), True),
        (({"max_concurrency": 8}, {"max_concurrency": 16}), False),
        (({"max_concurrency": 8}, {"max_concurrency": 8, "max_num_seqs": 4}), False),
    ):
        rows = [off | loads[0], mtp | loads[1]]
        found = load([write_json(tmp_path / "a.json", rows)], house).measurements[1].findings
        assert ("note:gain_above_acceptance" in found) is noted, loads


def test_offload_is_configuration(tmp_path: Path, house: House) -> None:
    """Agentic rows with and without offloading stand side by side; fixed-sequence rows do not mention that it was off."""
    agentic = {"benchmark_type": "agentic_traces", "isl": None, "osl": None}
    rows = [
        api_row(**agentic, offload_mode="off"),
        api_row(api_metrics(70), **agentic, offload_mode="on"),
        api_row(offload_mode="off"),
    ]

    assert _words(load_rows(tmp_path, house, *rows)) == ["KV offload off", "KV offload on", ""]
