"""The command line with real files: what each option does, what each mistake says, and what a failure leaves alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner
from support.places import Places
from support.rows import api_metrics, api_row
from support.tables import pair_rows, write_table

from specxl.cli import main
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from click.testing import Result

ROOT = Path(__file__).resolve().parents[1]
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
CLOSING = re.compile(
    r"(?P<path>.+): (?P<sheets>\d+) sheets, (?P<comparisons>\d+) comparisons, (?P<notices>\d+) notices; "
    r"(?P<reads>\d+) reads in (?P<states>\d+) states agree, largest difference (?P<worst>\d\.\de[-+]\d\d); "
    r"root digest (?P<digest>[0-9a-f]{32})\n"
)
OLD = b"an older workbook"


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """Run the command; whatever is no deliberate exit is a bug and is raised here."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def closing(result: Result) -> dict[str, str]:
    """The facts of a build's closing line, which is all that stands on standard output."""
    assert result.exit_code == 0, result.output
    match = CLOSING.fullmatch(result.stdout)
    assert match, result.stdout
    return match.groupdict()


def beside(path: Path, sheet: str, fact: str, column: int = 2) -> Any:  # noqa: ANN401 - any cell value
    """What a list of facts (the options on About, the findings on Checks) says of one that it names in its first column."""
    page = openpyxl.load_workbook(path, data_only=True)[sheet]
    row = next(cell.row for cell in page["A"] if cell.value == fact)
    return page.cell(row, column).value


def tier_of(book: Places) -> Any:  # noqa: ANN401 - any cell value
    """What stands in the dropdown of the price basis, which the number in force is looked up by."""
    [force] = book.cells("in force", tag="tier")
    return book.value(next(cell for cell in book.references(force["value"]) if cell in book.inputs))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a small table that builds without a notice."""
    return write_table(tmp_path / "table.csv", pair_rows())


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Write a table with two models, two GPUs, two precisions and two workloads."""
    rows = [
        *pair_rows(),
        *pair_rows(precision="fp4"),
        *pair_rows(workload="8k/1k"),
        *pair_rows(hardware="h200"),
        *pair_rows(model="glm5"),
    ]
    return write_table(tmp_path / "wide.csv", rows)


# --- building ---------------------------------------------------------------------------------------------------------


def test_the_default_build_says_what_it_made(tmp_path: Path) -> None:
    """Without input the published comparisons are built, and the closing line agrees with the file."""
    path = tmp_path / "default.xlsx"

    facts = closing(run("build", "-o", path))

    book = openpyxl.load_workbook(path, read_only=True)
    assert facts["path"] == str(path)
    assert int(facts["sheets"]) == len(book.sheetnames) == 21
    assert int(facts["comparisons"]) == 5
    assert int(facts["notices"]) == 0
    assert int(facts["reads"]) > 100
    assert float(facts["worst"]) < 1e-9
    assert "GLM 5 B300" in book.sheetnames


def test_the_root_digest_is_the_workbook_s(table: Path, tmp_path: Path) -> None:
    """The closing line's digest stands in the file, where `verify` finds it unchanged."""
    path = tmp_path / "out.xlsx"

    facts = closing(run("build", table, "-o", path))
    verified = run("verify", path)

    book = openpyxl.load_workbook(path)
    assert facts["digest"] in {prop.value for prop in book.custom_doc_props.props}
    assert verified.exit_code == 0
    assert facts["digest"] in verified.stdout


