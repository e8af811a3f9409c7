"""The direction of the code, read from its imports: who may import whom, and where each library may be named."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import specxl

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "specxl"
LARGEST_FILE_LINES = 400
LARGEST_FUNCTION_LINES = 40

# Every module belongs to one group: its own name, or its folder's.
LEAVES = {"errors", "schema", "labels", "figures", "version", "output", "scratch"}

# Which groups the modules of a group may import; a module that is not listed needs a place here first.
DIRECTION: dict[str, set[str]] = {
    "errors": set(),
    "schema": set(),
    "labels": set(),
    "version": set(),
    "figures": {"schema"},
    "beside": set(),
    "source_date": {"errors", "labels"},
    "scratch": {"errors"},
    "output": {"errors", "scratch"},
    "house": LEAVES,
    "sources": LEAVES,
    "reading": LEAVES | {"house", "sources"},
    "method": LEAVES | {"house"},
    "model": LEAVES,
    "sheets": LEAVES | {"house", "method", "model"},
    "evaluate": LEAVES | {"model"},
    "workbook": LEAVES | {"model", "evaluate"},
    "judge": LEAVES | {"house", "method", "model", "sheets", "evaluate"},
    "returned": LEAVES | {"method", "model", "sheets", "evaluate", "workbook", "judge"},
}
DIRECTION["changes"] = LEAVES | {"house", "method", "model", "sheets", "judge", "returned"}
DIRECTION["frames"] = {"errors", "sources", "model"}
DIRECTION["provenance"] = LEAVES | {"house", "reading", "sheets"}
DIRECTION["recipe"] = LEAVES | {"house", "reading", "method", "model", "sheets", "changes", "provenance", "source_date"}
DIRECTION["pipeline"] = set(DIRECTION)
DIRECTION["splitting"] = LEAVES | {"house", "reading", "sources", "model", "sheets", "workbook", "recipe", "pipeline"}
# The command reaches the pipeline through the package, which imports it on first use: help comes without it.
DIRECTION["cli"] = set(DIRECTION) | {"__init__"}
DIRECTION["__main__"] = {"cli"}
DIRECTION["__init__"] = {
    "errors",
    "changes",
    "pipeline",
    "recipe",
    "splitting",
    "version",
    "house",
    "reading",
    "returned",
    "sources",
}

BORDERS = {
    "click": {"cli"},
    "pandas": {"frames"},
    "pyarrow": {"sources"},
    "numpy": {"method", "judge", "returned"},
    "scipy": set(),
    "xlsxwriter": {"workbook"},
    "ironcalc": {"evaluate"},
    "openpyxl": {"sources"},
    "distributed": {"splitting"},
    "defusedxml": {"sources"},
}
# These load names on first use: help and a Ctrl-C while starting cost nothing, and pandas comes for data frames alone.
ON_FIRST_USE = {"__init__", "__main__", "pipeline", "sources.workbooks", "splitting.work"}
HEAVY = ("pandas", "numpy", "scipy", "xlsxwriter", "ironcalc", "openpyxl", "pyarrow")

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def modules() -> list[Path]:
    """Return the files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return a module's dotted name inside the package; a folder's `__init__` has the folder's name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def group_of(name: str) -> str:
    """Return the group of a module: what stands before the first dot."""
    return name.partition(".")[0]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from `def` to its end, without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    described = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - described


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def calls_by_name(tree: ast.AST) -> list[str]:
    """Return what a piece of code imports by a call: the text in `import_module("x")`, "?" for what is no plain text.

    `importlib.import_module`, the bare name, an alias of it and `__import__` are all seen.
    """
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "importlib"
        for alias in node.names
        if alias.name == "import_module"
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__"} | aliases:
            given = (
                node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "name"), None)
            )
            found.append(given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else "?")
    return found


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a file imports, those for type checking and those in calls included."""
    found: list[str] = [name for name in calls_by_name(tree_of(path)) if name != "?"]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} line {node.lineno}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def own_modules_of(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, by their names inside it."""
    known = {name_of(module) for module in modules()}
    targets = set()
    for name in imports_of(path):
        if name.partition(".")[0] != "specxl":
            continue
        # `from specxl.sheets.frame import Ref` names a thing in a module; `from specxl import curves` a module.
        inside = name.partition(".")[2]
        while inside and inside not in known:
            inside = inside.rpartition(".")[0]
        targets.add(inside or "__init__")
    return targets - {name_of(path)}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_modules_import_in_one_direction(path: Path) -> None:
    """A module imports from the groups that its own group may know, and from no other."""
    group = group_of(name_of(path))
    assert group in DIRECTION, f"{group} has no place in DIRECTION"
    assert {group_of(name) for name in own_modules_of(path)} <= DIRECTION[group] | {group}


