"""What figures of one row or table say of each other: speed and latency, output, lengths, units, bounds and dates."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json
from support.tables import write_table

from specxl.errors import InputError
from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from specxl.house import House

GIVEN = ("hardware=b200", "gpus=8")


def _vllm(tpot_ms: float, **changes: object) -> dict[str, Any]:
    """Return a consistent vLLM run: 1000 tokens in, 500 out, 10 requests in flight, 0.5 s to the first token."""
    latency = 0.5 + 499 * tpot_ms / 1000
    output = 10 * 500 / latency
    row = {"model_id": "glm5", "num_prompts": 50, "completed": 50, "max_concurrency": 10, "request_rate": "inf"}
    row |= {"total_input_tokens": 50000, "total_output_tokens": 25000, "date": "20260606-060606"}
    row |= {"output_throughput": output, "total_token_throughput": output * 3, "mean_ttft_ms": 500.0}
    row |= {"median_tpot_ms": tpot_ms, "mean_tpot_ms": tpot_ms, "mean_e2el_ms": latency * 1000}
    return {key: value for key, value in (row | changes).items() if value is not None}


def _suspects(tmp_path: Path, house: House, *rows: dict[str, Any]) -> list[list[str]]:
    dataset = load([write_json(tmp_path / "a.json", list(rows))], house, DatasetOptions(settings=GIVEN))
    return [[f.partition(":")[2] for f in m.findings if f.startswith("suspect")] for m in dataset.measurements]


def _table(tmp_path: Path, house: House, rows: Sequence[dict[str, Any]], **facts: object) -> Dataset:
    known = {"model": "glm5", "hardware": "b200", "precision": "fp8", "engine": "vllm", "workload": "1k/1k", "gpus": 4}
    known |= {"date": "2026-06-06"}
    return load([write_table(tmp_path / "t.csv", [{**known, **facts, **row} for row in rows])], house)


def _sound(tpot_s: float, concurrency: int, gpus: int = 4) -> dict[str, Any]:
    """Return a table's row of 1024 tokens in and out whose output is 0.9 times what its speed allows."""
    total = 0.9 * 2 * concurrency / tpot_s / gpus
    return {"concurrency": concurrency, "tpot_median_s": tpot_s, "total_tok_s_gpu": total, "variant": "none"}


def test_sound_rows_are_not_suspect(tmp_path: Path, house: House) -> None:
    """Consistent runs, quick and slow, show nothing."""
    assert _suspects(tmp_path, house, _vllm(5), _vllm(20, max_concurrency=None), _vllm(80)) == [[], [], []]


@pytest.mark.parametrize(
    ("factor", "suspect"), [(0.45, True), (0.55, False), (1.9, False), (2.1, True), (0.2, True), (5.0, True)]
)
def test_speed_against_the_latency_of_whole_requests(
    tmp_path: Path, house: House, factor: float, *, suspect: bool
) -> None:
    """A TPOT more than a factor of two from (latency - TTFT) / (output - 1) contradicts it, either way."""
    row = _vllm(20) | {"median_tpot_ms": 20 * factor, "mean_tpot_ms": 20 * factor}

    assert ("latency" in _suspects(tmp_path, house, row)[0]) is suspect


def test_speed_is_held_against_nominal_lengths_too(tmp_path: Path, house: House) -> None:
    """A table that gives whole latencies is judged by its nominal output length."""
    points = [{"ttft_mean_s": 0.5, "e2el_mean_s": e2el, "interactivity_tok_s_user": 100} for e2el in (10.7, 2.5, 30.0)]
    rows = [point | {"concurrency": 2**n, "total_tok_s_gpu": 20 * 2**n} for n, point in enumerate(points)]

    found = _table(tmp_path, house, rows).measurements

    assert ["suspect:latency" in m.findings for m in found] == [False, True, True]


def test_medians_alone_prove_nothing_of_the_speed(tmp_path: Path, house: House) -> None:
    """The median request by latency is another than by TTFT, so medians count beside means only."""
    median = {"median_ttft": 0.2, "median_e2el": 3.0}
    alone = api_metrics(100, mean_e2el=None) | median
    beside = api_metrics(100, mean_e2el=3.0, mean_ttft=0.2) | median

    rows = load_rows(tmp_path, house, api_row(alone), api_row(beside, conc=9)).measurements

    assert ["suspect:latency" in m.findings for m in rows] == [False, True]


