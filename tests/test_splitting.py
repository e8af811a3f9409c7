"""Split builds: a workbook per group, the same bytes wherever it is made, and an index that leads to all of them."""

from __future__ import annotations

import os
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from support.tables import pair_rows, write_table

import specxl
from specxl.cli import main
from specxl.cli.build import SPLIT_BY
from specxl.errors import ClusterError, LayoutError, OptionError, OutputError
from specxl.reading.dataset import load
from specxl.returned import verify_file
from specxl.splitting import SPLITS, build_split
from specxl.splitting import work as work_module
from specxl.splitting.parts import split_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from specxl.house import House
    from specxl.splitting.work import Task

OPTIONS = specxl.BuildOptions(rates="2026-04")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a table of two models on three hardware, one of which nobody knows."""
    rows = [
        row
        for model, hardware in (("dsr1", "b300"), ("dsr1", "h200"), ("glm5", "b300"), ("dsr1", "zx-9000"))
        for row in pair_rows(model=model, hardware=hardware)
    ]
    return write_table(tmp_path / "table.csv", rows)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Return the address of a Dask scheduler with two workers, each a process of its own, on this machine."""
    distributed = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as started:
        yield started.scheduler_address


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_command_offers_what_can_be_done() -> None:
    """The choices of the option are those of the library, which the command does not import for its help."""
    assert tuple(SPLITS) == SPLIT_BY


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("hardware", ["b300.xlsx", "h200.xlsx", "index.xlsx", "zx-9000.xlsx"]),
        ("model", ["deepseek-r1.xlsx", "glm-5-5.1.xlsx", "index.xlsx"]),
        ("vendor", ["index.xlsx", "nvidia.xlsx", "vendor-not-known.xlsx"]),
        ("workload", ["1k-1k.xlsx", "index.xlsx"]),
    ],
)
def test_one_workbook_per_group(tmp_path: Path, table: Path, by: str, names: list[str]) -> None:
    """Every group has a workbook of its own that is as sound as any other, with its rows and no others."""
    result = build_split([table], tmp_path / "out", by, OPTIONS, jobs=1)

    assert sorted(files_of(tmp_path / "out")) == names
    assert sum(made.rows for made in result.workbooks) == len(load([table], specxl.House.load()).measurements)
    for made in result.workbooks:
        report = verify_file(result.index.parent / made.file)
        assert (report.outcome, report.root_digest) == ("unchanged", made.judged.root_digest)


@pytest.mark.slow
def test_the_same_bytes_wherever_they_are_made(tmp_path: Path, table: Path, cluster: str) -> None:
    """In this process, in two others, and on the workers of a cluster: the files are the same."""
    build_split([table], tmp_path / "one", "hardware", OPTIONS, jobs=1)
    build_split([table], tmp_path / "two", "hardware", OPTIONS, jobs=2)
    build_split([table], tmp_path / "dask", "hardware", OPTIONS, scheduler=cluster)

    assert files_of(tmp_path / "one") == files_of(tmp_path / "two") == files_of(tmp_path / "dask")


def test_a_part_holds_what_a_filter_leaves(tmp_path: Path, table: Path) -> None:
    """The workbook of a group shows the figures of a build that filters for it."""
    build_split([table], tmp_path / "out", "hardware", OPTIONS, jobs=1)
    data = specxl.DatasetOptions(hardware=("b300",))
    alone = specxl.build([table], tmp_path / "alone.xlsx", specxl.BuildOptions(rates="2026-04", data=data))

    assert specxl.diff_files(tmp_path / "out" / "b300.xlsx", alone.path).exit_status == 0


def test_the_index_leads_to_every_workbook(tmp_path: Path, table: Path) -> None:
    """Each line has a link to a file that is there, its digests and the verdicts of its Summary."""
    result = build_split([table], tmp_path / "out", "hardware", OPTIONS, jobs=1)

    sheet = openpyxl.load_workbook(result.index)["Index"]
    lines = [row for row in sheet.iter_rows(min_row=5) if row[0].value]
    assert [row[0].value for row in lines] == ["B300", "H200", "zx-9000"]
    for row, made in zip(lines, result.workbooks, strict=True):
        target = result.index.parent / row[1].hyperlink.target
        assert sha256(target.read_bytes()).hexdigest() == row[8].value == made.sha256
        common = [r for r in made.judged.results().to_dict("records") if r["read"] == "common"]
        better = sum(r["verdict"] == "better" for r in common)
        assert (row[3].value, row[4].value) == (len(common), better)
        assert row[4].value + row[5].value + row[6].value == len(common)


