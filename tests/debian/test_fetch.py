"""Fetching: mirrors in turn, belief in the hash only, and errors that help."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from debian.errors import FetchError
from debian.fetch import fetch, main
from debian.lock import Package

CONTENT = b"a package"
PACKAGE = Package(
    "libone",
    "1:1.0-1",
    "amd64",
    "pool/main/o/one/libone_1%3a1.0-1_amd64.deb",
    hashlib.sha256(CONTENT).hexdigest(),
    len(CONTENT),
)


class MirrorServer(ThreadingHTTPServer):
    """Serve paths from a table of answers, each a status and a content, in turn."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: list[str] = []

    @property
    def base(self) -> str:
        """Return the address of the mirror."""
        return f"http://127.0.0.1:{self.server_address[1]}/debian"


class MirrorHandler(BaseHTTPRequestHandler):
    """Answer from the server's table; the last answer is repeated."""

    server: MirrorServer

    def do_GET(self) -> None:
        """Serve one path."""
        self.server.asked.append(self.path)
        answers = self.server.answers.get(self.path, [(404, b"")])
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[MirrorServer]:
    """Run a mirror on a free port."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = MirrorServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_next_mirror_is_asked(mirror: MirrorServer) -> None:
    """A mirror that lacks the file is passed over."""
    mirror.answers[f"/debian/{PACKAGE.path}"] = [(200, CONTENT)]
    assert fetch(PACKAGE, [f"{mirror.base}-security", f"{mirror.base}/"]) == CONTENT
    assert mirror.asked == [f"/debian-security/{PACKAGE.path}", f"/debian/{PACKAGE.path}"]


def test_wrong_bytes_are_not_believed(mirror: MirrorServer) -> None:
    """Bytes with another hash are refused, and the next mirror is asked."""
    mirror.answers[f"/debian-bad/{PACKAGE.path}"] = [(200, b"a p4ckage")]
    mirror.answers[f"/debian/{PACKAGE.path}"] = [(200, CONTENT)]
    assert fetch(PACKAGE, [f"{mirror.base}-bad", mirror.base]) == CONTENT


def test_error_names_everything_that_was_tried(mirror: MirrorServer) -> None:
    """The error names package, version and each address, and says what can be done."""
    mirror.answers[f"/debian-bad/{PACKAGE.path}"] = [(200, b"other")]
    with pytest.raises(FetchError) as caught:
        fetch(PACKAGE, [mirror.base, f"{mirror.base}-bad"])
    text = str(caught.value)
    assert text.startswith("libone 1:1.0-1 amd64: no mirror could deliver it")
    assert f"{mirror.base}/{PACKAGE.path}: has no such file" in text
    assert f"must be 9 bytes with sha256 {PACKAGE.sha256}, was 5 bytes" in text
    for hint in ("hint: make lock", "[debian].mirrors in pants.toml", "PANTS_DEBIAN_MIRRORS"):
        assert hint in text


def test_no_mirror_is_said() -> None:
    """Without any mirror the error says so."""
    with pytest.raises(FetchError, match="no mirror is configured"):
        fetch(PACKAGE, [])


def test_folder_can_be_a_mirror(tmp_path: Path) -> None:
    """A mirror may be a folder, for a build without any network."""
    (tmp_path / PACKAGE.path).parent.mkdir(parents=True)
    (tmp_path / PACKAGE.path.replace("%3a", ":")).write_bytes(CONTENT)
    output = tmp_path / "out/x.deb"
    arguments = ["--package-json", PACKAGE.to_json(), "--mirror", (tmp_path / "empty").as_uri()]
    assert main([*arguments, "--mirror", tmp_path.as_uri(), "--output", str(output)]) == 0
    assert output.read_bytes() == CONTENT


def test_command_explains_a_wrong_argument(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package that is not JSON is one message and exit code 1."""
    assert main(["--package-json", "{", "--output", str(tmp_path / "x")]) == 1
    assert "--package-json: must be JSON" in capsys.readouterr().err
