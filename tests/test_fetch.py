"""Fetching from a local server that replays real answers, errors, slow and truncated bodies."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from support.rows import api_row

from specxl.errors import InputError, OptionError, OutputError
from specxl.reading.dataset import load
from specxl.reading.fetch import FetchOptions, fetch_availability, fetch_models

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
        (answer("[1]" + " " * 3000), "the answer has 3003 bytes; allowed: at most 2000", 1),
        (answer("", 302, Location="http://127.0.0.2/x"), r"the server redirects to another place \(127\.0\.0\.2\)", 1),
        (
            answer("", 302, Location="file:///etc/passwd"),
            "the server redirects to another place|the server answers 302",
            1,
        ),
    ],
)
def test_lasting_failures_are_named(
    server: Server, tmp_path: Path, house: House, step: Callable[[Replay], None], message: str, requests: int
) -> None:
    """Refusals, broken answers and limits give one error with the reason, and leave no file."""
    server.script = [step]

    with pytest.raises(InputError, match=message):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=server.options(retries=2, max_bytes=2000))

    assert len(server.asked) == requests
    assert list(tmp_path.iterdir()) == []


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
    ],
)
def test_base_url_must_be_https(tmp_path: Path, house: House, base: str, message: str) -> None:
    """Plain http is for this machine only, and nothing but the web is fetched."""
    with pytest.raises(OptionError, match=message):
        fetch_models(["dsr1"], house, tmp_path / "a.json", options=FetchOptions(base_url=base))


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

    with pytest.raises(OutputError, match=r"none/a\.json: the file cannot be written \(No such file"):
        fetch_models(["dsr1"], house, tmp_path / "none" / "a.json", options=server.options())


def test_proxy_settings_do_not_stand_before_this_machine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment is for the world outside, not for a server on this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.script = [answer("[]")]

    assert fetch_availability(tmp_path / "available.json", server.options(retries=0)).exists()


def test_availability_is_fetched(server: Server, tmp_path: Path) -> None:
    """The list of measured combinations is fetched the same way."""
    server.script = [answer('[{"model": "dsr1"}]')]

    path = fetch_availability(tmp_path / "available.json", server.options())

    assert json.loads(path.read_text())["rows"] == [{"model": "dsr1"}]
    assert server.asked == ["/api/v1/availability"]
