"""What `inspect` says of inputs: files, curves, gaps and findings, and the sidecar it suggests."""

from __future__ import annotations

import json
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.rows import api_metrics, api_row, write_json

from specxl.errors import OptionError
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.inspection import BY_DOCUMENTATION, inspect_inputs
from specxl.reading.suggestion import _guesses, suggest_sidecar

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House


def test_real_answer_is_described(shared: Path, house: House) -> None:
    """The real answer: its format, rows, curves, engines, dates, missing figures and audit findings."""
    found = inspect_inputs([shared / "data/inferencex/benchmarks.json"], house)

    assert [(f.format, f.rows, f.usable, f.missing) for f in found.files] == [("inferencex-api", 435, 435, {})]
    assert found.usable
    assert found.as_of == "2026-06-11"
    assert found.engines == ("atom", "dynamo-sglang", "dynamo-trt", "mori-sglang", "sglang", "trt")
    assert sum(c.points for c in found.curves) == 435
    suspect = found.findings[0]
    assert (suspect.id, suspect.rows, suspect.first_row) == ("suspect:littles_law", 1, 205)


def test_every_sample_is_recognised(shared: Path, house: House) -> None:
    """All sample files are recognised without help; the broken one is named, and what is missing is asked for."""
    found = inspect_inputs([shared / "data/samples"], house)

    assert {(f.name.split("/")[1], f.format) for f in found.files} == {
        ("aiperf", "aiperf"),
        ("aiperf", "aiperf-csv"),
        ("inferencex_agg", "inferencex-aggregate"),
        ("inferencex_ui_csv", "inferencex-csv"),
        ("sglang", "sglang"),
        ("vllm", "vllm"),
    }
    assert len(found.files) == 31
    assert [n for n in found.notices if "git conflict marker" in n]
    vllm = next(f for f in found.files if f.format == "vllm")
    assert {"hardware", "gpus", "precision", "run_url"} <= vllm.missing.keys()


def test_nothing_usable_is_described_all_the_same(tmp_path: Path, house: House) -> None:
    """Rows that cannot be used are counted by reason; nothing is raised."""
    rows = [api_row(api_metrics(tput_per_gpu=0), conc=n) for n in (1, 2)]

    found = inspect_inputs([write_json(tmp_path / "rows.json", rows)], house)

    assert not found.usable
    assert found.excluded == {"throughput is `0`, not a number above zero": 2}


def test_json_form_is_plain(tmp_path: Path, house: House) -> None:
    """The JSON form holds plain values only and says which version it is."""
    found = inspect_inputs([write_json(tmp_path / "rows.json", [api_row()])], house).as_json()

    again = json.loads(json.dumps(found))
    assert (again["inspection"], again["usable"], again["files"][0]["name"]) == (1, True, "rows.json")
    assert again["curves"][0]["interactivity"] == [100.0, 100.0]


def test_reader_without_a_real_file_says_so(tmp_path: Path, house: House) -> None:
    """A format that was read by its documentation only carries the note."""
    report = {"engine": {"model": "dsr1"}, "world_info": {}, "request_info": {}, "performance": {}}

    found = inspect_inputs([write_json(tmp_path / "a.json", report)], house)

    assert [f.note for f in found.files] == [BY_DOCUMENTATION]


def test_filters_apply_and_are_checked(tmp_path: Path, house: House) -> None:
    """The options of reading hold here too."""
    path = write_json(tmp_path / "rows.json", [api_row(), api_row(hardware="b200")])

    assert [c.hardware for c in inspect_inputs([path], house, DatasetOptions(hardware=("b200",))).curves] == ["b200"]
    with pytest.raises(OptionError, match="hardware `mi9` matches no row"):
        inspect_inputs([path], house, DatasetOptions(hardware=("mi9",)))


def test_suggested_sidecar_makes_the_real_pair_usable(shared: Path, tmp_path: Path, house: House) -> None:
    """What the names tell is suggested, the rest is left to fill in; filled in, the pair can be read."""
    for path in (shared / "data/samples/vllm/dsv4flash_mtp_on_off").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())

    text = suggest_sidecar([tmp_path], house)

    entries = {entry["match"]: entry["variant"] for entry in tomllib.loads(text)["files"]}
    assert entries["bench_2026-05-22T195133Z_nomtp_bs1.json"] == "none"
    assert entries["bench_2026-05-22T195133Z_mtp_bs1.json"] == "mtp"
    assert text.count("# gpus =  # needed") == 1
    filled = text.replace("# gpus =", "gpus = 8").replace("# hardware =", 'hardware = "h200"')
    (tmp_path / "specxl.toml").write_text(filled)
    rows = load([tmp_path], house).measurements
    assert {(m.hardware, m.variant) for m in rows} == {("h200", "mtp"), ("h200", "none")}


