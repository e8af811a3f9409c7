"""The one place where text that comes from data is cleaned before anything shows or stores it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LINK_HOSTS: frozenset[str] = frozenset(
    {"github.com", "inferencex.semianalysis.com", "inferencemax.semianalysis.com", "inferencemax.ai"}
)
_GITHUB_PATH = re.compile(
    r"/[\w.-]+/[\w.-]+/"
    r"(?:(?:actions/)?runs/[0-9]+(?:/attempts/[0-9]+)?(?:/jobs?/[0-9]+)?|commits?/[0-9a-fA-F]{7,64}|issues/[0-9]+"
    r"|pull/[0-9]+(?:/(?:files|commits|checks))?)/?",
    re.ASCII,
)
MAX_LINK_LENGTH = 255
MAX_RAW_LENGTH = 20_000
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_PRINTABLE_ASCII = re.compile(r"[!-~]+(?: [!-~]+)*")
_LINK_TEXT = re.compile(r"[A-Za-z0-9:/?#@!$&()*+,;=%._~-]+")
_OPTIONS = re.compile(r"\s+-{1,2}[A-Za-z].*|\s+[A-Za-z_]+=.*")
_QUERY = re.compile(r"\?[^?\s]*=.*")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:/")
_PUBLIC_REGISTRIES = frozenset({"docker.io", "ghcr.io", "nvcr.io", "quay.io", "gcr.io", "registry.k8s.io"})
# Cc: controls. Cs: lone surrogates. Cf: bidi controls, zero-width and tag characters. Co, Cn: private use, unassigned.
_DROPPED_CATEGORIES = frozenset({"Cc", "Cs", "Cf", "Co", "Cn"})


def clean_label(text: object, *, limit: int = 120) -> str:
    """Return `text` as one harmless line of at most `limit` characters.

    None becomes the empty string. The text is normalised to NFC; control characters (C0, C1), bidirectional and other
    invisible formatting characters, lone surrogates, private-use and unassigned code points are dropped; runs of white
    space become one space. What an xlsx file would take for an escaped character ("_x0041_" for an A) loses its first
    underscore to a hyphen. A longer text ends in an ellipsis, so that a cut is visible.
    """
    raw = "" if text is None else str(text)
    if len(raw) <= limit and _PRINTABLE_ASCII.fullmatch(raw) and "_x" not in raw:
        return raw
    normal = unicodedata.normalize("NFC", raw[:MAX_RAW_LENGTH])
    kept = "".join(" " if char.isspace() else char for char in normal if char.isspace() or not _is_dropped(char))
    line = _ESCAPE.sub("-", " ".join(kept.split()))
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"


def bare_name(raw: object, *, limit: int = 120) -> str:
    """Return what of a name is harmless to show: no path, address, query string or command line option, one clean line.

    "org/name" stays whole. Of a path or an address only the last part is left, since the others tell about a machine and
    who uses it; a query string and options are cut off.
    """
    line = _OPTIONS.sub("", clean_label(raw, limit=MAX_RAW_LENGTH))
    name = _QUERY.sub("", line).replace("\\", "/").strip().rstrip("/")
    if is_place(name):
        name = name.partition("?")[0].rstrip("/").rpartition("/")[2]
    return clean_label(name, limit=limit)


def is_place(name: str) -> bool:
    """Whether a name is a path or an address rather than a name with an organisation before it."""
    return name.count("/") > 1 or name.startswith(("/", ".", "~")) or bool(_ADDRESS.match(name) or _DRIVE.match(name))


def bare_image(raw: object, *, limit: int = 200) -> str:
    """Return a container image without a private registry's host, a query string or options."""
    line = _OPTIONS.sub("", clean_label(raw, limit=MAX_RAW_LENGTH))
    name = _ADDRESS.sub("", line.partition("?")[0].strip())
    host, slash, rest = name.partition("/")
    is_host = bool(slash) and (any(sign in host for sign in ".:@") or host == "localhost")
    return clean_label(rest if is_host and host.lower() not in _PUBLIC_REGISTRIES else name, limit=limit)


def _is_dropped(char: str) -> bool:
    """Whether a character is invisible or has no meaning outside the system that wrote it."""
    return unicodedata.category(char) in _DROPPED_CATEGORIES


def clean_link(url: object) -> str:
    """Return `url` without query and fragment if it is a plain https link to an allow-listed place, else the empty string.

    On GitHub these are runs, commits, issues and pull requests; pages to log in or to download from are not. Excel limits
    a link to 255 characters here; user names, ports, and characters outside the URL alphabet are refused because a reader
    of the workbook clicks what this function lets through. Queries may hold tokens.
    """
    if not isinstance(url, str) or not _LINK_TEXT.fullmatch(url[:MAX_RAW_LENGTH]):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.lower()
    allowed = parts.scheme == "https" and host in LINK_HOSTS and ".." not in parts.path.split("/")
    if not allowed or (host == "github.com" and not _GITHUB_PATH.fullmatch(parts.path)):
        return ""
    link = f"https://{parts.netloc}{parts.path}"
    return link if len(link) <= MAX_LINK_LENGTH else ""