def test_a_part_that_fails_leaves_the_others(tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group whose workbook cannot be made is named with the reason; its older file stays, the others are whole."""
    right = work_module.make

    def broken(task: Task) -> work_module.Made:
        if task.part.stem == "h200":
            return work_module.Made("h200", b"", None, "no such luck")
        return right(task)

    monkeypatch.setattr(work_module, "make", broken)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "h200.xlsx").write_bytes(b"older")

    run = CliRunner().invoke(
        main, ["build", str(table), "--split", "hardware", "--jobs", "1", "-o", str(tmp_path / "out")]
    )

    assert (run.exit_code, "1 workbooks could not be made: H200: no such luck" in run.stderr) == (1, True)
    assert (tmp_path / "out" / "h200.xlsx").read_bytes() == b"older"
    assert verify_file(tmp_path / "out" / "b300.xlsx").outcome == "unchanged"
    shown = [
        cell.value
        for row in openpyxl.load_workbook(tmp_path / "out" / "index.xlsx")["Index"].iter_rows()
        for cell in row
    ]
    assert "no such luck" in shown


def test_an_error_of_a_part_is_its_fault(table: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a build refuses in a sentence is that sentence; another version on a worker is said too."""

    def refuse(*_: object, **__: object) -> None:
        raise LayoutError("no room")

    monkeypatch.setattr(work_module, "compose", refuse)
    part = split_dataset(load([table], house), house, "model")[0][0]

    assert work_module.make(work_module.Task(part, None)).fault == "no room"  # type: ignore[arg-type]
    assert "the worker has specxl" in work_module.make(work_module.Task(part, None, "0.0.1")).fault  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_process_that_ends_early_is_said(table: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed, as for want of memory, is an error in words and no endless wait."""
    parts = split_dataset(load([table], house), house, "hardware")[0]
    monkeypatch.setattr(work_module, "make", _die)

    with pytest.raises(ClusterError, match="a process ended before its workbook was made"):
        list(work_module.make_all([work_module.Task(part, None) for part in parts], 2))  # type: ignore[arg-type]


def _die(_: Task) -> None:
    os._exit(9)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer(table: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address without a scheduler behind it is refused with an example of one."""
    monkeypatch.setattr(work_module, "CONNECT_SECONDS", 1)
    part = split_dataset(load([table], house), house, "model")[0][0]

    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9 does not answer .* tcp://HOST:8786"):
        list(work_module.make_all([work_module.Task(part, None)], 1, "tcp://127.0.0.1:9"))  # type: ignore[arg-type]


def test_names_of_files_are_safe(tmp_path: Path, house: House) -> None:
    """Whatever a label is, its file has a plain name that no system keeps for itself and no other label has."""
    labels = [
        "index",
        "CON",
        "a/b",
        "a\\b",
        "A b",
        "a-b",
        "../../x",
        "日本",
        "x" * 300,
        "x" * 300 + "y",
        ".hidden",
        "nul.txt",
    ]
    rows = [row for label in labels for row in pair_rows(workload=label)]
    parts, left_out = split_dataset(load([write_table(tmp_path / "t.csv", rows)], house), house, "workload")

    stems = [part.stem for part in parts]
    assert left_out == ()
    assert len(set(stems)) == len(stems)
    assert all(stem.isascii() and stem == stem.lower() and not set(stem) & set('/\\:*?"<>| ') for stem in stems)
    assert not {"index", "con", "nul.txt"} & set(stems)
    assert not [stem for stem in stems if stem.startswith(".") or len(stem) > 70]


def test_groups_without_a_usable_row_are_said(tmp_path: Path) -> None:
    """A group of which no row can be used has no workbook, and the run says so."""
    unusable = [
        row | {"total_tok_s_gpu": "", "output_tok_s_gpu": "", "input_tok_s_gpu": ""}
        for row in pair_rows(hardware="h200")
    ]
    table = write_table(tmp_path / "t.csv", [*pair_rows(hardware="b300"), *unusable])

    run = CliRunner().invoke(
        main, ["build", str(table), "--split", "hardware", "--jobs", "1", "-o", str(tmp_path / "out")]
    )

    assert run.exit_code == 0, run.stderr
    assert "H200: no usable row, so no workbook" in run.stderr
    assert sorted(files_of(tmp_path / "out")) == ["b300.xlsx", "index.xlsx"]


def test_what_is_asked_for_wrongly(tmp_path: Path, table: Path) -> None:
    """An unknown group, a file as the place and a place that cannot be made are refused before any work."""
    with pytest.raises(OptionError, match="cannot split by 'gpu'; allowed: model, hardware, vendor, workload"):
        build_split([table], tmp_path / "out", "gpu", OPTIONS)
    with pytest.raises(OptionError, match="Name a folder with -o"):
        build_split([table], tmp_path / "out.xlsx", "model", OPTIONS)
    with pytest.raises(OutputError, match="the folder cannot be made"):
        build_split([table], tmp_path / "no" / "such" / "place", "model", OPTIONS)
    run = CliRunner().invoke(main, ["build", str(table), "--jobs", "2"])
    assert (run.exit_code, "give --split too" in run.stderr) == (2, True)
