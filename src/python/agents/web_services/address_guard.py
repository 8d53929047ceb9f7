"""
Which addresses may be asked: those of the public internet, and networks that the operator names.

A name is resolved once, every address that it has is judged, and the connection is made to the
address that was judged: a name that means something else a moment later changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from common.messages import ActionError, ErrorCode

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str], Awaitable[tuple[str, ...]]]

_NAT64: Final = bytes.fromhex("0064ff9b") + bytes(8)


@dataclass(frozen=True)
class Target:
    """An address that may be asked for a URL."""

    parts: SplitResult
    host: str
    address: Address

    @property
    def authority(self) -> str:
        """Return the name and port that the server is to see."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.parts.port}" if self.parts.port is not None else host

    @property
    def pinned_url(self) -> str:
        """Return the URL with the address in place of the name."""
        shown = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        port = f":{self.parts.port}" if self.parts.port is not None else ""
        path = self.parts.path or "/"
        return self.parts._replace(netloc=shown + port, path=path, fragment="").geturl()


async def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class AddressGuard:
    """Judge the addresses of URLs."""

    def __init__(self, allowed: tuple[Network, ...], resolver: Resolver = resolve) -> None:
        self._allowed = allowed
        self._resolver = resolver

    async def target(self, url: str) -> Target:
        """Return an address for a URL; raise DENIED when one of its addresses is forbidden."""
        parts, host = _parts(url)
        try:
            names = await self._resolver(host)
        except (OSError, UnicodeError):
            raise _error(ErrorCode.UNAVAILABLE, f"no address is known for {host!r}") from None
        addresses = [ipaddress.ip_address(name.split("%")[0]) for name in names]
        for address in addresses:
            if not self.allows(address):
                message = f"expected a public address, {host!r} has one that is not"
                raise _error(ErrorCode.DENIED, message)
        if not addresses:
            raise _error(ErrorCode.UNAVAILABLE, f"no address is known for {host!r}")
        return Target(parts, host, addresses[0])

    def allows(self, address: Address) -> bool:
        """Tell whether an address may be asked, whatever it is wrapped in."""
        inner = _inner(address)
        if any(_is_in(each, network) for each in (address, inner) for network in self._allowed):
            return True
        return all(each.is_global and not each.is_multicast for each in (address, inner))


def networks_of(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Read networks, or raise ValueError."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def _is_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _inner(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.packed.startswith(_NAT64):
        return ipaddress.IPv4Address(address.packed[12:])
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _parts(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _error(ErrorCode.INVALID, f"expected a URL, found: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _error(ErrorCode.INVALID, "expected a URL with http or https and a host")
    if parts.username is not None or parts.password is not None:
        raise _error(ErrorCode.INVALID, "expected a URL without user and password")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _error(ErrorCode.INVALID, "expected a URL of ASCII characters, others as %XX")
    return parts, host


def _error(code: ErrorCode, message: str) -> ActionError:
    return ActionError(code, message, "url")
