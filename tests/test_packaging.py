"""The wheel: what it carries, and that it works outside the checkout on a machine that has nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

import specxl

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def run(*command: str | Path, folder: Path) -> str:
    """Run a program with nothing of this environment but the path to the system's own programs."""
    # A PYTHONPATH, or the environment of the test run itself, would let the checkout shine through.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "PIP_CACHE_DIR") if name in os.environ}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment outside the checkout, and return the folder of its programs."""
    folder = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    programs = folder / "venv" / SCRIPTS
    run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, folder=folder)
    return programs


def test_the_wheel_carries_data_and_templates(wheel: Path) -> None:
    """Every file of data/ and templates/ is in the wheel unchanged, and nothing of tests or tools is."""
    with zipfile.ZipFile(wheel) as archive:
        carried = {name: archive.read(name) for name in archive.namelist()}
    for folder in ("data", "templates"):
        files = {path.name: path.read_bytes() for path in (ROOT / folder).iterdir()}
        prefix = f"specxl/_{folder}/"
        assert files == {name.removeprefix(prefix): text for name, text in carried.items() if name.startswith(prefix)}
    assert {name.split("/")[0] for name in carried} == {"specxl", f"specxl-{specxl.__version__}.dist-info"}
    assert "specxl/py.typed" in carried


def test_the_default_workbook_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The installed command builds the default workbook, with its five pair sheets, far from the checkout."""
    run(installed / "specxl", "build", "-o", "default.xlsx", folder=tmp_path)
    sheets = openpyxl.load_workbook(tmp_path / "default.xlsx", read_only=True).sheetnames
    pairs = {
        "DeepSeek R1 B300",
        "DeepSeek R1 MI355X",
        "DeepSeek V4 Pro GB200 NVL72",
        "DeepSeek V4 Pro H200",
        "GLM 5 B300",
    }
    assert pairs <= set(sheets)


def test_the_installed_package_is_the_one_imported(installed: Path, tmp_path: Path) -> None:
    """The clean environment sees the wheel's files, not the checkout's."""
    script = "import specxl, specxl.house; print(specxl.__file__, specxl.house.data_file('rates.csv'))"
    files = run(installed / "python", "-c", script, folder=tmp_path).split()
    assert all(Path(file).is_relative_to(installed.parent) for file in files)
    assert Path(files[1]).parent.name == "_data"


def test_the_version_is_the_packages(installed: Path, tmp_path: Path) -> None:
    """`specxl --version` prints the version of the package."""
    assert specxl.__version__ in run(installed / "specxl", "--version", folder=tmp_path)
