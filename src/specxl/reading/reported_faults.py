"""Marking the rows whose run is on the list of known issues, or leaving them out (METHOD 7, "reported fault")."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.schema import newest_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from specxl.house import House
    from specxl.house.known_issues import KnownIssue
    from specxl.reading.dataset import Dataset
    from specxl.schema import Measurement

REPORTED_FAULT = "stop:reported_fault"


def flag_known_issues(measurements: Iterable[Measurement], house: House) -> tuple[Measurement, ...]:
    """Return all measurements in order; one with known issues carries their references and the finding `REPORTED_FAULT`."""
    return tuple(_flagged(m, house.known_issues.match(m)) for m in measurements)


def apply_known_issues(dataset: Dataset, house: House, *, exclude: bool = False) -> Dataset:
    """Return a data set whose rows are flagged, with a notice per issue; with `exclude` such rows feed no curve.

    No older run steps in for one that is left out. Raises InputError when no usable row remains.
    """
    flagged = flag_known_issues(dataset.measurements, house)
    notices = tuple(_notices(flagged, house, exclude=exclude))
    if exclude:
        flagged = tuple(_excluded(m) for m in flagged)
    if not any(m.usable for m in flagged):
        raise InputError(
            "no usable row remains without those whose run has a reported fault",
            file=flagged[0].source_file,
            next_step="Build without --exclude-known-issues",
        )
    return replace(dataset, measurements=flagged, notices=(*dataset.notices, *notices), as_of=newest_date(flagged))


def _flagged(m: Measurement, issues: Sequence[KnownIssue]) -> Measurement:
    if not issues:
        return m
    references = tuple(dict.fromkeys((*m.issues, *(issue.reference for issue in issues))))
    return replace(m, issues=references, findings=tuple(dict.fromkeys((*m.findings, REPORTED_FAULT))))


def _excluded(m: Measurement) -> Measurement:
    if not m.issues:
        return m
    why = m.excluded or f"its run has a reported fault ({', '.join(m.issues)}), left out on request"
    return replace(m, excluded=why, days=())


def _notices(measurements: Iterable[Measurement], house: House, *, exclude: bool) -> Iterable[Notice]:
    """One notice per issue, with the number of rows that would feed a curve and the first of them."""
    found: dict[KnownIssue, list[Measurement]] = defaultdict(list)
    for m in measurements:
        for issue in house.known_issues.match(m) if m.issues and m.usable else ():
            found[issue].append(m)
    for issue, rows in found.items():
        count = f"{len(rows)} row" if len(rows) == 1 else f"{len(rows)} rows"
        done = f"{count} not used:" if exclude else f"{count}:"
        text = f"{done} fault reported upstream in {issue.reference}: {issue.summary}"
        yield Notice("fault", text, rows[0].source_file, rows[0].source_row)
