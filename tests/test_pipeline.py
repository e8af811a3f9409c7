"""Building from Python: the result, same bytes, what stops a build, and data with gaps, doubles and unknown names."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from support.engine import Book
from support.places import Places
from support.tables import SPEEDS, pair_rows, write_table

import specxl
from specxl.cli.progress import STAGES
from specxl.errors import DisagreementError, OptionError
from specxl.method.bernstein import Bernstein
from specxl.method.codes import Verdict
from specxl.method.curves import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.pipeline import BuildResult

ROOT = Path(__file__).resolve().parents[1]
OLD = b"an older workbook"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a small table that builds without a notice."""
    return write_table(tmp_path / "table.csv", pair_rows())


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., tuple[BuildResult, Places]]:
    """Return a function that builds rows and returns the result and where things stand in the workbook."""

    def build(*rows: dict[str, Any]) -> tuple[BuildResult, Places]:
        result = specxl.build([write_table(tmp_path / "rows.csv", rows)], tmp_path / "rows.xlsx")
        return result, Places(result.path)

    return build


def column(book: Places, key: str) -> list[object]:
    """The cells of a column of Measurements."""
    return [row[key] for row in book.rows("measurements")]


def listed_notices(book: Places) -> list[object]:
    """What the Checks sheet lists as notices of the build: its last table, below a heading and a header."""
    shown = [cell.value for cell in book.book["Checks"]["A"]]
    last = len(shown) - 1 - shown[::-1].index(None)
    return shown[last + 3 :]


# --- result and bytes -------------------------------------------------------------------------------------------------


def test_the_result_says_what_was_made(table: Path, tmp_path: Path) -> None:
    """`specxl.build` returns where the file is, what it holds, and how far the engines were apart."""
    seen: list[str] = []

    result = specxl.build([table], tmp_path / "out.xlsx", specxl.BuildOptions(rates="2026-04"), seen.append)

    assert isinstance(result, specxl.BuildResult)
    assert result.path == tmp_path / "out.xlsx"
    assert result.sheets == len(openpyxl.load_workbook(result.path, read_only=True).sheetnames) == 18
    assert (result.comparisons, result.notices) == (1, ())
    assert result.states_verified >= 10
    assert result.reads_verified >= 4 * result.states_verified
    assert 0 <= result.worst_disagreement < 1e-9
    assert len(result.root_digest) == 32
    stages = list(dict.fromkeys(stage.partition(":")[0] for stage in seen))
    assert stages == list(STAGES[1:])


def test_paths_may_be_text(table: Path, tmp_path: Path) -> None:
    """Inputs and output may be given as text; folders and patterns are read alike."""
    (tmp_path / "in").mkdir()
    table.rename(tmp_path / "in" / "table.csv")

    by_folder = specxl.build([str(tmp_path / "in")], str(tmp_path / "b.xlsx"))
    by_pattern = specxl.build([str(tmp_path / "*" / "t*.csv")], str(tmp_path / "c.xlsx"))

    assert by_folder.path == tmp_path / "b.xlsx"
    assert by_folder.comparisons == by_pattern.comparisons == 1


