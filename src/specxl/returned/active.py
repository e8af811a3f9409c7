"""What in a package could act, by the types of its parts and relations; names of parts say nothing.

Two allow-lists hold what builds, Excel, LibreOffice, Google Sheets, Numbers and openpyxl write and what cannot act.
What is on neither list is named too: it was not looked at, and no program that we know lays it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.labels import clean_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.returned.package import Package, Relation

_MACRO, _LINK, _DATA = "a macro", "a link to another file (or a DDE link)", "a data connection"
_OBJECT, _ADD_IN = "an embedded object", "an add-in"
UNKNOWN = "a part of a type that no known program writes"

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_EXCEL, _MS_OFFICE = "application/vnd.ms-excel.", "application/vnd.ms-office."
_PACKAGE = "application/vnd.openxmlformats-package."

# All in lower case, as `Package.types` has them.
_ACTIVE_TYPES = {
    f"{_MS_OFFICE}vbaproject": _MACRO,
    f"{_MS_OFFICE}vbaprojectsignature": _MACRO,
    f"{_MS_OFFICE}vbaprojectsignatureagile": _MACRO,
    f"{_MS_OFFICE}vbaprojectsignaturev3": _MACRO,
    f"{_EXCEL}macrosheet+xml": _MACRO,
    f"{_EXCEL}intlmacrosheet+xml": _MACRO,
    f"{_EXCEL}sheet.macroenabled.main+xml": "a workbook that may hold macros",
    f"{_EXCEL}template.macroenabled.main+xml": "a workbook that may hold macros",
    f"{_EXCEL}addin.macroenabled.main+xml": _ADD_IN,
    f"{_EXCEL}attachedtoolbars": _MACRO,
    f"{_SHEET}externallink+xml": _LINK,
    f"{_SHEET}connections+xml": _DATA,
    f"{_SHEET}querytable+xml": _DATA,
    f"{_SHEET}volatiledependencies+xml": _DATA,
    f"{_EXCEL}rdrichvaluewebimage+xml": "a picture from the web",
    f"{_OFFICE}model+data": _DATA,
    f"{_SHEET}dialogsheet+xml": _OBJECT,
    f"{_MS_OFFICE}activex": _OBJECT,
    f"{_MS_OFFICE}activex+xml": _OBJECT,
    f"{_EXCEL}controlproperties+xml": _OBJECT,
    f"{_OFFICE}oleobject": _OBJECT,
    f"{_MS_OFFICE}webextension+xml": _ADD_IN,
    f"{_MS_OFFICE}webextensiontaskpanes+xml": _ADD_IN,
}
_HARMLESS_TYPES = {
    *(f"{_SHEET}{name}+xml" for name in (
        "sheet.main", "template.main", "worksheet", "chartsheet", "sharedstrings", "styles", "table", "comments",
        "calcchain", "sheetmetadata", "pivottable", "pivotcachedefinition", "pivotcacherecords", "usernames",
        "revisionheaders", "revisionlog",
    )),
    f"{_SHEET}printersettings",
    *(f"{_OFFICE}{name}+xml" for name in (
        "theme", "themeoverride", "drawing", "drawingml.chart", "drawingml.chartshapes", "custom-properties",
        "extended-properties", "customxmlproperties", "drawingml.diagramdata", "drawingml.diagramlayout",
        "drawingml.diagramstyle", "drawingml.diagramcolors",
    )),
    f"{_OFFICE}vmldrawing",
    *(f"{_EXCEL}{name}+xml" for name in (
        "threadedcomments", "person", "slicer", "slicercache", "timeline", "timelinecache", "rdrichvalue",
        "rdrichvaluestructure", "rdrichvaluetypes", "richvaluerel", "rdarray", "rdsupportingpropertybag",
        "rdsupportingpropertybagstructure", "richstyles", "namedsheetviews",
    )),
    *(f"{_MS_OFFICE}{name}+xml" for name in (
        "chartex", "chartstyle", "chartcolorstyle", "drawingml.diagramdrawing", "classificationlabels",
        "activityfeed", "documenttasks",
    )),
    *(f"{_PACKAGE}{name}+xml" for name in ("core-properties", "relationships", "digital-signature-xmlsignature")),
    f"{_PACKAGE}digital-signature-origin",
    "application/xml",
    "text/xml",
    *(f"image/{name}" for name in (
        "png", "jpeg", "jpg", "gif", "bmp", "tiff", "svg+xml", "x-emf", "x-wmf", "emf", "wmf", "webp",
    )),
}  # fmt: skip
# A part of this type is Google's own note to itself; only under that relation is it none of the unknown ones.
_GOOGLE = "http://customschemas.google.com/relationships/workbookmetadata"
_GOOGLE_TYPES = {"application/binary", ""}

_ACTIVE_KINDS = {
    "vbaProject": _MACRO,
    "wordVbaData": _MACRO,
    "xlMacrosheet": _MACRO,
    "xlIntlMacrosheet": _MACRO,
    "attachedToolbars": _MACRO,
    "externalLink": _LINK,
    "externalLinkPath": _LINK,
    "externalLinkLongPath": _LINK,
    "xlExternalLinkPath": _LINK,
    "connections": _DATA,
    "queryTable": _DATA,
    "xmlMaps": _DATA,
    "powerPivotData": _DATA,
    "volatileDependencies": _DATA,
    "rdRichValueWebImage": "a picture from the web",
    "dialogsheet": _OBJECT,
    "control": _OBJECT,
    "activeXControlBinary": _OBJECT,
    "ctrlProp": _OBJECT,
    "oleObject": _OBJECT,
    "package": _OBJECT,
    "extensibility": _ADD_IN,
    "userCustomization": _ADD_IN,
    "webextension": _ADD_IN,
    "webextensiontaskpanes": _ADD_IN,
}
_HARMLESS_KINDS = {
    "officeDocument", "worksheet", "chartsheet", "sharedStrings", "styles", "theme", "themeOverride", "table", "comments",
    "threadedComment", "person", "calcChain", "sheetMetadata", "drawing", "vmlDrawing", "chart", "chartEx",
    "chartUserShapes", "chartStyle", "chartColorStyle", "image", "svg", "hyperlink", "printerSettings", "customXml",
    "customXmlProps", "pivotTable", "pivotCacheDefinition", "pivotCacheRecords", "slicer", "slicerCache", "timeline",
    "timelineCache", "extended-properties", "extendedProperties", "custom-properties", "customProperties",
    "core-properties", "thumbnail", "classificationlabels", "rdRichValue", "rdRichValueStructure", "rdRichValueTypes",
    "richValueRel", "rdArray", "rdSupportingPropertyBag", "rdSupportingPropertyBagStructure", "richStyles",
    "usernames", "revisionHeaders", "revisionLog", "namedSheetView", "diagramData", "diagramLayout", "diagramQuickStyle",
    "diagramColors", "diagramDrawing", "origin", "signature", "documenttasks", "activityfeed",
}  # fmt: skip

_ANY_XML = {rb"DataMashup": "a query of Power Query", rb"<[^>]*oleObj|ddeLink": _LINK}
_ACTING_WORDS: dict[str, dict[bytes, str]] = {
    f"{_SHEET}table+xml": {rb"calculatedColumnFormula|totalsRowFormula": "a formula in a table"},
    f"{_SHEET}pivotcachedefinition+xml": {
        rb"refreshOnLoad\s*=\s*[\"'](?!0[\"']|false)": "a pivot table that is refreshed when the file is opened",
        rb"cacheSource\b(?![^>]*\btype\s*=\s*[\"']worksheet[\"'])": _DATA,
    },
    "application/xml": _ANY_XML,
    "text/xml": _ANY_XML,
    f"{_OFFICE}customxmlproperties+xml": _ANY_XML,
}
"""What parts of types that are harmless by themselves may hold all the same, and what it is then."""


def active_parts(package: Package) -> tuple[str, ...]:
    """Name every part of a package that could act, and every one whose type is not known: "xl/v.bin: a macro"."""
    found: dict[str, str] = {}
    google = {r.target for relations in package.relations.values() for r in relations if r.kind == _GOOGLE}
    for name, kind in package.types.items():
        if kind in _ACTIVE_TYPES:
            found[name] = _ACTIVE_TYPES[kind]
        elif kind not in _HARMLESS_TYPES and not (name in google and kind in _GOOGLE_TYPES):
            found[name] = UNKNOWN
    for name, kind in package.types.items():
        if (what := _inside(package, name, kind)) is not None:
            found.setdefault(name, what)
    for relations, listed in package.relations.items():
        for relation in listed:
            for place, what in _related(package, relations, relation):
                found.setdefault(place, what)
    return tuple(f"{clean_label(place)}: {what}" for place, what in sorted(found.items()))


def _inside(package: Package, name: str, kind: str) -> str | None:
    """What a part holds that could act although its type can do without: by words, whatever the encoding."""
    words = next((words for end, words in _ACTING_WORDS.items() if kind.endswith(end)), None)
    if words is None:
        return None
    text = package.bytes_of(name).replace(b"\0", b"")
    return next((what for pattern, what in words.items() if re.search(pattern, text)), None)


def _related(package: Package, relations: str, relation: Relation) -> Iterator[tuple[str, str]]:
    """What one relation says of its target; one that leads outside may only be a link that waits for a click."""
    last = relation.kind.rpartition("/")[2]
    if relation.outside:
        named_already = package.types.get(relation.source) in _ACTIVE_TYPES
        if last != "hyperlink" and not named_already:
            yield relations, f"a link to another file ({clean_label(relation.target, limit=60)})"
    elif last in _ACTIVE_KINDS:
        yield relation.target, _ACTIVE_KINDS[last]
    elif last not in _HARMLESS_KINDS and relation.kind != _GOOGLE:
        yield relation.target, f"a relation that no known program writes ({clean_label(last, limit=40)})"
