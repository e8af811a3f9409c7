"""The data set: filters, dates, duplicates, statistics, and one account for every row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.rows import api_metrics, api_row, load_rows, write_json

from specxl.errors import InputError, OptionError
from specxl.reading.dataset import DatasetOptions, load

if TYPE_CHECKING:
    from specxl.house import House

DATA = Path(__file__).resolve().parents[1] / "data"


def test_default_input_is_read_with_its_printed_figures(house: House) -> None:
    """The bundled published points: 30 rows with the figures that the pages print."""
    dataset = load([DATA / "published_points.csv"], house)

    first = dataset.measurements[0]
    assert len(dataset.measurements) == 30
    assert all(m.usable and m.published is not None for m in dataset.measurements)
    assert first.published is not None
    assert (first.workload, first.variant, first.published.cost_usd_per_mtok) == ("1024x1024", "mtp", 0.066)
    assert not dataset.notices


def test_newest_of_one_configuration_and_concurrency_wins(tmp_path: Path, house: House) -> None:
    """The older row is kept in the list, excluded, and names the row that replaced it; file order does not matter."""
    old, new = api_row(date="2026-05-01"), api_row(api_metrics(speed=120), date="2026-06-01", image="other")

    for rows, winner in (((old, new), 2), ((new, old), 1)):
        dataset = load_rows(tmp_path, house, *rows)
        loser = dataset.measurements[2 - winner]
        assert dataset.measurements[winner - 1].usable
        again = f"from an older run: the configuration was measured again on 2026-06-01, see row {winner}"
        assert loser.excluded == again
        assert [n.topic for n in dataset.notices] == ["merged"]


def test_rows_of_one_day_are_told_apart_by_time_or_not_at_all(tmp_path: Path, house: House) -> None:
    """Two rows of one day differ in the time their run started; without it the slower counts, wherever it stands."""
    slow, fast = api_row(), api_row(api_metrics(speed=120))

    assert [m.usable for m in load_rows(tmp_path, house, slow, fast).measurements] == [True, False]
    assert [m.usable for m in load_rows(tmp_path, house, fast, slow).measurements] == [False, True]

    early, late = api_row(run_started_at="2026-06-02T09:00"), api_row(run_started_at="2026-06-02T08:00")
    assert [m.usable for m in load_rows(tmp_path, house, early, late).measurements] == [True, False]


@pytest.mark.parametrize("key", ["prefill_ep", "decode_dp_attention", "num_decode_gpu", "offload_mode"])
def test_any_other_key_makes_another_configuration(tmp_path: Path, house: House, key: str) -> None:
    """Rows that differ in a key of the configuration both feed the curve."""
    dataset = load_rows(tmp_path, house, api_row(), api_row(**{key: 4}))

    assert all(m.usable for m in dataset.measurements)


def test_answers_of_different_days_give_the_newest_run_of_each_line(tmp_path: Path, house: House) -> None:
    """Two saved answers are a history: a line measured again leaves nothing of its older run, other lines stay."""
    again = [api_row(conc=c, date="2026-05-01") for c in (8, 16)]
    once = [api_row(conc=c, date="2026-05-01", precision="fp4") for c in (8, 16)]
    write_json(tmp_path / "may.json", [*again, *once])
    write_json(tmp_path / "june.json", [api_row(api_metrics(speed=120), date="2026-06-01")])

    rows = load([tmp_path / "may.json", tmp_path / "june.json"], house).measurements

    again = "from an older run: the configuration was measured again on 2026-06-01, see row 5"
    assert [m.excluded for m in rows] == [again, again, "", "", ""]


def test_answer_without_a_second_run_is_taken_as_already_selected(tmp_path: Path, house: House) -> None:
    """A latest answer may hold rows of several days in one line; with one of them measured twice it is a history."""
    rows = [api_row(date="2026-05-01"), api_row(conc=16, date="2026-06-01")]

    assert [m.usable for m in load_rows(tmp_path, house, *rows).measurements] == [True, True]

    rows.append(api_row(api_metrics(120), date="2026-06-01"))
    assert [m.usable for m in load_rows(tmp_path, house, *rows).measurements] == [False, True, True]


def test_unusable_newer_row_does_not_supersede(tmp_path: Path, house: House) -> None:
    """A failed newer run leaves the older measurement standing."""
    broken = api_row(api_metrics(tput_per_gpu=0), date="2026-06-09")

    assert [m.usable for m in load_rows(tmp_path, house, api_row(), broken).measurements] == [True, False]


def test_as_of_ignores_later_rows_and_says_what_that_means(tmp_path: Path, house: House) -> None:
    """Later rows are excluded before the newest is chosen; the notice warns that the past may be missing."""
    rows = api_row(date="2026-05-01"), api_row(api_metrics(speed=120), date="2026-06-01")

    dataset = load_rows(tmp_path, house, *rows, as_of=dt.date(2026, 5, 31))

    assert [m.excluded for m in dataset.measurements] == ["", "later than the as-of date 2026-05-31"]
    assert dataset.as_of == dt.date(2026, 5, 1)
    assert any(n.topic == "as_of" and "cannot show the past" in n.text for n in dataset.notices)


@pytest.mark.parametrize(
    ("option", "value", "count"),
    [
        ("hardware", "B300", 1),
        ("hardware", "h200", 1),
        ("models", "DeepSeek R1", 2),
        ("models", "DeepSeek-R1-0528", 2),
        ("precisions", "nvfp4", 1),
        ("precisions", "FP8", 1),
        ("workloads", "8k/1k", 1),
        ("workloads", "1024x1024", 1),
    ],
)
def test_filters_take_keys_aliases_and_labels(
    tmp_path: Path, house: House, option: str, value: str, count: int
) -> None:
    """Each spelling of a value selects its rows; the rest is counted."""
    rows = api_row(), api_row(hardware="b300", precision="fp4", isl=8192)

    dataset = load_rows(tmp_path, house, *rows, **{option: (value,)})

    assert (len(dataset.measurements), dataset.filtered) == (count, 2 - count)


def test_filter_without_match_names_the_allowed_values(tmp_path: Path, house: House) -> None:
    """An unknown value says what the data holds and what was probably meant."""
    with pytest.raises(OptionError, match=r"hardware `h300` matches no row; allowed: h200; did you mean `h200`\?"):
        load_rows(tmp_path, house, api_row(), hardware=("h300",))


def test_other_statistic_is_rebuilt_from_the_latency(tmp_path: Path, house: House) -> None:
    """P90 speed is one over the p90 latency, never a published p90 speed, which may mean the fastest users."""
    row = api_row(api_metrics(p90_intvty=999.0))

    dataset = load_rows(tmp_path, house, row, statistic="p90")

    assert dataset.measurements[0].interactivity_tok_s_user == pytest.approx(80.0)
    assert dataset.measurements[0].interactivity_definition.startswith("1 / p90 TPOT")


def test_curves_without_the_statistic_are_counted(tmp_path: Path, house: House) -> None:
    """A row without that percentile is excluded, and a notice counts the curves that vanish."""
    bare = api_row(api_metrics(p90_tpot=None), hardware="b200")

    dataset = load_rows(tmp_path, house, api_row(), bare, statistic="p90")

    assert [m.usable for m in dataset.measurements] == [True, False]
    assert any(n.topic == "statistic" and n.text.startswith("1 curves and 1 rows vanish") for n in dataset.notices)


def test_no_usable_row_is_one_clear_error(tmp_path: Path, house: House) -> None:
    """When nothing remains the error lists the commonest reason."""
    with pytest.raises(InputError, match="no usable row among 1: 1 x throughput is `0`"):
        load_rows(tmp_path, house, api_row(api_metrics(tput_per_gpu=0)))


def test_reasons_are_grouped_into_one_notice(tmp_path: Path, house: House) -> None:
    """Forty rows without throughput are one notice with the count and the first rows, not forty lines."""
    bad = [api_row(api_metrics(tput_per_gpu=None), conc=n + 1) for n in range(40)]

    dataset = load_rows(tmp_path, house, api_row(), *bad)

    texts = [n.text for n in dataset.notices if n.topic == "dropped"]
    assert texts == ["40 rows not used: throughput is missing (rows 2, 3, 4, 5, 6 and 35 more)"]


def test_reasons_that_differ_in_a_value_are_one_notice(tmp_path: Path, house: House) -> None:
    """A thousand different negative figures and error texts give two notices, each with an example."""
    bad = [api_row(api_metrics(tput_per_gpu=-n), conc=n) for n in range(1, 501)]
    failed = [api_row(api_metrics(), conc=n, error=f"worker {n} died") for n in range(1, 501)]

    dataset = load_rows(tmp_path, house, api_row(), *bad, *failed)

    assert [n.text.rpartition(" (rows")[0] for n in dataset.notices] == [
        "500 rows not used: throughput is not a number above zero, such as: throughput is `-1`, not a number above zero",
        "500 rows not used: the run cannot be used, such as: the run cannot be used: worker 1 died",
    ]


def test_unknown_names_build_under_their_own_name(tmp_path: Path, house: House) -> None:
    """Unknown hardware, model, engine and method keep their cleaned names."""
    row = api_row(hardware="X900\u202e", model="newmodel", framework="warp", spec_method="medusa")

    found = load_rows(tmp_path, house, row).measurements[0]

    assert (found.hardware, found.model, found.engine, found.variant) == ("x900", "newmodel", "warp", "medusa")


def test_absent_method_is_unknown_never_off(tmp_path: Path, house: House) -> None:
    """A row that does not name its method is not counted as running without one."""
    row = api_row()
    del row["spec_method"]

    dataset = load_rows(tmp_path, house, row)

    assert dataset.measurements[0].variant == "unknown"
    assert any(n.topic == "missing" and "variant" in n.text for n in dataset.notices)


def test_inputs_are_merged_with_their_provenance(tmp_path: Path, house: House) -> None:
    """Rows of two files stand in the order of the inputs with file and row; a repeated row counts once."""
    first = write_json(tmp_path / "a.json", [api_row(), api_row(conc=16)])
    second = write_json(tmp_path / "b.json", [api_row(conc=32), api_row(conc=16)])

    dataset = load([first, second], house)

    assert [(m.source_file, m.source_row) for m in dataset.measurements] == [
        ("a.json", 1),
        ("a.json", 2),
        ("b.json", 1),
        ("b.json", 2),
    ]
    assert dataset.measurements[3].excluded == "repeats row 2 from a.json"
    assert [(f.name, f.rows, f.format) for f in dataset.files] == [
        ("a.json", 2, "inferencex-api"),
        ("b.json", 2, "inferencex-api"),
    ]


def test_bad_file_stops_unless_it_may_be_skipped(tmp_path: Path, house: House) -> None:
    """One broken file among many is an error; with skip_bad it is listed and the rest is read."""
    write_json(tmp_path / "good.json", [api_row()])
    (tmp_path / "bad.json").write_text('[{"hardware": ')

    with pytest.raises(InputError, match=r"bad\.json: broken JSON at line 1"):
        load([tmp_path], house)

    dataset = load([tmp_path], house, DatasetOptions(skip_bad=True))
    assert len(dataset.measurements) == 1
    assert [n.topic for n in dataset.notices] == ["skipped"]
