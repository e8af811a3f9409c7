"""Fetching from a local server that replays real answers, errors, slow and truncated bodies."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
import tracemalloc
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from support.rows import api_row

from specxl.errors import InputError, OptionError, OutputError
from specxl.reading.answers import rows as answer_rows
from specxl.reading.dataset import DatasetOptions, load
from specxl.reading.fetch import FetchOptions, fetch_availability, fetch_evaluations, fetch_history, fetch_models
from specxl.reading.transport import RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from specxl.house import House


class Replay(BaseHTTPRequestHandler):
    """Answers each request with the next step of the server's script; the last step repeats."""

    server: Server

    def do_GET(self) -> None:
        """Note the request and play one step."""
        self.server.asked.append(self.path)
        script = self.server.script
        step = script.pop(0) if len(script) > 1 else script[0]
        step(self)

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


class Server(ThreadingHTTPServer):
    """A server on this machine with a script and a list of what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Replay)
        self.script: list[Callable[[Replay], None]] = []
        self.asked: list[str] = []

    def options(self, **changes: float) -> FetchOptions:
        """Return options that point here and do not wait long."""
        base = f"http://127.0.0.1:{self.server_address[1]}"
        return FetchOptions(**{"base_url": base, "timeout": 0.5, "deadline": 5.0, "backoff": 0.01} | changes)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server for one test."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def answer(
    body: bytes | str, status: int = 200, *, length: int | None = None, **headers: str
) -> Callable[[Replay], None]:
    """Build a step that answers with a body; `length` overrules the announced size."""
    data = body.encode() if isinstance(body, str) else body

    def step(request: Replay) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return step


RUN = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs"
ROWS = json.dumps([api_row(), api_row(model="kimik2.6", conc=16)])


def test_real_answer_is_fetched_and_built_from(server: Server, shared: Path, tmp_path: Path, house: House) -> None:
    """The file holds the attribution and reads like the answer itself; progress reaches the announced size."""
    body = (shared / "data/inferencex/benchmarks.json").read_bytes()
    server.script = [answer(body)]
    seen: list[tuple[str, int, int | None]] = []

    path = fetch_models(
        ["dsr1"], house, tmp_path / "dsr1.json", options=server.options(), progress=lambda *step: seen.append(step)
    )

    fetched, saved = load([path], house), load([shared / "data/inferencex/benchmarks.json"], house)
    assert [m.total_tok_s_gpu for m in fetched.measurements] == [m.total_tok_s_gpu for m in saved.measurements]
    assert seen[-1] == ("DeepSeek-R1-0528", len(body), len(body))
    document = json.loads(path.read_text())
    assert "attribution to InferenceX is required" in document["attribution"]
    assert document["sources"] == [f"{server.options().base_url}/api/v1/benchmarks?model=DeepSeek-R1-0528"]
    assert [p.name for p in tmp_path.iterdir()] == ["dsr1.json"]


@pytest.mark.parametrize(
    ("models", "asked", "kept"),
    [
        (["dsr1", "DeepSeek R1"], ["DeepSeek-R1-0528"], ["dsr1"]),
        (["kimik2.6"], ["Kimi-K2.5"], ["kimik2.6"]),
        (["Kimi-K2.5"], ["Kimi-K2.5"], ["dsr1", "kimik2.6"]),
        (["GLM-5", "dsr1"], ["DeepSeek-R1-0528", "GLM-5"], ["dsr1", "dsr1", "kimik2.6"]),
    ],
)
def test_models_are_asked_by_display_name(
    server: Server, tmp_path: Path, house: House, models: list[str], asked: list[str], kept: list[str]
) -> None:
    """Keys and labels become display names, each asked once; a key keeps its own rows, a display name all."""
    server.script = [answer(ROWS)]

    path = fetch_models(models, house, tmp_path / "a.json", dt.date(2026, 6, 1), server.options())

    assert [row["model"] for row in json.loads(path.read_text())["rows"]] == kept
    queries = [parse_qs(urlsplit(path).query) for path in server.asked]
    assert queries == [{"model": [name], "date": ["2026-06-01"]} for name in asked]


def test_passing_failures_are_retried(server: Server, tmp_path: Path, house: House) -> None:
    """Errors of the server, a page instead of JSON, a cut body and a slow start are tried again."""

    def slow(request: Replay) -> None:
        time.sleep(0.8)
        answer("[]")(request)

    def hangs_up(request: Replay) -> None:
        request.connection.close()

    server.script = [
        answer("busy", 503, Retry_After="0"),
        answer("<html>gateway</html>"),
        answer(ROWS[:50], length=len(ROWS)),
        slow,
        hangs_up,
        answer(ROWS),
    ]

    path = fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(retries=5))

    assert len(server.asked) == 6
    assert load([path], house).measurements


@pytest.mark.parametrize(
    ("step", "message", "requests"),
    [
        (answer('{"error": "Unknown model"}', 400), r"the server answers 400: \{\"error\": \"Unknown model\"\}", 1),
        (answer("gone", 404), "the server answers 404: gone", 1),
        (answer("down", 502), "the server answers 502, after 3 attempts. Try again later", 3),
        (answer("<html>"), r"the answer is not JSON \(it begins `<html>`\), after 3 attempts", 3),
        (answer(ROWS[:9], length=99), "the answer was cut off after 9 of 99 bytes, after 3 attempts", 3),
        (answer('{"error": "view is gone"}'), "the answer is not an array of rows: view is gone", 1),
        (answer("[]"), "the API has no rows for DeepSeek-R1-0528", 1),
        (answer('[{"model": "dsr1"}, 3]'), "row 2 of the answer is not an object; allowed: an array of objects", 1),
        (answer("[[],[],[]]"), "row 1 of the answer is not an object", 1),
        (answer('["dsr1"]'), "row 1 of the answer is not an object", 1),
        (answer('[{"a": ' + "[" * 900 + "]" * 900 + "}]"), "nested too deeply|the API has no rows", 1),
        (answer("[{},"), r"the answer is not JSON \(it begins `\[\{\},`\), after 3 attempts", 3),
        (answer("[{},]"), "the answer is not JSON", 3),
        (answer("[{}] trailing"), "the answer is not JSON", 3),
        (answer("[{} {}]"), "the answer is not JSON", 3),
        (answer(b'[{"a": "\xff"}]'), "the answer is not JSON", 3),
        (answer(""), r"the answer is not JSON \(it begins ``\)", 3),
        (answer('"dsr1"'), "the answer is not an array of rows", 1),
        (answer("[" + "{}," * 200 + "{}]"), "the answer has too many rows; allowed: at most 100", 1),
    ],
)
def test_lasting_failures_are_named(
    server: Server, tmp_path: Path, house: House, step: Callable[[Replay], None], message: str, requests: int
) -> None:
    """Refusals, broken answers and limits give one error with the reason, and leave no file."""
    server.script = [step]

    with pytest.raises(InputError, match=message):
        fetch_models(
            ["dsr1"], house, tmp_path / "a.json", options=server.options(retries=2, max_bytes=2000, max_rows=100)
        )

    assert len(server.asked) == requests
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "location", ["http://[bad", "/ä\u00a0ö", "//", "?", "", "http:", "/\t", "http://127.0.0.1:99999/"]
)
def test_an_odd_redirect_is_one_message(server: Server, tmp_path: Path, house: House, location: str) -> None:
    """A redirect to what is no address, to itself or to another port ends in one error, and in no file."""
    server.script = [answer("", 302, Location=location)]

    with pytest.raises(InputError, match=r"redirects to another place|answer is malformed|answers (302|404)|not JSON"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(retries=0))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", [[], {}, ["dsr1"], {"dsr1": 1}, 7, None, True, "\ud800"])
def test_a_model_of_any_type_is_compared(server: Server, tmp_path: Path, house: House, model: object) -> None:
    """A row whose model is no text is not the model that was asked for; the others stay, letter by letter."""
    rows = json.dumps([api_row(), api_row() | {"model": model}, api_row(conc=64, figure=12345678901234567890)])
    server.script = [answer(rows)]

    path = fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(retries=0))

    assert [row["conc"] for row in json.loads(path.read_text())["rows"]] == [8, 64]
    assert "12345678901234567890" in path.read_text()


def test_rows_are_kept_as_the_server_sends_them(server: Server, tmp_path: Path, house: House) -> None:
    """Doubled keys, NaN, digits and escapes reach the file, so that reading it finds what reading the answer would."""
    row = '{"model": "dsr1", "conc": 1, "conc": 2, "x": NaN, "y": 0.30000000000000004441, "z": "\\ud800 \\u0041 ü"}'
    server.script = [answer(f"\ufeff[\n{row} ,\r\n\t{row}]\n")]

    path = fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(retries=0))

    assert path.read_text(encoding="utf-8").count(row) == 2
    with pytest.raises(InputError, match="conc"):
        load([path], house)


# One deadline


class RawServer:
    """A server that plays one function on every connection, for what no HTTP library would send."""

    def __init__(self, play: Callable[[socket.socket], None]) -> None:
        self._play, self._open = play, True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._open:
            with suppress(OSError), self._listener.accept()[0] as connection:
                self._play(connection)

    def close(self) -> None:
        """Stop: the connection that wakes the thread up is its last."""
        self._open = False
        with suppress(OSError), socket.create_connection(self._listener.getsockname(), 1):
            pass
        self._thread.join(5)
        self._listener.close()


def dripping(head: bytes, drop: bytes, pause: float = 0.05) -> Callable[[socket.socket], None]:
    """Send a head and then drops without end, until the other side hangs up."""

    def play(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            time.sleep(pause)
            connection.sendall(drop)

    return play


def silent(connection: socket.socket) -> None:
    """Take everything and say nothing."""
    while connection.recv(65536):
        pass


OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("play", "scheme", "message"),
    [
        (dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), "http", "came too slowly; allowed: at most 1 s"),
        (dripping(b"HTTP/1.1 ", b"2"), "http", "came too slowly|the connection broke"),
        (dripping(OK_HEAD, b"X-Header: 1\r\n", 0.02), "http", "came too slowly|the connection broke"),
        (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0005), "http", "came too slowly"),
        (dripping(OK_HEAD + b"\r\n[", b" "), "http", "came too slowly"),
        (dripping(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), "http", "came too slowly"),
        (dripping(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"), "http", "came too slowly"),
        (dripping(b"HTTP/1.1 404 Gone\r\n\r\n", b"x"), "http", "the server answers 404"),
        (dripping(b"HTTP/1.1 404 Gone\r\nContent-Length: 500\r\n\r\n", b"x"), "http", "the server answers 404"),
        (dripping(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n\r\n", b"x"), "http", "came too slowly|answers 503"),
        (silent, "http", "came too slowly|did not answer"),
        (silent, "https", "came too slowly|cannot be reached"),
        (dripping(b"", b"\x16"), "https", "came too slowly|cannot be reached"),
        (dripping(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n", b"x"), "http", "came too slowly|answers 302"),
    ],
)  # fmt: skip
def test_one_deadline_holds_over_everything(
    tmp_path: Path, house: House, play: Callable[[socket.socket], None], scheme: str, message: str
) -> None:
    """Whatever is dripped or held back, with however many retries, the answer is given up when the deadline is over."""
    raw = RawServer(play)
    options = FetchOptions(f"{scheme}://{raw.base}", timeout=0.4, deadline=1.0, retries=20, backoff=0.001)
    begun = time.monotonic()

    with pytest.raises(InputError, match=message):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=options)

    assert time.monotonic() - begun < 2.0
    assert list(tmp_path.iterdir()) == []
    raw.close()


def test_looking_up_a_host_counts(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service that does not answer is waited for no longer than any server."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    options = FetchOptions("https://host.example", timeout=0.2, deadline=0.5, retries=9, backoff=0.001)
    begun = time.monotonic()

    with pytest.raises(InputError, match=r"came too slowly|cannot be reached \(looking up the host took too long\)"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=options)

    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_host_that_does_not_exist(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """What the name service or its encoding refuses is a server that cannot be reached."""

    def refuse(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    options = FetchOptions("https://host.example", retries=0)

    with pytest.raises(InputError, match="the server cannot be reached"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=options)


# Memory


def counted(drop: bytes, pieces: int, head: bytes = b"[") -> tuple[Iterator[bytes], list[int]]:
    """Give a body of equal pieces, and a list that counts those that were taken."""
    taken = [0]

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(pieces):
            taken[0] += 1
            yield drop

    return body(), taken


@pytest.mark.parametrize(
    ("drop", "head", "error", "message", "most"),
    [
        (b"[]," * 20_000, b"[", InputError, "row 1 of the answer is not an object", 1),
        (b"1," * 20_000, b"[", InputError, "row 1 of the answer is not an object", 1),
        (b"{}," * 20_000, b"[", InputError, "too many rows; allowed: at most 50,000", 3),
        (b"x" * 65_536, b'[{"a": "', InputError, r"row 1 is longer than 4,194,304 characters, or broken", 70),
        (b'{"a" 1},' * 8_000, b"[", InputError, r"row 1 is longer than 4,194,304 characters, or broken", 70),
        (b"[" * 65_536, b'[{"a": ', InputError, "row 1 of the answer is nested too deeply", 2),
        (b"<p>" * 20_000, b"<html>", InputError, "the answer, which is no array of rows, is longer than", 75),
        (b"\xff" * 65_536, b"[", RetryableError, "the answer is not JSON", 1),
        (b"} " * 20_000, b"[", InputError, "row 1 of the answer is not an object", 1),
    ],
)  # fmt: skip
def test_a_hostile_body_is_given_up_early(
    drop: bytes, head: bytes, error: type[Exception], message: str, most: int
) -> None:
    """Of 4,000 pieces of what is no array of rows, only as many are taken as it needs to see that."""
    body, taken = counted(drop, 4000, head)
    tracemalloc.start()

    with pytest.raises(error, match=message):
        deque(answer_rows(body, "https://x", 50_000), maxlen=0)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken[0] <= most
    assert peak < 60e6


def test_a_large_answer_passes_through(house: House) -> None:
    """Fifty thousand rows and megabytes of blanks need no more memory than a few rows, cut wherever the pieces end."""
    row = json.dumps(api_row(note="ü" * 50)).encode()
    text = b"[" + (row + b"," + b" " * 20) * 5_000 + b" " * 5_000_000 + row + b"\n]  "
    pieces = (text[at : at + 1013] for at in range(0, len(text), 1013))
    tracemalloc.start()

    count = sum(raw == row.decode() and parsed["model"] == "dsr1" for raw, parsed in answer_rows(pieces, "u", 9_999))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5_001
    assert peak < 3e6


# Other questions


def test_unannounced_size_and_dripping_body_are_bounded(server: Server, tmp_path: Path, house: House) -> None:
    """A body without a length is cut at the limit; one that never ends is cut at the deadline."""

    def endless(pause: float) -> Callable[[Replay], None]:
        def step(request: Replay) -> None:
            request.send_response(200)
            request.end_headers()
            while True:
                request.wfile.write(b" " * 1000)
                request.wfile.flush()
                time.sleep(pause)

        return step

    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.script = [endless(0)]
    with pytest.raises(InputError, match="the answer is too large; allowed: at most 50000 bytes"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(max_bytes=50_000))

    server.script = [endless(0.02)]
    with pytest.raises(InputError, match=r"the answer came too slowly; allowed: at most 0\.2 s"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(deadline=0.2))


def test_server_that_is_not_there(tmp_path: Path, house: House) -> None:
    """A refused connection is retried with doubled waits (20, 40 and 80 ms here), then named."""
    options = FetchOptions(base_url="http://127.0.0.1:9", retries=3, backoff=0.02)
    begun = time.monotonic()

    with pytest.raises(InputError, match=r"the server cannot be reached .*, after 4 attempts"):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=options)

    assert time.monotonic() - begun >= 0.14


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("http://inferencex.example", "is not an https address"),
        ("file:///etc/passwd", "is not an https address"),
        ("ftp://localhost/x", "is not an https address"),
        ("https://", "is not an https address"),
        ("https://[broken", "is not a URL"),
        ("https://host:port", "is not a URL"),
        ("https://host:99999", "is not a URL"),
        ("https://host/päth", "holds what no address may"),
        ("https://höst", "holds what no address may"),
        ("https://host/a b", "holds what no address may"),
        ("https://host\\x", "holds what no address may"),
        ("https://host/\udc80", "holds what no address may"),
        (f"https://{'x' * 64}.example", "holds what no address may"),
        ("https://two..dots", "holds what no address may"),
        ("https://-x.example", "holds what no address may"),
        ("https://..", "holds what no address may"),
        ("", "is not an https address"),
    ],
)
def test_base_url_must_be_https(tmp_path: Path, house: House, base: str, message: str) -> None:
    """Plain http is for this machine only, nothing but the web is fetched, and no address is taken that cannot be asked."""
    for fetched in (
        lambda options: fetch_models(["dsr1"], house, tmp_path / "a.json", options=options),
        lambda options: fetch_availability(tmp_path / "a.json", options),
    ):
        with pytest.raises(OptionError, match=message) as caught:
            fetched(FetchOptions(base_url=base))
        assert "allowed: an https address such as https://" in str(caught.value)


@pytest.mark.parametrize(
    "base",
    [
        "https://user:S3CRET@host.example",
        "http://S3CRET@127.0.0.1:9",
        "https://host.example/?token=S3CRET",
        "https://host.example#S3CRET",
        "https://user:S3CRET%40host.example",
        "https://user:S3CRET@[broken",
        "//user:S3CRET@host",
        "https://host.example/x?S3CRET#",
    ],
)
def test_secrets_in_the_base_url_are_refused_and_not_repeated(tmp_path: Path, house: House, base: str) -> None:
    """User name, password, query and fragment are refused before anything is asked, by a message that does not show them."""
    with pytest.raises(OptionError, match=r"the base URL .*; allowed: an https address") as caught:
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=FetchOptions(base_url=base))

    assert "S3CRET" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], "name at least one model; known: dsr1, "),
        (["dsr2"], r"the model `dsr2` is not known; .*did you mean `dsr1`\?"),
    ],
)
def test_unknown_models_are_misuse(tmp_path: Path, house: House, models: list[str], message: str) -> None:
    """No model, or one that is not registered, says what is known."""
    with pytest.raises(OptionError, match=message):
        fetch_models(models, house, tmp_path / "a.json")


def test_output_that_cannot_be_written(server: Server, tmp_path: Path, house: House) -> None:
    """A missing folder is named; nothing is left behind."""
    server.script = [answer(ROWS)]

    with pytest.raises(OutputError, match=r"none/a\.json: .*none does not exist\. Create it"):
        fetch_models(["dsr1"], house, tmp_path / "none" / "a.json", options=server.options())

    assert server.asked == []


def test_proxy_settings_do_not_stand_before_this_machine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment is for the world outside, not for a server on this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.script = [answer("[]")]

    assert fetch_availability(tmp_path / "available.json", server.options(retries=0)).exists()
    assert json.loads((tmp_path / "available.json").read_text())["rows"] == []


def test_availability_is_fetched(server: Server, tmp_path: Path) -> None:
    """The list of measured combinations is fetched the same way."""
    server.script = [answer('[{"model": "dsr1"}]')]

    path = fetch_availability(tmp_path / "available.json", server.options())

    assert json.loads(path.read_text())["rows"] == [{"model": "dsr1"}]
    assert server.asked == ["/api/v1/availability"]


def test_evaluations_are_fetched(server: Server, tmp_path: Path) -> None:
    """Scores are saved as they come, with the attribution and the address."""
    scores = [{"model": "dsr1", "task": "gsm8k", "metrics": {"accuracy": 0.94}}, {"model": "glm5", "task": "gpqa"}]
    server.script = [answer(json.dumps(scores))]

    document = json.loads(fetch_evaluations(tmp_path / "scores.json", server.options()).read_text())

    assert document["rows"] == scores
    assert "InferenceX" in document["attribution"]
    assert server.asked == ["/api/v1/evaluations"]


def test_the_history_is_asked_for_what_there_is(server: Server, tmp_path: Path, house: House) -> None:
    """Without workloads the API is asked first which it has of the model; then each is fetched once, agentic runs included."""
    listed = [
        {"model": "kimik2.6", "isl": 1024, "osl": 1024},
        {"model": "kimik2.6", "isl": "8192", "osl": "1024", "benchmark_type": "single_turn"},
        {"model": "kimik2.6", "isl": 1024, "osl": 1024, "precision": "fp4"},
        {"model": "kimik2.6", "isl": None, "osl": None, "benchmark_type": "agentic_traces"},
        {"model": "kimik2.5", "isl": 512, "osl": 512},
        {"model": "dsr1", "isl": 1, "osl": 1},
        {"model": ["kimik2.6"], "isl": 3, "osl": 3},
    ]
    server.script = [answer(json.dumps(listed)), answer(ROWS)]

    path = fetch_history(["kimik2.6"], house, tmp_path / "h.json", options=server.options())

    asked = [(urlsplit(path).path, parse_qs(urlsplit(path).query)) for path in server.asked]
    model = {"model": ["Kimi-K2.5"]}
    assert asked == [
        ("/api/v1/availability", {}),
        ("/api/v1/benchmarks/history", model | {"isl": ["1024"], "osl": ["1024"]}),
        ("/api/v1/benchmarks/history", model | {"isl": ["8192"], "osl": ["1024"]}),
        ("/api/v1/benchmarks/history", model | {"benchmarkType": ["agentic_traces"]}),
    ]
    document = json.loads(path.read_text())
    assert [row["model"] for row in document["rows"]] == ["kimik2.6"] * 3
    assert [urlsplit(source).query for source in document["sources"]] == [
        urlsplit(path).query for path in server.asked[1:]
    ]


def test_a_history_is_built_from_as_of_any_day(server: Server, tmp_path: Path, house: House) -> None:
    """What was fetched with its older runs gives the curve of a day, and today's without one."""
    old, new = "2026-03-01", "2026-06-02"
    rows = [api_row(conc=c, date=day, run_url=f"{RUN}/{day[5:7]}") for day in (old, new) for c in (4, 8)]
    listed = [{"model": "dsr1", "isl": 1024, "osl": 1024, "benchmark_type": "single_turn"}]
    server.script = [answer(json.dumps(listed)), answer(json.dumps(rows))]

    path = fetch_history(["dsr1"], house, tmp_path / "h.json", options=server.options())

    for as_of, shown in ((dt.date(2026, 4, 1), old), (None, new)):
        used = [m for m in load([path], house, DatasetOptions(as_of=as_of)).measurements if m.usable]
        assert [str(m.date) for m in used] == [shown] * 2