def test_the_output_has_a_default_name(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -o the workbook is specxl.xlsx in the working folder."""
    monkeypatch.chdir(tmp_path)

    assert closing(run("build", table.name))["path"] == "specxl.xlsx"

    assert (tmp_path / "specxl.xlsx").stat().st_size > 50_000


@pytest.mark.parametrize(
    ("options", "sheets", "comparisons"),
    [
        (["--model", "DeepSeek R1", "--hardware", "b300"], ["DeepSeek R1 B300"], 3),
        (["--model", "glm5", "--model", "dsr1", "--hardware", "H200"], ["DeepSeek R1 H200"], 1),
        (["--precision", "FP4"], ["DeepSeek R1 B300"], 1),
        (["--workload", "8k/1k"], ["DeepSeek R1 B300"], 1),
        (["--workload", "8192x1024", "--workload", "1k/1k", "--model", "dsr1"], ["DeepSeek R1 B300", "DeepSeek R1 H200"], 4),
    ],
)  # fmt: skip
def test_filters_choose_what_is_compared(
    wide: Path, tmp_path: Path, options: list[str], sheets: list[str], comparisons: int
) -> None:
    """Keys, aliases and labels filter; a repeated option adds, different options narrow."""
    path = tmp_path / "out.xlsx"

    facts = closing(run("build", wide, "-o", path, *options))

    assert sorted(page.sheet for page in Places(path).pairs) == sheets
    assert int(facts["comparisons"]) == comparisons


def test_targets_title_and_tier_are_taken(table: Path, tmp_path: Path) -> None:
    """The three targets stand on the pair's sheet and in Results, the title on About and in the properties, the tier in force."""
    path = tmp_path / "out.xlsx"

    closing(run("build", table, "-o", path, "--targets", "62,71.5,99", "--title", "Q3 <release>", "--tier", "rental"))

    book = Places(path)
    page = book.pairs[0]
    assert [book.value(target) for target in page.targets] == [62, 71.5, 99]
    assert [row["target_tok_s_user"] for row in book.rows("results")[1:]] == [62, 71.5, 99]
    assert str(book.value(("About", "A2"))).startswith("Q3 <release>. Made by specxl")
    assert book.book.properties.title == "Q3 <release>"
    assert (tier_of(book), book.in_force("tier")) == ("3-year rental price", 3)
    assert beside(path, "About", "targets") == "62, 71.5, 99"


def test_a_rate_card_of_one_s_own(table: Path, tmp_path: Path) -> None:
    """A CSV card replaces the bundled one: its own price is in force whatever the tier, and its name is on About."""
    card = tmp_path / "ours.csv"
    lines = ("as_of,hardware,usd_per_gpu_hr_own,kw_per_gpu,basis,source", "2026-05-01,b300,7.25,1.5,quote,purchasing")
    card.write_text("\n".join(lines) + "\n")
    path = tmp_path / "out.xlsx"

    closing(run("build", table, "-o", path, "--rates", card, "--tier", "neocloud"))

    book = Places(path)
    [rates] = book.rows("rates")
    assert (rates["own"], rates["price"], rates["power"], rates["neocloud"]) == (7.25, 7.25, 1.5, None)
    priced = str(book.value((book.pairs[0].sheet, "A2")))
    assert "USD 7.250 per GPU-hour (own price)" in priced
    assert "1.500 kW" in priced
    assert str(beside(path, "About", "rate card")).startswith("ours")


def test_a_bundled_card_by_name(table: Path, tmp_path: Path) -> None:
    """`--rates 2026-04` names a bundled card; without it the newest is used."""
    named, newest = tmp_path / "named.xlsx", tmp_path / "newest.xlsx"

    closing(run("build", table, "-o", named, "--rates", "2026-04"))
    closing(run("build", table, "-o", newest))

    assert beside(named, "About", "rate card") == "2026-04"
    assert beside(newest, "About", "rate card") == "2026-09"


def test_strict_refuses_what_would_be_a_notice(tmp_path: Path) -> None:
    """Under --strict the first notice is the error, and nothing is written; without it the build succeeds."""
    rows = [*pair_rows(), *pair_rows(["mtp"], total_tok_s_gpu=-3)]
    table, path = write_table(tmp_path / "bad.csv", rows), tmp_path / "out.xlsx"

    refused = run("build", table, "-o", path, "--strict")

    assert refused.exit_code == 1
    assert "--strict: 1 notices, the first: bad.csv, row 8: 3 rows not used: throughput is `-3`" in refused.stderr
    assert not path.exists()
    assert closing(run("build", table, "-o", path))["notices"] == "1"


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    """With --quiet neither the closing line nor notices are printed; errors still are."""
    table = write_table(tmp_path / "t.csv", pair_rows(date=""))

    silent = run("build", table, "-o", tmp_path / "out.xlsx", "--quiet")
    loud = run("build", table, "-o", tmp_path / "out.xlsx", "-q", "--tier", "none")

    assert (silent.exit_code, silent.output) == (0, "")
    assert loud.exit_code == 1
    assert loud.stderr.startswith("Error: unknown price tier 'none'")


def test_notices_go_to_standard_error_and_are_cut_short(tmp_path: Path) -> None:
    """The closing line stands alone on standard output; of many notices twenty are printed and the rest counted."""
    folders = [tmp_path / f"runs{n}" for n in range(25)]
    for folder in folders:
        folder.mkdir()
        (folder / "broken.json").write_text('[{"hardware": "b300", ')
    table = write_table(tmp_path / "table.csv", pair_rows())

    result = run("build", table, *folders, "-o", tmp_path / "out.xlsx", "--skip-bad")

    assert int(closing(result)["notices"]) == 25
    lines = result.stderr.splitlines()
    assert len(lines) == 21
    assert all(line.startswith("notice: ") for line in lines)
    assert lines[-1] == "notice: 5 more; all of them stand on the Checks sheet"


def test_templates_replace_texts(table: Path, tmp_path: Path) -> None:
    """A folder with one changed file changes that file only."""
    folder = tmp_path / "own"
    folder.mkdir()
    words = (ROOT / "templates" / "labels.toml").read_text(encoding="utf-8")
    assert "3-year rental price" in words
    (folder / "labels.toml").write_text(words.replace("3-year rental price", "Lease"), encoding="utf-8")
    path = tmp_path / "out.xlsx"

    closing(run("build", table, "-o", path, "--templates", folder, "--tier", "rental"))

    book = Places(path)
    assert (tier_of(book), book.in_force("tier")) == ("Lease", 3)
    assert "Lease" in book.choices(book.pairs[0].controls["tier"])


def test_set_says_what_files_do_not(tmp_path: Path) -> None:
    """`--set` fills what is missing, for all files or for those that match."""
    rows = [{key: value for key, value in row.items() if key not in ("gpus", "hardware")} for row in pair_rows()]
    for row in rows:
        row["hardware"] = ""
    table, path = write_table(tmp_path / "t.csv", rows), tmp_path / "out.xlsx"

    refused = run("build", table, "-o", path)
    built = run("build", table, "-o", path, "--set", "hardware=h200", "--set", "t*.csv:gpus=16")

    assert refused.exit_code == 1
    assert "the file does not say hardware: give it in specxl.toml or with --set hardware=..." in refused.stderr
    assert closing(built)["notices"] == "0"
    assert "DeepSeek R1 H200" in openpyxl.load_workbook(path, read_only=True).sheetnames


def test_suspect_rows_are_kept_or_dropped(tmp_path: Path) -> None:
    """A row with failed requests is kept with a notice; --exclude-suspect leaves it out and says so."""
    rows = pair_rows()
    rows[1]["failed"] = 2
    rows[1]["completed"] = 98
    table, path = write_table(tmp_path / "t.csv", rows), tmp_path / "out.xlsx"

    kept = run("build", table, "-o", path)
    flags = beside(path, "Checks", "failed requests", 3)
    dropped = run("build", table, "-o", path, "--exclude-suspect")

    assert "suspect" in kept.stderr
    assert flags == 1
    assert "1 row not used: suspect (failed_requests), left out on request" in dropped.stderr
    assert closing(dropped)["notices"] == "1"


def test_another_statistic_counts_the_curves_that_vanish(tmp_path: Path) -> None:
    """`--statistic p99` rests on that latency; the curves without it are counted in a notice."""
    with_p99 = [row | {"tpot_p99_s": 1.25 / row["interactivity_tok_s_user"]} for row in pair_rows()]
    table, path = write_table(tmp_path / "t.csv", [*with_p99, *pair_rows(hardware="h200")]), tmp_path / "out.xlsx"

    result = run("build", table, "-o", path, "--statistic", "p99")

    closing(result)
    assert "notice: 2 curves and 6 rows vanish: they have no p99 TPOT" in result.stderr
    book = Places(path)
    assert [page.title for page in book.pairs] == ["DeepSeek R1 on B300"]
    assert book.rows("measurements")[0]["x"] == 48


def test_the_past_needs_more_than_the_latest_answer(tmp_path: Path) -> None:
    """`--as-of` leaves later rows out and says what such an answer cannot show."""
    answer = [api_row(conc=c, metrics=api_metrics(s, t, c)) for c, s, t in ((8, 100, 200), (4, 120, 90))]
    answer.append(api_row(conc=16, date="2026-07-01", metrics=api_metrics(70, 300, 16)))
    source, path = tmp_path / "answer.json", tmp_path / "out.xlsx"
    source.write_text(json.dumps(answer))

    result = run("build", source, "-o", path, "--as-of", "2026-06-15")

    closing(result)
    assert "as of 2026-06-15: 1 later rows were left out" in result.stderr
    assert "cannot show the past" in result.stderr
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book:
        head = [str(cell.value) for row in sheet.iter_rows(max_row=3) for cell in row if cell.value is not None]
        assert [text for text in head if "Data as of 2026-06-02; inputs as released" in text], sheet.title


def test_standard_input_is_an_input(table: Path, tmp_path: Path) -> None:
    """A dash reads standard input."""
    path = tmp_path / "out.xlsx"

    closing(run("build", "-", "-o", path, stdin=table.read_bytes()))

    assert [page.title for page in Places(path).pairs] == ["DeepSeek R1 on B300"]


def test_a_bad_file_can_be_skipped(table: Path, tmp_path: Path) -> None:
    """`--skip-bad` builds from the rest and lists what it skipped; without it the file stops the build."""
    broken = tmp_path / "broken.json"
    broken.write_text('[{"a": ')

    stopped = run("build", table, broken, "-o", tmp_path / "out.xlsx")
    skipped = run("build", table, broken, "-o", tmp_path / "out.xlsx", "--skip-bad")

    assert stopped.exit_code == 1
    assert "notice: broken.json: the file was skipped: broken.json: broken JSON at line 1" in skipped.stderr
    assert closing(skipped)["notices"] == "1"


# --- fetching ---------------------------------------------------------------------------------------------------------


class Server(str):  # noqa: SLOT000 - a str with a list beside it
    """The address of a server, with a list of what it was asked."""

    asked: list[str]


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve one small answer of the InferenceX API on this machine; return the address."""
    loads = ((8, 100.0, 200.0), (4, 130.0, 90.0), (2, 150.0, 40.0))
    rows = [
        api_row(conc=c, spec_method=variant, metrics=api_metrics(s * gain, t, c))
        for variant, gain in (("none", 1.0), ("mtp", 1.2))
        for c, s, t in loads
    ]
    body = json.dumps(rows).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test output clean."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    address = Server(f"http://127.0.0.1:{running.server_address[1]}")
    address.asked = []
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield address
    running.shutdown()
    running.server_close()
    thread.join()


def test_fetch_writes_what_build_reads(server: str, tmp_path: Path) -> None:
    """`fetch` names the file it wrote, and `build` makes a workbook with the data's attribution from it."""
    saved, path = tmp_path / "dsr1.json", tmp_path / "out.xlsx"

    fetched = run("fetch", "DeepSeek R1", "-o", saved, "--base-url", server)

    assert (fetched.exit_code, fetched.stderr) == (0, "")
    assert fetched.stdout == f"{saved}: fetched; build a workbook with `specxl build {saved}`\n"
    assert closing(run("build", saved, "-o", path))["comparisons"] == "1"
    assert "InferenceX" in str(openpyxl.load_workbook(path).properties.description)


def test_build_fetches_first(server: str, table: Path, tmp_path: Path) -> None:
    """`build --fetch` adds the rows of the API to the other inputs, in one step."""
    path = tmp_path / "out.xlsx"

    facts = closing(run("build", table, "--fetch", "dsr1", "--base-url", server, "-o", path))

    assert [page.title for page in Places(path).pairs] == ["DeepSeek R1 on H200", "DeepSeek R1 on B300"]
    assert facts["comparisons"] == "2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.xlsx", "table.csv"]