def test_the_direction_has_no_way_back() -> None:
    """Neither the groups nor the modules within one depend on each other in a circle."""
    graphs = (DIRECTION, {name_of(path): own_modules_of(path) for path in modules()})
    for graph in graphs:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_libraries_stay_behind_their_border(path: Path) -> None:
    """Each library is imported by the module that owns it, and nothing is imported that no module owns."""
    outside = {name.partition(".")[0] for name in imports_of(path)} - {"specxl"} - sys.stdlib_module_names
    group = group_of(name_of(path))
    assert {library for library in outside if group not in BORDERS.get(library, set())} == set()


def optional_libraries() -> set[str]:
    """Return the libraries of the extras that users install, without those of developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: needs for name, needs in project["optional-dependencies"].items() if name != "dev"}
    return {need.partition(">")[0].partition("[")[0].strip() for needs in extras.values() for need in needs}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_stand_at_the_top(path: Path) -> None:
    """No function imports; only an optional library may be loaded by a call, and the package's own names on first use."""
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, Function)]
    inside = [node.lineno for fn in functions for node in ast.walk(fn) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert inside == []
    if name_of(path) not in ON_FIRST_USE:
        assert {name.partition(".")[0] for name in calls_by_name(tree_of(path))} - optional_libraries() == set()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('import importlib\nimportlib.import_module("pandas")', ["pandas"]),
        ('from importlib import import_module\nimport_module("scipy.stats")', ["scipy.stats"]),
        ('from importlib import import_module as load\ndef f():\n    return load("numpy")', ["numpy"]),
        ('import importlib as il\nx = getattr(il.import_module(name="xlsxwriter"), "Workbook")', ["xlsxwriter"]),
        ('__import__("ironcalc")', ["ironcalc"]),
        ("import importlib\nimportlib.import_module(NAME)", ["?"]),
        ('import pandas\nload("numpy")', []),
    ],
)
def test_an_import_by_a_call_is_seen(code: str, found: list[str]) -> None:
    """Every way to import by a call is found, whatever the function is called, and nothing else is."""
    assert calls_by_name(ast.parse(code)) == found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    """A file has at most 400 lines, and a function 40 besides its docstring."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST_FILE_LINES
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: length_of(node) for node in functions}
    assert {name: length for name, length in lengths.items() if length > LARGEST_FUNCTION_LINES} == {}


@pytest.mark.parametrize("command", ["--help", "build --help", "--version"])
def test_help_does_not_pay_for_the_build(command: str) -> None:
    """The help and the version come without pandas, NumPy and the workbook libraries."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "specxl", *command.split()],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent), "PATH": ""},
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert imported & set(HEAVY) == set()
    assert run.stdout


def test_the_public_names_are_found_on_first_use() -> None:
    """`import specxl` alone brings no library, and `specxl.build` and `specxl.SpecxlError` are there when asked for."""
    script = (
        "import sys, specxl; light = not {'pandas', 'numpy', 'click'} & set(sys.modules); "
        "print(light, specxl.__version__, specxl.SpecxlError.__module__, callable(specxl.build), 'build' in dir(specxl))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", specxl.__version__, "specxl.errors", "True", "True"]


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """A name that the package does not have fails as in any module."""
    with pytest.raises(AttributeError, match="module 'specxl' has no attribute 'nothing'"):
        _ = specxl.nothing
