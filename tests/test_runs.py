"""One run per line: latest answers and histories, merged files, the newest run, and mixing runs on request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json
from support.tables import write_table

from specxl.errors import OptionError
from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

RUNS = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs"


def _row(conc: int, date: str, run: int | None, speed: float = 100.0, **changes: object) -> dict[str, Any]:
    """Return an API row of one run; without a run it links nowhere."""
    link = f"{RUNS}/{run}/attempts/1" if run is not None else None
    return api_row(api_metrics(speed, concurrency=conc), conc=conc, date=date, run_url=link, **changes)


def _kept(dataset: Dataset) -> list[int]:
    """Return the numbers of the rows that feed a curve."""
    return [m.number for m in dataset.measurements if m.usable]


def _table(path: Path, *rows: tuple[object, ...]) -> Path:
    """Write tidy rows of one configuration: date, concurrency, speed, throughput."""
    fixed = {"model": "dsr1", "hardware": "h200", "engine": "vllm", "precision": "fp8", "variant": "none", "gpus": 8}
    named = ("date", "concurrency", "interactivity_tok_s_user", "total_tok_s_gpu")
    return write_table(path, [{**fixed, "workload": "1k/1k", **dict(zip(named, row, strict=True))} for row in rows])


def _runs_of_two_lines() -> list[dict[str, Any]]:
    """Return a history: one line measured by runs 7 and 9, another only by run 7."""
    first = [_row(c, "2026-03-01", 7, s) for c, s in ((2, 140), (8, 90), (32, 40))]
    again = [_row(c, "2026-04-02", 9, s) for c, s in ((2, 150), (32, 50))]
    other = [_row(c, "2026-03-01", 7, s, precision="fp4") for c, s in ((2, 180), (8, 120))]
    return [*first, *again, *other]


def test_newest_run_of_each_line_of_a_history(tmp_path: Path, house: House) -> None:
    """Points of the older run go, also where the newer one has none; a line that was measured once stays."""
    dataset = load_rows(tmp_path, house, *_runs_of_two_lines())

    assert _kept(dataset) == [4, 5, 6, 7]
    assert [m.excluded.rpartition(" ")[2] for m in dataset.measurements[:3]] == ["4", "4", "5"]
    assert [n.text for n in dataset.notices] == [
        "same configuration measured again on 2026-04-02: the newer run is used; 3 rows set aside (rows 1, 2, 3)"
    ]


def test_order_of_a_history_does_not_matter(tmp_path: Path, house: House) -> None:
    """Rows in any order give the same curve."""
    speeds = []
    for rows in (_runs_of_two_lines(), _runs_of_two_lines()[::-1]):
        dataset = load_rows(tmp_path, house, *rows)
        speeds.append(sorted(m.interactivity_tok_s_user or 0 for m in dataset.measurements if m.usable))

    assert speeds[0] == speeds[1] == [50, 120, 150, 180]


def test_two_runs_of_one_day_are_told_apart_by_their_ids(tmp_path: Path, house: House) -> None:
    """Ids are numbers: run 1000 is newer than run 999, and the time a run started at comes before its id."""
    by_id = [_row(4, "2026-03-01", 1000, 90), _row(4, "2026-03-01", 999, 80), _row(16, "2026-03-01", 999, 60)]
    by_time = [row | {"run_started_at": f"2026-03-01T0{hour}:00Z"} for row, hour in zip(by_id, (1, 2, 2), strict=True)]

    assert _kept(load_rows(tmp_path, house, *by_id)) == [1]
    assert _kept(load_rows(tmp_path, house, *by_time)) == [2, 3]


def test_history_without_runs_goes_by_its_newest_date(tmp_path: Path, house: House) -> None:
    """Without links the day stands for the run, and a notice says so."""
    rows = [_row(4, "2026-03-01", None, 80), _row(16, "2026-03-01", None, 50), _row(4, "2026-03-09", None, 90)]

    dataset = load_rows(tmp_path, house, *rows)

    assert _kept(dataset) == [3]
    assert "newest date, since the file names no runs; 2 rows set aside" in dataset.notices[0].text


def test_run_that_lasts_past_midnight_is_one_run(tmp_path: Path, house: House) -> None:
    """Rows of one run on two days belong together; a link that spans weeks stands for several runs."""
    night = [_row(4, "2026-03-01", 5, 80), _row(4, "2026-04-01", 6, 90), _row(16, "2026-04-02", 6, 50)]
    weeks = [_row(4, "2026-03-01", 5, 80), _row(4, "2026-04-01", 5, 90), _row(16, "2026-03-01", 5, 50)]

    assert _kept(load_rows(tmp_path, house, *night)) == [2, 3]
    assert _kept(load_rows(tmp_path, house, *weeks)) == [2]


def test_snapshot_of_a_curve_comes_before_the_run_of_a_point(tmp_path: Path, house: House) -> None:
    """Where rows name the curve's snapshot, it is whole: inherited points of an older run stay in it."""
    old = [_row(4, "2026-09-01", 5, 80, curve_workflow_run_id="31", curve_run_started_at="2026-09-01T01:00Z")]
    new = [row | {"curve_workflow_run_id": "32", "curve_run_started_at": "2026-09-04T01:00Z"} for row in old]
    new.append(new[0] | _row(16, "2026-09-04", 6, 50))

    dataset = load_rows(tmp_path, house, *old, *new)

    assert _kept(dataset) == [2, 3]
    assert not dataset.measurements[1].repeats > 1