def test_fetch_is_quiet_on_request_and_clear_about_mistakes(server: str, tmp_path: Path) -> None:
    """Nothing is printed with --quiet; an unknown model offers the nearest name; a missing one is misuse."""
    saved = tmp_path / "a.json"

    assert run("fetch", "dsr1", "-q", "-o", saved, "--base-url", server).output == ""

    unknown = run("fetch", "dsr2", "-o", saved, "--base-url", server)
    assert unknown.exit_code == 1
    assert "did you mean `dsr1`?" in unknown.stderr
    assert run("fetch", "-o", saved).exit_code == 2
    assert run("fetch", "dsr1", "-o", saved, "--date", "June").exit_code == 2
    assert run("fetch", "dsr1", "-o", saved, "--retries", "-1").exit_code == 2


@pytest.mark.parametrize(
    ("options", "asked", "hint"),
    [
        (["dsr1"], ["/api/v1/benchmarks?model=DeepSeek-R1-0528"], True),
        (["dsr1", "--date", "2026-06-11"], ["/api/v1/benchmarks?model=DeepSeek-R1-0528&date=2026-06-11"], True),
        (
            ["dsr1", "--history", "--workload", "1k/1k", "--workload", "8k/1k"],
            [
                "/api/v1/benchmarks/history?model=DeepSeek-R1-0528&isl=1024&osl=1024",
                "/api/v1/benchmarks/history?model=DeepSeek-R1-0528&isl=8192&osl=1024",
            ],
            True,
        ),
        (
            ["dsr1", "--history"],
            ["/api/v1/availability", "/api/v1/benchmarks/history?model=DeepSeek-R1-0528&isl=1024&osl=1024"],
            True,
        ),
        (["--available"], ["/api/v1/availability"], False),
        (["--evaluations"], ["/api/v1/evaluations"], False),
    ],
)
def test_fetch_asks_what_it_is_told_to(
    server: Server,
    tmp_path: Path,
    options: list[str],
    asked: list[str],
    hint: bool,  # noqa: FBT001
) -> None:
    """Newest rows, those of a day, a history, what there is and evaluation scores are each one call away."""
    saved = tmp_path / "saved.json"

    result = run("fetch", *options, "-o", saved, "--base-url", server)

    assert result.exit_code == 0, result.output
    assert server.asked == asked
    assert ("build a workbook with" in result.stdout) == hint
    assert json.loads(saved.read_text())["rows"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--available", "--history"], "--history and --available do not go together"),
        (["--available", "--evaluations"], "--available and --evaluations do not go together"),
        (["dsr1", "--available"], "--available is about all models: leave dsr1 out"),
        (["--history"], r"Missing argument '\[MODEL\]"),
        ([], r"Missing argument '\[MODEL\]"),
        (["dsr1", "--history", "--date", "2026-06-11"], "--history takes no --date"),
        (["--evaluations", "--date", "2026-06-11"], "--evaluations takes no --date"),
        (["dsr1", "--workload", "1k/1k"], "--workload goes with --history"),
        (["dsr1", "--deadline", "0"], "--deadline"),
    ],
)
def test_what_fetch_cannot_do_at_once_is_misuse(tmp_path: Path, options: list[str], message: str) -> None:
    """Options that contradict each other are refused before anything is asked, with exit status 2."""
    result = run("fetch", *options, "-o", tmp_path / "a.json", "--base-url", "http://127.0.0.1:9")

    assert result.exit_code == 2
    assert re.search(message, result.stderr), result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "a" * 300 + ".json", ""])
