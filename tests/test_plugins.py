"""Plug-ins: the example package installed and run for real, and what happens when one fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from specxl.sources import Reading, Record, checked

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "specxl-loadbench"
PROGRAM = """
import json, sys
from specxl.reading.dataset import collect, DatasetOptions
from specxl.house import House
dataset = collect(sys.argv[1:], House.load(), DatasetOptions(skip_bad=True))
print(json.dumps({
    "formats": [file.format for file in dataset.files],
    "rows": [(m.source_row, m.variant, m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in dataset.measurements],
    "notices": [str(notice) for notice in dataset.notices],
}))
"""


def _run(site: Path, *inputs: Path) -> dict[str, list[object]]:
    """Read inputs in a fresh interpreter that sees the packages installed in `site`."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(site), str(ROOT / "src")))}
    command = [sys.executable, "-c", PROGRAM, *map(str, inputs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, list[object]] = json.loads(done.stdout)
    return result


def _plug_in(site: Path, name: str, code: str) -> None:
    """Install a one-module package with an entry point, as pip would leave it."""
    (site / f"{name}.py").write_text(code)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[specxl.sources]\n{name} = {name}:Reader\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example package with pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", str(folder), str(EXAMPLE)], check=True)
    return folder


def test_installed_example_reads_its_format(site: Path) -> None:
    """The example's report is recognised, read and normalised like any built-in format."""
    found = _run(site, EXAMPLE / "h200-mtp.txt")

    assert found["formats"] == ["loadbench"]
    assert found["rows"] == [[11, "mtp", 125.0, 118.75], [12, "mtp", 80.0, 297.5], [13, "mtp", 40.0, 597.5]]
    assert found["notices"] == []


def test_example_names_a_broken_line(site: Path, tmp_path: Path) -> None:
    """A line that fits no rule is an input error with file and row, not a failure of the plug-in."""
    (tmp_path / "broken.txt").write_text("loadbench report 1\nmodel = x\nload ten\n")

    notices = _run(site, tmp_path / "broken.txt")["notices"]

    assert len(notices) == 1
    assert "broken.txt, row 3: the line is neither a setting nor a load" in str(notices[0])


READER = """
class Reader:
    interface_version = {version}
    name = title = "bad reader"
    def recognises(self, content):
        {recognises}
    def read(self, content):
        {read}
"""

RECORD = "from specxl.sources import Reading, Record\n" + READER.format(
    version=1, recognises="return True", read="return Reading(records=[Record({fields})])"
)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nowhere\n", "the plug-in `bad` failed and was skipped (ModuleNotFoundError: No module named 'nowhere')"),
        ("Reader = 3\n", "the plug-in `bad` failed and was skipped (TypeError"),
        (READER.format(version=2, recognises="return True", read="pass"), "the plug-in `bad` speaks version 2 of the reader interface, not 1"),
        (READER.format(version=1, recognises="raise ValueError('oh')", read="pass"), "the plug-in `bad reader` failed and was skipped (ValueError: oh)"),
        (READER.format(version=1, recognises="return True", read="raise KeyError('k')"), "the plug-in `bad reader` failed and was skipped (KeyError: 'k')"),
        (RECORD.format(fields="row=1, stats=None"), "(TypeError: its record of row 1 has a NoneType as `stats`, not Mapping[str, Figure])"),
        (RECORD.format(fields="row=1, identity=[1]"), "(TypeError: its record of row 1 has a list as `identity`, not Hashable)"),
        ("import sys\nsys.exit(5)\n", "the plug-in `bad` failed and was skipped (SystemExit: 5)"),
        ("class Reader:\n    def __init__(self):\n        raise SystemExit\n", "the plug-in `bad` failed and was skipped (SystemExit)"),
        ("class Reader:\n    interface_version = 1\n    name = title = 3\n", "(TypeError: its name and title are not text)"),
        (READER.format(version=1, recognises="raise SystemExit(3)", read="pass"), "the plug-in `bad reader` failed and was skipped (SystemExit: 3)"),
        ("raise BaseException('x')\n", "the plug-in `bad` failed and was skipped (BaseException: x)"),
        ("raise GeneratorExit\n", "the plug-in `bad` failed and was skipped (GeneratorExit)"),
        (READER.format(version=1, recognises="return True", read="raise BaseException('y')"), "the plug-in `bad reader` failed and was skipped (BaseException: y)"),
        (RECORD.format(fields="row=1, model=type('T', (str,), {})('m')"), "(TypeError: its record of row 1 has a T as `model`, not str | None)"),
        (READER.format(version=1, recognises="return True", read="import sys; sys.exit('bye')"), "the plug-in `bad reader` failed and was skipped (SystemExit: bye)"),
        (RECORD.format(fields="row=1, parallelism=['x']"), "(TypeError: its record of row 1 has a list as `parallelism`, not str)"),
        (RECORD.format(fields="row=1, gpus={'a': 1}"), "(TypeError: its record of row 1 has a dict as `gpus`, not Figure)"),
        (RECORD.format(fields="row='one'"), "has a str as `row`, not int)"),
        (RECORD.format(fields="row=1, stats={'median_tpot': [1]}"), "has a dict as `stats`, not Mapping[str, Figure])"),
        (RECORD.format(fields="row=1, tentative={'model'}"), "has a set as `tentative`, not frozenset[str])"),
        (RECORD.format(fields="row=1, model=b'm'"), "has a bytes as `model`, not str | None)"),
        (RECORD.replace("Record({fields})]", "1]").format(fields=""), "(TypeError: its reading has a list as `records`, not list[Record])"),
        (RECORD.replace("Record({fields})]", "], definition=None").format(fields=""), "(TypeError: its reading has a NoneType as `definition`, not str)"),
        (READER.format(version=1, recognises="return True", read="return [1]"), "(TypeError: it returned list instead of a Reading)"),
    ],
)  # fmt: skip
def test_failing_plug_in_is_named_and_passed_over(site: Path, tmp_path: Path, code: str, message: str) -> None:
    """A plug-in that cannot be loaded, is of another version or fails is a notice; the next reader has its turn."""
    _plug_in(tmp_path, "bad", code)
    environment_site = Path(os.pathsep.join((str(tmp_path), str(site))))

    found = _run(environment_site, EXAMPLE / "h200-mtp.txt")

    assert found["formats"] == ["loadbench"]
    assert len(found["notices"]) == 1
    assert message in str(found["notices"][0])


