"""Tests of UnifiedWebAgent on a real server on loopback: reading, keeping, and its guard."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.web_services.address_guard import AddressGuard, networks_of
from agents.web_services.page_fetcher import MAX_BYTES, Fetched
from agents.web_services.page_reader import read_feed, read_page
from agents.web_services.unified_web_agent import UnifiedWebAgent
from agents.web_services.web_configuration import WebConfiguration
from common.contracts.memory import AddMemoryRequest, MemoryAdded
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

BEES = """<!doctype html><html><head><title>About bees</title><style>p{}</style></head><body>
<nav><a href="/menu">Menu</a></nav>
<article><h1>Bees</h1><p>A queen bee lives for up to <b>five years</b>.</p>
<p>Honey is made of nectar.</p><ol><li>Light the smoker</li><li>Open the hive</li></ol>
<a href="/wax#top">Wax</a> <a href="http://other.example/x">Other</a>
<a href="javascript:alert(1)">Bad</a></article><script>evil()</script></body></html>"""
FEED = """<?xml version="1.0"?><rss><channel><title>n</title>
<item><title>Bees are back</title><link>/bees</link><description>&lt;b&gt;Many&lt;/b&gt; hives
</description></item><item><title>Rain</title><link>/rain</link></item></channel></rss>"""


@dataclass
class Site:
    """A web server whose answers are given by path."""

    url: str = ""
    answers: dict[str, tuple[str, str | bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    def page(self, path: str, body: str | bytes, head: str = "Content-Type: text/html") -> None:
        """Answer a path with a page."""
        self.answers[path] = (f"HTTP/1.1 200 OK\r\n{head}", body)

    def redirect(self, path: str, to: str) -> None:
        """Answer a path with a redirect."""
        self.answers[path] = (f"HTTP/1.1 302 Found\r\nLocation: {to}", "")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = lines[0].split()[1]
        self.asked.append(path)
        self.hosts += [line[6:] for line in lines if line.lower().startswith("host: ")]
        head, body = self.answers.get(path, ("HTTP/1.1 404 Not Found", ""))
        data = body.encode() if isinstance(body, str) else body
        if "Content-Length" not in head:
            head += f"\r\nContent-Length: {len(data)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + data)
        writer.close()


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Serve on loopback, at a port that is free."""
    found = Site()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    found.page("/bees", BEES)
    async with server:
        yield found


@asynccontextmanager
async def agent_on(
    networks: tuple[str, ...] = ("127.0.0.1/32",), **told: object
) -> AsyncIterator[AgentHarness[UnifiedWebAgent]]:
    """Run the agent; it may ask these networks."""
    given_ = {"timeout_seconds": 3.0, "respect_robots": False, **told}
    configuration = WebConfiguration.model_validate({"allowed_networks": networks, **given_})
    async with AgentHarness(UnifiedWebAgent, configuration=configuration) as agent:
        yield agent


async def refused(agent: AgentHarness[UnifiedWebAgent], url: str) -> ErrorCode:
    """Return why a URL cannot be read."""
    with pytest.raises(ActionError) as caught:
        await agent.call("navigate", url=url)
    return caught.value.code


async def test_a_page_is_read() -> None:
    """Title, text and links are given; menus, styles and scripts are not."""
    async with site() as web, agent_on() as agent:
        page = await agent.call("navigate", url=f"{web.url}/bees")

    assert page.title == "About bees"
    assert "A queen bee lives for up to five years." in page.text.split("\n")
    assert "evil" not in page.text and "Menu" not in page.text and "p{}" not in page.text
    assert f"{web.url}/wax" in [link.url for link in page.links]
    assert not any(link.url.startswith("javascript") for link in page.links)


async def test_what_was_read_is_found_later() -> None:
    """A page is found by its words, also after a restart, without being fetched again."""
    async with site() as web:
        async with agent_on() as agent:
            await agent.call("navigate", url=f"{web.url}/bees")
            store = agent.store
        configuration = WebConfiguration()
        async with AgentHarness(UnifiedWebAgent, store=store, configuration=configuration) as again:
            found = await again.call("search", query="how long does a queen bee live")

    assert "five years" in found.hits[0].text
    assert found.hits[0].url == f"{web.url}/bees"
    assert "no search engine" in found.note
    assert web.asked == ["/bees"]


async def test_a_page_is_browsed_for_a_purpose() -> None:
    """Passages that fit, links and steps are picked from a page."""
    async with site() as web, agent_on() as agent:
        url = f"{web.url}/bees"
        found = await agent.call("browse_with_context", url=url, context="what is honey made of")
        links = await agent.call("extract_links", url=url, same_site_only=True)
        lesson = await agent.call("tutorial", topic="open a hive", urls=[url])
        research = await agent.call("research", topic="queen bee", urls=[url, f"{web.url}/none"])

    assert "nectar" in found.passages[0].text
    assert [link.url for link in links.links] == [f"{web.url}/menu", f"{web.url}/wax"]
    assert lesson.steps == ("Light the smoker", "Open the hive")
    assert research.sources == (url,)
    assert f"{web.url}/none" in research.note


