"""One run of the command from outside: signals, closed and full streams, odd places, and the status it ends with."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from support.tables import pair_rows, write_table

from specxl.cli import main
from specxl.cli.progress import StageBar, is_terminal
from specxl.cli.session import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "specxl")
LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a run of these sources."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), **changes}


def shell(line: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which `specxl` is the command."""
    program = f'specxl() {{ "{sys.executable}" -m specxl "$@"; }}\n{line}\n'
    return subprocess.run(
        ["sh", "-c", program],
        cwd=folder,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def one_message(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """Return the one line on standard error of a run that ends with this status."""
    assert done.returncode == status, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("notice: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a small table that builds without a notice."""
    return write_table(tmp_path / "table.csv", pair_rows())


# Signals


@pytest.fixture
def stalled() -> Iterator[str]:
    """Listen on this machine and never answer; return the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def wait_for(condition: Any, seconds: float = 30.0) -> None:  # noqa: ANN401 - any callable
    """Wait until something holds."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (signal.SIGINT, 130, "Interrupted."),
        (signal.SIGTERM, 143, "Terminated."),
        (signal.SIGHUP, 129, "Terminated: the terminal is gone."),
    ],
)
def test_a_signal_ends_a_build_cleanly(tmp_path: Path, stalled: str, number: int, status: int, word: str) -> None:
    """A build that is stopped while it fetches says so in a word, ends as a shell expects, and leaves nothing anywhere."""
    scratch, folder = tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    folder.mkdir()
    (folder / "o.xlsx").write_bytes(b"older")
    command = [*COMMAND, "build", "--fetch", "dsr1", "--base-url", stalled, "-o", folder / "o.xlsx"]
    # started as by a shell in the foreground, whatever started the tests
    program = subprocess.Popen(
        command,
        env=environment(TMPDIR=str(scratch)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],  # noqa: PLW1509
    )

    wait_for(lambda: any(inside for made in scratch.iterdir() for inside in made.iterdir()))
    program.send_signal(number)
    out, err = program.communicate(timeout=30)

    assert (program.returncode, out, err.strip()) == (status, "", word)
    assert list(scratch.iterdir()) == []
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("o.xlsx", b"older")]


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path, table: Path) -> None:
    """Under `nohup` the end of the terminal does not stop a run."""
    line = f"trap '' HUP; (sleep 1; cat {table}) | specxl inspect - & sleep 0.6; kill -HUP $!; wait $!"

    done = shell(line, tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("usable\n")


HOOKED = """
import os, signal, sys
import specxl.__main__ as entry

MODULE, SIGNAL, WAY = sys.argv[1:4]

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), getattr(signal, SIGNAL))
                for _ in range(1000):
                    pass
            except KeyboardInterrupt:
                if WAY == "hidden":
                    raise ImportError("a library failed to load") from None
                raise
        return None

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder())
sys.argv = ["specxl", *sys.argv[4:]]
entry.run()
"""


@pytest.mark.parametrize(
    ("module", "name", "way", "status", "word"),
    [
        ("click", "SIGINT", "open", 130, ""),
        ("specxl.cli.build", "SIGINT", "open", 130, ""),
        ("specxl.cli.options", "SIGINT", "open", 130, ""),
        ("numpy", "SIGINT", "open", 130, "Interrupted."),
        ("numpy", "SIGTERM", "open", 143, "Terminated."),
        ("xlsxwriter", "SIGINT", "hidden", 130, "Interrupted."),
        ("specxl.returned.package", "SIGTERM", "hidden", 143, "Terminated."),
        ("specxl.pipeline", "SIGINT", "open", 130, "Interrupted."),
    ],
)
def test_a_signal_during_an_import_is_no_traceback(
    tmp_path: Path, module: str, name: str, way: str, status: int, word: str
) -> None:
    """Stopped while a library is being imported, also one that then fails in its own way, a run ends as at any other time."""
    arguments = ["verify", "x.xlsx"] if "returned" in module else ["build", "-o", "x.xlsx"]
    (tmp_path / "x.xlsx").write_bytes(b"older")

    done = subprocess.run(
        [sys.executable, "-c", HOOKED, module, name, way, *arguments],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr.strip()) == (status, "", word)
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"]


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_one_sentence(tmp_path: Path, table: Path, debug: str) -> None:
    """What nobody foresaw is named by kind and place, without words that may come from a file; an older workbook stays."""
    (tmp_path / "x.xlsx").write_bytes(b"older")
    broken = (
        "import sys, specxl.cli, specxl.pipeline as pipeline\n"
        "def build_book(_): raise KeyError('secret-7f3a')\n"
        "pipeline.build_book = build_book\n"
        "sys.exit(specxl.cli.main(['build', *sys.argv[1:]]))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", broken, str(table), "-o", "x.xlsx"],
        cwd=tmp_path,
        env={**environment(), "SPECXL_DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (1, "")
    if debug:
        assert "KeyError: 'secret-7f3a'" in done.stderr
    else:
        assert done.stderr.startswith(
            "Error: this is a bug of specxl, not of your files: KeyError in specxl.pipeline, line "
        )
        assert len(done.stderr.strip().splitlines()) == 1
        assert "secret" not in done.stderr
    assert (tmp_path / "x.xlsx").read_bytes() == b"older"


def test_handlers_are_given_back() -> None:
    """A run inside another program leaves its signals as they were, in any thread."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    statuses: list[int] = []

    CliRunner().invoke(main, ["--version"])
    thread = threading.Thread(target=lambda: statuses.append(CliRunner().invoke(main, ["--version"]).exit_code))
    thread.start()
    thread.join()

    assert [signal.getsignal(number) for number in numbers] == before
    assert statuses == [0]


# Streams


@LINUX
@pytest.mark.parametrize(
    "call",
    [
        "specxl --help",
        "specxl --version",
        "specxl build --help",
        "specxl inspect table.csv",
        "specxl inspect table.csv --json",
    ],
)
@pytest.mark.parametrize(
    ("to", "message"),
    [
        (">/dev/full", "Error: standard output cannot be written: No space left on device"),
        (">&-", "Error: standard output is closed, so the answer cannot be printed"),
    ],
)
def test_an_answer_that_cannot_be_printed_is_an_error(
    tmp_path: Path, table: Path, call: str, to: str, message: str
) -> None:
    """Where standard output is full or closed, the reason stands on standard error, and the status is 1."""
    assert one_message(shell(f"{call} {to}", tmp_path)) == message


@LINUX
@pytest.mark.slow
def test_a_build_stands_when_its_closing_line_cannot_be_printed(tmp_path: Path, table: Path) -> None:
    """The workbook is there; only the line about it is lost, which is said."""
    done = shell("specxl build table.csv -o o.xlsx >/dev/full", tmp_path)

    assert "No space left on device" in one_message(done)
    assert (tmp_path / "o.xlsx").read_bytes()[:2] == b"PK"


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full"])
def test_a_build_does_not_need_standard_error(tmp_path: Path, to: str) -> None:
    """A build is not lost because nobody can read its notices or its progress; a fault still has its status."""
    write_table(tmp_path / "undated.csv", pair_rows(date=""))

    built = shell(f"specxl build undated.csv -o o.xlsx {to}", tmp_path)
    failed = shell(f"specxl build absent.csv -o p.xlsx {to}", tmp_path)

    assert (built.returncode, built.stderr) == (0, "")
    assert "1 notices" in built.stdout
    assert (tmp_path / "o.xlsx").read_bytes()[:2] == b"PK"
    assert (failed.returncode, failed.stdout) == (1, "")


def test_closed_standard_input_is_empty(tmp_path: Path) -> None:
    """A dash without an input to read is one message."""
    assert "standard input: the file is empty" in one_message(shell("specxl build - -o o.xlsx <&-", tmp_path))


@pytest.mark.slow
def test_a_build_needs_no_stream(tmp_path: Path) -> None:
    """All three streams closed is no reason to fail."""
    write_table(tmp_path / "t.csv", pair_rows())

    done = shell("specxl build -q t.csv -o o.xlsx <&- >&- 2>&-", tmp_path)

    assert done.returncode == 0
    assert (tmp_path / "o.xlsx").read_bytes()[:2] == b"PK"


def test_a_reader_that_stops_is_no_fault(tmp_path: Path) -> None:
    """`| head` ends the output without a word."""
    write_table(tmp_path / "t.csv", [row for n in range(300) for row in pair_rows(model=f"model-{n}")])

    done = shell("specxl inspect t.csv | head -1", tmp_path)

    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["latin-1", "koi8-r", "cp1252"])
def test_letters_that_a_stream_lacks_are_replaced(tmp_path: Path, encoding: str) -> None:
    """A name that the output's encoding cannot spell gets question marks, and the run goes on."""
    write_table(tmp_path / "表計算.csv", pair_rows(model="モデル", date=""))

    built = shell(
        "specxl build *.csv -o 結果.xlsx && specxl inspect *.csv && specxl verify 結果.xlsx",
        tmp_path,
        PYTHONIOENCODING=encoding,
    )

    assert built.returncode == 0, built.stderr
    assert "??.xlsx: " in built.stdout
    assert "???.csv" in built.stderr


@pytest.mark.parametrize("name", ["a\x1b[31mred\x1b[0m", "b\x07\x9b31m", "c\u202edcba", "d\r\te"])
def test_messages_carry_nothing_that_a_terminal_acts_on(tmp_path: Path, name: str) -> None:
    """Escapes, controls and reversed writing in the name of a file or a folder are shown as question marks."""
    folder = tmp_path / name
    folder.mkdir()
    write_table(folder / "t.csv", pair_rows())
    (folder / "specxl.toml").write_text("[defaults\n")
    results = [
        CliRunner().invoke(main, ["build", str(folder), "-o", str(tmp_path / "o.xlsx")]),
        CliRunner().invoke(main, ["build", str(folder / "none.csv"), "-o", str(tmp_path / "o.xlsx")]),
        CliRunner().invoke(main, ["build", "-o", str(folder / "absent" / "o.xlsx")]),
        CliRunner().invoke(main, ["verify", str(folder / "none.xlsx")]),
        CliRunner().invoke(main, ["build", f"--no-such-{name}"]),
        CliRunner().invoke(main, ["fetch", name, "-o", str(tmp_path / "a.json")]),
    ]

    for result in results:
        assert result.exit_code in (1, 2)
        assert "Error: " in result.stderr
        assert not set(result.stderr) & set("\x1b\x07\x9b\r\t\u202e"), result.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\nlines"),
        ("Überraschung 表 é", "Überraschung 表 é"),
        ("\x1b[2J\x00\x9d", "?[2J??"),
        ("a\u200bb\u2066c\ufeff", "a?b?c?"),
        ("\udcff \ue000", "? ?"),
    ],
)
def test_what_is_visible(text: str, shown: str) -> None:
    """Letters of every script and line ends stay; controls, formatting and lone surrogates do not."""
    assert visible(text) == shown


