"""Output files: what is refused before any work, what replaces an older file, and what is never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from specxl.errors import OutputError
from specxl.output import require_writable, whole_file

ROOT = Path(__file__).resolve().parents[1]
OLD, NEW = b"an older file", b"a newer file"


def write(path: Path, content: bytes = NEW) -> None:
    """Write an output as a command does."""
    require_writable(path)
    with whole_file(path) as stream:
        stream.write(content)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o644, 0o200])
def test_an_older_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    """Who could read the old file can read the new one, and nobody else."""
    path = tmp_path / "o.xlsx"
    path.write_bytes(OLD)
    path.chmod(mode)

    write(path)

    assert path.stat().st_mode & 0o777 == mode
    path.chmod(0o600)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555, 0o000])
def test_a_file_that_is_locked_is_refused(tmp_path: Path, mode: int) -> None:
    """A file that nobody may write is named with its mode and stays, even where the user could replace it."""
    path = tmp_path / "o.xlsx"
    path.write_bytes(OLD)
    path.chmod(mode)

    with pytest.raises(
        OutputError, match=rf"o\.xlsx: the file may not be written \(mode {mode:o}\)\. Make it writable"
    ):
        write(path)

    assert path.stat().st_mode & 0o777 == mode
    path.chmod(0o600)
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_locked_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    """A link is judged by what it names."""
    path, link = tmp_path / "o.xlsx", tmp_path / "latest.xlsx"
    path.write_bytes(OLD)
    path.chmod(0o444)
    link.symlink_to(path)

    with pytest.raises(OutputError, match=r"latest\.xlsx: the file may not be written \(mode 444\)"):
        write(link)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    """A loop of links leads nowhere, which is said with the system's words."""
    link = tmp_path / "o.xlsx"
    link.symlink_to(link)

    with pytest.raises(
        OutputError, match=r"o\.xlsx: cannot be written: (Too many levels of symbolic links|Symlink loop)"
    ):
        write(link)
    with pytest.raises(OutputError, match=r"o\.xlsx: cannot be written: "), whole_file(link):
        pass

    assert list(tmp_path.iterdir()) == [link]


def test_a_link_to_a_new_file_makes_it(tmp_path: Path) -> None:
    """A link that names no file yet stays, and the file appears where it points."""
    real, link = tmp_path / "real.json", tmp_path / "latest.json"
    link.symlink_to(real)

    write(link)

    assert link.is_symlink()
    assert real.read_bytes() == NEW


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_breaks_off_leaves_the_older_file(tmp_path: Path, error: BaseException) -> None:
    """Whatever ends the block early, the older file stays and the unfinished one goes."""
    path = tmp_path / "o.xlsx"
    path.write_bytes(OLD)
    expected: type[BaseException] = OutputError if isinstance(error, OSError) else type(error)

    with pytest.raises(expected), whole_file(path) as stream:  # noqa: PT012 - the fault is between writing and the end
        stream.write(NEW)
        raise error

    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none/o.xlsx", r"none does not exist\. Create it, or choose another place with -o"),
        ("file/o.xlsx", r"file is not a folder\. Choose another place with -o"),
        ("file/under/o.xlsx", r"is not a folder|cannot be written: Not a directory"),
        ("folder", r"folder: this is a folder\. Name a file in it, such as .*folder/rows\.json"),
        ("pipe", r"pipe: this is a device or a pipe, and the output is a file"),
        ("x" * 300 + ".xlsx", r"cannot be written: File name too long"),
        ("y" * 300 + "/o.xlsx", r"cannot be written: File name too long"),
        ("a\0b.xlsx", r"cannot be written: "),
    ],
)
def test_places_that_hold_no_output(tmp_path: Path, place: str, message: str) -> None:
    """What is no place for a file is refused in one sentence, whatever the system says of it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(OLD)
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())

    with pytest.raises(OutputError, match=message):
        require_writable(tmp_path / place, "rows.json")

    assert sorted(tmp_path.iterdir()) == before


DELETED = """
import os, sys, tempfile
from pathlib import Path
from specxl.errors import OutputError
from specxl.output import require_writable, whole_file

folder = tempfile.mkdtemp()
os.chdir(folder)
os.rmdir(folder)
try:
    require_writable(Path("o.xlsx"))
except OutputError as error:
    print(error)
try:
    with whole_file(Path("o.xlsx")) as stream:
        stream.write(b"x")
except OutputError as error:
    print(error)
with whole_file(Path(sys.argv[1])) as stream:
    stream.write(b"x")
"""


def test_a_working_folder_that_was_deleted(tmp_path: Path) -> None:
    """A relative output from a folder that is gone is one message, before any work and after it; a whole path works."""
    run = subprocess.run(
        [sys.executable, "-c", DELETED, tmp_path / "o.json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    message = "o.xlsx: the working folder does not exist any more. Change to another one"
    assert run.stdout.splitlines() == [message, message]
    assert (tmp_path / "o.json").read_bytes() == b"x"