def test_mean_that_one_slow_request_spoils_is_no_contradiction(tmp_path: Path, house: House) -> None:
    """Where the medians agree with the speed, means that do not are a matter of the tail."""
    row = _vllm(20, mean_e2el_ms=30000.0, median_e2el_ms=10480.0, median_ttft_ms=500.0, max_concurrency=None)

    assert _suspects(tmp_path, house, row) == [[]]


@pytest.mark.parametrize(("factor", "suspect"), [(1.9, False), (2.4, True), (6.0, True)])
def test_output_against_speed(tmp_path: Path, house: House, factor: float, *, suspect: bool) -> None:
    """Where no whole latency is given, output per request beyond the speed contradicts it."""
    row = _vllm(20, mean_e2el_ms=None, mean_ttft_ms=None)
    speed_limit = 10 * 1000 / 20 * factor
    row |= {"output_throughput": speed_limit, "total_token_throughput": speed_limit * 3}

    assert ("output" in _suspects(tmp_path, house, row)[0]) is suspect


@pytest.mark.parametrize(
    ("lengths", "suspect"),
    [((1024, 205), True), ((1024, 1000), False), ((1024, 520), False), ((480, 1024), True), ((2100, 1024), True)],
)
def test_nominal_against_measured_lengths(
    tmp_path: Path, house: House, lengths: tuple[int, int], *, suspect: bool
) -> None:
    """A run whose requests were not as long as it says is not of the workload that it names."""
    row = {"backend": "sglang", "dataset_name": "random", "random_input_len": 1024, "random_output_len": 1024}
    row |= {"random_range_ratio": 1.0, "completed": 10, "max_concurrency": 5, "median_tpot_ms": 10.0}
    row |= {"total_input_tokens": lengths[0] * 10, "total_output_tokens": lengths[1] * 10}
    row |= {"total_output_tokens_retokenized": lengths[1] * 10, "output_throughput": 90.0, "input_throughput": 90.0}
    row |= {"server_info": {"model_path": "zai-org/GLM-5", "tp_size": 8}}

    assert ("lengths" in _suspects(tmp_path, house, row)[0]) is suspect


@pytest.mark.parametrize("gpus", [2, 4, 16])
def test_throughput_that_was_not_divided_by_the_gpus(tmp_path: Path, house: House, gpus: int) -> None:
    """A table whose throughput per GPU is that of the deployment is suspect in every row; divided, in none."""
    rows = [_sound(tpot, c, gpus) for tpot, c in ((0.010, 4), (0.016, 16), (0.025, 64))]
    undivided = [row | {"total_tok_s_gpu": row["total_tok_s_gpu"] * gpus} for row in rows]

    assert [m.findings for m in _table(tmp_path, house, rows, gpus=gpus).measurements] == [()] * 3
    found = _table(tmp_path, house, undivided, gpus=gpus)
    if gpus > 2:
        assert [m.findings for m in found.measurements] == [("suspect:not_per_gpu",)] * 3
        assert [n.topic for n in found.notices] == ["suspect"]


def test_one_row_within_the_bounds_speaks_for_a_table(tmp_path: Path, house: House) -> None:
    """A table in which any row fits its GPUs was divided; others may have slips of their own."""
    rows = [_sound(0.010, 4), _sound(0.016, 16), _sound(0.025, 64)]
    rows[0] = rows[0] | {"total_tok_s_gpu": rows[0]["total_tok_s_gpu"] * 4}

    assert not any(m.suspect for m in _table(tmp_path, house, rows).measurements)