def test_progress_needs_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a standard error, or with one that is closed or no terminal, the bar stays silent and does not fail."""
    closed = (tmp_path / "closed").open("w")
    closed.close()
    for stream in (None, closed, sys.__stdout__ and (tmp_path / "file").open("w")):
        monkeypatch.setattr(sys, "stderr", stream)
        assert not is_terminal(sys.stderr)
        with StageBar(enabled=True) as bar:
            bar.step("reading")
        if stream and not stream.closed:
            stream.close()


@LINUX
@pytest.mark.parametrize("arguments", [(), ("--quiet",)])
def test_a_build_on_a_terminal_shows_its_stages(table: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Where somebody looks on, each stage is named while it runs, and the build ends as it does in a pipe."""
    ours, theirs = os.openpty()
    command = [*COMMAND, "build", str(table), "-o", "out.xlsx", *arguments]

    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        drawn = b""
        with contextlib.suppress(OSError):  # a terminal whose program has ended is an error to read
            while piece := os.read(ours, 65536):
                drawn += piece
        closing = running.stdout.read() if running.stdout else b""
    os.close(ours)

    assert running.returncode == 0, drawn.decode()
    assert b"Traceback" not in drawn
    if arguments:
        assert (drawn, closing) == (b"", b"")
        return
    places = [drawn.find(stage) for stage in (b"reading", b"sheets", b"evaluating", b"judging: ", b"writing")]
    assert -1 not in places
    assert places == sorted(places)
    assert closing.startswith(b"out.xlsx: ")


