"""The package of a workbook as a spreadsheet program sees it: parts by content type, and who refers to whom.

Programs find the workbook by `_rels/.rels` and its parts by relations; the names of parts mean nothing. Whatever two
programs could take differently (two workbook parts, one relation under two targets, names equal but for case) is
refused, because what would be verified might not be what is shown.
"""

from __future__ import annotations

import posixpath
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn
from urllib.parse import unquote

from specxl.errors import WorkbookFileError
from specxl.labels import clean_label
from specxl.returned.parts import Attributes, Bounds, PartReader, faults_of, once, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT_TYPES = "[Content_Types].xml"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_DRAWING = "application/vnd.openxmlformats-officedocument."
_KINDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
    "http://schemas.openxmlformats.org/package/2006/relationships/",
)
WORKBOOK_TYPES = {
    f"{_SPREADSHEET}sheet.main+xml",
    f"{_SPREADSHEET}template.main+xml",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "application/vnd.ms-excel.template.macroenabled.main+xml",
    "application/vnd.ms-excel.addin.macroenabled.main+xml",
}
# What a relation must lead to: programs go by the kind of the relation, others by the content type.
_EXPECTED = {
    "officeDocument": WORKBOOK_TYPES,
    "worksheet": {f"{_SPREADSHEET}worksheet+xml"},
    "chartsheet": {f"{_SPREADSHEET}chartsheet+xml"},
    "sharedStrings": {f"{_SPREADSHEET}sharedstrings+xml"},
    "styles": {f"{_SPREADSHEET}styles+xml"},
    "table": {f"{_SPREADSHEET}table+xml"},
    "comments": {f"{_SPREADSHEET}comments+xml"},
    "drawing": {f"{_DRAWING}drawing+xml"},
    "chart": {f"{_DRAWING}drawingml.chart+xml"},
    "custom-properties": {f"{_DRAWING}custom-properties+xml"},
}
_ONE_OF = ("officeDocument", "sharedStrings", "styles", "custom-properties")


class Relation(NamedTuple):
    """One reference of a part: its id, its kind ("worksheet", or the whole name of a foreign one), and where it leads.

    `target` is the name of a part, or the address as it stands where `outside`.
    """

    source: str
    id: str
    kind: str
    target: str
    outside: bool


class _TypesReader(PartReader):
    root = "ct:Types"
    places = {"ct:Default": ["ct:Types"], "ct:Override": ["ct:Types"]}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(CONTENT_TYPES)
        self.defaults: list[tuple[str, str]] = []
        self.overrides: list[tuple[str, str]] = []
        self.starts = {"ct:Default": self._default, "ct:Override": self._override}

    def _default(self, given: Attributes) -> None:
        self.defaults.append((given.get("Extension", ""), _type(given)))

    def _override(self, given: Attributes) -> None:
        self.overrides.append((given.get("PartName", "").removeprefix("/"), _type(given)))


def _type(given: Attributes) -> str:
    return given.get("ContentType", "").partition(";")[0].strip().lower()


class _RelationsReader(PartReader):
    root = "rel:Relationships"
    places = {"rel:Relationship": ["rel:Relationships"]}  # noqa: RUF012

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.found: list[Attributes] = []
        self.starts = {"rel:Relationship": self.found.append}


def _kind(name: str) -> str:
    return next((name.removeprefix(start) for start in _KINDS if name.startswith(start)), name)


def _folded(name: str) -> str:
    """What programs may take for one and the same part."""
    return unquote(name).replace("\\", "/").casefold()