@pytest.mark.parametrize("column", ["tpot_median_s", "tpot_mean_s"])
def test_milliseconds_in_a_column_that_says_seconds(tmp_path: Path, house: House, column: str) -> None:
    """The output per request shows the unit; the rows are read in milliseconds, and a notice says so."""
    rows = [_sound(tpot, c) for tpot, c in ((0.0042, 2), (0.0125, 16), (0.040, 96))]
    for row in rows:
        row[column] = row.pop("tpot_median_s") * 1000
    statistic = column.split("_")[1]
    path = tmp_path / "t.csv"
    known = {"model": "glm5", "hardware": "b200", "precision": "fp8", "engine": "vllm", "workload": "1k/1k", "gpus": 4}
    write_table(path, [{**known, "date": "2026-06-06", **row} for row in rows])

    dataset = load([path], house, DatasetOptions(statistic="mean" if statistic == "mean" else "median"))

    assert [m.interactivity_tok_s_user for m in dataset.measurements] == pytest.approx([1000 / 4.2, 80, 25])
    assert not any(m.suspect for m in dataset.measurements)
    assert [n.topic for n in dataset.notices] == ["unit"]
    assert "in milliseconds where its name says seconds" in dataset.notices[0].text


def test_row_that_cannot_show_the_unit_follows_its_table(tmp_path: Path, house: House) -> None:
    """Rows without concurrency or GPUs are read in the unit that the others of the file show."""
    rows = [_sound(tpot, c) | {"tpot_median_s": tpot * 1000} for tpot, c in ((0.010, 4), (0.02, 16))]
    rows[1]["concurrency"] = ""

    assert [m.interactivity_tok_s_user for m in _table(tmp_path, house, rows).measurements] == [100, 50]


def test_latencies_beside_it_are_read_in_the_unit_they_are_in(tmp_path: Path, house: House) -> None:
    """TTFT in seconds stays in seconds; one in milliseconds is as impossible in seconds as the TPOT was."""
    rows = [_sound(0.02, 16) | {"tpot_median_s": 20.0, "ttft_median_s": ttft} for ttft in (0.4,)]
    rows += [_sound(0.04, 64) | {"tpot_median_s": 40.0, "ttft_median_s": 4000.0}]

    found = _table(tmp_path, house, rows).measurements

    assert [m.ttft_median_s for m in found] == pytest.approx([0.4, 4.0])


def test_seconds_stay_seconds(tmp_path: Path, house: House) -> None:
    """Slow rows that fit their output are in seconds, and a fast row that does not is no evidence of a unit."""
    slow = [_sound(tpot, 8) for tpot in (0.9, 2.5)]
    slow[1]["concurrency"] = 16
    slow[1]["total_tok_s_gpu"] *= 2
    assert [m.interactivity_tok_s_user for m in _table(tmp_path, house, slow).measurements] == pytest.approx(
        [1 / 0.9, 0.4]
    )

    wild = [_sound(0.010, 4) | {"total_tok_s_gpu": 9000}]
    assert [m.interactivity_tok_s_user for m in _table(tmp_path, house, wild).measurements] == [100]


def test_speed_too_slow_to_be_believed_is_suspect(tmp_path: Path, house: House) -> None:
    """Without anything to judge it by, over two seconds per token is probably a figure in milliseconds."""
    rows = [_sound(tpot, c) | {"concurrency": ""} for tpot, c in ((15.0, 4), (1.0, 8))]

    found = _table(tmp_path, house, rows).measurements

    assert [m.findings for m in found] == [("suspect:unit",), ()]


def test_latency_under_the_name_of_a_speed_is_suspect(tmp_path: Path, house: House) -> None:
    """A column that says tok/s/user and holds seconds is contradicted by the output per request."""
    rows = [_sound(tpot, c) for tpot, c in ((0.0152, 16), (0.0281, 64))]
    for row in rows:
        row["interactivity_tok_s_user"] = row.pop("tpot_median_s")

    assert [m.findings for m in _table(tmp_path, house, rows).measurements] == [("suspect:unit",)] * 2


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("interactivity_tok_s_user", 1e-300, "interactivity is `1e-300`, which no system serves"),
        ("interactivity_tok_s_user", 1e308, "interactivity is `1e+308`, which no system serves"),
        ("interactivity_tok_s_user", 3e-98, "interactivity is `3e-98`, which no system serves"),
        ("tpot_median_s", 1e-9, "interactivity is `1000000000.0`, which no system serves"),
        ("total_tok_s_gpu", 1e308, "throughput is `1e+308`, which no GPU has"),
        ("total_tok_s_gpu", 1e-300, "throughput is `1e-300`, which no GPU has"),
    ],
)
def test_impossible_figures_are_refused(tmp_path: Path, house: House, column: str, value: float, said: str) -> None:
    """A figure outside what is physically possible keeps its row from the curve, named with file, row and field."""
    row = {"interactivity_tok_s_user": 60, "total_tok_s_gpu": 100, "variant": "none"}
    bad = {key: v for key, v in row.items() if column != "tpot_median_s" or key != "interactivity_tok_s_user"}

    dataset = _table(tmp_path, house, [row | {"concurrency": 4}, bad | {column: value, "concurrency": 8}])

    assert [m.usable for m in dataset.measurements] == [True, False]
    assert dataset.measurements[1].excluded.startswith(said)
    notice = next(n for n in dataset.notices if n.topic == "dropped")
    assert (notice.file, notice.row) == ("t.csv", 3)
    assert "allowed are" in notice.text