def test_filters_make_no_history_a_latest_answer(tmp_path: Path, house: House) -> None:
    """A filter that hides the line that was measured twice does not make the file one that has been selected."""
    twice = [_row(4, "2026-03-01", 5, 80), _row(4, "2026-04-01", 6, 90)]
    other = [_row(4, "2026-03-01", 5, 80, precision="fp4"), _row(16, "2026-04-01", 6, 50, precision="fp4")]

    dataset = load_rows(tmp_path, house, *twice, *other, precisions=("fp4",))

    assert [m.usable for m in dataset.measurements] == [False, True]


def test_newest_of_three_latest_answers_decides(tmp_path: Path, house: House) -> None:
    """What the newest answer still shows is current, what it has dropped is not, and lines it lacks stay as they were."""
    kept, dropped = _row(4, "2026-03-01", 5, 120), _row(8, "2026-03-01", 5, 100)
    elsewhere = _row(4, "2026-03-01", 5, 60, hardware="b300")
    write_json(tmp_path / "march.json", [kept, dropped, elsewhere])
    write_json(tmp_path / "april.json", [kept, dropped, _row(16, "2026-04-01", 6, 70)])
    write_json(tmp_path / "may.json", [kept, _row(16, "2026-05-01", 7, 75)])

    dataset = load([tmp_path / f"{month}.json" for month in ("may", "march", "april")], house)

    found = {(m.hardware, m.concurrency, m.interactivity_tok_s_user) for m in dataset.measurements if m.usable}
    assert found == {("h200", 4, 120), ("h200", 16, 75), ("b300", 4, 60)}


def test_answer_asked_for_later_is_the_newer_one(tmp_path: Path, house: House) -> None:
    """Of two answers whose newest row is the same, the one that was fetched later no longer shows what was withdrawn."""
    rows = [_row(4, "2026-03-01", 5, 120), _row(8, "2026-03-01", 5, 20)]
    first = write_json(tmp_path / "a.json", {"fetched_at": "2026-03-02T00:00:00+00:00", "rows": rows})
    later = write_json(tmp_path / "b.json", {"fetched_at": "2026-03-09T00:00:00+00:00", "rows": rows[:1]})

    assert {m.interactivity_tok_s_user for m in load([later, first], house).measurements if m.usable} == {120}


def test_history_beside_a_latest_answer(tmp_path: Path, house: House) -> None:
    """Rows of the newest latest answer stay, unless the history holds a newer run of the line."""
    latest = write_json(tmp_path / "latest.json", [_row(4, "2026-03-01", 5, 120), _row(8, "2026-02-01", 4, 100)])
    older = [_row(4, "2026-01-01", 3, 80), _row(4, "2026-02-01", 4, 85)]
    newer = [_row(4, "2026-01-01", 3, 80), _row(4, "2026-06-01", 9, 130)]

    for history, expected in ((older, {120, 100}), (newer, {130})):
        path = write_json(tmp_path / "history.json", history)
        dataset = load([latest, path], house)
        assert {m.interactivity_tok_s_user for m in dataset.measurements if m.usable} == expected


@pytest.mark.parametrize("as_one_file", [True, False])
def test_points_of_several_days_stay_where_none_was_measured_again(
    tmp_path: Path, house: House, *, as_one_file: bool
) -> None:
    """A sweep that goes on past midnight is whole, in one file or in a file for each point; a repeated point is not."""
    points = [("2026-05-01", 4, 100, 200), ("2026-05-01", 16, 80, 900), ("2026-05-02", 64, 40, 1200)]
    again = ("2026-05-09", 16, 82, 950)

    for rows, speeds in ((points, {100, 80, 40}), ([*points, again], {82})):
        parts = [rows] if as_one_file else [[row] for row in rows]
        files = [_table(tmp_path / f"{n}.csv", *part) for n, part in enumerate(parts)]
        dataset = load(files, house)
        assert {m.interactivity_tok_s_user for m in dataset.measurements if m.usable} == speeds


