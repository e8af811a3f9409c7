"""Several measurements of one point: repeats and their median, contradictions, attempts, copies, and loads not stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json
from support.tables import write_table

from specxl.reading.dataset import Dataset, DatasetOptions, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from specxl.house import House

RUN = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/8/attempts"


def _tidy(path: Path, points: Sequence[dict[str, Any]], **facts: object) -> Path:
    """Write a tidy table of one configuration."""
    known = {"model": "glm5", "hardware": "b200", "engine": "sglang", "precision": "fp8", "variant": "none", "gpus": 8}
    return write_table(
        path, [{**known, "workload": "1k/1k", "date": "2026-05-05", **facts, **point} for point in points]
    )


def _point(speed: float, total: float = 500.0, **facts: object) -> dict[str, Any]:
    return {"concurrency": 8, "interactivity_tok_s_user": speed, "total_tok_s_gpu": total, **facts}


def _speeds(dataset: Dataset) -> list[float | None]:
    return [m.interactivity_tok_s_user for m in dataset.measurements if m.usable]


@pytest.mark.parametrize(
    ("speeds", "kept", "spread"),
    [
        ((50, 52, 51), 51, "3.9 %"),
        ((52, 50), 50, "3.9 %"),
        ((50.5, 50, 51, 52, 51.5), 51, "3.9 %"),
        ((51, 53, 50, 52), 51, "5.8 %"),
    ],
)
def test_repeats_of_one_day_give_the_median(
    tmp_path: Path, house: House, speeds: Sequence[float], kept: float, spread: str
) -> None:
    """The median row counts, of an even number the slower of the two in the middle; number and spread are told."""
    dataset = load([_tidy(tmp_path / "t.csv", [_point(speed) for speed in speeds])], house)

    assert _speeds(dataset) == [kept]
    counted = next(m for m in dataset.measurements if m.usable)
    assert counted.repeats == len(speeds)
    assert {m.excluded for m in dataset.measurements if not m.usable} == {
        f"one of {len(speeds)} repeats, of which row {counted.number} is the median"
    }
    assert [(n.topic, n.text) for n in dataset.notices] == [
        ("merged", f"{len(speeds)} repeats: median, spread {spread}")
    ]


def test_spread_is_that_of_the_throughput_where_it_is_wider(tmp_path: Path, house: House) -> None:
    """Repeats of one speed may differ in throughput."""
    points = [_point(50, total) for total in (480, 500, 520)]

    assert load([_tidy(tmp_path / "t.csv", points)], house).notices[0].text == "3 repeats: median, spread 8 %"


def test_several_repeated_points_are_one_notice(tmp_path: Path, house: House) -> None:
    """One notice tells of all repeated points of a file."""
    points = [_point(speed, concurrency=c) for c in (4, 8, 16) for speed in (50 - c, 50.5 - c)]

    notices = load([_tidy(tmp_path / "t.csv", points)], house).notices

    assert [n.text for n in notices] == ["3 points with 2 repeats: median, spread up to 1.5 % (rows 2, 4, 6)"]


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_one_day_that_contradict_each_other_are_both_named(
    tmp_path: Path, house: House, *, turned: bool
) -> None:
    """In whichever order the files come, the slower counts; both rows and the field that may part them are named."""
    slow, fast = _tidy(tmp_path / "slow.csv", [_point(50)]), _tidy(tmp_path / "fast.csv", [_point(82, 510)])

    dataset = load([fast, slow] if turned else [slow, fast], house)

    assert _speeds(dataset) == [50]
    notice = dataset.notices[0]
    assert notice.topic == "contradiction"
    assert "slow.csv row 2" in notice.text
    assert "fast.csv row 2" in notice.text
    assert "two rows of one day contradict each other" in notice.text
    assert "the slower is used" in notice.text
    assert notice.text.endswith("if the file does not state what parts them, give `configuration` in specxl.toml")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"variant": ""}, "variant"),
        ({"workload": ""}, "workload"),
        ({"engine": ""}, "engine"),
        ({"date": ""}, "date"),
        ({}, "configuration"),
    ],
)
def test_contradiction_asks_for_what_is_not_stated(
    tmp_path: Path, house: House, facts: dict[str, object], field: str
) -> None:
    """The first thing that no row states is what would tell them apart."""
    dataset = load([_tidy(tmp_path / "t.csv", [_point(50), _point(82)], **facts)], house)

    text = next(n.text for n in dataset.notices if n.topic == "contradiction")
    assert f"give `{field}` in specxl.toml" in text
    assert ("of one day" in text) is (field != "date")


def test_given_field_parts_what_contradicted(tmp_path: Path, house: House) -> None:
    """With the words of a configuration for one of the files both rows feed the curve."""
    files = [_tidy(tmp_path / "plain.csv", [_point(50)]), _tidy(tmp_path / "chunked.csv", [_point(82)])]

    dataset = load(files, house, DatasetOptions(settings=("chunked*:configuration=chunked prefill",)))

    assert [(m.usable, m.configuration) for m in dataset.measurements] == [(True, ""), (True, "chunked prefill")]
    assert not dataset.notices


def test_numbered_repeats_are_repeats_however_far_apart(tmp_path: Path, house: House) -> None:
    """What a tool numbers as repeats is never called a contradiction."""
    base = {"model_id": "glm5", "num_prompts": 64, "completed": 64, "request_rate": "inf", "max_concurrency": 8}
    base |= {"date": "20260505-101500", "total_input_tokens": 65536, "total_output_tokens": 65536, "gpus": "8"}
    base |= {"output_throughput": 300.0, "total_token_throughput": 600.0, "hardware": "b200", "spec": "none"}
    rows = [base | {"median_tpot_ms": tpot, "run_number": n} for n, tpot in enumerate((10.0, 20.0, 12.5))]

    dataset = load([write_json(tmp_path / "summary.json", rows)], house)

    assert [(m.interactivity_tok_s_user, m.repeats) for m in dataset.measurements if m.usable] == [(80.0, 3)]
    assert not [n for n in dataset.notices if n.topic == "contradiction"]


def test_later_attempt_of_a_run_replaces_the_earlier(tmp_path: Path, house: House) -> None:
    """A point that was measured again in a second attempt stands there; points of the first attempt alone stay."""
    rows = [
        api_row(run_url=f"{RUN}/1"),
        api_row(api_metrics(30), run_url=f"{RUN}/2"),
        api_row(conc=16, run_url=f"{RUN}/1"),
    ]

    dataset = load_rows(tmp_path, house, *rows)

    assert [m.usable for m in dataset.measurements] == [False, True, True]
    assert dataset.measurements[0].excluded == "an earlier attempt of the run that row 2 is from"


def test_same_figures_twice_are_no_repeat(tmp_path: Path, house: House) -> None:
    """A row that stands twice in a file is one measurement."""
    dataset = load([_tidy(tmp_path / "t.csv", [_point(50), _point(50), _point(40, concurrency=32)])], house)

    assert [(m.usable, m.repeats) for m in dataset.measurements] == [(True, 1), (False, 1), (True, 1)]
    assert [n.text for n in dataset.notices] == ["1 row merged: a row stands there twice"]


@pytest.mark.parametrize(
    "points",
    [
        [_point(speed, concurrency="") for speed in (100, 80, 60)],
        [_point(50, concurrency=""), _point(50, concurrency=""), _point(50, concurrency=8)],
        [_point(50, concurrency="", request_rate=rate) for rate in (1, 2, 4)],
    ],
)
def test_rows_without_a_stated_load_all_stay(tmp_path: Path, house: House, points: list[dict[str, Any]]) -> None:
    """Unsaid is not equal: rows without concurrency are no duplicates, and different request rates are different loads."""
    dataset = load([_tidy(tmp_path / "t.csv", points)], house)

    assert len(_speeds(dataset)) == len(points)
    assert not [n for n in dataset.notices if n.topic in ("merged", "contradiction")]


def test_equal_request_rates_are_one_load(tmp_path: Path, house: House) -> None:
    """Rows that state the same rate and no concurrency are repeats like any others."""
    points = [_point(speed, concurrency="", request_rate=2) for speed in (50, 51, 52)]

    dataset = load([_tidy(tmp_path / "t.csv", points)], house)

    assert [(m.interactivity_tok_s_user, m.repeats) for m in dataset.measurements if m.usable] == [(51, 3)]
    assert dataset.measurements[0].configuration == "2 requests/s"