@pytest.mark.parametrize(
    ("column", "value"), [("concurrency", 1e300), ("output_tok_s_gpu", 1e-300), ("input_tok_s_gpu", 1e200)]
)
def test_impossible_figures_that_a_row_can_do_without_are_left_out(
    tmp_path: Path, house: House, column: str, value: float
) -> None:
    """The row stays, the figure is empty, and a notice names it."""
    row = {"interactivity_tok_s_user": 60, "total_tok_s_gpu": 100, "variant": "none", "concurrency": 4}

    dataset = _table(tmp_path, house, [row | {column: value}])

    found = dataset.measurements[0]
    assert found.usable
    assert getattr(found, column) is None
    assert any(n.topic == "incomplete" and n.row == 2 for n in dataset.notices)


@pytest.mark.parametrize("date", ["9999-12-31", "0001-01-01", "2014-12-31", "1899-12-31"])
def test_dates_that_cannot_be_are_left_out_with_a_notice(tmp_path: Path, house: House, date: str) -> None:
    """They do not become the data's date, and win over no run."""
    row = {"interactivity_tok_s_user": 60, "total_tok_s_gpu": 100, "variant": "none"}

    dataset = _table(tmp_path, house, [row | {"concurrency": 4}, row | {"concurrency": 8, "date": date}])

    assert [m.date for m in dataset.measurements] == [dt.date(2026, 6, 6), None]
    assert dataset.as_of == dt.date(2026, 6, 6)
    notice = next(n for n in dataset.notices if n.topic == "date")
    assert (notice.row, f"`{date}`" in notice.text) == (3, True)


def test_today_is_a_date(tmp_path: Path, house: House) -> None:
    """A run of today counts, also where it is tomorrow already."""
    today = dt.datetime.now(dt.UTC).date()
    row = {"interactivity_tok_s_user": 60, "total_tok_s_gpu": 100, "variant": "none"}

    for days, kept in ((0, True), (1, True), (3, False)):
        date = max(today, dt.date(2026, 11, 2)) + dt.timedelta(days=days)
        dataset = _table(tmp_path, house, [row | {"date": str(date), "concurrency": 4}])
        assert (dataset.measurements[0].date is not None) is kept


def test_nothing_but_impossible_figures_is_an_error(tmp_path: Path, house: House) -> None:
    """A file without a possible figure is refused with its reason."""
    with pytest.raises(
        InputError, match="no usable row among 1: 1 x interactivity is `1e-300`, which no system serves"
    ):
        _table(tmp_path, house, [{"interactivity_tok_s_user": 1e-300, "total_tok_s_gpu": 100, "concurrency": 1}])


def test_real_data_raises_no_false_alarm(shared: Path, house: House) -> None:
    """Of all real samples none is suspect, and of the real answer one row: the stalled one."""
    given = {
        "inferencex_agg/2025-10_v0_flat": (),
        "inferencex_ui_csv": (),
        "vllm": ("gpus=8", "hardware=h200"),
        "sglang": ("gpus=8", "hardware=h200", "model=glm5"),
    }
    for name, settings in given.items():
        found = load([shared / "data/samples" / name], house, DatasetOptions(settings=settings))
        assert [m for m in found.measurements if m.suspect] == [], name
    answer = load([shared / "data/inferencex/benchmarks.json"], house)
    assert [(m.source_row, m.findings[0]) for m in answer.measurements if m.suspect] == [(205, "suspect:littles_law")]
