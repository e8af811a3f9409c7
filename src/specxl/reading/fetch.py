"""Fetching rows from the InferenceX API into a file that `build` reads.

Only the standard library speaks HTTP here: two GET requests need no session, cookies or connection pool.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from specxl.errors import InputError, OptionError, OutputError, nearest
from specxl.labels import clean_label
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from specxl.house import House

BASE_URL = "https://inferencex.semianalysis.com"
ATTRIBUTION = (
    "Data from InferenceX (https://github.com/SemiAnalysisAI/InferenceX), copyright SemiAnalysis LLC, licensed under"
    " Apache License 2.0; attribution to InferenceX is required for any derivative work."
)
BENCHMARKS, AVAILABILITY = "/api/v1/benchmarks", "/api/v1/availability"
MAX_ANSWER_BYTES = 256 << 20
CHUNK_BYTES = 1 << 16
MAX_RETRY_SECONDS = 60.0
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_SHOWN_BODY = 200


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How to fetch. `timeout` (s) bounds every wait for the server, `deadline` (s) a whole answer with its retries.

    The wait before a retry is `backoff` (s), doubled each time; a server's Retry-After is obeyed up to a minute.
    """

    base_url: str = BASE_URL
    timeout: float = 30.0
    deadline: float = 300.0
    retries: int = 4
    backoff: float = 1.0
    max_bytes: int = MAX_ANSWER_BYTES


class _RetryableError(Exception):
    """An attempt failed in a way that may pass; `wait` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def fetch_models(
    models: Sequence[str],
    house: House,
    output: Path,
    date: dt.date | None = None,
    options: FetchOptions = FetchOptions(),
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch the benchmark rows of `models` (keys, aliases or display names) into `output`, a JSON file.

    The file holds the rows as the API gives them, with the attribution that the data's licence asks for, the addresses
    and the time of the request; `build` reads it like a saved answer.

    `date` asks for the newest results on or before that day. `progress` is called with the display name, the bytes so
    far and the announced size. The file appears complete or not at all. Raises `OptionError` for an unknown model or
    base URL, `InputError` when the server does not give the rows, `OutputError` when the file cannot be written.
    """
    rows: list[Any] = []
    urls: list[str] = []
    _require_file(output)
    keys = _requests(models, house)
    for display, wanted in keys.items():
        parameters = {"model": display} | ({"date": date.isoformat()} if date else {})
        urls.append(_url(options.base_url, BENCHMARKS, parameters))
        answer = _fetch_rows(urls[-1], options, display, progress)
        rows += [row for row in answer if not wanted or not isinstance(row, dict) or row.get("model") in wanted]
    if not rows:
        named = ", ".join(keys)
        raise InputError(f"the API has no rows for {named}{f' up to {date}' if date else ''}", file=options.base_url)
    return _write(rows, urls, output)


