"""The direction of the code, read from its imports: who may import whom, and where each library may be named."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import specxl

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "specxl"
LARGEST_FILE_LINES = 400
LARGEST_FUNCTION_LINES = 40

# Every module belongs to one group: its own name, or its folder's.
LEAVES = {"errors", "schema", "labels", "figures", "version"}

# Which groups the modules of a group may import; a module that is not listed needs a place here first.
DIRECTION: dict[str, set[str]] = {
    "errors": set(),
    "schema": set(),
    "labels": set(),
    "version": set(),
    "figures": {"schema"},
    "source_date": {"errors", "labels"},
    "house": LEAVES,
    "sources": LEAVES,
    "reading": LEAVES | {"house", "sources"},
    "method": LEAVES | {"house"},
    "model": LEAVES,
    "sheets": LEAVES | {"house", "method", "model"},
    "evaluate": LEAVES | {"model"},
    "workbook": LEAVES | {"model", "evaluate"},
    "judge": LEAVES | {"house", "method", "model", "sheets", "evaluate"},
    "returned": LEAVES | {"method", "model", "sheets", "evaluate", "workbook"},
}
DIRECTION["pipeline"] = set(DIRECTION)
# The command reaches the pipeline through the package, which imports it on first use: help comes without it.
DIRECTION["cli"] = set(DIRECTION) | {"__init__"}
DIRECTION["__main__"] = {"cli"}
DIRECTION["__init__"] = {"errors", "pipeline", "version", "house", "reading", "returned"}

BORDERS = {
    "click": {"cli"},
    "pandas": {"sources"},
    "pyarrow": {"sources"},
    "numpy": {"method"},
    "scipy": {"method"},
    "xlsxwriter": {"workbook"},
    "ironcalc": {"evaluate"},
    "openpyxl": {"returned"},
    "defusedxml": {"sources"},
}
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


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a file imports, those for type checking included."""
    found: list[str] = []
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


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_stand_at_the_top(path: Path) -> None:
    """No function imports; only the package itself loads its public names on first use."""
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, Function)]
    inside = [node.lineno for fn in functions for node in ast.walk(fn) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert inside == []
    if name_of(path) != "__init__":
        assert not any(name.endswith((".import_module", "__import__")) for name in imports_of(path))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    """A file has at most 400 lines, and a function 40 besides its docstring."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST_FILE_LINES
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: length_of(node) for node in functions}
    assert {name: length for name, length in lengths.items() if length > LARGEST_FUNCTION_LINES} == {}


@pytest.mark.parametrize("command", ["--help", "build --help", "--version"])
def test_help_does_not_pay_for_the_build(command: str) -> None:
    """The help and the version come without pandas, SciPy and the workbook libraries."""
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
        "import sys, specxl; light = not {'pandas', 'scipy', 'click'} & set(sys.modules); "
        "print(light, specxl.__version__, specxl.SpecxlError.__module__, callable(specxl.build), 'build' in dir(specxl))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", specxl.__version__, "specxl.errors", "True", "True"]


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """A name that the package does not have fails as in any module."""
    with pytest.raises(AttributeError, match="module 'specxl' has no attribute 'nothing'"):
        _ = specxl.nothing