async def test_a_search_engine_and_feeds_are_asked_when_configured() -> None:
    """Links that lead elsewhere are its results; entries of a feed are news."""
    async with site() as web:
        web.page("/find?q=bee+queen", '<a href="http://other.example/b">Bees</a><a href="/x">x</a>')
        web.page("/feed", FEED, "Content-Type: application/rss+xml")
        engine, feeds = f"{web.url}/find?q={{query}}", (f"{web.url}/feed", f"{web.url}/gone")
        async with agent_on(search_url=engine, news_feeds=feeds) as agent:
            found = await agent.call("search", query="bee queen")
            news = await agent.call("news", topic="bees")

    assert [link.url for link in found.links] == ["http://other.example/b"]
    assert [(item.title, item.url) for item in news.items] == [("Bees are back", f"{web.url}/bees")]
    assert news.items[0].summary == "Many hives"
    assert "/gone" in news.note


async def test_a_page_becomes_a_memory() -> None:
    """The memory service is given title, text and where they are from."""
    async with site() as web, agent_on() as agent:
        agent.peers.answer(
            "memory_orchestrator_service", "add_memory", lambda request: MemoryAdded(memory_id="m1")
        )
        page = await agent.call("navigate", url=f"{web.url}/bees")
        sent = await agent.call("send_to_memory", page_id=page.page_id)
        (memory,) = agent.peers.calls_of("memory_orchestrator_service", "add_memory")

        assert isinstance(memory, AddMemoryRequest)
        assert sent.memory_id == "m1"
        assert "queen bee" in memory.content
        assert memory.metadata["url"] == f"{web.url}/bees"
        with pytest.raises(ActionError) as caught:
            await agent.call("send_to_memory", page_id="0" * 32)
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_loopback_is_refused_unless_it_is_allowed() -> None:
    """Without configuration the server is not even asked, however it is written."""
    async with site() as web, agent_on(()) as agent:
        port = web.url.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "0",
                     "[::ffff:127.0.0.1]", "LOCALHOST", "127.0.0.1."):  # fmt: skip
            code = await refused(agent, f"http://{host}:{port}/bees")
            assert code in (ErrorCode.DENIED, ErrorCode.UNAVAILABLE), host
        assert (await agent.call("status")).refused > 0
    assert web.asked == []


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "gopher://x/", "http://", "http:///x",
     "http://user:word@example.org/", "http://[::1", "http://x:99999/", "http://ex\\ample.org/"],
)  # fmt: skip
async def test_other_kinds_of_urls_are_refused(url: str) -> None:
    """Only plain http and https URLs are taken."""
    async with agent_on() as agent:
        assert await refused(agent, url) is ErrorCode.INVALID


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    """The second address is judged like the first."""
    async with site() as web, agent_on() as agent:
        for number, to in enumerate(
            ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
             "//192.168.0.1/x", "http://0.0.0.0/")
        ):  # fmt: skip
            web.redirect(f"/{number}", to)
            assert await refused(agent, f"{web.url}/{number}") is ErrorCode.DENIED
        web.redirect("/file", "file:///etc/passwd")
        assert await refused(agent, f"{web.url}/file") is ErrorCode.INVALID


async def test_redirects_are_followed_a_few_times() -> None:
    """The page is kept under the last URL; a circle ends."""
    async with site() as web, agent_on() as agent:
        web.redirect("/old", "/bees")
        web.redirect("/round", "/round")
        assert (await agent.call("navigate", url=f"{web.url}/old")).url == f"{web.url}/bees"
        assert await refused(agent, f"{web.url}/round") is ErrorCode.UNAVAILABLE


async def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """A name is resolved once per request, and the judged address is the one connected to."""
    answers = iter([("127.0.0.1",), ("10.0.0.1",), ("127.0.0.1", "10.0.0.1")])
    resolved: list[str] = []

    async def rebinding(host: str) -> tuple[str, ...]:
        resolved.append(host)
        return next(answers)

    async with site() as web, agent_on() as agent:
        agent.agent.guard = AddressGuard(networks_of(("127.0.0.1/32",)), rebinding)
        url = f"http://bees.example:{web.url.rpartition(':')[2]}/bees"
        page = await agent.call("navigate", url=url)
        assert page.url == url
        assert resolved == ["bees.example"]
        assert web.hosts == [url.split("/")[2]]
        assert await refused(agent, url) is ErrorCode.DENIED
        assert await refused(agent, url) is ErrorCode.DENIED
        assert len(web.asked) == 1