def test_lines_with_equal_points_are_different_lines(tmp_path: Path, house: House) -> None:
    """A newer run of one configuration sets nothing aside of another: other engine, GPUs or layout."""
    rows = [_row(4, "2026-03-01", 5, 80), _row(4, "2026-04-01", 6, 90)]
    rows += [
        _row(4, "2026-03-01", 5, 70, framework="vllm"),
        _row(4, "2026-03-01", 5, 60, prefill_tp=4, decode_tp=4),
        _row(4, "2026-03-01", 5, 50, decode_ep=8),
    ]

    assert _kept(load_rows(tmp_path, house, *rows)) == [2, 3, 4, 5]


def test_mixed_runs_take_the_newest_row_of_each_load_and_say_so(tmp_path: Path, house: House) -> None:
    """On request the point that only the old run has stays, and every row of the stitched line is flagged."""
    dataset = load_rows(tmp_path, house, *_runs_of_two_lines(), mix_runs=True)

    assert _kept(dataset) == [2, 4, 5, 6, 7]
    flagged = [m.number for m in dataset.measurements if m.usable and "caution:mixes_runs" in m.findings]
    assert flagged == [2, 4, 5]
    texts = " ".join(n.text for n in dataset.notices)
    assert "the newest row of each concurrency is used; 2 rows set aside" in texts
    assert "1 configuration mixes the rows of several runs, as asked for" in texts


def test_mixing_flags_only_what_it_stitched(tmp_path: Path, house: House) -> None:
    """A line whose newest run has every point, and a latest answer with rows of two runs, are not flagged."""
    whole = [_row(4, "2026-03-01", 5, 80), _row(4, "2026-04-01", 6, 90), _row(8, "2026-04-01", 6, 70)]
    latest = [_row(4, "2026-03-01", 5, 80), _row(8, "2026-04-01", 6, 70)]

    for rows in (whole, latest):
        dataset = load_rows(tmp_path, house, *rows, mix_runs=True)
        assert not [m for m in dataset.measurements if "caution:mixes_runs" in m.findings]


def test_one_notice_for_many_lines_of_a_folder(tmp_path: Path, house: House) -> None:
    """However many files and lines were measured again, a folder gets one notice with the count and the last day."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for n in range(12):
        rows = [(f"2026-05-{day:02}", 4, 100 + n, 200 + n) for day in (1, 10 + n)]
        _table(folder / f"{n}.csv", *rows)
        text = (folder / f"{n}.csv").read_text().replace("h200", f"gpu{n}")
        (folder / f"{n}.csv").write_text(text)

    notices = [n for n in load([folder], house).notices if n.topic == "merged"]

    assert len(notices) == 1
    assert notices[0].file == "runs"
    start = "12 configurations measured again, the last on 2026-05-21: the newer run of each is used"
    assert notices[0].text.startswith(f"{start}, which is that of the newest date")
    assert "12 rows set aside" in notices[0].text


def test_real_answer_is_a_latest_one(shared: Path, house: House) -> None:
    """The real answer repeats no configuration at one concurrency, so its rows all count, though lines hold two runs."""
    dataset = load([shared / "data/inferencex/benchmarks.json"], house)
    doubled = load([shared / "data/inferencex/benchmarks.json"], house, DatasetOptions(mix_runs=True))

    assert [m.usable for m in dataset.measurements] == [True] * 435
    assert doubled.measurements == dataset.measurements


def test_real_answer_twice_counts_once(shared: Path, tmp_path: Path, house: House) -> None:
    """A copy and a re-written copy add nothing to the answer, and say so once each."""
    path = shared / "data/inferencex/benchmarks.json"
    rows = json.loads(path.read_text())
    (tmp_path / "same.json").write_bytes(path.read_bytes())
    write_json(tmp_path / "written_again.json", rows)

    dataset = load([path, tmp_path / "same.json", tmp_path / "written_again.json"], house)

    assert [m.usable for m in dataset.measurements] == [True] * 435 + [False] * 870
    merged = [n.text.partition(" (")[0] for n in dataset.notices if n.topic == "merged"]
    assert merged == [
        "435 rows merged: the same content stands under another name",
        "435 rows merged: a row of another file, repeated",
    ]


def test_option_that_does_not_exist_stays_an_error(tmp_path: Path, house: House) -> None:
    """Mixing runs changes nothing of how other options are checked."""
    with pytest.raises(OptionError, match="matches no row"):
        load_rows(tmp_path, house, api_row(), mix_runs=True, models=("nothing",))