# Places


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("specxl build -o o.xlsx", "o.xlsx: the working folder does not exist any more. Change to another one"),
        ("specxl fetch dsr1 -o a.json", "a.json: the working folder does not exist any more. Change to another one"),
        ("specxl inspect t.csv", "the working folder does not exist any more|t.csv: the file does not exist"),
        (
            "specxl build t.csv -o /tmp/none.xlsx",
            "the working folder does not exist any more|t.csv: the file does not exist",
        ),
    ],
)
def test_a_working_folder_that_was_deleted(tmp_path: Path, call: str, message: str) -> None:
    """A run in a folder that is gone is one message."""
    done = shell(f"mkdir gone && cd gone && rmdir ../gone && {call}", tmp_path)

    line = one_message(done)
    assert line.startswith("Error: ")
    assert any(part in line for part in message.split("|")), line


NO_PLACE = """
import sys, tempfile
tempfile._candidate_tempdir_list = lambda: ["/nonexistent"]
from specxl.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "table.csv", "-o", "new.xlsx"],
        ["build", "--fetch", "dsr1", "-o", "new.xlsx"],
        ["verify", "old.xlsx"],
    ],
)
def test_no_place_for_temporary_files(tmp_path: Path, table: Path, arguments: list[str]) -> None:
    """Without any folder for temporary files a run is one message, or the one thing that verify could not do; an older output stays."""
    CliRunner().invoke(main, ["build", str(table), "-o", str(tmp_path / "old.xlsx")], catch_exceptions=False)

    done = subprocess.run(
        [sys.executable, "-c", NO_PLACE, *arguments],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    if arguments[0] == "verify":
        assert (done.returncode, done.stderr) == (1, "")
        assert "cannot be recomputed: no place for temporary files" in done.stdout
    else:
        assert "temporary" in one_message(done)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.xlsx", "table.csv"]


@pytest.mark.parametrize("epoch", ["", " ", "soon", "1.5"])
@pytest.mark.parametrize("call", ["build -o n.xlsx", "inspect t.csv", "verify o.xlsx"])
def test_a_source_date_that_is_none(tmp_path: Path, call: str, epoch: str) -> None:
    """The libraries behind a command read the variable too and would fail with a traceback: an empty one is refused in words."""
    write_table(tmp_path / "t.csv", pair_rows())
    (tmp_path / "o.xlsx").touch()

    line = one_message(shell(f"specxl {call}", tmp_path, SOURCE_DATE_EPOCH=epoch))

    assert (
        line
        == f"Error: SOURCE_DATE_EPOCH is {epoch.strip()!r}; allowed: whole seconds since 1970. Correct it, or unset it"
    )
    assert not (tmp_path / "n.xlsx").exists()


@pytest.mark.slow
def test_a_locked_output_is_refused(tmp_path: Path, table: Path) -> None:
    """A workbook of mode 444 is not replaced, one of mode 600 is and stays private."""
    locked, private = tmp_path / "locked.xlsx", tmp_path / "private.xlsx"
    for path, mode in ((locked, 0o444), (private, 0o600)):
        path.write_bytes(b"older")
        path.chmod(mode)

    refused = shell("specxl build table.csv -o locked.xlsx", tmp_path)
    built = shell("specxl build table.csv -q -o private.xlsx", tmp_path)

    assert "locked.xlsx: the file may not be written (mode 444). Make it writable" in one_message(refused)
    assert locked.read_bytes() == b"older"
    assert built.returncode == 0
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.read_bytes()[:2] == b"PK"
