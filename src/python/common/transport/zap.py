"""The door of every guarded socket of the process (ZeroMQ RFC 27). No rule who may come in.

ZeroMQ asks one socket at one address of the context about each connection to any server; so
servers, each with its guard, share one gatekeeper. It lives on a loop, while it has a guard.
Without one, ZeroMQ itself refuses all who knock at a socket that has a domain.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import zmq
from zmq.utils import z85

from common.transport.context import process_context
from common.transport.loop_socket import LoopSocket

ZAP_ENDPOINT = "inproc://zeromq.zap.01"
VERSION = b"1.0"
KEY_BYTES = 32
LET_IN, REFUSED = b"200", b"400"

Allow = Callable[[str], str | None]
"""Public key -> slug, or None."""
Refused = Callable[[str, str, str], None]
"""Told of a refusal: the guard's name, the public key or else the mechanism, the address."""


@dataclass(frozen=True)
class Guard:
    """The right of one server to be guarded; `domain` is for its socket."""

    name: str
    domain: str
    allow: Allow
    on_refused: Refused
    _gatekeeper: "Gatekeeper"

    def pause(self) -> None:
        """Let nobody in for now: who knocks waits, or knocks again after the socket's rebind."""
        self._gatekeeper._held.setdefault(self.domain.encode(), [])

    def resume(self) -> None:
        """Judge who waits, and whoever comes."""
        for frames in self._gatekeeper._held.pop(self.domain.encode(), []):
            self._gatekeeper._answer(frames)

    def close(self) -> None:
        """Let nobody in any more, after the server's socket was closed."""
        self._gatekeeper._release(self)


class Gatekeeper:
    """Answer ZeroMQ whether a peer may come in, for every guard of one loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._context = process_context()
        self._guards: dict[bytes, Guard] = {}
        self._held: dict[bytes, list[list[bytes]]] = {}
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        try:
            self._socket.bind(ZAP_ENDPOINT)
        except zmq.ZMQError:
            self._socket.close(linger=0)
            raise
        self._asked = LoopSocket(self._socket, self._answer)

    @property
    def is_of_this_process(self) -> bool:
        """Whether it was made here: a forked child has what its parent made, and a new context."""
        return self._context is process_context()

    @property
    def can_answer(self) -> bool:
        """Whether it listens on the loop that runs."""
        return not self._socket.closed and self._loop is asyncio.get_running_loop()

    def add(self, name: str, allow: Allow, on_refused: Refused) -> Guard:
        """Make a guard whose domain no other has."""
        domain = f"{name}-{next(_numbers)}"
        guard = Guard(name, domain, allow, on_refused, self)
        self._guards[domain.encode()] = guard
        return guard

    def close(self) -> None:
        """Give the address back, whatever became of the loop."""
        if self._socket.closed:
            return
        # Closing alone gives the address back later, in another thread.
        self._socket.unbind(ZAP_ENDPOINT)
        if self._loop.is_closed():
            self._socket.close(linger=0)
        else:
            self._asked.close()

    def _release(self, guard: Guard) -> None:
        self._guards.pop(guard.domain.encode(), None)
        guard.resume()
        if not self._guards:
            self.close()

    def _answer(self, frames: list[bytes]) -> None:
        # envelope, empty, version, request, domain, address, routing id, mechanism, credentials
        if len(frames) < 8 or frames[2] != VERSION:
            return
        envelope, request, domain, address = frames[0], frames[3], frames[4], frames[5]
        if domain in self._held:
            self._held[domain].append(frames)
            return
        guard = self._guards.get(domain)
        peer = _public_key(frames[7], frames[8:])
        slug = guard.allow(peer) if guard is not None and peer is not None else None
        status, user = (LET_IN, slug.encode()) if slug else (REFUSED, b"")
        self._asked.send([envelope, b"", VERSION, request, status, b"", user, b""])
        if slug is None and guard is not None:
            shown = peer or frames[7].decode(errors="replace")
            guard.on_refused(guard.name, shown, address.decode(errors="replace"))


class _Current:
    """The gatekeeper of the process, since the address is the context's."""

    def __init__(self) -> None:
        self._gatekeeper: Gatekeeper | None = None

    def get(self) -> Gatekeeper | None:
        return self._gatekeeper

    def put(self, gatekeeper: Gatekeeper) -> None:
        self._gatekeeper = gatekeeper


_current = _Current()
_numbers = count(1)


def guard(name: str, allow: Allow, on_refused: Refused) -> Guard:
    """Guard a server on the loop that runs; `allow` is asked about each peer that connects."""
    found = _current.get()
    if found is None or not found.can_answer:
        if found is not None and found.is_of_this_process:
            found.close()
        found = Gatekeeper()
        _current.put(found)
    return found.add(name, allow, on_refused)


def _public_key(mechanism: bytes, credentials: list[bytes]) -> str | None:
    if mechanism != b"CURVE" or [len(item) for item in credentials] != [KEY_BYTES]:
        return None
    return z85.encode(credentials[0]).decode()
