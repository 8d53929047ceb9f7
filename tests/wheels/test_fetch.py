"""Fetching: the best wheel from whichever source, belief in the hash only, and plain errors."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import download.url
from wheels.errors import WheelError
from wheels.fetch import Sources, choose, fetch, main, rank
from wheels.index import Candidate
from wheels.lock import Pin

TAGS = ("cp311-cp311-manylinux_2_17_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any")
BEST, ABI3, ANY = (f"thing-1.0-{tag}.whl" for tag in TAGS)
MAC = "thing-1.0-cp311-cp311-macosx_11_0_arm64.whl"


def sha256(content: bytes) -> str:
    """Give a hash as a lockfile has it."""
    return hashlib.sha256(content).hexdigest()


# Every test's wheel contains its own name.
PIN = Pin("thing", "1.0", "", tuple(sha256(name.encode()) for name in (BEST, ABI3, ANY, MAC)))


def folder(path: Path, *names: str, content: bytes = b"") -> str:
    """Write files that contain their names, or something else, and give the folder's URL."""
    path.mkdir(parents=True)
    for name in names:
        (path / name).write_bytes(content or name.encode())
    return path.as_uri()


def error_of(sources: Sources) -> str:
    """Return the message when nothing can be had."""
    with pytest.raises(WheelError) as caught:
        fetch(PIN, TAGS, sources)
    return str(caught.value)


@pytest.mark.parametrize(
    ("filename", "place"),
    [
        (BEST, 0),
        (ABI3, 1),
        (ANY, 2),
        ("thing-1.0-7-py3-none-any.whl", 2),
        ("thing-1.0-py2.py3-none-any.whl", 2),
        ("thing-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", 0),
        ("thing-1.0-cp311-none.cp311-any.manylinux_2_17_x86_64.whl", 0),
        ("Thing-1.0-py3-none-any.whl", 2),
        (MAC, None),
        ("thing-1.0.1-py3-none-any.whl", None),
        ("thing-1.0.tar.gz", None),
        ("thing-1.0.whl", None),
        ("things-1.0-py3-none-any.whl", None),
        ("other-thing-1.0-py3-none-any.whl", None),
        ("thing-1.0-py3-none-any.whl.metadata", None),
        ("", None),
    ],
)
def test_a_wheel_is_as_good_as_its_best_tag(filename: str, place: int | None) -> None:
    """The platform's list has the best tag first; what is no wheel of the pin is nothing."""
    assert rank(filename, PIN, TAGS) == place


@pytest.mark.parametrize("tags", [TAGS, TAGS[::-1]])
def test_the_order_of_the_platform_decides(tmp_path: Path, tags: tuple[str, ...]) -> None:
    """It is the platform of the images that is asked, not the one of the builder."""
    url = folder(tmp_path / "wheels", ANY, MAC, BEST, ABI3)

    expected = f"thing-1.0-{tags[0]}.whl"
    assert fetch(PIN, tags, Sources((), (url,))) == (expected, expected.encode())


def test_a_better_wheel_of_a_later_source_wins(tmp_path: Path) -> None:
    """What is fetched does not depend on who is asked first."""
    first, last = folder(tmp_path / "first", ANY), folder(tmp_path / "last", BEST)

    assert fetch(PIN, TAGS, Sources((), (first, last)))[0] == BEST
    assert fetch(PIN, TAGS, Sources((), (last, first)))[0] == BEST


def test_indexes_have_a_folder_for_each_distribution(tmp_path: Path) -> None:
    """Indexes and folders of links are both looked into."""
    folder(tmp_path / "simple/thing", ANY)
    wheels = folder(tmp_path / "wheels", ABI3)

    sources = Sources(((tmp_path / "simple").as_uri(),), (wheels,))
    assert [one.filename for one in sources.candidates("thing")] == [ANY, ABI3]
    assert fetch(PIN, TAGS, sources)[0] == ABI3


def test_wrong_bytes_are_not_believed(tmp_path: Path) -> None:
    """A file with another hash is refused, and the next source is asked."""
    bad = folder(tmp_path / "bad", BEST, content=b"other")
    good = folder(tmp_path / "good", BEST)

    assert fetch(PIN, TAGS, Sources((), (bad, good))) == (BEST, BEST.encode())


def test_a_file_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    """An index may still list what it has no more."""
    folder(tmp_path / "simple/thing")
    (tmp_path / "simple/thing/index.html").write_text(f'<a href="{BEST}">{BEST}</a>')
    good = folder(tmp_path / "good", BEST)

    sources = Sources(((tmp_path / "simple").as_uri(),), (good,))
    assert fetch(PIN, TAGS, sources) == (BEST, BEST.encode())


