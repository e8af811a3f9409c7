"""Finds the reader of a file by its content, among the built-in ones and installed plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.labels import clean_label
from specxl.sources.aiperf import Aiperf, AiperfCsv
from specxl.sources.guidellm import Guidellm
from specxl.sources.inferencex_agg import InferencexAggregate
from specxl.sources.inferencex_api import InferencexApi
from specxl.sources.inferencex_csv import InferencexCsv
from specxl.sources.inferencex_dump import InferencexDump
from specxl.sources.record import INTERFACE_VERSION, Reading, Record
from specxl.sources.refused import REFUSED
from specxl.sources.sglang import Sglang
from specxl.sources.spreadsheet import TidyParquet, TidyWorkbook
from specxl.sources.tidy import REQUIRED, Tidy, missing_columns
from specxl.sources.trtllm import TrtllmBench
from specxl.sources.vllm import VllmServe

if TYPE_CHECKING:
    from specxl.sources.content import Content
    from specxl.sources.record import Source

READERS: tuple[Source, ...] = (
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
    Tidy(),
    TidyWorkbook(),
    TidyParquet(),
)
BUILT_IN: tuple[Source, ...] = (*REFUSED, *READERS)


ENTRY_POINT_GROUP = "specxl.sources"


class UnrecognisedError(InputError):
    """No reader knows the content."""


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
        if not content.data.strip():
            raise InputError("the file is empty", file=content.name, next_step="Check how it was written or downloaded")
        for source in self.sources:
            try:
                if source.recognises(content):
                    return source, _checked(source.read(content), source)
            except InputError:
                raise
            except Exception as error:
                if source in BUILT_IN:
                    raise
                notices.append(_plug_in_failed(source.name, error, content.name))
        raise UnrecognisedError(
            f"no reader recognises the file: {_describe(content)}",
            file=content.name,
            allowed=", ".join(source.title for source in self.sources if source not in REFUSED),
            next_step="docs/formats.md says by which keys or columns each format is recognised",
        )


def load_registry() -> Registry:
    """Build the registry with the plug-ins that are installed."""
    sources: list[Source] = list(BUILT_IN)
    notices: list[Notice] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            source: Source = point.load()()
            version = source.interface_version
        except Exception as error:  # noqa: BLE001
            notices.append(_plug_in_failed(point.name, error))
            continue
        if version != INTERFACE_VERSION:
            text = f"the plug-in `{clean_label(point.name)}` speaks version {version} of the reader interface, not"
            notices.append(Notice("plugin", f"{text} {INTERFACE_VERSION}; it was skipped"))
            continue
        sources.append(source)
    return Registry(tuple(sources), tuple(notices))


def _checked(reading: Reading, source: Source) -> Reading:
    """Refuse what a plug-in returns when it is no reading: the mistake should be named where it is made."""
    if not isinstance(reading, Reading):
        kind = type(reading).__name__
        raise TypeError(f"{source.name} returned {kind} instead of a Reading")
    for record in reading.records if source not in BUILT_IN else ():
        sound = isinstance(record, Record) and isinstance(record.row, int) and isinstance(record.stats, Mapping)
        if not sound or record.disaggregated not in (True, False, None):
            raise TypeError(f"{source.name} returned a record with fields of another type")
        hash(record.identity)
    return reading


def _plug_in_failed(name: str, error: Exception, file: str = "") -> Notice:
    """Name a plug-in that failed and how."""
    reason = clean_label(f"{type(error).__name__}: {error}", limit=160)
    return Notice("plugin", f"the plug-in `{clean_label(name)}` failed and was skipped ({reason})", file)


def _describe(content: Content) -> str:
    """Say in a few words what the content looks like."""
    if content.is_binary:
        return "it holds binary data"
    if content.looks_like_json:
        keys = ", ".join(f"`{clean_label(key, limit=30)}`" for key in list(content.first)[:6])
        return f"it is JSON with the keys {keys}" if keys else "it is JSON without any object"
    columns = ", ".join(f"`{clean_label(name, limit=30)}`" for name in content.header[:6])
    lacking = missing_columns(content.header)
    needed = ", ".join(f"`{name}`" for name in lacking)
    almost = f"; a tidy table also needs the columns {needed}" if len(lacking) <= len(REQUIRED) else ""
    return f"it is text that begins with the columns {columns}{almost}"