def test_name_that_contradicts_the_file_is_pointed_out(tmp_path: Path, house: House) -> None:
    """A folder of one model's name that holds another model's runs is a comment, not a value."""
    text = suggest_sidecar([write_json(tmp_path / "glm5_fp8.json", [api_row(precision=None)])], house)

    assert "# The name suggests the model glm5, the file says dsr1." in text
    assert 'precision = "fp8"  # from the file name' in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("glm5_fp8_h200_tp8_conc16_isl1024_osl128.json", {"hardware": "h200", "precision": "fp8", "gpus": 8}),
        (
            "dsr1_b200-nvfp4_tp4_spec-none_2026-05-01.json",
            {"hardware": "b200", "precision": "fp4", "gpus": 4, "variant": "none"},
        ),
        ("b200_h200_tp4.json", {"gpus": 4}),
        ('we"ird\\name.json', {}),
    ],
)
def test_guesses_are_taken_from_the_name(tmp_path: Path, house: House, name: str, expected: dict[str, object]) -> None:
    """Keys of hardware, precision and method and numbered letters are guesses; two hardware names are none."""
    row = {"num_prompts": 1, "completed": 1, "output_throughput": 1.0, "total_token_throughput": 2.0}
    row |= {"median_tpot_ms": 9.0, "max_concurrency": 16, "model_id": "glm5", "date": "20260501-000000"}
    row |= {"total_input_tokens": 9, "total_output_tokens": 9}

    text = suggest_sidecar([write_json(tmp_path / name, row), write_json(tmp_path / "other.json", row)], house)

    entries = {entry.pop("match"): entry for entry in tomllib.loads(text).get("files", [])}
    assert expected == entries.get(name, {})
    assert entries.get("other.json", {}) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mi355x_mori-sglang_fp8_tp8.json", {"hardware": "mi355x", "engine": "mori-sglang", "precision": "fp8"}),
        ("gb200-nvl72_dynamo_trt_int4.json", {"hardware": "gb200", "engine": "dynamo-trt", "precision": "int4"}),
        (
            "b300_tilert_bfloat16_dsr1.csv",
            {"hardware": "b300", "engine": "tilert", "precision": "bf16", "model": "dsr1"},
        ),
        ("jalapeno-llm-d-vllm-glm-5.3.json", {"hardware": "jalapeno", "engine": "llmd-vllm", "model": "glm5.3"}),
        ("llama-3.3-70b-instruct_h100_trtllm.json", {"hardware": "h100", "engine": "trt", "model": "llama70b"}),
        ("h100_sglang_vllm.json", {"hardware": "h100"}),
        ("h200_unknown__fp4.json", {"hardware": "h200", "precision": "fp4"}),
    ],
)
def test_every_registered_name_is_known_in_a_file_name(house: House, name: str, expected: dict[str, object]) -> None:
    """All names of the registries are looked for: of names that overlap the longest counts, of two that do not, none."""
    guesses = {key: guess.value for key, guess in _guesses([name], house).items()}

    assert {key: guesses[key] for key in ("model", "hardware", "engine", "precision") if key in guesses} == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("8xB300 FP4 baseline", {"gpus": 8, "hardware": "b300", "precision": "fp4", "variant": "none"}),
        ("gb200_tp2pp2_eagle-3", {"gpus": 4, "hardware": "gb200", "variant": "eagle3"}),
        ("h200, precision=fp8, tp=4", {"gpus": 4, "hardware": "h200", "precision": "fp8"}),
        ("h100_tp8_dp2", {"hardware": "h100"}),
        ("h100_16gpus_tp8_dp2_mtp3", {"gpus": 16, "hardware": "h100", "variant": "mtp"}),
        ("b200_no_specdec_max_concurrency=64", {"hardware": "b200", "variant": "none", "concurrency": 64}),
        ("b200_mtp-off_8kx1k_c4", {"hardware": "b200", "variant": "none", "isl": 8192, "osl": 1024, "concurrency": 4}),
        ("b200_512x128_specdec", {"hardware": "b200", "isl": 512, "osl": 128}),
        ("b200_in1024_out8192", {"hardware": "b200", "isl": 1024, "osl": 8192}),
        ("1x2026_x8_tpx", {}),
    ],
)
def test_words_side_by_side_are_told_apart(house: House, name: str, expected: dict[str, object]) -> None:
    """Blanks, signs and sizes that stand close are parted; GPUs are not guessed where data parallelism may multiply them."""
    assert {key: guess.value for key, guess in _guesses([name, "result.json"], house).items()} == expected


