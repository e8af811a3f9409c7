"""The InferenceX API answer: golden rows, GPU counts, whole-deployment throughput, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, load
from specxl.schema import round15

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset


@pytest.fixture(scope="module")
def answer(shared: Path) -> list[dict[str, Any]]:
    """Return the rows of the real answer, parsed by nothing of ours."""
    rows: list[dict[str, Any]] = json.loads((shared / "data/inferencex/benchmarks.json").read_text())
    return rows


@pytest.fixture(scope="module")
def dataset(shared: Path, house: House) -> Dataset:
    """Return the real answer as it is read."""
    return load([shared / "data/inferencex/benchmarks.json"], house)


@pytest.mark.parametrize(
    ("row", "key", "figures", "gpus", "parallelism"),
    [
        (
            1,
            ("mi355x", "sglang", "fp4", "none", "1024x1024", 4),
            (103.648167933682, 198.944798457942, 98.9883650269406),
            4,
            "TP4",
        ),
        (
            51,
            ("mi325x", "sglang", "fp8", "none", "1024x8192", 4),
            (39.2532404838805, 21.8226446500777, 19.3530314860139),
            8,
            "TP8",
        ),
        (
            205,
            ("mi355x", "atom", "fp8", "mtp", "1024x1024", 512),
            (16.1282534570723, 50.531906276855, 25.2797822173652),
            8,
            "TP8",
        ),
        (
            218,
            ("mi355x", "atom", "fp4", "none", "8192x1024", 32),
            (34.1137397975951, 2366.23770905752, 264.611211697516),
            4,
            "TP4",
        ),
        (
            301,
            ("mi355x", "mori-sglang", "fp4", "mtp", "8192x1024", 1),
            (243.477333564154, 132.17122217237, 14.6051372506109),
            16,
            "prefill TP8, decode TP8",
        ),
        (17, ("b200", "trt", "fp8", "mtp", "1024x1024", 8), (None, 193.447445041815, 97.0822657216799), 8, "TP8 EP8"),
    ],
)
def test_golden_rows(
    dataset: Dataset, row: int, key: tuple[object, ...], figures: tuple[float | None, ...], gpus: int, parallelism: str
) -> None:
    """Rows checked by hand: names, speed, total and output throughput on all GPUs, GPU count, parallelism."""
    found = dataset.measurements[row - 1]

    assert key == (found.hardware, found.engine, found.precision, found.variant, found.workload, found.concurrency)
    speed, total, output = figures
    assert speed is None or speed == found.interactivity_tok_s_user
    assert (total, output) == (found.total_tok_s_gpu, found.output_tok_s_gpu)
    assert (gpus, parallelism, row) == (found.gpus, found.parallelism, found.source_row)


def test_every_row_is_read_as_published(dataset: Dataset, answer: list[dict[str, Any]]) -> None:
    """Speed, total throughput and concurrency of all 435 rows are the published ones to 15 digits, in file order."""
    published = [
        (round15(row["metrics"]["median_intvty"]), round15(row["metrics"]["tput_per_gpu"]), row["conc"])
        for row in answer
    ]
    read = [(m.interactivity_tok_s_user, m.total_tok_s_gpu, m.concurrency) for m in dataset.measurements]

    assert published == read
    assert all(m.usable for m in dataset.measurements)
    assert str(dataset.as_of) == "2026-06-11"
    assert dataset.attribution


def test_role_figures_of_all_227_rows(dataset: Dataset, answer: list[dict[str, Any]]) -> None:
    """Multi-node rows satisfy t = (o*D + i*P)/(P + D) as published, and output + input = total once converted."""
    checked = 0
    for row, read in zip(answer, dataset.measurements, strict=True):
        if not (row["disagg"] and row["is_multinode"]):
            continue
        metrics, prefill, decode = row["metrics"], row["num_prefill_gpu"], row["num_decode_gpu"]
        total, output, into = (metrics[f"{name}tput_per_gpu"] for name in ("", "output_", "input_"))
        assert total == pytest.approx((output * decode + into * prefill) / (prefill + decode), rel=1e-9)
        assert read.output_tok_s_gpu + read.input_tok_s_gpu == pytest.approx(total, rel=1e-9)
        assert (read.output_as_published_tok_s_gpu, read.gpus) == (round15(output), prefill + decode)
        checked += 1

    assert checked == 227


def test_rows_with_wrong_role_counts_are_repaired(dataset: Dataset) -> None:
    """The eight GB200 rows of December 2025 get their shares from the total, and tp as their GPU count."""
    repaired = [m for m in dataset.measurements if "note:derived_shares" in m.findings]

    assert len(repaired) == 8
    for m in repaired:
        assert m.output_tok_s_gpu + m.input_tok_s_gpu == pytest.approx(m.total_tok_s_gpu, rel=1e-9)
    assert (repaired[0].gpus, repaired[0].output_tok_s_gpu) == (36, pytest.approx(16.3973496391754, rel=1e-12))


def test_as_published_basis_keeps_role_figures(shared: Path, house: House, dataset: Dataset) -> None:
    """With the role basis as published, output and input stand as the source gives them."""
    published = load([shared / "data/inferencex/benchmarks.json"], house, DatasetOptions(role_basis="as published"))

    row, converted = published.measurements[300], dataset.measurements[300]
    assert (row.output_tok_s_gpu, row.input_tok_s_gpu) == (29.2102745012219, 235.132169843518)
    assert row.output_tok_s_gpu == converted.output_as_published_tok_s_gpu


def test_missing_token_classes_stay_empty(dataset: Dataset) -> None:
    """The two rows without output and input are usable for the total and leave the classes empty, not zero."""
    rows = [m for m in dataset.measurements if m.output_tok_s_gpu is None]

    assert [m.source_row for m in rows] == [6, 7]
    assert all(m.usable and m.input_tok_s_gpu is None for m in rows)


def test_agentic_rows_are_a_workload_of_their_own(tmp_path: Path, house: House) -> None:
    """Agentic rows have null lengths, their own workload and the 90th percentile, and share no curve with others."""
    row = api_row(benchmark_type="agentic_traces", isl=None, osl=None)

    found = load_rows(tmp_path, house, row, api_row()).measurements

    assert [m.workload for m in found] == ["agentic-traces", "1024x1024"]
    assert found[0].interactivity_tok_s_user == pytest.approx(80.0)
    assert "p90" in found[0].interactivity_definition


def test_hostile_types_do_not_crash(tmp_path: Path, house: House) -> None:
    """Lists and objects where names and figures belong become unknown or unusable, never a traceback."""
    strange = {"framework": {"a": 1}, "run_url": 5, "date": 20260602, "conc": "many", "image": [1], "disagg": "maybe"}
    row = api_row(api_metrics(), hardware=["h200"], **strange)

    found = load_rows(tmp_path, house, row).measurements[0]

    assert (found.concurrency, found.run_url, found.date) == (None, "", None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": 3}, r"rows\.json, row 2, field `metrics`: the value is not an object"),
        ({"isl": ...}, r"rows\.json, row 2, field `isl`: the key is missing; allowed: the keys of /api/v1/benchmarks"),
    ],
)
def test_wrong_schema_is_named(tmp_path: Path, house: House, changes: dict[str, Any], message: str) -> None:
    """A row without the keys of the API stops the file and names row and key."""
    bad = {key: value for key, value in (api_row() | changes).items() if value is not ...}

    with pytest.raises(InputError, match=message):
        load([write_json(tmp_path / "rows.json", [api_row(), bad])], house)


def test_row_that_is_no_object_is_named(tmp_path: Path, house: House) -> None:
    """A number among the rows stops the file and names the row."""
    with pytest.raises(InputError, match=r"rows\.json, row 2: the row is not an object"):
        load([write_json(tmp_path / "rows.json", [api_row(), 7])], house)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0, -3, "fast", None])
@pytest.mark.parametrize("key", ["median_intvty", "tput_per_gpu"])
def test_unusable_figures_are_listed_not_lost(tmp_path: Path, house: House, key: str, value: object) -> None:
    """NaN, infinity, zero, negatives, text and nothing: the row stays in the list with its reason and feeds no curve."""
    metrics = api_metrics() | {key: value, "median_tpot": None}

    dataset = load_rows(tmp_path, house, api_row(metrics), api_row(conc=16))

    bad = dataset.measurements[0]
    assert not bad.usable
    assert ("interactivity" if key == "median_intvty" else "throughput") in bad.excluded
    assert any(n.topic == "dropped" and n.row == 1 and "1 row not used" in n.text for n in dataset.notices)


@pytest.mark.parametrize(
    "date", [{"day": 2, "month": 6}, {}, ["2026-06-02"], 20260602, True, 1.5e9, "2 June", "2026-06-99"]
)
def test_a_date_that_is_no_text_is_left_empty(tmp_path: Path, house: House, date: object) -> None:
    """A date that is an object, a list, a number or no day is remarked upon in a notice, and the row is still used."""
    dataset = load_rows(tmp_path, house, api_row(date=date))

    assert [(m.date, m.usable) for m in dataset.measurements] == [(None, True)]
    assert [n.text for n in dataset.notices if n.topic == "incomplete"] == [
        "1 row: the date is not written YYYY-MM-DD, so it was left empty"
    ]
