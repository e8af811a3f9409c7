"""What `inspect` says of inputs: files, curves, gaps and findings, and the sidecar it suggests."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.rows import api_metrics, api_row, write_json

from specxl.errors import OptionError
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.inspection import BY_DOCUMENTATION, inspect_inputs, suggest_sidecar

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
