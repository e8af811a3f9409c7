"""LibreOffice as a judge: recalculation from spoiled results, scripted editing sessions, pictures of the sheets.

Needs soffice, a Python that imports `uno`, and pdftoppm for pictures (Debian: libreoffice-calc, python3-uno,
poppler-utils, and fonts-liberation with fonts-crosextra-carlito for true widths).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast
from uuid import uuid4

from openpyxl.utils import get_column_letter

from support import Cell, Value, missing
from support.parts import SPOILED, formula_texts, spoil_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

Locale = Literal["en-US", "de-DE", "fr-FR"]
LOCALES: tuple[Locale, ...] = ("en-US", "de-DE", "fr-FR")

START_SECONDS = 90
_BRIDGE = Path(__file__).with_name("uno_bridge.py")
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>{locale}</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""


@cache
def office_program() -> str:
    """Return the path of soffice; skips the test where there is none."""
    return shutil.which("soffice") or missing("LibreOffice (soffice) is not installed")


@cache
def uno_python() -> str:
    """Return the path of a Python that imports `uno`; skips the test where there is none."""
    for python in ("/usr/bin/python3", "/usr/lib/libreoffice/program/python", sys.executable):
        with suppress(OSError):
            if subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode == 0:
                return python
    return missing("no Python here imports `uno` (Debian: python3-uno)")


class Session:
    """One running LibreOffice under a locale: open, edit, recalculate and read, hundreds of times per start.

    Use it as a context manager. One workbook is open at a time. Values are numbers or text; an error is its text
    ("#DIV/0!"), TRUE is 1.
    """

    def __init__(self, locale: Locale = "en-US") -> None:
        self.locale = locale
        self._folder = tempfile.TemporaryDirectory(prefix="specxl-office-")
        profile = Path(self._folder.name) / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(locale=locale), encoding="utf-8")
        self._profile = profile.as_uri()

    def __enter__(self) -> Self:
        """Start the office and the bridge to it."""
        pipe = f"specxl-{uuid4().hex}"
        options = ("--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;")
        self._office = subprocess.Popen(
            [office_program(), f"-env:UserInstallation={self._profile}", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._bridge = subprocess.Popen(
            [uno_python(), str(_BRIDGE), pipe, str(START_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both, by force if they do not end themselves."""
        with suppress(OSError, RuntimeError):
            self._ask("quit")
        for process in (self._bridge, self._office):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
        with suppress(ProcessLookupError):
            os.killpg(self._office.pid, signal.SIGKILL)  # its own session: only what it started
        self._office.wait(timeout=20)
        for stream in (self._bridge.stdin, self._bridge.stdout):
            if stream is not None:
                stream.close()
        self._folder.cleanup()

    def open(self, path: Path) -> list[str]:
        """Open a copy of a workbook (closing the one before) and return its sheet names.

        A copy, because an open file is locked against other sessions; nothing is ever written to the original.
        """
        copy = Path(self._folder.name) / path.name
        copy.unlink(missing_ok=True)
        shutil.copyfile(path, copy)
        return cast("list[str]", self._ask("open", path=str(copy)))

    def unprotect(self) -> None:
        """Lift the sheets' protection, so that `edit` may change locked cells too."""
        self._ask("unprotect")

    def edit(
        self, cells: Mapping[Cell, Value], reads: Iterable[Cell] = (), *, recalculate: bool = True
    ) -> dict[Cell, Value]:
        """Set cells (None empties one), calculate everything afresh, and return the cells asked for.

        Text is put in as text, never parsed. Without `recalculate`, LibreOffice follows the dependencies by itself,
        which is quicker in a large workbook.
        """
        wanted = list(reads)
        edits = [[sheet, address, value] for (sheet, address), value in cells.items()]
        values = self._ask("edit", cells=edits, reads=wanted, recalculate=recalculate)
        return dict(zip(wanted, values, strict=True))

    def values(self, sheet: str) -> dict[Cell, Value]:
        """Return every non-empty cell of a sheet, formulas and constants alike."""
        block = self._ask("block", sheet=sheet)
        found: dict[Cell, Value] = {}
        for number, row in enumerate(block["rows"], start=1):
            for column, value in enumerate(row, start=1):
                if value not in ("", None):
                    found[sheet, f"{get_column_letter(column)}{number}"] = value
        for row_index, column_index, text in block["errors"]:
            found[sheet, f"{get_column_letter(column_index + 1)}{row_index + 1}"] = text
        return found

    def save(self, path: Path) -> None:
        """Save the open workbook as xlsx, the way LibreOffice writes it."""
        self._ask("save", path=str(path.resolve()))

    def pdf(self, path: Path) -> None:
        """Print the open workbook to a PDF file."""
        self._ask("pdf", path=str(path.resolve()))

    def _ask(self, name: str, **arguments: object) -> Any:  # noqa: ANN401 - whatever the request returns
        if self._bridge.stdin is None or self._bridge.stdout is None:
            raise RuntimeError("the session has not been entered")
        self._bridge.stdin.write(json.dumps({"name": name, "arguments": arguments}) + "\n")
        self._bridge.stdin.flush()
        line = self._bridge.stdout.readline()
        if not line:
            raise RuntimeError(f"LibreOffice ended while it was asked to {name}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"LibreOffice could not {name}: {answer['error']}")
        return answer["ok"]


def recalculate(path: Path, locale: Locale = "en-US") -> dict[Cell, Value]:
    """Return every formula's result as LibreOffice computes it from a copy whose stored results were spoiled.

    Fails if any spoiled text survived, which would mean that a stored result was trusted.
    """
    with Session(locale) as office, tempfile.TemporaryDirectory() as folder:
        return recalculate_in(office, path, Path(folder))


def recalculate_in(office: Session, path: Path, folder: Path) -> dict[Cell, Value]:
    """Do what `recalculate` does in a session that is already running; `folder` takes the spoiled copy."""
    spoiled = folder / f"spoiled-{path.name}"
    spoil_results(path, spoiled)
    values: dict[Cell, Value] = {}
    for sheet in office.open(spoiled):
        values.update(office.values(sheet))
    results = {cell: values.get(cell, "") for cell in formula_texts(path)}
    trusted = [cell for cell, value in results.items() if value == SPOILED]
    assert not trusted, f"LibreOffice trusted stored results instead of computing them: {trusted[:5]}"
    return results


def render(path: Path, out: Path, dpi: int = 70) -> list[Path]:
    """Print a workbook page by page into PNG files in `out`, and return them in page order."""
    pdftoppm = shutil.which("pdftoppm") or missing("pdftoppm is not installed (Debian: poppler-utils)")
    out.mkdir(parents=True, exist_ok=True)
    printed = out / f"{path.stem}.pdf"
    with Session() as office:
        office.open(path)
        office.pdf(printed)
    subprocess.run([pdftoppm, "-r", str(dpi), "-png", str(printed), str(out / path.stem)], check=True)
    return sorted(out.glob(f"{path.stem}-*.png"))
