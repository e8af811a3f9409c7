"""Known issues: the lists, which rows they concern, and what a build makes of them."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from support.rows import api_metrics, api_row

import specxl
from specxl.errors import InputError, OptionError
from specxl.house import House
from specxl.house.known_issues import COLUMNS, run_number
from specxl.reading.dataset import Dataset, load
from specxl.reading.reported_faults import REPORTED_FAULT, apply_known_issues, flag_known_issues

if TYPE_CHECKING:
    from specxl.schema import Measurement

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "data.md"
RUN = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/{}/attempts/1"
ISSUE = {
    "model": "dsr1",
    "hardware": "h200",
    "engine": "sglang",
    "variant": "none",
    "precisions": "fp8",
    "runs": "",
    "kind": "accuracy",
    "summary": "Answers in the wrong language",
    "filed": "2026-07-01",
    "reference": "our-lab#7",
    "url": "https://github.com/our/lab/issues/7",
}


def issue_list(path: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write a list of known issues, each row `ISSUE` with changes."""
    lines = [",".join(columns), *(",".join((ISSUE | row)[name] for name in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def dataset_of(folder: Path, house: House, *rows: dict[str, Any]) -> Dataset:
    """Read rows of the InferenceX API."""
    path = folder / "answer.json"
    path.write_text(json.dumps(rows))
    return load([path], house)


@pytest.fixture
def row(tmp_path: Path, house: House) -> Measurement:
    """Return one measurement: DeepSeek R1 on H200, SGLang, FP8, Off, of run 4711."""
    return dataset_of(tmp_path, house, api_row(run_url=RUN.format(4711))).measurements[0]


@pytest.mark.parametrize(
    ("link", "number"),
    [
        (RUN.format(21726915223), "21726915223"),
        ("https://github.com/a/b/actions/runs/42", "42"),
        ("https://github.com/a/b/actions/runs/42?check=1", "42"),
        ("https://github.com/a/b/actions/runs/42#summary", "42"),
        ("https://github.com/a/b/actions/runs/42x/attempts/1", ""),
        ("https://github.com/a/runs/pull/42", ""),
        ("", ""),
    ],
)
def test_the_run_is_the_number_in_its_link(link: str, number: str) -> None:
    """The number between "runs/" and the next part of the link, whatever follows it."""
    assert run_number(link) == number


def test_nine_rows_of_the_real_answer_are_concerned(shared: Path, house: House) -> None:
    """Three rows of MI355X FP4 at 8k/1k and six of GB300 FP8 rest on runs with reported accuracy faults."""
    dataset = load([shared / "data/inferencex/benchmarks.json"], house)

    flagged = flag_known_issues(dataset.measurements, house)

    found = [m for m in flagged if m.issues]
    assert Counter((m.hardware, m.precision, m.engine, m.issues) for m in found) == {
        ("mi355x", "fp4", "mori-sglang", ("sgl-project/sglang#27194",)): 3,
        ("gb300", "fp8", "dynamo-trt", ("NVIDIA/srt-slurm#51",)): 6,
    }
    assert {m.workload for m in found if m.hardware == "mi355x"} == {"8192x1024"}
    assert all(m.findings.count(REPORTED_FAULT) == 1 and m.usable and m.variant == "mtp" for m in found)
    others = zip(flagged, dataset.measurements, strict=True)
    assert all(after == before for after, before in others if not after.issues)
    assert [m.number for m in flagged] == [m.number for m in dataset.measurements]


@pytest.mark.parametrize(
    ("entry", "row_change", "concerned"),
    [
        ({}, {}, True),
        ({"runs": "4711"}, {}, True),
        ({"runs": "1;4711;2"}, {}, True),
        ({"runs": "471"}, {}, False),
        ({"runs": "4711"}, {"run_url": ""}, False),
        ({}, {"run_url": ""}, True),
        ({"precisions": "fp4;FP8"}, {}, True),
        ({"precisions": "fp4"}, {}, False),
        ({"model": "DeepSeek R1", "engine": "SGLang", "variant": "Off", "hardware": "NVIDIA H200"}, {}, True),
        ({"variant": "mtp"}, {}, False),
        ({"engine": "vllm"}, {}, False),
        ({}, {"engine": "unknown"}, False),
        ({}, {"variant": "unknown"}, False),
    ],
)
def test_an_issue_concerns_its_configuration_and_runs(
    tmp_path: Path,
    row: Measurement,
    entry: dict[str, str],
    row_change: dict[str, str],
    concerned: bool,  # noqa: FBT001
) -> None:
    """Model, hardware, engine, variant and precision must be those of the entry; without runs it means every run."""
    house = House.load(known_issues=issue_list(tmp_path / "own.csv", entry))
    changed = replace(row, **row_change)  # type: ignore[arg-type]

    matched = house.known_issues.match(changed)

    assert [issue.reference for issue in matched] == (["our-lab#7"] if concerned else [])


def test_a_list_of_one_s_own_adds_to_the_bundled_one(tmp_path: Path, house: House, row: Measurement) -> None:
    """Both lists hold; a run on two entries of one report carries its reference once, beside every other."""
    own = issue_list(tmp_path / "own.csv", {}, {"runs": "4711"}, {"reference": "our-lab#8", "url": ""})
    both = House.load(known_issues=own)

    (flagged,) = flag_known_issues([row], both)

    assert both.known_issues.entries[:2] == house.known_issues.entries
    assert len(both.known_issues.entries) == 5
    assert flagged.issues == ("our-lab#7", "our-lab#8")
    assert flagged.findings.count(REPORTED_FAULT) == 1
    assert flag_known_issues([flagged], both) == (flagged,)
    issue = both.known_issues.match(row)[0]
    assert (issue.kind, issue.filed, issue.url) == ("accuracy", dt.date(2026, 7, 1), ISSUE["url"])


def test_texts_of_a_list_are_cleaned(tmp_path: Path) -> None:
    """What a list says is shown in a workbook, so invisible characters and endless texts do not pass."""
    entry = {"summary": "wrong\u202e \u200banswers" + "x" * 400, "kind": "accu\x07racy", "reference": "lab\u200b#7"}

    issue = House.load(known_issues=issue_list(tmp_path / "own.csv", entry)).known_issues.entries[-1]

    assert issue.summary.startswith("wrong answersx")
    assert len(issue.summary) <= 250
    assert (issue.kind, issue.reference) == ("accuracy", "lab#7")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model": "dsr2"}, r"own\.csv, row 3, field `model`: 'dsr2' is not known; allowed: dsr1, .*did you mean `dsr1`\?"),
        ({"hardware": "h300"}, r"row 3, field `hardware`: 'h300' is not known; allowed: h100, "),
        ({"engine": "unknown"}, r"row 3, field `engine`: 'unknown' is not known"),
        ({"engine": ""}, r"row 3, field `engine`: is empty"),
        ({"variant": "turbo"}, r"row 3, field `variant`: 'turbo' is not known; allowed: none, mtp"),
        ({"precisions": "fp8;fp6"}, r"row 3, field `precisions`: 'fp6' is not known; allowed: fp4, fp8"),
        ({"precisions": ""}, r"row 3, field `precisions`: is empty"),
        ({"precisions": ";"}, r"row 3, field `precisions`: "),
        ({"runs": "4711;latest"}, r"row 3, field `runs`: 'latest' is not the number of a run"),
        ({"runs": "-1"}, r"row 3, field `runs`: '-1' is not the number"),
        ({"filed": "1 July"}, r"row 3, field `filed`: '1 July' is not a date; allowed: a date such as 2026-04-21"),
        ({"filed": "2026-02-30"}, r"row 3, field `filed`: '2026-02-30' is not a date"),
        ({"filed": "20260701"}, r"row 3, field `filed`: '20260701' is not a date"),
        ({"filed": ""}, r"row 3, field `filed`: is empty"),
        ({"kind": ""}, r"row 3, field `kind`: is empty"),
        ({"reference": ""}, r"row 3, field `reference`: is empty"),
        ({"url": "http://github.com/x"}, r"row 3, field `url`: .* is no link that a workbook may carry; allowed: https to github"),
        ({"url": "javascript:alert(1)"}, r"row 3, field `url`: "),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused(tmp_path: Path, entry: dict[str, str], message: str) -> None:
    """An entry that cannot be used is one message with the file, the row, the field and what is allowed."""
    path = issue_list(tmp_path / "own.csv", {}, entry)

    with pytest.raises(InputError, match=message):
        House.load(known_issues=path)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    """Every column is needed; the first that is missing is named."""
    path = issue_list(tmp_path / "own.csv", {}, columns=tuple(name for name in COLUMNS if name != missing))

    with pytest.raises(InputError, match=rf"own\.csv, row 1, field `{missing}`: is missing\. Add the column"):
        House.load(known_issues=path)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    """A file that is not there says so."""
    with pytest.raises(InputError, match=r"absent\.csv: cannot be read \(No such file or directory\)"):
        House.load(known_issues=tmp_path / "absent.csv")


def test_the_documented_list_is_one(tmp_path: Path) -> None:
    """The example in docs/data.md is read, and its columns are all explained there."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Known issues")[2].partition("\n## ")[0]
    example = [line.removeprefix("    ") for line in text.splitlines() if line.startswith("    ")]
    path = tmp_path / "example.csv"
    path.write_text("\n".join(example) + "\n", encoding="utf-8")

    issue = House.load(known_issues=path).known_issues.entries[-1]

    assert (issue.reference, issue.precisions) == ("our-lab#7", {"fp4", "fp8"})
    assert [column for column in COLUMNS if f"`{column}`" not in text] == []


# What a build makes of them


def answer_rows(run: int = 4711) -> list[dict[str, Any]]:
    """Return three rows of Off and three of MTP, the latter all of one run."""
    loads = ((8, 100.0, 200.0), (4, 130.0, 90.0), (2, 150.0, 40.0))
    return [
        api_row(conc=c, spec_method=variant, run_url=RUN.format(number), metrics=api_metrics(s * gain, t, c))
        for variant, gain, number in (("none", 1.0, 12), ("mtp", 1.2, run))
        for c, s, t in loads
    ]


def test_flagged_rows_stay_with_a_notice(tmp_path: Path) -> None:
    """One notice per issue counts the rows that would feed a curve and names the first; the rows stay usable."""
    house = House.load(known_issues=issue_list(tmp_path / "own.csv", {"variant": "mtp", "runs": "4711"}))
    dataset = dataset_of(tmp_path, house, *answer_rows())

    applied = apply_known_issues(dataset, house)

    assert [m.issues for m in applied.measurements] == [()] * 3 + [("our-lab#7",)] * 3
    assert all(m.usable for m in applied.measurements)
    assert [str(notice) for notice in applied.notices[len(dataset.notices) :]] == [
        "answer.json, row 4: 3 rows: fault reported upstream in our-lab#7: Answers in the wrong language"
    ]
    assert applied.as_of == dataset.as_of


def test_rows_are_left_out_on_request(tmp_path: Path) -> None:
    """Such rows then say why they feed no curve, and the newest date is that of the rows that are left."""
    house = House.load(known_issues=issue_list(tmp_path / "own.csv", {"variant": "mtp", "runs": "4711"}))
    rows = answer_rows()
    for row in rows[3:]:
        row["date"] = "2026-08-09"
    dataset = dataset_of(tmp_path, house, *rows)

    applied = apply_known_issues(dataset, house, exclude=True)

    assert [m.excluded for m in applied.measurements[3:]] == [
        "its run has a reported fault (our-lab#7), left out on request"
    ] * 3
    assert [m.usable for m in applied.measurements] == [True] * 3 + [False] * 3
    assert (dataset.as_of, applied.as_of) == (dt.date(2026, 8, 9), dt.date(2026, 6, 2))
    assert applied.notices[-1].text.startswith("3 rows not used: fault reported upstream in our-lab#7")


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    """Where every row is of a faulty run, leaving them out is refused in words."""
    house = House.load(known_issues=issue_list(tmp_path / "own.csv", {}, {"variant": "mtp"}))
    dataset = dataset_of(tmp_path, house, *answer_rows())

    with pytest.raises(InputError, match=r"answer\.json: no usable row remains .*Build without --exclude-known-issues"):
        apply_known_issues(dataset, house, exclude=True)


def test_a_build_takes_a_list_and_leaves_rows_out(tmp_path: Path) -> None:
    """`BuildOptions` carry the list and the choice: flagged, left out with a reason in the workbook, or fatal under --strict."""
    source, path = tmp_path / "answer.json", tmp_path / "out.xlsx"
    source.write_text(json.dumps(answer_rows()))
    own = issue_list(tmp_path / "own.csv", {"variant": "mtp", "runs": "4711"})
    chosen = specxl.BuildOptions(known_issues=own)

    flagged = specxl.build([source], path, chosen)
    dropped = specxl.build([source], path, replace(chosen, exclude_known_issues=True))

    assert [n.topic for n in flagged.notices] == ["fault"]
    assert [n.text.split(":")[0] for n in dropped.notices if n.topic == "fault"] == ["3 rows not used"]
    texts = {str(c.value) for line in openpyxl.load_workbook(path)["Measurements"].iter_rows() for c in line}
    assert "its run has a reported fault (our-lab#7), left out on request" in texts
    with pytest.raises(
        OptionError, match=r"--strict: 1 notices, the first: answer\.json, row 4: 3 rows: fault reported"
    ):
        specxl.build([source], path, replace(chosen, strict=True))