def test_every_field_of_a_record_can_be_checked() -> None:
    """A field whose type the check does not know would let anything pass, so each annotation has its rule."""
    annotations = {str(field.type) for kind in (Record, Reading) for field in fields(kind)}

    assert annotations <= set(checked._KINDS)


def test_a_plug_in_that_ends_the_program_leaves_other_formats_alone(site: Path, tmp_path: Path) -> None:
    """Files of built-in formats are read, whatever a plug-in does when it is imported."""
    _plug_in(tmp_path, "quitter", "import sys\nsys.exit(5)\n")
    (tmp_path / "t.csv").write_text("model,hardware,interactivity_tok_s_user,total_tok_s_gpu\nm,b200,5,6\n")

    found = _run(Path(os.pathsep.join((str(tmp_path), str(site)))), tmp_path / "t.csv")

    assert found["formats"] == ["tidy"]
    assert any("the plug-in `quitter` failed" in str(notice) for notice in found["notices"])


def test_plug_in_cannot_take_a_built_in_format(site: Path, tmp_path: Path) -> None:
    """Built-in readers are asked first, whatever a plug-in claims to recognise."""
    _plug_in(tmp_path, "greedy", READER.format(version=1, recognises="return True", read="raise SystemError"))
    (tmp_path / "t.csv").write_text("model,hardware,interactivity_tok_s_user,total_tok_s_gpu\nm,b200,5,6\n")

    found = _run(Path(os.pathsep.join((str(tmp_path), str(site)))), tmp_path / "t.csv")

    assert found["formats"] == ["tidy"]