def test_fetch_asks_for_a_file_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """What cannot be the output is refused before anything is fetched, in one sentence."""
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)

    result = run("fetch", "dsr1", "-o", place, "--base-url", "http://127.0.0.1:9")

    assert_one_message(result)
    assert "Name a file" in result.stderr or "File name too long" in result.stderr


# --- inspecting -------------------------------------------------------------------------------------------------------


def test_inspect_prints_tables(wide: Path) -> None:
    """Files and curves stand in aligned columns, and the last line says whether anything is usable."""
    result = run("inspect", wide)

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[1].split() == ["wide.csv", "tidy", "table", "30", "30", "TPOT", "as", "the", "table", "gives", "it"]
    curves = [line for line in lines if line.startswith("dsr1 ")]
    assert len(curves) == 8
    assert {line.index("sglang") for line in curves} == {lines[5].index("engines")}
    assert lines[-1] == "usable"


def test_inspect_prints_json(table: Path) -> None:
    """The JSON form parses, holds the curves, and standard output holds nothing else."""
    result = run("inspect", table, "--json")

    found = json.loads(result.stdout)
    assert (result.exit_code, found["usable"], len(found["curves"])) == (0, True, 2)
    assert found["files"][0]["name"] == "table.csv"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_inspect_fails_when_nothing_is_usable(tmp_path: Path, form: tuple[str, ...]) -> None:
    """The reasons are shown all the same, and the exit status is 1."""
    table = write_table(tmp_path / "t.csv", pair_rows(total_tok_s_gpu="nan"))

    result = run("inspect", table, *form)

    assert result.exit_code == 1
    assert "throughput is `nan`, not a number above zero" in result.stdout
    assert "Error" not in result.output