def test_a_file_whose_stated_hash_is_not_locked_is_not_asked_for() -> None:
    """It would be fetched for nothing."""
    url = f"http://host/{BEST}"
    unknown, known = Candidate(BEST, url, "0" * 64), Candidate(BEST, url, PIN.hashes[0])

    assert choose([unknown, known], PIN, TAGS) == [known]


NAMES = (BEST, ABI3, ANY, MAC, "thing-1.0-2-py3-none-any.whl", "thing-1.0.tar.gz")
CANDIDATES = tuple(Candidate(name, f"http://host/{name}", "") for name in NAMES)


@given(
    st.sets(st.sampled_from(CANDIDATES)).flatmap(
        lambda found: st.permutations(sorted(found, key=lambda candidate: candidate.filename))
    ),
    st.permutations(TAGS),
)
def test_the_order_of_a_listing_does_not_matter(found: list[Candidate], tags: list[str]) -> None:
    """Whatever order files are listed in, the same ones are tried in the same order."""
    chosen = choose(found, PIN, tags)

    assert chosen == choose(sorted(found, key=lambda one: one.filename), PIN, tags)
    places = [rank(one.filename, PIN, tags) for one in chosen]
    assert None not in places and places == sorted(places, key=lambda place: place or 0)
    assert {MAC, "thing-1.0.tar.gz"}.isdisjoint(one.filename for one in chosen)


def test_an_error_has_the_places_what_was_expected_what_was_found_and_a_hint(
    tmp_path: Path,
) -> None:
    """The whole message, as a person reads it."""
    empty, bad = folder(tmp_path / "empty", MAC), folder(tmp_path / "bad", ANY, content=b"other")

    assert error_of(Sources((), (empty, bad))) == (
        f"error: {empty}, {bad}: expected a wheel of thing 1.0 for the platform of the images, "
        f"found none but {ANY} with another hash"
        "\n\nhint: make lock  # or name an index that has it in pip's configuration"
    )


def test_an_error_says_that_a_file_is_gone(tmp_path: Path) -> None:
    """It is another mistake than a wrong hash, and another person's."""
    folder(tmp_path / "thing")
    (tmp_path / "thing/index.html").write_text(f'<a href="{BEST}">{BEST}</a>')

    message = error_of(Sources((tmp_path.as_uri(),), ()))

    assert f"found none but {BEST} that is gone\n" in message


def test_an_error_says_that_there_is_no_index() -> None:
    """Without any source the message says so."""
    assert error_of(Sources((), ())).startswith("error: no index: expected a wheel of thing 1.0")


def arguments(tmp_path: Path, *more: str) -> list[str]:
    """Give the command line that fetches into a folder `out`."""
    platform = tmp_path / "platform.json"
    platform.write_text(json.dumps({"compatible_tags": TAGS}))
    output = str(tmp_path / "out")
    return [
        *("--pin", json.dumps(asdict(PIN)), "--platform", str(platform), "--output", output),
        *more,
    ]


def test_the_file_keeps_its_name(tmp_path: Path) -> None:
    """The folder has exactly the wheel."""
    url = folder(tmp_path / "wheels", BEST, ANY)

    assert main(arguments(tmp_path, "--find-links", url)) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [BEST]
    assert (tmp_path / "out" / BEST).read_bytes() == BEST.encode()


def test_what_cannot_be_had_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is an exit code and a hint, no traceback, and nothing half-written."""
    url = folder(tmp_path / "wheels", BEST, content=b"other")

    assert main(arguments(tmp_path, "--find-links", url)) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith(f"error: {url}: expected a wheel of")
    assert "\n\nhint: make lock" in captured.err
    assert not (tmp_path / "out").exists()


class BrokenIndex(BaseHTTPRequestHandler):
    """Have a page for one distribution, and end every file too early."""

    def do_GET(self) -> None:
        """Serve one path."""
        page = self.path == "/simple/thing/"
        content = f'<a href="{BEST}">{BEST}</a>'.encode() if page else b"half"
        self.send_response(404 if self.path.startswith("/empty/") else 200)
        self.send_header("Content-Length", str(len(content) if page else 999))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a broken index on a free port, and do not wait between tries."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download.url, "_PAUSES", (0.0, 0.0))
    server = ThreadingHTTPServer(("127.0.0.1", 0), BrokenIndex)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_half_a_file_is_not_written(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection that keeps breaking is one message with the address and a hint."""
    assert main(arguments(tmp_path, "--index", f"http://{host}/simple")) == 1
    assert capsys.readouterr().err == (
        f"error: thing: http://{host}/simple/thing/{BEST}: "
        "IncompleteRead(4 bytes read, 995 more expected)\n\nhint: pip download thing\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_password_is_not_in_an_error(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Logs of builds are read by many."""
    assert main(arguments(tmp_path, "--index", f"http://ann:secret@{host}/empty")) == 1
    assert capsys.readouterr().err.startswith(f"error: http://{host}/empty: expected a wheel")