async def test_answers_are_bounded() -> None:
    """Too large, packed, no text, or failing: each is refused."""
    async with site() as web, agent_on(timeout_seconds=1.0) as agent:
        web.page("/large", b"x" * (MAX_BYTES + 1))
        web.page("/packed", b"\x1f\x8b", "Content-Type: text/html\r\nContent-Encoding: gzip")
        web.page("/picture", b"GIF89a", "Content-Type: image/gif")
        web.page("/slow", b"x", "Content-Type: text/html\r\nContent-Length: 5")
        web.answers["/broken"] = ("HTTP/1.1 500 Oops", "")
        web.answers["/rubbish"] = ("no http at all", "")

        assert await refused(agent, f"{web.url}/large") is ErrorCode.UNAVAILABLE
        assert await refused(agent, f"{web.url}/packed") is ErrorCode.UNAVAILABLE
        assert await refused(agent, f"{web.url}/picture") is ErrorCode.INVALID
        assert await refused(agent, f"{web.url}/broken") is ErrorCode.UNAVAILABLE
        assert await refused(agent, f"{web.url}/rubbish") is ErrorCode.UNAVAILABLE
        assert await refused(agent, f"{web.url}/none") is ErrorCode.NOT_FOUND
        assert await refused(agent, f"{web.url}/slow") in (ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT)
        assert (await agent.call("status")).failed == 7


async def test_a_server_that_never_answers_is_given_up() -> None:
    """The time is limited as a whole."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, agent_on(timeout_seconds=0.3) as agent:
        port = server.sockets[0].getsockname()[1]
        assert await refused(agent, f"http://127.0.0.1:{port}/") is ErrorCode.TIMEOUT


async def test_robots_rules_are_respected() -> None:
    """What a site asks robots to leave alone is not read; the rules are asked for once."""
    async with site() as web, agent_on(respect_robots=True) as agent:
        web.page("/robots.txt", "User-agent: *\nDisallow: /secret", "Content-Type: text/plain")
        web.page("/secret/x", "x")
        await agent.call("navigate", url=f"{web.url}/bees")
        assert await refused(agent, f"{web.url}/secret/x") is ErrorCode.DENIED
    assert web.asked == ["/robots.txt", "/bees"]


@given(st.ip_addresses())
def test_no_address_that_is_not_public_is_allowed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Private, loopback, link-local, multicast and reserved addresses are refused."""
    allowed = AddressGuard(()).allows(address)

    assert not allowed or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    "address",
    ["100.64.0.1", "224.0.0.1", "169.254.169.254", "fd00::1", "fe80::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::", "2002:7f00:1::", "255.255.255.255", "::", "ff02::1"],
)  # fmt: skip
def test_wrapped_and_special_addresses_are_refused(address: str) -> None:
    """An address inside of another counts, too."""
    assert not AddressGuard(()).allows(ipaddress.ip_address(address))
    assert AddressGuard(()).allows(ipaddress.ip_address("93.184.216.34"))


@given(st.binary(max_size=400), st.sampled_from(["text/html", "text/plain"]))
def test_whatever_a_server_sends_is_read(body: bytes, kind: str) -> None:
    """Broken pages give what can be read of them."""
    for charset in (None, "utf-16", "no-such", "idna", "base64"):
        page = read_page(Fetched("http://x.example/", kind, charset, body))
        assert all(c.isprintable() or c == "\n" for c in page.text)


@given(st.binary(max_size=200))
def test_broken_feeds_are_invalid(body: bytes) -> None:
    """A feed is read or INVALID; one that declares entities is refused."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><rss><item><title>&b;</title></item></rss>'
    for each in (body, FEED.encode()[:150] + body, bomb):
        try:
            read_feed(Fetched("http://x.example/", "text/xml", None, each))
        except ActionError as error:
            assert error.code is ErrorCode.INVALID


def test_a_page_of_nothing_but_tags_is_read_in_bounds() -> None:
    """Tags a hundred thousand deep are refused, some thousand are read."""
    deep = Fetched("http://x.example/", "text/html", None, b"<div>" * 5_000 + b"bee")

    assert read_page(deep).text == "bee"
    with pytest.raises(ActionError):
        read_page(Fetched("http://x.example/", "text/html", None, b"<b>" * 150_000))


@pytest.mark.parametrize("url", ["https://\U00019c07a[\x8c", "http://[::1", "http://[x]/"])
async def test_a_url_that_cannot_be_read_is_refused(url: str) -> None:
    """A bracket that holds no address is a mistake of the caller."""
    async with AgentHarness(UnifiedWebAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("navigate", url=url)
    assert caught.value.code in (ErrorCode.INVALID, ErrorCode.DENIED)