def test_inspect_suggests_a_sidecar(tmp_path: Path) -> None:
    """What is missing is offered as TOML with a warning; names of files are guesses only."""
    rows = [{key: value for key, value in row.items() if key not in ("gpus", "date")} for row in pair_rows()]

    result = run("inspect", write_table(tmp_path / "t.csv", rows), "--suggest")

    assert result.exit_code == 0
    assert result.stdout.startswith("# Suggested by specxl")
    assert "# gpus =" in result.stdout
    assert "# date =" in result.stdout


def test_inspect_names_what_is_missing(tmp_path: Path) -> None:
    """A missing file is an error with exit status 1, no input at all misuse."""
    assert_one_message(run("inspect", tmp_path / "none.json"))
    assert run("inspect").exit_code == 2


# --- mistakes ---------------------------------------------------------------------------------------------------------


def assert_one_message(result: Result) -> None:
    """Exit status 1 and one error on standard error, without a traceback; nothing on standard output."""
    assert result.exit_code == 1
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if not line.startswith("notice: ")]
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith("Error: ")
    assert "Traceback" not in result.stderr


HEADER = "model,hardware,interactivity_tok_s_user,total_tok_s_gpu"
CONFLICT = '[\n<<<<<<< HEAD\n{"hw": "b200"}\n]'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.json", None, r"absent\.json: the file does not exist\. Check the path"),
        ("*.nothing", None, r"\*\.nothing: nothing matches the pattern\. Check the path and the quotes"),
        ("empty.json", "", r"empty\.json: the file is empty\. Check how it was written or downloaded"),
        ("empty.csv", "", r"empty\.csv: the file is empty\."),
        ("blank.csv", " \n\n", r"blank\.csv: "),
        ("cut.json", '[{"hardware": "b300", ', r"cut\.json: broken JSON at line 1.*it may have been cut off"),
        ("conflict.json", CONFLICT, r"conflict\.json: line 2 holds a git conflict marker, `<<<<<<<`\. Resolve the merge conflict"),
        ("quote.csv", f'{HEADER}\n"x,b300,9,5\n', r"quote\.csv: broken CSV at line"),
        ("binary.dat", "\x00\x01\x02", r"binary\.dat: no reader recognises the file: it holds binary data\. docs/formats\.md"),
        ("schema.json", '{"a": 1}', r"schema\.json: no reader recognises the file: it is JSON with the keys `a`\. docs/formats\.md"),
        ("none.json", "[]", r"none\.json: no reader recognises the file: it is JSON without any object"),
        ("other.csv", "a,b\n1,2\n", r"other\.csv: no reader recognises the file: it is text without a header that is known\. docs"),
        ("speed.csv", "model,hardware,total_tok_s_gpu\nx,b300,5\n", r"speed\.csv, field `interactivity_tok_s_user`: the column is missing; allowed: a header with at least"),
        ("total.csv", "model,hardware,interactivity_tok_s_user,total\nx,b300,5,5\n", r"total\.csv, field `total_tok_s_gpu`: the column is missing"),
        ("twice.csv", f"{HEADER},model\nx,b300,5,5,y\n", r"twice\.csv, field `model`: the column stands twice"),
        ("wide.csv", f"{HEADER}\nx,b300,5,5,6\n", r"wide\.csv, row 2: the row has 5 cells; allowed: 4"),
        ("rowless.csv", f"{HEADER}\n", r"no usable row: the inputs hold no measurement"),
        ("unusable.csv", f"{HEADER}\nx,b300,nan,5\nx,b300,5,0\nx,b300,inf,2\nx,b300,-1,2\n", r"unusable\.csv, row 2: no usable row among 4: 1 x interactivity is `nan`.*`specxl inspect`"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_message(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    """Every unreadable input names the file, the fault and the way out, and leaves the previous output as it was."""
    folder, output = tmp_path / "in", tmp_path / "out" / "release.xlsx"
    folder.mkdir()
    output.parent.mkdir()
    output.write_bytes(OLD)
    if content is not None:
        (folder / name).write_text(content)

    result = run("build", folder / name, "-o", output)

    assert_one_message(result)
    assert re.search(message, result.stderr), result.stderr
    assert output.read_bytes() == OLD
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rates", "2026-05"], r"there is no rate card '2026-05'; allowed: 2026-04, 2026-08, 2026-09, or a CSV or TOML file\. did you mean"),
        (["--rates", "absent.csv"], r"absent\.csv: cannot be read \(No such file or directory\)"),
        (["--rates-as-of", "2020-01"], r"there is no rate card '2020-01'; allowed: 2026-04, 2026-08, 2026-09"),
        (["--tier", "neoclod"], r"unknown price tier 'neoclod'; allowed: hyperscaler, neocloud, rental[.;] did you mean `neocloud`\?"),
        (["--tier", "own"], r"unknown price tier 'own'; allowed: hyperscaler, neocloud, rental$"),
        (["--model", "deepsek r1"], r"model `deepsek r1` matches no row; allowed: dsr1; did you mean `deepseek r1`\?"),
        (["--hardware", "b30"], r"hardware `b30` matches no row; allowed: b300; did you mean `b300`\?"),
        (["--precision", "fp6"], r"precision `fp6` matches no row; allowed: fp8; did you mean `fp8`\?"),
        (["--workload", "1k/2k"], r"workload `1k/2k` matches no row; allowed: 1024x1024; did you mean `1k/1k`\?"),
        (["--templates", "absent"], r"absent: is not a folder\. Name a folder that holds templates"),
        (["--set", "gpu=8"], r"--set `gpu=8` is not of the form \[GLOB:\]key=value; allowed keys: model, .*did you mean `gpus`\?"),
        (["--set", "other.*:gpus=8"], r"--set other\.\*:gpus=8: the pattern fits no file; the files are table\.csv"),
        (["--as-of", "2020-01-01"], r"no usable row among 6: 6 x later than the as-of date 2020-01-01"),
        (["--statistic", "p90"], r"no usable row among 6: 6 x the p90 TPOT that interactivity needs is missing"),
        (["--known-issues", "absent.csv"], r"absent\.csv: cannot be read \(No such file or directory\)"),
        (["--fetch", "dsr2"], r"the model `dsr2` is not known; .*did you mean `dsr1`\?"),
        (["--fetch", "dsr1", "--base-url", "http://example.org"], r"is not an https address"),
    ],
)  # fmt: skip
def test_unknown_values_offer_what_is_known(table: Path, tmp_path: Path, options: list[str], message: str) -> None:
    """A wrong value of an option says what is allowed, offers the nearest name, and leaves the previous output alone."""
    output = tmp_path / "out" / "release.xlsx"
    output.parent.mkdir()
    output.write_bytes(OLD)

    result = run("build", table, "-o", output, *options)

    assert_one_message(result)
    assert re.search(message, result.stderr), result.stderr
    assert output.read_bytes() == OLD
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--targets", "30,60"],
        ["build", "--targets", "30,sixty,90"],
        ["build", "--targets", "30,0,90"],
        ["build", "--targets", "nan,inf,1"],
        ["build", "--statistic", "p95"],
        ["build", "--as-of", "yesterday"],
        ["build", "--role-basis", "both"],
        ["build", "--no-such-option"],
        ["fetch"],
        ["fetch", "dsr1"],
        ["inspect"],
        ["verify"],
        ["diff", "old.xlsx"],
        ["no-such-command"],
    ],
)
def test_misuse_is_exit_status_two(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that cannot be understood points at its help, writes nothing and shows no traceback."""
    monkeypatch.chdir(tmp_path)

    result = run(*arguments)

    assert result.exit_code == 2
    assert "--help" in result.stderr
    assert "Error: " in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("absent/out.xlsx", r"absent does not exist\. Create it, or choose another place with -o"),
        ("table.csv/out.xlsx", r"table\.csv is not a folder\. Choose another place with -o"),
        ("folder", r"folder: this is a folder\. Name a file in it, such as .*folder/specxl\.xlsx"),
        ("pipe", r"pipe: this is a device or a pipe, and the output is a file\. Choose another place with -o"),
        ("table.csv", r"table\.csv: this is one of the inputs, which the workbook would replace"),
        ("release.csv", r"release\.csv: .* ends in \.xlsx\. Use -o .*release\.csv\.xlsx"),
        ("a" * 300 + ".xlsx", r"cannot be written: File name too long\. Choose another place"),
    ],
)
def test_places_that_cannot_hold_the_output(table: Path, tmp_path: Path, place: str, message: str) -> None:
    """A folder that is missing or no folder, and a target that is no plain file or an input, are refused untouched."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before, content = sorted(tmp_path.iterdir()), table.read_bytes()

    result = run("build", table, "-o", tmp_path / place)

    assert_one_message(result)
    assert re.search(message, result.stderr), result.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert table.read_bytes() == content
    assert (tmp_path / "pipe").is_fifo()


def test_a_read_only_folder(table: Path, tmp_path: Path) -> None:
    """A folder that may not be written is named before any work is done."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write anywhere")

    result = run("build", table, "-o", folder / "out.xlsx")

    assert_one_message(result)
    assert "is read-only. Choose another place with -o" in result.stderr


@pytest.mark.parametrize("arguments", [("build", "-o", "new.xlsx"), ("inspect", "rows.csv"), ("verify", "old.xlsx")])
def test_a_malformed_source_date_is_one_message(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Libraries read the variable while they are imported and would fail then, so this needs a process of its own."""
    for name in ("rows.csv", "old.xlsx"):
        (tmp_path / name).touch()
    environment = os.environ | {"SOURCE_DATE_EPOCH": "yesterday"}

    done = subprocess.run(
        [sys.executable, "-m", "specxl", *arguments], cwd=tmp_path, env=environment, capture_output=True, check=False
    )

    message = b"Error: SOURCE_DATE_EPOCH is 'yesterday'; allowed: whole seconds since 1970. Correct it, or unset it\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", message)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc, which nobody may write")
