"""The InferenceX database dump: tables as JSON, side by side in a zip or a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.figures import number
from specxl.sources.fields import figure, text
from specxl.sources.inferencex_api import read_row
from specxl.sources.record import INFERENCEX_ATTRIBUTION, INTERFACE_VERSION, Reading

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from specxl.sources.content import Content, JsonValue
    from specxl.sources.inferencex_api import Deployment
    from specxl.sources.record import Record

_TABLES = ("configs.json", "workflow_runs.json", "benchmark_results.json")


class InferencexDump:
    """Joins results to configurations and runs; a history, so every line gets its newest run only."""

    interface_version = INTERFACE_VERSION
    name = "inferencex-dump"
    title = "InferenceX database dump"

    def recognises(self, content: Content) -> bool:
        """By its tables, which the container has put together."""
        return all(table in content.members for table in _TABLES)

    def read(self, content: Content) -> Reading:
        """Read all results whose configuration is known; rows are numbered as in `benchmark_results.json`."""
        configs, runs, results = (_table(content.members[name]) for name in _TABLES)
        by_config, by_run = _by_id(configs), _by_id(runs)
        latest = _latest_attempts(runs)
        records: list[Record] = []
        known: dict[Hashable, Deployment] = {}
        orphans = retried = 0
        for place, result in results:
            config = by_config.get(str(result.get("config_id")))
            run = by_run.get(str(result.get("workflow_run_id")), {})
            if config is None:
                orphans += 1
                continue
            if latest.get(str(run.get("github_run_id")), run.get("id")) != run.get("id"):
                retried += 1
                continue
            records.append(read_row(_joined(result, config, run), place, content.name, known))
        notices = _notices(content.name, orphans, retried)
        return Reading(
            records=records,
            attribution=INFERENCEX_ATTRIBUTION,
            newest_run_only=True,
            by_documentation=True,
            notices=notices,
        )


def _table(content: Content) -> list[tuple[int, dict[str, JsonValue]]]:
    """Return the rows of one table; anything but an array of objects is an error."""
    if content.data.strip() != b"[]" and not content.objects:
        raise InputError("the table is not an array of rows", file=content.name, allowed="a JSON dump of the database")
    return content.objects


def _by_id(rows: Iterable[tuple[int, dict[str, JsonValue]]]) -> dict[str, dict[str, JsonValue]]:
    """Index rows by id as text: large ids are strings in some tables and numbers in others."""
    return {str(row.get("id")): row for _, row in rows}


def _latest_attempts(runs: Iterable[tuple[int, dict[str, JsonValue]]]) -> dict[str, JsonValue]:
    """Map each GitHub run to the id of its highest attempt."""
    best: dict[str, tuple[float, JsonValue]] = {}
    for _, run in runs:
        key, attempt = str(run.get("github_run_id")), number(figure(run.get("run_attempt"))) or 0.0
        if key not in best or attempt > best[key][0]:
            best[key] = (attempt, run.get("id"))
    return {key: row_id for key, (_, row_id) in best.items()}


def _joined(
    result: dict[str, JsonValue], config: dict[str, JsonValue], run: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    """Build the row that the API would have given."""
    named = {key: value for key, value in config.items() if key != "id"}
    measured = {
        key: value
        for key, value in result.items()
        if key not in ("id", "config_id", "workflow_run_id", "server_log_id", "workers")
    }
    link, attempt = text(run.get("html_url")), text(run.get("run_attempt"))
    return {
        **named,
        **measured,
        "date": (text(result.get("date")) or text(run.get("date")) or "")[:10] or None,
        "run_url": f"{link}/attempts/{attempt}" if link and attempt else link,
        "run_started_at": run.get("run_started_at"),
        "workflow_run_id": run.get("github_run_id"),
    }


def _notices(name: str, orphans: int, retried: int) -> list[Notice]:
    """Say what was left out while joining."""
    notices = []
    if orphans:
        notices.append(Notice("dropped", f"{orphans} results name a configuration that the dump does not hold", name))
    if retried:
        notices.append(Notice("merged", f"{retried} results belong to a run that was attempted again later", name))
    return notices