class Package:
    """An open package: its parts and relations, checked to have one reading."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Read the content types and all relations.

        Raises:
            WorkbookFileError: programs could read the package in two ways, or find no workbook in it.
        """
        self._archive = archive
        self._elements_left = Bounds().elements
        self.parts = [name for name in archive.namelist() if not name.endswith("/")]
        self._names = {_folded(name): name for name in self.parts}
        self._require_plain_names()
        self.types = self._read_types()
        self.relations = {name: self._read_relations(name) for name in self.parts if _is_relations(name)}
        self._by_id = {(name, r.id): r for name, relations in self.relations.items() for r in relations}
        self.workbook = self._find_workbook()

    def _require_plain_names(self) -> None:
        once("the package", map(_folded, self.parts), "the part")
        for name in self.parts:
            if not name or name.startswith("/") or {".", "..", ""} & set(_folded(name).split("/")):
                refuse(name or "the package", "the part has a name that no program writes")

    def _read_types(self) -> dict[str, str]:
        """The content type of every part, in lower case; empty where nothing says it."""
        if CONTENT_TYPES.casefold() not in self._names:
            _no_workbook(f"it has no {CONTENT_TYPES}")
        reader = _TypesReader()
        self._read(reader, self._names[CONTENT_TYPES.casefold()])
        once(CONTENT_TYPES, (name for name, _ in reader.defaults), "the file type")
        once(CONTENT_TYPES, (_folded(name) for name, _ in reader.overrides), "the part")
        by_extension = {name.casefold(): kind for name, kind in reader.defaults}
        by_name = {_folded(name): kind for name, kind in reader.overrides}
        return {
            name: by_name.get(_folded(name)) or by_extension.get(name.rpartition(".")[2].casefold(), "")
            for name in self.parts
            if name.casefold() != CONTENT_TYPES.casefold()
        }

    def _read_relations(self, name: str) -> list[Relation]:
        source = _source(name)
        reader = _RelationsReader(name)
        self._read(reader, name)
        if not all(given.get(key) for given in reader.found for key in ("Id", "Type", "Target")):
            refuse(name, "it can be read in two ways: a relation has no id, no type or no target")
        once(name, (given.get("Id", "") for given in reader.found), "the relation")
        found = []
        for given in reader.found:
            target, outside = given.get("Target", ""), given.get("TargetMode", "Internal") != "Internal"
            found.append(
                Relation(
                    source,
                    given.get("Id", ""),
                    _kind(given.get("Type", "")),
                    target if outside else self._resolved(source, target),
                    outside,
                )
            )
        self._require_one_reading(name, found)
        return found

    def _require_one_reading(self, name: str, relations: list[Relation]) -> None:
        for kind in _ONE_OF:
            if sum(relation.kind == kind for relation in relations) > 1:
                refuse(name, f"it can be read in two ways: two parts are its {kind}")
        for relation in relations:
            expected = _EXPECTED.get(relation.kind)
            if expected is None or relation.outside:
                continue
            if self.types.get(relation.target) not in expected:
                text = f"it can be read in two ways: {clean_label(relation.target)} is its {relation.kind}"
                refuse(name, f"{text}, and has the content type of something else or is missing")

    def _resolved(self, source: str, target: str) -> str:
        """The part that an internal target names; the target as it stands where there is none."""
        path = target.partition("#")[0].replace("\\", "/")
        joined = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), path)).removeprefix("/")
        return self._names.get(_folded(joined), joined)

    def _find_workbook(self) -> str:
        books = [name for name, kind in self.types.items() if kind in WORKBOOK_TYPES]
        named = [r.target for r in self.of("") if r.kind == "officeDocument" and not r.outside]
        if len(books) > 1:
            refuse("the package", f"it can be read in two ways: it holds {len(books)} workbook parts")
        if not books or named != books:
            _no_workbook("its relations and content types name none")
        return books[0]

    def of(self, source: str, kind: str = "") -> list[Relation]:
        """The relations of a part (of the package itself: ""), of one kind where given."""
        listed = self.relations.get(self._relations_of(source), ())
        return [relation for relation in listed if kind in ("", relation.kind)]

    def _relations_of(self, source: str) -> str:
        folder, _, name = source.rpartition("/")
        return self._names.get(_folded(f"{folder}/_rels/{name}.rels".removeprefix("/")), "")

    def related(self, source: str, relation_id: str | None, *kinds: str) -> Relation:
        """The relation of a part by its id, which leads to another part.

        Raises:
            WorkbookFileError: there is no such relation of these kinds, or it leads outside.
        """
        found = self._by_id.get((self._relations_of(source), relation_id or ""))
        if found is None or found.kind not in kinds or found.outside:
            refuse(source, f"its relation {clean_label(relation_id)!r} is missing, or is of another kind")
        return found

    def read(self, reader: PartReader, part: str) -> None:
        """Read a part with a reader, within what is left of the elements that a package may hold.

        Raises:
            WorkbookFileError: it is missing, no sound XML, or too large.
        """
        if part not in self.types:
            refuse(part, "the part is missing", "Ask for the workbook to be sent again")
        self._read(reader, part)

    def _read(self, reader: PartReader, part: str) -> None:
        with self._open(part) as stream:
            self._elements_left -= reader.read(stream, self._elements_left)

    def bytes_of(self, part: str) -> bytes:
        """The content of a part, as it stands there.

        Raises:
            WorkbookFileError: the part is broken.
        """
        with self._open(part) as stream:
            return stream.read()

    def _open(self, part: str) -> IO[bytes]:
        return self._archive.open(part)


def _no_workbook(why: str) -> NoReturn:
    msg = f"this zip file is no .xlsx workbook: {why}. Give a workbook that specxl built"
    raise WorkbookFileError(msg)


def _is_relations(name: str) -> bool:
    return name.casefold().endswith(".rels")


def _source(name: str) -> str:
    """The part whose relations stand in a part: "xl/_rels/workbook.xml.rels" -> "xl/workbook.xml"."""
    folder, _, file = name.rpartition("/")
    return posixpath.join(folder.rpartition("/")[0], file[: -len(".rels")])


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open a package that was screened; what goes wrong inside names the file.

    Raises:
        WorkbookFileError: programs could read it in two ways, it is no workbook, or it is damaged.
    """
    with faults_of(path), zipfile.ZipFile(path) as archive:
        yield Package(archive)