def test_scores_that_were_fetched_stand_beside_fetched_rows(server: Server, tmp_path: Path, house: House) -> None:
    """Rows and scores of one server, each saved by its own request, meet in one load."""
    kept = ("hardware", "framework", "model", "precision", "spec_method", "prefill_tp", "prefill_ep", "is_multinode")
    scored = {key: api_row()[key] for key in kept} | {"task": "gsm8k", "metrics": {"em_strict": 0.94}}
    server.script = [answer(ROWS), answer(json.dumps([scored]))]

    rows = fetch_models(["dsr1"], house, tmp_path / "rows.json", options=server.options())
    scores = fetch_evaluations(tmp_path / "scores.json", server.options())

    assert [s.score for s in load([rows, scores], house).measurements[0].scores] == [0.94]


@pytest.mark.parametrize(
    ("workloads", "queries"),
    [
        (["1k/1k"], [{"isl": ["1024"], "osl": ["1024"]}]),
        (["8192x1024", "1K/8K"], [{"isl": ["8192"], "osl": ["1024"]}, {"isl": ["1024"], "osl": ["8192"]}]),
        (["512/128"], [{"isl": ["512"], "osl": ["128"]}]),
        (["agentic-traces"], [{"benchmarkType": ["agentic_traces"]}]),
        (["agentic"], [{"benchmarkType": ["agentic_traces"]}]),
    ],
)
def test_the_history_of_named_workloads(
    server: Server, tmp_path: Path, house: House, workloads: list[str], queries: list[dict[str, list[str]]]
) -> None:
    """Named workloads are asked for directly, in any spelling."""
    server.script = [answer(ROWS)]

    fetch_history(["dsr1"], house, tmp_path / "h.json", workloads, server.options())

    model = {"model": ["DeepSeek-R1-0528"]}
    assert [parse_qs(urlsplit(path).query) for path in server.asked] == [model | query for query in queries]