def test_a_folder_that_not_even_root_may_write(table: Path) -> None:
    """A place that the system refuses in the end is one message with the system's reason."""
    result = run("build", table, "-o", "/proc/specxl.xlsx")

    assert_one_message(result)
    assert "/proc/specxl.xlsx: " in result.stderr
    assert "Choose another place with -o" in result.stderr


def test_a_link_stays_a_link(table: Path, tmp_path: Path) -> None:
    """An output that is a link to a file replaces the file that it names."""
    real, link = tmp_path / "archive" / "real.xlsx", tmp_path / "latest.xlsx"
    real.parent.mkdir()
    real.write_bytes(OLD)
    link.symlink_to(real)

    closing(run("build", table, "-o", link))

    assert link.is_symlink()
    assert real.read_bytes()[:2] == b"PK"
    assert list(real.parent.iterdir()) == [real]


def test_an_older_output_is_replaced_by_a_good_build(table: Path, tmp_path: Path) -> None:
    """A build that succeeds replaces the older file, and leaves nothing else in the folder."""
    output = tmp_path / "out" / "release.xlsx"
    output.parent.mkdir()
    output.write_bytes(OLD)

    closing(run("build", table, "-o", output))

    assert output.read_bytes()[:2] == b"PK"
    assert list(output.parent.iterdir()) == [output]


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_explains_itself(name: str) -> None:
    """Each command's help has an example that begins with its own call, and a help text for every option."""
    result = run(name, "--help")

    assert result.exit_code == 0
    assert f"  specxl {name} " in result.stdout
    options = [param for param in main.commands[name].params if param.param_type_name == "option"]
    assert options
    assert [option.name for option in options if not getattr(option, "help", None)] == []


