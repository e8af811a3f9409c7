"""One HTTP GET under one deadline: over looking up the host, connecting, head, body, the body of an error, and retries.

Only the standard library speaks HTTP here: a few GET requests need no session, cookies or connection pool. Its timeouts bound
each wait for the network, not their sum, so a server that drips bytes could hold it for ever: here every wait is cut short
by what is left of the deadline.
"""

from __future__ import annotations

import io
import queue
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from specxl.errors import InputError, OptionError
from specxl.labels import clean_label
from specxl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

BASE_URL = "https://inferencex.semianalysis.com"
MAX_ANSWER_BYTES = 256 << 20
MAX_ANSWER_ROWS = 500_000
CHUNK_BYTES = 1 << 16
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_SHOWN_BODY = 200
_BASE = re.compile(r"https?://[A-Za-z0-9.\-_~%!$&'()*+,;=:\[\]/]+")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How to fetch. `timeout` (s) bounds every wait for the server, `deadline` (s) a whole answer with its retries.

    The wait before a retry is `backoff` (s), doubled each time; a server's Retry-After is obeyed up to a minute. An
    answer has at most `max_bytes` and `max_rows`.
    """

    base_url: str = BASE_URL
    timeout: float = 30.0
    deadline: float = 300.0
    retries: int = 4
    backoff: float = 1.0
    max_bytes: int = MAX_ANSWER_BYTES
    max_rows: int = MAX_ANSWER_ROWS


DEFAULTS = FetchOptions()


class RetryableError(Exception):
    """An attempt failed in a way that may pass; `wait` (s) is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class DeadlineError(Exception):
    """The time for an answer is over."""