def test_bytes_do_not_depend_on_place_or_process(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same table gives the same bytes in another process, folder, time zone and with other hashes of text."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    here = specxl.build([table], tmp_path / "here.xlsx").path.read_bytes()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    code = "import sys, specxl; specxl.build(sys.argv[1:2], sys.argv[2])"
    changed = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "LC_ALL": "C", "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code, str(table), "there.xlsx"]

    subprocess.run(command, cwd=folder, env=os.environ | changed, check=True)

    assert (folder / "there.xlsx").read_bytes() == here


def test_the_creation_date_is_the_data_s_or_the_epoch_s(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's date is the newest date of the data, or SOURCE_DATE_EPOCH in UTC; nothing else differs."""
    path = tmp_path / "out.xlsx"
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    specxl.build([table], path)
    dated = openpyxl.load_workbook(path).properties.created
    with zipfile.ZipFile(path) as package:
        before = {name: package.read(name) for name in package.namelist()}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    specxl.build([table], path)

    assert dated == datetime(2026, 5, 1)  # noqa: DTZ001 - the format stores no zone
    assert openpyxl.load_workbook(path).properties.created == datetime(2023, 11, 14, 22, 13, 20)  # noqa: DTZ001
    with zipfile.ZipFile(path) as package:
        after = {name: package.read(name) for name in package.namelist()}
    assert [name for name in before if before[name] != after[name]] == ["docProps/core.xml"]


@pytest.mark.parametrize("epoch", ["yesterday", "", " ", "-1", "1e9", "²", "9" * 20, "9" * 5000])
def test_an_unusable_epoch_is_refused(table: Path, tmp_path: Path, epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOURCE_DATE_EPOCH that is no date stops the build, since silence would break the promise of same bytes."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)

    with pytest.raises(OptionError, match=r"SOURCE_DATE_EPOCH is .*; allowed: whole seconds since 1970"):
        specxl.build([table], tmp_path / "out.xlsx")

    assert not (tmp_path / "out.xlsx").exists()


LITERAL = re.compile(r'"((?:[^"]|"")*)"')


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("T" * 1000, "quotes"),
        ("", "Contract with a provider of many words, " * 20),
        ("", 'a "quoted" source ' * 40),
        ("", "\N{ROCKET}" * 400),
    ],
    ids=["title", "source", "quotes", "wide characters"],
)
def test_no_text_in_a_formula_is_longer_than_excel_takes(table: Path, tmp_path: Path, title: str, source: str) -> None:
    """Excel takes texts of 255 characters in a formula, and repairs a file with a longer one by removing the formula."""
    card, text = tmp_path / "card.csv", source.replace('"', '""')
    head = "as_of,hardware,usd_per_gpu_hr_hyperscaler,kw_per_gpu,basis,source"
    card.write_text(f'{head}\n2026-04,b300,3.5,2.2,quote,"{text}"\n', encoding="utf-8")

    path = specxl.build([table], tmp_path / "o.xlsx", specxl.BuildOptions(rates=str(card), title=title)).path

    formulas = Places(path).formulas
    lengths = [
        len(found.replace('""', '"').encode("utf-16-le")) // 2
        for text in formulas.values()
        for found in LITERAL.findall(text)
    ]
    assert max(lengths) <= 255
    assert max(map(len, formulas.values())) <= 8192


# --- what stops a build -----------------------------------------------------------------------------------------------


def refused(table: Path, folder: Path, message: str) -> None:
    """Build over an older output and expect a disagreement; the older output stays, and nothing else is left."""
    output = folder / "out" / "release.xlsx"
    output.parent.mkdir()
    output.write_bytes(OLD)

    with pytest.raises(DisagreementError, match=message):
        specxl.build([table], output, specxl.BuildOptions(targets=(50, 80, 110)))

    assert output.read_bytes() == OLD
    assert list(output.parent.iterdir()) == [output]


def test_a_reference_that_differs_stops_the_build(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another rule for the tangents in one of the two engines moves the reads between knots, and is found."""
    right = Bernstein.through
    monkeypatch.setattr(Bernstein, "through", lambda x, v, m: right(x, v, 0.999 * m))

    refused(
        table,
        tmp_path,
        r"opening state: comparison 1 \(.*, FP8, 1k/1k\) at the Summary's speed, a total: the workbook shows [\d.]+, the reference",
    )


@pytest.mark.parametrize("stage", ["reading", "evaluating", "writing"])
def test_a_build_that_is_broken_off_leaves_nothing(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Whatever breaks a build off, the older output stays, temporary files go, and the collector runs again."""
    output, scratch = tmp_path / "out" / "release.xlsx", tmp_path / "scratch"
    output.parent.mkdir()
    output.write_bytes(OLD)
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def stop(now: str) -> None:
        if now == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        specxl.build([table], output, progress=stop)

    assert output.read_bytes() == OLD
    assert list(output.parent.iterdir()) == [output]
    assert list(scratch.iterdir()) == []
    assert gc.isenabled()


CONFINED = """
import resource, sys
import specxl

def confine(stage):
    if stage == sys.argv[3]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, -1))

try:
    specxl.build([sys.argv[1]], sys.argv[2], progress=confine)
except specxl.SpecxlError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("evaluating", "no room for temporary files: File too large. Make some, or name another folder in TMPDIR"),
        ("writing", "release.xlsx: cannot be written: File too large. Choose another place with -o"),
    ],
)
def test_a_full_disk_is_named_and_leaves_nothing(table: Path, tmp_path: Path, stage: str, message: str) -> None:
    """A file that the system cuts short is an error with the system's reason, for temporary files and for the output."""
    output, scratch = tmp_path / "out" / "release.xlsx", tmp_path / "scratch"
    output.parent.mkdir()
    output.write_bytes(OLD)
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", CONFINED, str(table), str(output), stage]

    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert run.stderr == ""
    assert run.stdout.startswith("OutputError ")
    assert message in run.stdout
    assert output.read_bytes() == OLD
    assert list(output.parent.iterdir()) == [output]
    assert list(scratch.iterdir()) == []


# --- data with gaps ---------------------------------------------------------------------------------------------------


def test_unknown_names_build_under_their_own(made: Callable[..., tuple[BuildResult, Places]]) -> None:
    """Unknown hardware, model and engine keep their names; the price is an empty input, and words stand for the cost."""
    rows = pair_rows(model="Quokka-70B", hardware="ZX-9000", engine="HomeGrown")

    result, book = made(*rows)

    page = book.pairs[0]
    assert (page.sheet, page.title) == ("Quokka-70B zx-9000", "Quokka-70B on zx-9000")
    assert column(book, "engine")[0] == "homegrown"
    assert [n.topic for n in result.notices] == ["price", "price"]
    assert listed_notices(book) == [n.text for n in result.notices]
    costs = [book.value(page.shown(f"{side}_cost", i)) for side in "ab" for i in range(3)]
    assert costs == ["no price"] * 6
    assert book.value(page.shown("a_mw", 0)) == "no power figure"
    assert "no price in force" in book.value((page.sheet, "A2")).lower()
    assert "power per GPU unknown" in book.value((page.sheet, "A2"))
    assert "for the same GPUs" in book.value(page.sentence(1))
    assert "USD" not in book.value(page.sentence(1))
    assert isinstance(book.value(page.shown("a_y", 0)), float)


def test_prices_older_than_the_data_are_a_notice(tmp_path: Path) -> None:
    """Data of May 2026 on rates of March 2025 builds with a notice that names both dates, and is refused under --strict."""
    table, card = write_table(tmp_path / "new.csv", pair_rows(date="2026-05-01")), tmp_path / "quotes.csv"
    card.write_text(
        "as_of,hardware,usd_per_gpu_hr_hyperscaler,kw_per_gpu,basis,source\n2025-03,b300,3.5,2.2,quote,us\n"
    )
    options = specxl.BuildOptions(rates=str(card))

    result = specxl.build([table], tmp_path / "o.xlsx", options)

    assert [n.topic for n in result.notices] == ["price"]
    assert "(as of 2025-03)" in result.notices[0].text
    assert "2026-05-01" in result.notices[0].text
    with pytest.raises(OptionError, match="--strict: 1 notices, the first: rate card quotes"):
        specxl.build([table], tmp_path / "o.xlsx", replace(options, strict=True))


def test_an_unknown_price_can_be_filled_in(made: Callable[..., tuple[BuildResult, Places]]) -> None:
    """The empty price is an input like any other: a number in it gives every cost of that hardware."""
    result, book = made(*pair_rows(hardware="ZX-9000"))
    page, engine = book.pairs[0], Book(result.path)
    [rates] = book.cells("rates")
    assert {rates["hyperscaler"], rates["own"], rates["kw"]} <= book.inputs
    assert engine.value(rates["hyperscaler"]) is None
    cost, throughput = page.shown("a_cost", 1), page.shown("a_y", 1)

    seen = engine.edit({rates["hyperscaler"]: 3.6}, [cost, throughput])

    assert seen[cost] == pytest.approx(1000 / seen[throughput], rel=1e-12)


@pytest.mark.parametrize("key", ["hyperscaler", "own"])
def test_a_price_that_is_no_price_stays_unknown(made: Callable[..., tuple[BuildResult, Places]], key: str) -> None:
    """Zero, a negative number and a text are no price: words stand where the cost would."""
    result, book = made(*pair_rows(hardware="ZX-9000"))
    page, engine = book.pairs[0], Book(result.path)
    [rates] = book.cells("rates")
    cost = page.shown("b_cost", 0)

    for value in (0, -2.5, "cheap", True):
        assert engine.edit({rates[key]: value}, [cost]) == {cost: "no price"}, value


@pytest.mark.parametrize(
    ("variants", "missing", "lead"),
    [
        (["mtp"], "b", "Off was not measured for this choice, so at 75 tok/s per user there is nothing to compare."),
        (["none"], "a", "MTP was not measured for this choice, so at 55 tok/s per user there is nothing to compare."),
    ],
)
def test_a_pair_with_one_variant_gets_words_instead(
    made: Callable[..., tuple[BuildResult, Places]], variants: list[str], missing: str, lead: str
) -> None:
    """The sheet shows the one variant's figures, no ratio, and says in words that no comparison is made."""
    result, book = made(*pair_rows(variants))

    page = book.pairs[0]
    assert result.comparisons == 1
    there, label = ("b", "MTP") if missing == "a" else ("a", "Off")
    for i in range(3):
        assert isinstance(book.value(page.shown(f"{there}_y", i)), float)
        assert isinstance(book.value(page.shown(f"{there}_cost", i)), float)
        for key in ("y", "cost", "mw", "joules"):
            assert book.value(page.shown(f"{missing}_{key}", i)) in ("", None)
        assert page.figures(i)[f"{missing}_status"] == Status.NO_DATA
        assert page.figures(i)["verdict"] == Verdict.NO_DATA
        for ratio in page.showing(page.reads[i]["ratio"]):
            assert book.value(ratio) in ("", None)
        assert book.value(page.shown("verdict", i)) == f"no {label} data"
        assert book.value(page.shown("stops", i)) in ("", None)
    assert book.value(page.sentence(0)).startswith(lead)
    assert {row[f"{missing}_status"] for row in book.rows("results")} == {"no data"}


def test_several_methods_are_compared_one_by_one(made: Callable[..., tuple[BuildResult, Places]]) -> None:
    """Each speculative method is a combination of its own against the one baseline; unknown stays unknown."""
    result, book = made(*pair_rows(), *pair_rows(["eagle"]), *pair_rows(["my-own"]), *pair_rows([""]))

    page = book.pairs[0]
    assert result.comparisons == 4
    names = [f"FP8, 1k/1k, {name}" for name in ("MTP", "EAGLE", "my-own", "Unknown")]
    assert book.choices(page.controls["combination"]) == names
    choose = {page.controls["combination"]: names[2], page.targets[0]: 60}
    throughput = page.shown("a_y", 0)
    label = (page.sheet, "A" + throughput[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    engine = Book(result.path)
    seen = engine.edit(choose, [label, throughput])
    assert str(seen[label]).strip() == "my-own"
    assert seen[throughput] == pytest.approx(SPEEDS["mtp"][0][1])
    verdict, sentence = page.reads[0]["verdict"], page.sentence(0)
    seen = engine.edit({page.controls["combination"]: names[3]}, [verdict, sentence])
    assert seen[verdict] == Verdict.NOT_STATED
    assert "does not state how these runs decoded" in str(seen[sentence])


@pytest.mark.parametrize(
    ("mtp", "off", "words"),
    [
        (["", "", ""], ["", "", ""], "engine not stated"),
        (["sglang"] * 3, ["", "", ""], "engine not stated"),
        (["vllm"] * 3, ["", "", ""], "engine not stated"),
        (["sglang"] * 3, ["vllm"] * 3, "no engine has both"),
        (["sglang"] * 3, ["sglang"] * 3, "both are SGLang"),
        (["sglang", "vllm", "vllm"], ["vllm", "trt", "trt"], "under 3 points a side"),
    ],
)
def test_the_same_engine_line_says_what_is_missing(
    made: Callable[..., tuple[BuildResult, Places]], mtp: list[str], off: list[str], words: str
) -> None:
    """Where a side's source names no engine it cannot be said that no engine has both sides (METHOD 7)."""
    rows = pair_rows()
    for row, engine in zip(rows, [*mtp, *off], strict=True):
        row["engine"] = engine

    _, book = made(*rows)

    page = book.pairs[0]
    assert [book.value(page.words("like", i)) for i in range(3)] == [words] * 3


def test_unusable_rows_are_counted_and_listed(made: Callable[..., tuple[BuildResult, Places]]) -> None:
    """NaN, infinity, zero, negatives, text and gaps never feed a curve: each is a notice and a row with its reason."""
    bad = ["nan", "inf", "-inf", 0, -5, "fast", ""]
    speeds = [pair_rows(["mtp"], interactivity_tok_s_user=value)[0] for value in bad]
    totals = [pair_rows(["mtp"], total_tok_s_gpu=value)[1] for value in bad]
    spare = pair_rows(["none"], concurrency=0, gpus="2.5", date="May", output_tok_s_gpu="nan", tpot_median_s="inf")[0]

    result, book = made(
        *pair_rows(), *speeds, *totals, spare | {"interactivity_tok_s_user": 45, "total_tok_s_gpu": 440}
    )

    why, used = column(book, "why"), column(book, "frontier")
    assert len(why) == 6 + 14 + 1
    assert used[:6] == ["yes"] * 6
    assert used[6:20] == ["not used"] * 14
    assert used[20] == "yes"
    for value, speed, total in zip(bad, why[6:13], why[13:20], strict=True):
        reason = f"is `{value}`, not a number above zero" if value != "" else "is missing"
        assert speed == f"interactivity {reason}"
        assert total == f"throughput {reason}"
    texts = [n.text for n in result.notices]
    assert [t for t in texts if "6 rows not used: interactivity is" in t]
    assert [t for t in texts if t.startswith("1 row not used: throughput is missing")]
    for name in ("concurrency", "the GPU count", "the date", "output throughput"):
        assert [t for t in texts if t.startswith(f"1 row: {name} is not")], name
    assert listed_notices(book) == texts
    assert column(book, "gpus")[20] is None
    assert column(book, "date")[20] is None


def test_doubles_are_merged_by_the_stated_rule(made: Callable[..., tuple[BuildResult, Places]]) -> None:
    """Of a line the newest run counts, and of rows of one day that contradict each other the lower; nothing is hidden."""
    older = [row | {"total_tok_s_gpu": 9000} for row in pair_rows(["mtp"], date="2026-01-31")]
    same_day = [row | {"total_tok_s_gpu": 8000} for row in pair_rows(["none"])]

    result, book = made(*older, *same_day, *pair_rows())

    assert column(book, "frontier") == ["not used"] * 6 + ["yes"] * 6
    older_run = "from an older run: the configuration was measured again on 2026-05-01, see row {}"
    contradicted = "contradicts row {} of the same setting, load and day"
    reasons = [older_run.format(n) for n in (7, 8, 9)] + [contradicted.format(n) for n in (10, 11, 12)]
    assert column(book, "why")[:6] == reasons
    again, contradicting = result.notices
    assert again.text.startswith("same configuration measured again on 2026-05-01: the newer run is used")
    assert (again.topic, again.row, contradicting.topic) == ("merged", 2, "contradiction")
    assert contradicting.text.startswith("3 points have rows that contradict each other, such as two rows of one day")
    page = book.pairs[0]
    at_60 = Book(result.path).edit({page.targets[0]: 60}, [page.shown(f"{side}_y", 0) for side in "ab"])
    assert list(at_60.values()) == [500.5, 250.25]