def test_the_group_lists_its_commands_and_version() -> None:
    """`specxl --help` names every command; `specxl --version` the version."""
    shown = run("--help").stdout

    assert [name for name in main.commands if f"\n  {name} " not in shown] == []
    assert "Exit status:" in shown
    assert run("--version").stdout == f"specxl, version {__version__}\n"


def test_the_docs_know_every_option() -> None:
    """README and docs name every option of every command, and no option that no command has."""
    params = [param for command in main.commands.values() for param in command.params]
    known = {name for param in params for name in param.opts} | {"--help", "--version"}

    options = [param for param in params if param.param_type_name == "option"]
    silent = [p.opts for p in options if not any(re.search(rf"(?<![\w-]){name}\b", DOCS) for name in p.opts)]
    assert silent == []
    calls = re.findall(r"specxl (?:build|inspect|fetch|verify|diff)[^\n`]*", DOCS)
    used = {name for call in calls for name in re.findall(r"--[a-z][a-z-]+", call.partition("#")[0])}
    assert len(used) > 3
    assert used - known == set()


def test_the_examples_of_the_help_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every example in a command's help parses: it fails for its missing files at most, never as misuse."""
    monkeypatch.chdir(tmp_path)
    examples = [line.split("  specxl ")[1] for command in main.commands.values() for line in _examples(command)]

    assert len(examples) >= 10
    for example in examples:
        words = re.findall(r'"[^"]+"|\S+', example.partition(" > ")[0])
        arguments = [word.strip('"') for word in words]
        command = main.commands[arguments[0]]
        with command.make_context(
            arguments[0], arguments[1:], resilient_parsing=arguments[0] in ("verify", "diff")
        ) as context:
            assert context.params


def _examples(command: click.Command) -> list[str]:
    return [line for line in (command.help or "").splitlines() if "  specxl " in line]
