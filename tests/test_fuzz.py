"""Standing fuzz of every family of readers and of `verify`: rows or one clear sentence, never a traceback, a hang or a gigabyte.

`pytest tests/test_fuzz.py --fuzz-seconds 600` runs each family for ten minutes; without the option each has a few seconds.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import time
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from support import fuzzing
from support.books import small_book
from support.fuzzing import Case, cases, changed, fuzz, within
from test_public_folders import KINDS, _write

from specxl.errors import SpecxlError
from specxl.reading.dataset import DatasetOptions, collect
from specxl.returned import verify_file

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

MEMORY_KIB = 1 << 20
SENTENCE = 2_000
FAMILIES = {
    "vllm": ("vllm", "inferencex client"),
    "sglang": ("sglang",),
    "aiperf": ("aiperf", "genai-perf"),
    "guidellm": ("guidellm",),
    "inference-perf": ("inference-perf",),
    "trtllm": ("trtllm-bench",),
    "inferencex": ("api ", "fetched", "ci ", "web export", "database dump"),
    "tidy": ("own table", "own workbook", "own parquet"),
    "archives": ("zipped",),
}


def examples(folder: Path, starts: tuple[str, ...]) -> dict[str, dict[str, bytes]]:
    """Return the files of each kind of folder whose name begins so."""
    found = {}
    for name, kind in KINDS.items():
        if name.lower().startswith(starts):
            _write(folder / "made", kind.files)
            found[name] = {
                str(path.relative_to(folder / "made")): path.read_bytes()
                for path in sorted((folder / "made").rglob("*"))
                if path.is_file()
            }
            shutil.rmtree(folder / "made")
    return found


def require_sentence(error: SpecxlError) -> None:
    """Fail a refusal that says nothing, or repeats what was in the file at length."""
    assert 0 < len(str(error)) < SENTENCE


def test_what_fails_is_shrunk_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that fails is written down, small, and tried before any other the next time."""
    monkeypatch.setattr(fuzzing, "CORPUS", tmp_path)
    tried: list[Case] = []

    def check(case: Case) -> None:
        tried.append(case)
        assert b'"b"' in changed(b'{"a": [1, 2], "b": 3}', case[2])

    with pytest.raises(AssertionError):
        fuzz("self", 5, cases({"one": {"x.json": b""}}), check)
    (kept,) = (tmp_path / "self").iterdir()
    assert len(json.loads(kept.read_text())[2]) <= 2
    tried.clear()
    with pytest.raises(AssertionError):
        fuzz("self", 0, cases({"one": {"x.json": b""}}), check)
    assert len(tried) == 1


def test_a_case_that_hangs_is_a_failure() -> None:
    """What does not end in time is broken off."""
    with pytest.raises(TimeoutError, match="not done within"), within(0.05):
        time.sleep(5)


def peak_kib() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_reader_ends_in_rows_or_a_sentence(
    family: str, tmp_path: Path, house: House, request: pytest.FixtureRequest
) -> None:
    """Whatever is changed in a file, its folder is read, or refused in one sentence."""
    known = examples(tmp_path, FAMILIES[family])
    assert known

    def check(case: Case) -> None:
        name, changed_file, changes = case
        folder = tmp_path / "input"
        for file, data in known[name].items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(changed(data, changes) if file == changed_file else data)
        try:
            dataset = collect([folder], house, DatasetOptions(settings=KINDS[name].settings))
        except SpecxlError as error:
            require_sentence(error)
        else:
            for m in dataset.measurements:
                figures = (m.interactivity_tok_s_user, m.total_tok_s_gpu, m.output_tok_s_gpu, m.concurrency)
                assert all(figure is None or (math.isfinite(figure) and figure > 0) for figure in figures)
        finally:
            shutil.rmtree(folder)

    seconds = request.config.getoption("--fuzz-seconds")
    before = peak_kib()  # of all that the test runner did before
    assert fuzz(family, seconds, cases(known), check) > 0
    assert peak_kib() < before + MEMORY_KIB


@pytest.mark.slow
def test_verify_ends_in_a_report_or_a_sentence(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whatever is changed in a part of a workbook, `verify` reports on it, or refuses it in one sentence."""
    with zipfile.ZipFile(small_book()) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sound = verify_file(small_book()).outcome
    assert sound == "unchanged"

    def check(case: Case) -> None:
        _, part, changes = case
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in parts.items():
                package.writestr(name, changed(data, changes) if name == part else data)
        path = tmp_path / "returned.xlsx"
        path.write_bytes(out.getvalue())
        try:
            report = verify_file(path)
        except SpecxlError as error:
            require_sentence(error)
        else:
            assert list(report.lines())

    seconds = request.config.getoption("--fuzz-seconds")
    assert fuzz("verify", seconds, cases({"small": parts}), check) > 0