def _bare(path: Path, **changes: object) -> Path:
    """Write a run that says nothing of where it was made."""
    row = {"num_prompts": 4, "completed": 4, "output_throughput": 10.0, "total_token_throughput": 20.0}
    row |= {"median_tpot_ms": 9.0, "max_concurrency": 16, "model_id": "glm5", "date": "20260501-000000"}
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_json(path, row | {"total_input_tokens": 400, "total_output_tokens": 400} | changes)


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, house: House) -> None:
    """Entries match by path, folders are read like names, and the suggestion as it stands makes every row usable."""
    runs = tmp_path / "study"
    for n, (gpus, method) in enumerate(((4, "mtp"), (8, "mtp"), (8, "none"))):
        _bare(runs / f"b200_fp4_tp{gpus}" / f"spec_{method}" / "result.json", max_concurrency=2 + n)

    text = suggest_sidecar([runs], house)
    (runs / "specxl.toml").write_text(text)
    rows = load([runs], house).measurements

    matches = [entry["match"] for entry in tomllib.loads(text)["files"]]
    assert matches == [
        "b200_fp4_tp4/spec_mtp/result.json",
        "b200_fp4_tp8/spec_mtp/result.json",
        "b200_fp4_tp8/spec_none/result.json",
    ]
    assert [(m.usable, m.hardware, m.precision, m.gpus, m.variant) for m in rows] == [
        (True, "b200", "fp4", 4, "mtp"),
        (True, "b200", "fp4", 8, "mtp"),
        (True, "b200", "fp4", 8, "none"),
    ]
    assert 'hardware = "b200"  # from the folder name' in text


def test_nearer_name_counts(tmp_path: Path, house: House) -> None:
    """What the file's own name says counts before its folder's, and that before the folder above."""
    _bare(tmp_path / "h200_tp2" / "b200_tp4" / "tp8_a.json")
    _bare(tmp_path / "h200_tp2" / "b.json", max_concurrency=1)

    entries = {e["match"]: e for e in tomllib.loads(suggest_sidecar([tmp_path], house))["files"]}

    assert entries["h200_tp2/b200_tp4/tp8_a.json"] == {
        "match": "h200_tp2/b200_tp4/tp8_a.json",
        "hardware": "b200",
        "gpus": 8,
    }
    assert entries["h200_tp2/b.json"] == {"match": "h200_tp2/b.json", "hardware": "h200", "gpus": 2}


def test_suggested_patterns_fit_odd_names(tmp_path: Path, house: House) -> None:
    """Brackets and stars in names are taken as they are, and members of an archive by their place in it."""
    runs = tmp_path / "runs"
    _bare(runs / "h200_[a]" / "tp4_*.json")
    _bare(runs / "b200_[b]" / "tp8_?.json", max_concurrency=2)
    (runs / "specxl.toml").write_text(suggest_sidecar([runs], house))
    assert [(m.hardware, m.gpus) for m in load([runs], house).measurements] == [("b200", 8), ("h200", 4)]

    box = tmp_path / "box"
    box.mkdir()
    with zipfile.ZipFile(box / "runs.zip", "w") as archive:
        for folder in ("h200_tp4", "b200_tp8"):
            archive.writestr(
                f"{folder}/result.json",
                (runs / "h200_[a]" / "tp4_*.json").read_text() + " " * len(folder[1:4] + folder),
            )
    packed = suggest_sidecar([box / "runs.zip"], house)
    assert {e["match"] for e in tomllib.loads(packed)["files"]} == {
        "runs.zip!h200_tp4/result.json",
        "runs.zip!b200_tp8/result.json",
    }