def test_a_history_of_nothing_is_an_error(server: Server, tmp_path: Path, house: House) -> None:
    """A model without measurements, a history without rows and a workload that is none are each one message."""
    server.script = [answer("[]")]
    with pytest.raises(InputError, match="the API lists no measurement of DeepSeek-R1-0528"):
        fetch_history(["dsr1"], house, tmp_path / "h.json", options=server.options())
    with pytest.raises(InputError, match="the API has no rows for DeepSeek-R1-0528 1024x1024"):
        fetch_history(["dsr1"], house, tmp_path / "h.json", ["1k/1k"], server.options())
    with pytest.raises(
        OptionError, match=r"the workload `chat` is not known; allowed: 1k/1k, 8192x1024, agentic-traces"
    ):
        fetch_history(["dsr1"], house, tmp_path / "h.json", ["chat"], server.options())

    assert list(tmp_path.iterdir()) == []


def test_a_second_attempt_leaves_nothing_of_the_first(server: Server, tmp_path: Path, house: House) -> None:
    """Rows of an answer that broke off are taken back before the next attempt writes its own."""
    many = json.dumps([api_row(conc=2**n) for n in range(9)])
    server.script = [answer(ROWS), answer(many[:-40], length=len(many)), answer(many + "x"), answer(many)]

    path = fetch_models(["kimik2.6", "dsr1"], house, tmp_path / "a.json", options=server.options(retries=3))

    rows = json.loads(path.read_text())["rows"]
    assert [row["conc"] for row in rows] == [16, *(2**n for n in range(9))]
