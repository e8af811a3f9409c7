"""The patches of docs/extending.md, applied to a copy of the package: a line adds a metric everywhere, a file and a line a sheet."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extending.md"

# Builds with the patched copy, and says what of the new metric and sheet it finds, and what becomes of wrong formulas.
LOOK = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from support.layouts import layout_of
from support.mutants import PLAIN, Bench, Mutation, fate, judged, judged_columns
from support.built import build
from support.tables import pair_rows, write_table
import specxl
from specxl.house import House

folder = Path(sys.argv[2])
house = House.load()
layout = layout_of(pair_rows(), folder, house)
engine, tally = judged(layout, folder)
columns, bench = judged_columns(layout, engine), Bench(layout, folder)
finished = build([write_table(folder / "t.csv", pair_rows())], folder / "out.xlsx", rates="2026-08")
pair = finished.layout.pairs[0]
metric = next(item for item in finished.layout.plan.register.items if item.ref == pair.chosen.controls.metric)
lists = finished.layout.book.sheet(metric.choices.sheet)
cells = [metric.choices.cell(at) for at in range(metric.choices.rows)]
labels = [str(getattr(cell.content, "source", cell.content)) for (row, col), cell in pair.sheet.cells.items() if col == 0]
print(json.dumps({
    "package": specxl.__file__,
    "results": next(list(a.keys) for a in layout.plan.anchors if a.kind == "results"),
    "dropdown": [lists.cells[ref.row, ref.col].content for ref in cells],
    "labels": labels,
    "answers": [a.tag for a in layout.plan.anchors if a.kind == "answer"],
    "sheets": [sheet.name for sheet in finished.layout.book.sheets],
    "verified": specxl.verify_file(finished.path).outcome,
    "fates": {
        column.name: fate(bench, Mutation(column, "wrong", PLAIN["wrong in the sixth digit"]), engine, folder)
        for column in columns if "hourly" in column.name
    },
}))
"""


def patches() -> list[str]:
    """The patches of the page, in order."""
    return re.findall(r"^```diff\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def added(patch: str) -> dict[str, list[str]]:
    """The lines that a patch adds, by file."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in patch.splitlines():
        if line.startswith("+++ b/"):
            name = line.removeprefix("+++ b/")
            found[name] = []
        elif line.startswith("+"):
            found[name].append(line[1:])
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Apply the patches to a copy, build with it in a process of its own, and return what was found."""
    folder = tmp_path_factory.mktemp("extended")
    for name in ("src", "templates", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for number, patch in enumerate(patches()):
        (folder / f"{number}.diff").write_text(patch, encoding="utf-8")
        command = ["git", "apply", f"{number}.diff"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"docs/extending.md, patch {number + 1}: {done.stderr}"
    (folder / "built").mkdir()
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-c", LOOK, str(ROOT / "tests"), str(folder / "built")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    assert found["package"].startswith(str(folder))
    return found


def test_a_metric_is_one_line_and_its_words() -> None:
    """The patch touches the table of metrics with one line, and the words."""
    lines = added(patches()[0])

    assert set(lines) == {"src/specxl/method/metrics.py", "templates/labels.toml"}
    assert len(lines["src/specxl/method/metrics.py"]) == 1


def test_a_sheet_is_one_file_and_one_line() -> None:
    """The patch adds a file, and to the list of sheets one line beside its import."""
    lines = added(patches()[1])

    assert len(lines) == 2
    listed = [line for line in lines["src/specxl/sheets/__init__.py"] if line and not line.startswith("from ")]
    assert len(listed) == 1


def test_the_metric_is_everywhere(seen: dict[str, Any]) -> None:
    """Results has its columns, the pair sheet its rows, the dropdown its name, and the file is verified with it."""
    assert {"a_hourly", "b_hourly"} <= set(seen["results"])
    assert seen["dropdown"][-1] == "Tokens of a GPU-hour"
    assert any("Tokens of a GPU-hour" in label for label in seen["labels"])
    assert "hourly" in seen["answers"]
    assert seen["verified"] == "unchanged"


def test_the_metric_is_judged(seen: dict[str, Any]) -> None:
    """A formula of it that is wrong in the sixth digit stops the build, wherever it stands."""
    places = {name.partition(":")[0].partition(" ")[0] for name in seen["fates"]}
    assert places == {"comparison", "results", "answer"}
    assert set(seen["fates"].values()) == {"stopped"}


def test_the_sheet_stands_in_its_place(seen: dict[str, Any]) -> None:
    """The new sheet stands behind the pairs' and before Results."""
    names = seen["sheets"]
    assert names.index("Release notes") + 1 == names.index("Results")
    assert names.index("Release notes") > names.index("DeepSeek R1 B300")
