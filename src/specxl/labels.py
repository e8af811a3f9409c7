"""The one place where text that comes from data is cleaned before anything shows or stores it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LINK_HOSTS: frozenset[str] = frozenset(
    {"github.com", "inferencex.semianalysis.com", "inferencemax.semianalysis.com", "inferencemax.ai"}
)
MAX_LINK_LENGTH = 255
MAX_RAW_LENGTH = 20_000
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_PRINTABLE_ASCII = re.compile(r"[!-~]+(?: [!-~]+)*")
_LINK_TEXT = re.compile(r"[A-Za-z0-9:/?#@!$&()*+,;=%._~-]+")
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


def _is_dropped(char: str) -> bool:
    """Whether a character is invisible or has no meaning outside the system that wrote it."""
    return unicodedata.category(char) in _DROPPED_CATEGORIES


def clean_link(url: object) -> str:
    """Return `url` if it is a plain https link to an allow-listed host, else the empty string.

    Excel limits a link to 255 characters here; user names, ports, and characters outside the URL alphabet are refused
    because a reader of the workbook clicks what this function lets through.
    """
    if not isinstance(url, str) or len(url) > MAX_LINK_LENGTH or not _LINK_TEXT.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme == "https" and parts.netloc.lower() in LINK_HOSTS else ""