class Deadline:
    """The moment by which an answer must be there, and how long a single wait for the server may last."""

    def __init__(self, seconds: float, wait: float) -> None:
        self._ends, self._wait = time.monotonic() + seconds, wait

    def left(self) -> float:
        """Return the seconds that are left; raises DeadlineError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise DeadlineError
        return left

    def patience(self) -> float:
        """Return how long the next wait may last."""
        return min(self._wait, self.left())

    def hurry(self) -> None:
        """Leave no more time than one wait: what follows decides nothing any more."""
        self._ends = min(self._ends, time.monotonic() + self._wait)


def address(base: str, path: str, parameters: dict[str, str]) -> str:
    """Build an address below a base URL.

    Anything but https is refused unless the server is this machine. Raises OptionError. What is refused is not shown where it may
    hold a password or a key: a base URL is printed in messages and stored beside the rows.
    """
    _require_base(base)
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{base.rstrip('/')}{path}{query}"


def _require_base(base: str) -> None:
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", None
    labels = [] if ":" in host else host.rstrip(".").split(".")
    secure = parts is not None and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL_HOSTS))
    problems = {
        "holds a user name or a password, which would be printed and stored": "@" in base,
        "holds a query or a fragment, which would be printed and stored": "?" in base or "#" in base,
        "is not a URL": parts is None,
        "is not an https address": not host or not secure,
        "holds what no address may (a sign outside ASCII, a blank, a host name of another form)": not (
            _BASE.fullmatch(base) and all(_LABEL.fullmatch(label) for label in labels)
        ),
    }
    for problem, holds in problems.items():
        if holds:
            raise OptionError(f"the base URL {problem}; allowed: an https address such as {BASE_URL}")


def pieces(
    url: str, options: FetchOptions, deadline: Deadline, progress: Callable[[int, int | None], None]
) -> Generator[bytes]:
    """Fetch one answer once and yield its body as it comes; `progress` is told the bytes so far and the announced size.

    Raises:
        RetryableError: the server or the network failed in a way that may pass, a cut body included.
        DeadlineError: the time is over.
        InputError: the server refuses, redirects elsewhere, answers what is no HTTP, or more than `max_bytes`.
    """
    request = Request(url, headers={"Accept": "application/json", "User-Agent": f"specxl/{__version__}"})  # noqa: S310
    try:
        with _opener(url, deadline).open(request, timeout=deadline.patience()) as response:
            size = _size(response.headers.get("Content-Length"))
            yield from _body(response, size, options.max_bytes, url, progress)
    except HTTPError as error:
        with error:  # it holds the connection
            problem = _http_problem(error, url, deadline)
        raise problem from error
    except TimeoutError as error:
        deadline.left()
        raise RetryableError(f"the server did not answer within {options.timeout:g} s") from error
    except URLError as error:
        deadline.left()
        raise RetryableError(f"the server cannot be reached ({clean_label(error.reason)})") from error
    except (HTTPException, ConnectionError) as error:
        raise RetryableError(f"the connection broke ({clean_label(type(error).__name__)})") from error
    except ValueError as error:  # the library's answer to a Location that is no address
        raise InputError(f"the server's answer is malformed ({clean_label(error, limit=80)})", file=url) from error


def _body(
    response: Any,  # noqa: ANN401
    size: int | None,
    limit: int,
    url: str,
    progress: Callable[[int, int | None], None],
) -> Iterator[bytes]:
    """Read the body piece by piece; an announced or actual size over the limit, or a cut, is an error."""
    if size is not None and size > limit:
        raise InputError(f"the answer has {size} bytes", file=url, allowed=f"at most {limit}")
    done = 0
    while piece := response.read1(CHUNK_BYTES):
        done += len(piece)
        if done > limit:
            raise InputError("the answer is too large", file=url, allowed=f"at most {limit} bytes")
        progress(done, size)
        yield piece
    if size is not None and done < size:
        raise RetryableError(f"the answer was cut off after {done} of {size} bytes")


def _size(header: str | None) -> int | None:
    """Read a Content-Length header."""
    return int(header) if header and re.fullmatch(r"\d{1,18}", header, re.ASCII) else None


def _http_problem(error: HTTPError, url: str, deadline: Deadline) -> Exception:
    """Turn an HTTP status into an error: some are worth a retry, the others show what the server says."""
    if error.code in _RETRIED:
        return RetryableError(f"the server answers {error.code}", _retry_after(error.headers.get("Retry-After")))
    deadline.hurry()
    try:
        said = clean_label(error.read(4 * _SHOWN_BODY).decode("utf-8", "replace"), limit=_SHOWN_BODY)
    except (OSError, HTTPException, DeadlineError):
        said = ""
    return InputError(f"the server answers {error.code}{f': {said}' if said else ''}", file=url)


def _retry_after(header: str | None) -> float | None:
    """Read a Retry-After header given in seconds; a date is treated as none."""
    return float(header) if header and re.fullmatch(r"\d{1,6}", header.strip(), re.ASCII) else None


class _SameHost(HTTPRedirectHandler):
    """Follows redirects within the host only, and never from https to http."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:  # noqa: ANN401
        """Refuse a redirect that leaves the host."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise InputError(f"the server redirects to another place ({clean_label(new.netloc)})", file=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PatientReader(io.RawIOBase):
    """What comes through a socket, each read under what is left of the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        """Say that one can read from it."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401
        """Read once; raises DeadlineError or TimeoutError."""
        self._sock.settimeout(self._deadline.patience())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Give the socket back."""
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """A response whose head and body, those of a proxy included, are read under the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **named: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **named)
        raw: Any = self.fp
        self.fp = io.BufferedReader(_PatientReader(raw.detach(), sock, deadline))


class _Connection(HTTPConnection):
    """A connection that is made and answered under the deadline."""

    def __init__(self, host: str, *, deadline: Deadline, **named: Any) -> None:  # noqa: ANN401
        super().__init__(host, **named)
        _put_under(deadline, self)


class _SecureConnection(HTTPSConnection):
    """The same with TLS; the handshake is bounded by the timeout that connecting has left on the socket."""

    def __init__(self, host: str, *, deadline: Deadline, **named: Any) -> None:  # noqa: ANN401
        super().__init__(host, **named)
        _put_under(deadline, self)


def _put_under(deadline: Deadline, connection: Any) -> None:  # noqa: ANN401 - what is set has no public type
    connection.response_class = partial(_Response, deadline=deadline)
    # The library's own way to connect waits for every address of the host in turn.
    connection._create_connection = lambda place, *_: _connected(place, deadline)  # noqa: SLF001


def _connected(place: tuple[str, int], deadline: Deadline) -> socket.socket:
    """Connect to the first address of a host that answers."""
    problem: OSError = OSError("the host has no address")
    for family, kind, protocol, _, where in _addresses(place, deadline):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.patience())
            sock.connect(where)
        except OSError as error:
            sock.close()
            problem = error
        except DeadlineError:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _addresses(place: tuple[str, int], deadline: Deadline) -> list[Any]:
    """Look a host up; the system's own patience may be longer than ours, so it is asked aside."""
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(list(socket.getaddrinfo(*place, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.patience())
    except queue.Empty:
        raise TimeoutError("looking up the host took too long") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


class _Http(HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(_Connection, deadline=self._deadline), req)


class _Https(HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: Request) -> HTTPResponse:
        context = ssl.create_default_context()
        return self.do_open(partial(_SecureConnection, deadline=self._deadline), req, context=context)


def _opener(url: str, deadline: Deadline) -> OpenerDirector:
    """Build an opener that follows the machine's proxy settings, except to this machine itself."""
    handlers = [_SameHost(), _Http(deadline), _Https(deadline)]
    local = urlsplit(url).hostname in _LOCAL_HOSTS
    return build_opener(*handlers, ProxyHandler({})) if local else build_opener(*handlers)
