"""Finds the reader of a file by its content, among the built-in ones and installed plug-ins."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.labels import clean_label
from specxl.sources.aiperf import Aiperf, AiperfCsv
from specxl.sources.checked import check_reading, without_secrets
from specxl.sources.content import UnrecognisedError
from specxl.sources.guidellm import Guidellm
from specxl.sources.inference_perf import InferencePerf
from specxl.sources.inferencex_agg import InferencexAggregate
from specxl.sources.inferencex_api import InferencexApi
from specxl.sources.inferencex_csv import InferencexCsv
from specxl.sources.inferencex_dump import InferencexDump
from specxl.sources.inferencex_evaluations import InferencexEvaluations
from specxl.sources.jsontext import broken_by_conflict, conflict_marker
from specxl.sources.nearest import describe, nearest_format
from specxl.sources.parquet import TidyParquet
from specxl.sources.record import INTERFACE_VERSION, Reading
from specxl.sources.refused import REFUSED
from specxl.sources.sglang import Sglang
from specxl.sources.spreadsheet import TidyWorkbook
from specxl.sources.strays import EMPTY
from specxl.sources.tidy import Tidy
from specxl.sources.trtllm import TrtllmBench
from specxl.sources.vllm import VllmServe

if TYPE_CHECKING:
    from specxl.sources.content import Content
    from specxl.sources.record import Source

__all__ = ["BUILT_IN", "READERS", "Registry", "UnrecognisedError", "load_registry"]

READERS: tuple[Source, ...] = (
    InferencexEvaluations(),
    InferencexDump(),
    InferencexApi(),
    InferencexAggregate(),
    InferencexCsv(),
    VllmServe(),
    Sglang(),
    Aiperf(),
    AiperfCsv(),
    Guidellm(),
    TrtllmBench(),
    InferencePerf(),
    Tidy(),
    TidyWorkbook(),
    TidyParquet(),
)
BUILT_IN: tuple[Source, ...] = (*REFUSED, *READERS)


ENTRY_POINT_GROUP = "specxl.sources"
_NOT_A_FAULT = (KeyboardInterrupt, MemoryError)
"""What stops a run, whoever is at work; everything else that a plug-in raises is its own fault."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The readers of one run: the built-in ones first, then plug-ins in the order of their names.

    `notices` name the plug-ins that could not be used. Built-in formats come first so that a plug-in cannot take a
    file away from the reader that its format's documentation names.
    """

    sources: tuple[Source, ...] = BUILT_IN
    notices: tuple[Notice, ...] = ()

    def read(self, content: Content, notices: list[Notice]) -> tuple[Source, Reading]:
        """Read the content with the first reader that recognises it.

        Raises `InputError` when the file does not follow its format and `UnrecognisedError` when no reader knows it. A
        plug-in that fails in any other way is named in `notices` and passed over.
        """
        if not content.start.strip():
            raise InputError(EMPTY, file=content.name, next_step="Check how it was written or downloaded")
        for place, source in enumerate(self.sources):
            try:
                if source.recognises(content):
                    reading = source.read(content)
                    if place >= len(BUILT_IN):
                        check_reading(reading)
                    without_secrets((*reading.records, *reading.scores))
                    notices += content.notices
                    return source, reading
            except InputError:
                raise
            except BaseException as error:
                if place < len(BUILT_IN) or isinstance(error, _NOT_A_FAULT):
                    raise
                notices.append(_plug_in_failed(source.name, error, content.name))
        raise _unrecognised(content)


def load_registry() -> Registry:
    """Build the registry with the plug-ins that are installed."""
    sources: list[Source] = list(BUILT_IN)
    notices: list[Notice] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            source: Source = point.load()()
            version = source.interface_version
            if not isinstance(source.name, str) or not isinstance(source.title, str):
                raise TypeError("its name and title are not text")  # noqa: TRY301
        except _NOT_A_FAULT:
            raise
        except BaseException as error:  # noqa: BLE001
            notices.append(_plug_in_failed(point.name, error))
            continue
        if version != INTERFACE_VERSION:
            text = f"the plug-in `{clean_label(point.name)}` speaks version {clean_label(version)} of the reader interface, not"
            notices.append(Notice("plugin", f"{text} {INTERFACE_VERSION}; it was skipped"))
            continue
        sources.append(source)
    return Registry(tuple(sources), tuple(notices))


def _plug_in_failed(name: str, error: BaseException, file: str = "") -> Notice:
    """Name a plug-in that failed and how."""
    reason = clean_label(f"{type(error).__name__}: {error}".removesuffix(": "), limit=160)
    return Notice("plugin", f"the plug-in `{clean_label(name)}` failed and was skipped ({reason})", file)


def _unrecognised(content: Content) -> InputError:
    """Say what the content is and what it comes nearest to; JSON that breaks off is that first of all."""
    if content.looks_like_json:
        _ = content.document
    if marker := conflict_marker(content.head):
        return broken_by_conflict(1, marker, content.name)
    near, nearness = nearest_format(content)
    problem = f"no reader recognises the file: {describe(content)}{f'; {near}' if near else ''}"
    step = "docs/formats.md says by which keys or columns each format is recognised"
    error = UnrecognisedError(problem, file=content.name, next_step=step)
    error.near, error.nearness = near, nearness
    return error
