"""A package index on a free port, for the tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class IndexServer(ThreadingHTTPServer):
    """Serve paths from a table of answers, each a status and a content, in turn."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), IndexHandler)
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        # Paths whose content ends too early.
        self.cut: set[str] = set()

    @property
    def host(self) -> str:
        """Return the address of the server without a scheme."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def base(self) -> str:
        """Return the address of the index."""
        return f"http://{self.host}/simple"


class IndexHandler(BaseHTTPRequestHandler):
    """Answer from the server's table; the last answer is repeated."""

    server: IndexServer

    def do_GET(self) -> None:
        """Serve one path."""
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        if self.path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        answers = self.server.answers.get(self.path, [(404, b"")])
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        missing = 7 if self.path in self.server.cut else 0
        self.send_header("Content-Length", str(len(content) + missing))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """Run an index on a free port."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = IndexServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
