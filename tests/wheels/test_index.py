"""Package indexes: pages, folders, and servers that say no."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from download.url import read_url, without_secret
from wheels.index import Candidate, links, of_folder, of_index

SHA256 = "a" * 64
WHEEL = "thing-1.0-py3-none-any.whl"


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


def test_a_link_is_a_file_with_its_hash() -> None:
    """The fragment is what the index says of the content; it is not sent."""
    page = f'<a href="/files/{WHEEL}#sha256={SHA256}">{WHEEL}</a>'

    assert list(links(page, "http://host/simple/thing/")) == [
        Candidate(WHEEL, f"http://host/files/{WHEEL}", SHA256)
    ]


@pytest.mark.parametrize("fragment", ["", "#", "#md5=0123", "#egg=thing"])
def test_an_index_may_say_no_hash(fragment: str) -> None:
    """Another fragment is none that is believed."""
    (found,) = links(f'<a href="{WHEEL}{fragment}">{WHEEL}</a>', "http://host/simple/thing/")

    assert found == Candidate(WHEEL, f"http://host/simple/thing/{WHEEL}", "")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (WHEEL, "http://host/simple/thing/"),
        (f"../../packages/{WHEEL}", "http://host/packages/"),
        (f"/root/{WHEEL}", "http://host/root/"),
        (f"//files/{WHEEL}", "http://files/"),
        (f"https://files/x/{WHEEL}", "https://files/x/"),
    ],
)
def test_addresses_are_relative_to_the_page(href: str, url: str) -> None:
    """Indexes write links in every way that a browser understands."""
    (found,) = links(f'<a href="{href}">{WHEEL}</a>', "http://host/simple/thing/")

    assert found.url == url + WHEEL


@pytest.mark.parametrize(
    "anchor",
    [
        f'<a href="{WHEEL}">{WHEEL}</a>',
        f"<a href='{WHEEL}'>{WHEEL}</a>",
        f'<A HREF = "{WHEEL}" data-requires-python="&gt;=3.9">{WHEEL}</A>',
        f'<a data-requires-python="&gt;=3.9"\n   href="{WHEEL}" rel="internal">\n{WHEEL}\n</a>',
        f'<a href="{WHEEL}" data-requires-python=">=3.9">{WHEEL}</a>',
        f'<a data-href="no.whl" href="{WHEEL}"><code>{WHEEL}</code></a>',
        f'<a href="{WHEEL}">thing-1.0-py3-n..&gt;</a>',
    ],
)
def test_links_are_found_however_a_server_writes_them(anchor: str) -> None:
    """Case, quotes, other attributes, markup and shortened text do not matter."""
    page = f"<html><head><abbr>x</abbr></head><body>{anchor}<a name='here'>x</a></body></html>"

    assert [found.filename for found in links(page, "http://host/")] == [WHEEL]


def test_entities_are_read() -> None:
    """An address is escaped twice: for HTML, and for the URL."""
    page = '<a href="x-1%2Bcpu-py3-none-any.whl?a=1&amp;b=2#sha256=00">x</a>'

    assert list(links(page, "http://host/")) == [
        Candidate(
            "x-1+cpu-py3-none-any.whl", "http://host/x-1%2Bcpu-py3-none-any.whl?a=1&b=2", "00"
        )
    ]


FILENAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(
    lambda name: name not in (".", "..") and "/" not in name
)


@given(st.lists(FILENAMES))
def test_every_name_survives_a_page(names: list[str]) -> None:
    """What is linked is found, in its order, whatever it is called."""
    page = "".join(f'<a href="{escape("./" + quote(name))}">{escape(name)}</a>\n' for name in names)

    assert [found.filename for found in links(page, "http://host/x/")] == names


@given(st.text())
def test_a_name_never_leaves_its_folder(href: str) -> None:
    """The file is written under this name."""
    page = f'<a href="/{quote(quote(href, safe=""))}/{quote(href, safe="")}">x</a>'

    assert all("/" not in found.filename for found in links(page, "http://host/"))


def test_a_folder_can_be_an_index(tmp_path: Path) -> None:
    """Without a network there is a folder for each distribution."""
    (tmp_path / "a b/thing").mkdir(parents=True)
    (tmp_path / "a b/thing" / WHEEL).write_bytes(b"content")

    (found,) = of_index((tmp_path / "a b").as_uri(), "thing")

    assert (found.filename, found.sha256) == (WHEEL, "")
    assert read_url(found.url) == b"content"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_folder_may_have_a_page(tmp_path: Path, slash: str) -> None:
    """A mirror on disk has an index.html in each folder, with the hashes."""
    (tmp_path / "simple/thing").mkdir(parents=True)
    (tmp_path / WHEEL).write_bytes(b"content")
    page = f'<a href="../../{WHEEL}#sha256={SHA256}">{WHEEL}</a>'
    (tmp_path / "simple/thing/index.html").write_text(page)

    (found,) = of_index((tmp_path / "simple").as_uri() + slash, "thing")

    assert (found.filename, found.sha256) == (WHEEL, SHA256)
    assert read_url(found.url) == b"content"


def test_an_absent_folder_has_nothing(tmp_path: Path) -> None:
    """An index need not have every distribution."""
    assert list(of_index(tmp_path.as_uri(), "thing")) == []
    assert list(of_folder((tmp_path / "absent").as_uri())) == []
    assert read_url((tmp_path / "absent").as_uri()) is None


@pytest.mark.parametrize("as_url", [True, False])
def test_links_are_found_in_a_folder(tmp_path: Path, as_url: bool) -> None:
    """A folder of files is named by its path or its URL, and listed in the order of names."""
    for name in ("b#1.whl", "a b.whl"):
        (tmp_path / name).write_text(name)

    found = list(of_folder(tmp_path.as_uri() if as_url else str(tmp_path)))

    assert [one.filename for one in found] == ["a b.whl", "b#1.whl"]
    assert [read_url(one.url) for one in found] == [b"a b.whl", b"b#1.whl"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_server_is_asked_for_the_folder_of_the_distribution(
    index: IndexServer, slash: str
) -> None:
    """The page is asked for once, by its final address, and its files are had."""
    page = f'<a href="../../packages/{WHEEL}#sha256={SHA256}">{WHEEL}</a>'
    index.answers["/simple/thing/"] = [(200, page.encode())]
    index.answers[f"/packages/{WHEEL}"] = [(200, b"content")]

    (found,) = of_index(index.base + slash, "thing")

    assert read_url(found.url) == b"content"
    assert index.asked == [("/simple/thing/", ""), (f"/packages/{WHEEL}", "")]


def test_a_page_of_links_is_read(index: IndexServer) -> None:
    """One page may have the files of many distributions."""
    index.answers["/wheels/"] = [(200, f'<a href="{WHEEL}">{WHEEL}</a>'.encode())]

    (found,) = of_folder(f"http://{index.host}/wheels/")

    assert found == Candidate(WHEEL, f"http://{index.host}/wheels/{WHEEL}", "")
    assert list(of_folder(f"http://{index.host}/absent/")) == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_server_may_have_nothing(index: IndexServer, status: int) -> None:
    """What is not there is not there: it is asked for once."""
    index.answers["/simple/thing/"] = [(status, b"no")]

    assert list(of_index(index.base, "thing")) == []
    assert len(index.asked) == 1


@pytest.mark.parametrize(
    ("userinfo", "known"), [("ann:s%40crt%3A", "ann:s@crt:"), ("token", "token:")]
)
def test_a_user_and_password_are_sent_in_a_header(
    index: IndexServer, userinfo: str, known: str
) -> None:
    """They go to the page and to the files that it links to by relative address."""
    index.answers["/simple/thing/"] = [(200, f'<a href="{WHEEL}">{WHEEL}</a>'.encode())]
    index.answers[f"/simple/thing/{WHEEL}"] = [(200, b"content")]

    (found,) = of_index(f"http://{userinfo}@{index.host}/simple", "thing")

    header = "Basic " + base64.b64encode(known.encode()).decode()
    assert read_url(found.url) == b"content"
    assert index.asked == [("/simple/thing/", header), (f"/simple/thing/{WHEEL}", header)]


def test_a_password_is_not_sent_on(index: IndexServer) -> None:
    """The store that an index redirects to gets no secret of the index."""
    index.redirects["/simple/x"] = f"http://{index.host}/store/x"
    index.answers["/store/x"] = [(200, b"content")]

    assert read_url(f"http://ann:secret@{index.host}/simple/x") == b"content"
    assert index.asked[-1] == ("/store/x", "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:secret@host:8080/simple", "https://host:8080/simple"),
        ("https://ann@[::1]:8080/simple?a#b", "https://[::1]:8080/simple?a#b"),
        ("https://host/@ann/simple", "https://host/@ann/simple"),
        ("/a/folder", "/a/folder"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    """The rest of an address stays as it is."""
    assert without_secret(url) == shown


def test_a_passing_failure_is_tried_again(index: IndexServer) -> None:
    """A server error is tried again after a pause."""
    index.answers["/x"] = [(503, b""), (200, b"content")]
    pauses: list[float] = []

    assert read_url(f"http://{index.host}/x", pauses.append) == b"content"
    assert len(pauses) == 1


def test_a_lasting_failure_ends_and_says_where(index: IndexServer) -> None:
    """A server that keeps failing is given up after a few tries."""
    index.answers["/x"] = [(503, b"")]
    pauses: list[float] = []

    with pytest.raises(OSError) as caught:
        read_url(f"http://ann:secret@{index.host}/x", pauses.append)

    assert str(caught.value) == (f"http://{index.host}/x: HTTP Error 503: Service Unavailable")
    assert len(index.asked) == len(pauses) + 1 == 3


def test_half_an_answer_is_none(index: IndexServer) -> None:
    """A connection that ends too early is tried again, and is an error in the end."""
    index.answers["/x"] = [(200, b"conte")]
    index.cut.add("/x")

    with pytest.raises(OSError, match="IncompleteRead"):
        read_url(f"http://{index.host}/x", lambda seconds: None)

    assert len(index.asked) == 3