def fetch_availability(
    output: Path,
    options: FetchOptions = FetchOptions(),
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Fetch which combinations have been measured (model, lengths, precision, hardware, engine, method, date)."""
    url = _url(options.base_url, AVAILABILITY, {})
    return _write(_fetch_rows(url, options, "availability", progress), [url], output)


def _requests(models: Sequence[str], house: House) -> dict[str, set[str]]:
    """Map each display name to ask for to the keys to keep; an empty set keeps all rows of the answer.

    One display name can stand for several models (Kimi K2.5, K2.6, ...): a user who names a key gets that model only.
    """
    if not models:
        raise OptionError(f"name at least one model; known: {', '.join(house.model_keys())}")
    wanted: dict[str, set[str]] = {}
    whole: set[str] = set()
    displays = {name.casefold(): name for key in house.model_keys() for name in house.display_names(key)}
    for given in models:
        if given.strip().casefold() in displays:
            whole.add(displays[given.strip().casefold()])
            continue
        key = house.resolve_model(given)
        names = house.display_names(key) if key in house.model_keys() else ()
        if not names:
            known = [*house.model_keys(), *displays.values()]
            hint = nearest(given, known)
            raise OptionError(
                f"the model `{clean_label(given, limit=60)}` is not known; allowed: {', '.join(house.model_keys())}"
                + (f"; {hint}" if hint else "")
            )
        for name in names:
            wanted.setdefault(name, set()).add(key)
    return {name: set() if name in whole else wanted.get(name, set()) for name in dict.fromkeys((*wanted, *whole))}


def _fetch_rows(
    url: str, options: FetchOptions, label: str, progress: Callable[[str, int, int | None], None] | None
) -> list[Any]:
    """Fetch one answer with retries and return its rows."""
    ends = time.monotonic() + options.deadline
    for attempt in range(options.retries + 1):
        try:
            body = _get(url, options, ends, lambda done, size: progress(label, done, size) if progress else None)
            return _rows(body, url)
        except _RetryableError as error:
            wait = min(options.backoff * 2**attempt if error.wait is None else error.wait, MAX_RETRY_SECONDS)
            if attempt == options.retries or time.monotonic() + wait > ends:
                raise InputError(
                    f"{clean_label(error, limit=200)}, after {attempt + 1} attempts",
                    file=url,
                    next_step="Try again later, or save the answer with a browser and read that file",
                ) from error
            time.sleep(wait)
    raise AssertionError(url)


def _url(base: str, path: str, parameters: dict[str, str]) -> str:
    """Build the address; anything but https is refused unless the server is this machine."""
    try:
        parts = urlsplit(base)
        local = parts.hostname in _LOCAL_HOSTS
    except ValueError as error:
        raise OptionError(f"the base URL `{clean_label(base)}` is not a URL ({error})") from error
    if not parts.hostname or parts.scheme not in ("http", "https") or (parts.scheme == "http" and not local):
        raise OptionError(f"the base URL `{clean_label(base)}` is not an https address, such as {BASE_URL}")
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{base.rstrip('/')}{path}{query}"


class _SameHost(HTTPRedirectHandler):
    """Follows redirects within the host only, and never from https to http."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:  # noqa: ANN401
        """Refuse a redirect that leaves the host."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise InputError(f"the server redirects to another place ({clean_label(new.netloc)})", file=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> OpenerDirector:
    """Build an opener that follows the machine's proxy settings, except to this machine itself."""
    local = urlsplit(url).hostname in _LOCAL_HOSTS
    return build_opener(_SameHost, ProxyHandler({})) if local else build_opener(_SameHost)


def _get(url: str, options: FetchOptions, ends: float, progress: Callable[[int, int | None], None]) -> bytes:
    """Fetch a body once, within the size limit and the deadline."""
    request = Request(url, headers={"Accept": "application/json", "User-Agent": f"specxl/{__version__}"})  # noqa: S310
    try:
        with _opener(url).open(request, timeout=options.timeout) as response:
            size = _size(response.headers.get("Content-Length"))
            return _body(response, size, options, ends, url, progress)
    except HTTPError as error:
        raise _http_problem(error, url) from error
    except TimeoutError as error:
        raise _RetryableError(f"the server did not answer within {options.timeout:g} s") from error
    except URLError as error:
        raise _RetryableError(f"the server cannot be reached ({clean_label(error.reason)})") from error
    except (HTTPException, ConnectionError) as error:
        raise _RetryableError(f"the connection broke ({clean_label(type(error).__name__)})") from error


def _body(
    response: Any,  # noqa: ANN401
    size: int | None,
    options: FetchOptions,
    ends: float,
    url: str,
    progress: Callable[[int, int | None], None],
) -> bytes:
    """Read the body piece by piece; an announced or actual size over the limit, or a cut, is an error."""
    if size is not None and size > options.max_bytes:
        raise InputError(f"the answer has {size} bytes", file=url, allowed=f"at most {options.max_bytes}")
    pieces: list[bytes] = []
    done = 0
    while piece := response.read1(CHUNK_BYTES):
        done += len(piece)
        if done > options.max_bytes:
            raise InputError("the answer is too large", file=url, allowed=f"at most {options.max_bytes} bytes")
        if time.monotonic() > ends:
            raise InputError("the answer came too slowly", file=url, allowed=f"at most {options.deadline:g} s")
        pieces.append(piece)
        progress(done, size)
    if size is not None and done < size:
        raise _RetryableError(f"the answer was cut off after {done} of {size} bytes")
    return b"".join(pieces)


def _size(header: str | None) -> int | None:
    """Read a Content-Length header."""
    return int(header) if header and re.fullmatch(r"\d{1,18}", header) else None


def _http_problem(error: HTTPError, url: str) -> Exception:
    """Turn an HTTP status into an error: some are worth a retry, the others show what the server says."""
    if error.code in _RETRIED:
        return _RetryableError(f"the server answers {error.code}", _retry_after(error.headers.get("Retry-After")))
    try:
        said = clean_label(error.read(4 * _SHOWN_BODY).decode("utf-8", "replace"), limit=_SHOWN_BODY)
    except (OSError, HTTPException):
        said = ""
    return InputError(f"the server answers {error.code}{f': {said}' if said else ''}", file=url)


def _retry_after(header: str | None) -> float | None:
    """Read a Retry-After header given in seconds; a date is treated as none."""
    return float(header) if header and re.fullmatch(r"\d{1,6}", header.strip()) else None


def _rows(body: bytes, url: str) -> list[Any]:
    """Parse an answer; text that is no JSON array may be a page of a proxy, so it is tried again."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        start = clean_label(body[:80].decode("utf-8", "replace"), limit=60)
        raise _RetryableError(f"the answer is not JSON (it begins `{start}`)") from error
    if not isinstance(answer, list):
        said = clean_label(answer.get("error"), limit=_SHOWN_BODY) if isinstance(answer, dict) else ""
        raise InputError(f"the answer is not an array of rows{f': {said}' if said else ''}", file=url)
    return answer


def _require_file(output: Path) -> None:
    """Find out before anything is fetched whether the output names a file, new or old."""
    try:
        if output.name and (output.is_file() or not output.exists()):
            return
        reason = "this is a folder or a device; name a file"
    except OSError as error:
        reason = f"the file cannot be written ({error.strerror})"
    raise OutputError(f"{output}: {reason}")


def _write(rows: list[Any], urls: list[str], output: Path) -> Path:
    """Write the rows beside the target and move them into place, so that a cut leaves no half file."""
    head = {
        "attribution": ATTRIBUTION,
        "sources": urls,
        "fetched_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    target = output.resolve()  # a link stays, and what it names is replaced
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "rows": [\n')
            stream.write(",\n".join(json.dumps(row) for row in rows) + "\n ]\n}\n")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{output}: the file cannot be written ({error.strerror})") from error
    return output
