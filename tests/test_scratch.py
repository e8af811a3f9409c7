"""Temporary files: a folder for one run, and what killed runs left behind goes, but nothing of anybody else's."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from specxl import scratch
from specxl.errors import OutputError
from specxl.output import whole_file
from specxl.scratch import FRESH_SECONDS, STALE_SECONDS, held, remove_leftovers, scratch_folder

if TYPE_CHECKING:
    from pathlib import Path


def age(path: Path, seconds: float) -> None:
    """Make a file or a folder with all it holds as old as this."""
    then = time.time() - seconds
    for inside in path.iterdir() if path.is_dir() and not path.is_symlink() else ():
        os.utime(inside, (then, then))
    os.utime(path, (then, then), follow_symlinks=False)


def folder_of(parent: Path, name: str, *files: str) -> Path:
    """Make a private folder with files in it."""
    folder = parent / name
    folder.mkdir(mode=0o700)
    for file in files:
        (folder / file).write_text("x")
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the one for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_run_has_a_folder_of_its_own(place: Path) -> None:
    """The folder is private, in the place for temporary files, and gone with its content at the end or at an error."""
    with scratch_folder() as folder:
        (folder / "plain.xlsx").write_text("x")
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(KeyboardInterrupt), scratch_folder() as folder:  # noqa: PT012 - the interrupt is inside
        (folder / "plain.xlsx").write_text("x")
        raise KeyboardInterrupt

    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("specxl-a1b2c3d4", ()),
        ("specxl-________", ("plain.xlsx",)),
        ("specxl-zzzzzzzz", ("inferencex.json", ".specxl-abcdefgh.json")),
    ],
)
def test_old_folders_of_killed_runs_go(place: Path, name: str, files: tuple[str, ...]) -> None:
    """The next run removes them; what another run holds stays, however old, and so does what was made this moment."""
    old, busy = folder_of(place, name, *files), folder_of(place, "specxl-busy0000", "plain.xlsx")
    fresh = folder_of(place, "specxl-fresh000", "plain.xlsx")
    age(old, FRESH_SECONDS + 1)
    age(busy, 3 * STALE_SECONDS)

    with held(busy), scratch_folder():
        assert not old.exists()

    assert sorted(place.iterdir()) == [busy, fresh]


@pytest.mark.parametrize("without", ["module", "folder"])
def test_without_locks_age_tells(place: Path, monkeypatch: pytest.MonkeyPatch, without: str) -> None:
    """On a system or in a folder that has no locks, what is older than any run can be goes, and nothing else."""
    old, young = folder_of(place, "specxl-older000", "plain.xlsx"), folder_of(place, "specxl-younger0", "plain.xlsx")
    age(old, STALE_SECONDS + 60)
    age(young, STALE_SECONDS - 60)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    if without == "module":
        monkeypatch.setattr(scratch, "fcntl", None)
    else:
        monkeypatch.setattr(scratch.fcntl, "flock", refuse)

    with scratch_folder() as folder:
        assert folder.exists()

    assert list(place.iterdir()) == [young]


def test_what_a_killed_process_held_goes_at_once(place: Path) -> None:
    """A run that is killed lets go of its folder; one that goes on keeps it from every other."""
    script = (
        "import sys, time; from specxl.scratch import scratch_folder\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'plain.xlsx').write_text('x'); print(folder.name, flush=True); time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(place)}
    )
    with other, other.stdout as stream:  # type: ignore[union-attr]
        folder = place / stream.readline().strip()
        age(folder, STALE_SECONDS * 2)
        with scratch_folder():
            assert folder.exists()
        other.kill()
        other.wait(timeout=30)
    with scratch_folder():
        assert not folder.exists()


@pytest.mark.parametrize("name", [".specxl-a1b2c3d4.xlsx", ".specxl-________.xlsx", ".specxl-00000000.json"])
def test_old_unfinished_outputs_go(tmp_path: Path, name: str) -> None:
    """The next output written to the same folder removes them, but for one that a run holds."""
    old, busy = tmp_path / name, tmp_path / ".specxl-busy0000.xlsx"
    for path in (old, busy):
        path.write_text("half a workbo")
        age(path, FRESH_SECONDS + 60)

    with held(busy), whole_file(tmp_path / "o.xlsx") as stream:
        stream.write(b"whole")
        [mine] = set(tmp_path.glob(".specxl-*.xlsx")) - {busy}
        age(mine, STALE_SECONDS)
        remove_leftovers(tmp_path)
        assert mine.exists()

    assert sorted(path.name for path in tmp_path.iterdir()) == [".specxl-busy0000.xlsx", "o.xlsx"]


@pytest.mark.parametrize(
    "name",
    [
        "specxl.xlsx",
        ".specxl-notes.xlsx",
        ".specxl-a1b2c3d4.csv",
        ".specxl-A1B2C3D4.xlsx",
        ".specxl-a1b2c3d4.xlsx.bak",
        "specxl-a1b2c3d4",
        "specxl-a1b2c3d4.xlsx",
        ".other-a1b2c3d4.xlsx",
    ],
)
def test_files_that_are_not_ours_stay(tmp_path: Path, name: str) -> None:
    """A name that no run of ours gives is nobody's but the user's, however old the file is."""
    path = tmp_path / name
    path.write_text("mine")
    age(path, 10 * STALE_SECONDS)

    remove_leftovers(tmp_path)

    assert path.read_text() == "mine"


def test_folders_that_are_not_ours_stay(tmp_path: Path) -> None:
    """A folder that others may look into, or that holds a folder, a link or another file, is not one of ours."""
    public = folder_of(tmp_path, "specxl-public00", "plain.xlsx")
    public.chmod(0o755)
    mixed = folder_of(tmp_path, "specxl-mixed000", "plain.xlsx", "notes.txt")
    deep = folder_of(tmp_path, "specxl-deep0000")
    folder_of(deep, "inner")
    linked = folder_of(tmp_path, "specxl-linked00")
    (linked / "plain.xlsx").symlink_to(tmp_path / "target.xlsx")
    named = folder_of(tmp_path, "specxl-books-a1b2c3d4", "plain.xlsx")
    kept = [public, mixed, deep, linked, named]
    for folder in kept:
        age(folder, 10 * STALE_SECONDS) if folder is not linked else os.utime(linked, (1, 1))

    remove_leftovers(tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert (mixed / "plain.xlsx").exists()


def test_links_named_like_ours_stay(tmp_path: Path) -> None:
    """A link is never followed: what it names is not ours."""
    target = folder_of(tmp_path, "target", "plain.xlsx")
    for name in ("specxl-a1b2c3d4", ".specxl-a1b2c3d4.xlsx"):
        (tmp_path / name).symlink_to(target)
        age(tmp_path / name, 10 * STALE_SECONDS)
    age(target, 10 * STALE_SECONDS)

    remove_leftovers(tmp_path)

    assert (target / "plain.xlsx").exists()
    assert len(list(tmp_path.iterdir())) == 3


def test_the_files_of_another_user_stay(tmp_path: Path) -> None:
    """In a folder that many share, only one's own leftovers are removed."""
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    path = tmp_path / ".specxl-a1b2c3d4.xlsx"
    path.write_text("x")
    age(path, 10 * STALE_SECONDS)
    os.chown(path, 12345, 12345)

    remove_leftovers(tmp_path)

    assert path.exists()


def test_a_folder_that_cannot_be_listed_is_no_fault(tmp_path: Path) -> None:
    """Tidying up never stops a run."""
    remove_leftovers(tmp_path / "absent")
    (tmp_path / "file").write_text("x")
    remove_leftovers(tmp_path / "file")


def test_no_place_for_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no folder for temporary files is to be had, or the one that is named is gone, one sentence says so."""
    message = (
        r"no place for temporary files: No (such file|usable temporary).*Make some room, or name a folder in TMPDIR"
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(OutputError, match=message), scratch_folder():
        pass

    def none_at_all() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none_at_all)
    with pytest.raises(OutputError, match=message), scratch_folder():
        pass
