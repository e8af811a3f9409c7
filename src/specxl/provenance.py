"""What a release was made from: the files read, what was stated by hand, the build's options and the user's own files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.sheets.about import OwnFile, Provenance
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from specxl.house.rates import RateCard
    from specxl.reading.dataset import Dataset, DatasetOptions


def trace(dataset: Dataset, card: RateCard, own: Iterable[OwnFile], options: Iterable[tuple[str, str]]) -> Provenance:
    """Gather where everything in a release comes from; options without a value are left out.

    `card` is the rate card in force; `own` and `options` are what the build was called with.
    """
    shown = [("rate card", card.name), *options]
    rows = tuple((name, clean_label(text)) for name, text in shown if text)
    return Provenance(dataset.files, tuple(own), dataset.statements, dataset.attribution, __version__, rows)


def own_files(
    rates: str | None, templates: Path | None, known_issues: Path | None, previous: Path | None = None
) -> Iterator[OwnFile]:
    """The files that the user gave beside the inputs; a rate card that is named rather than given is none.

    Files are digested as they stand: they were read, and found in order, at the start of the build.
    """
    given = [("rate card", Path(rates))] if rates else []
    given += [("template", path) for path in sorted(templates.glob("*.toml"))] if templates else []
    given += [("known issues", known_issues)] if known_issues else []
    given += [("previous workbook", previous)] if previous else []
    for what, path in given:
        if path.is_file():
            yield OwnFile(what, clean_label(path.name), sha256(path.read_bytes()).hexdigest())


def data_options(chosen: DatasetOptions) -> Iterator[tuple[str, str]]:
    """The reader's options and filters in words; a list that is empty filters nothing."""
    yield "statistic of interactivity", chosen.statistic
    yield "as of", chosen.as_of.isoformat() if chosen.as_of else ""
    for name, values in (
        ("models", chosen.models),
        ("hardware", chosen.hardware),
        ("precisions", chosen.precisions),
        ("workloads", chosen.workloads),
    ):
        yield name, ", ".join(values)
    yield "labels", ", ".join(chosen.labels)
    yield "throughput by role", chosen.role_basis
    yield "suspect rows", "excluded" if chosen.exclude_suspect else "kept and flagged"
    yield "lines measured again", "the newest row of each concurrency" if chosen.mix_runs else "the newest run"
