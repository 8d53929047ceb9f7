"""Who may talk to a server, by the key of the connection. No request's meaning may enter."""

from collections import OrderedDict
from collections.abc import Callable

import zmq

from common.security.credentials import Credentials
from common.transport import zap
from common.transport.curve import HandshakeWatch, secure_server
from common.transport.publisher import Peer

# More connections than a process has descriptors for.
PEERS = 20_000

Refused = Callable[[str, str, str], None]
"""Told of each peer that is kept out: the reason, its key or mechanism, its address."""


class Door:
    """Let in whose key the credentials list, and remember whose connection is whose."""

    def __init__(self, name: str, credentials: Credentials, on_refused: Refused) -> None:
        self._allowed: frozenset[str] = frozenset()
        self.credentials = credentials
        self._name = name
        self._on_refused = on_refused
        self._owners: OrderedDict[Peer, str] = OrderedDict()
        self._guard: zap.Guard | None = None
        self._watch: HandshakeWatch | None = None

    def guard(self, socket: "zmq.Socket[bytes]") -> None:
        """Guard a socket that is about to bind."""
        self._guard = zap.guard(self._name, self._allow, self._refuse)
        secure_server(socket, self.credentials.own, self._guard.domain)
        self._watch = HandshakeWatch(socket, lambda reason: self._on_refused(reason, "", ""))

    @property
    def credentials(self) -> Credentials:
        """Return the keys in use and whom they let in; others count from now on."""
        return self._credentials

    @credentials.setter
    def credentials(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._allowed = frozenset(credentials.clients.values())

    def objection(self, peer: Peer, user: str, source: str) -> str | None:
        """Note whose key a message came with; tell why it is not answered, if it is not."""
        if self._owners.get(peer) != user:
            self._owners[peer] = user
            if len(self._owners) > PEERS:
                self._owners.popitem(last=False)
        if user != source:
            return f"expected {user}, whose key it is; found {source[:60]!r}"
        # The connection was made when there was an edge.
        return None if user in self._allowed else f"{user} may not call {self._name} any more"

    def known_peers(self) -> tuple[Peer, ...]:
        """Return who has asked anything, and forget them."""
        peers = tuple(self._owners)
        self._owners.clear()
        return peers

    def pause(self) -> None:
        """Let nobody in for now; who knocks waits."""
        if self._guard is not None:
            self._guard.pause()

    def resume(self) -> None:
        """Let in those who wait, and whoever comes."""
        if self._guard is not None:
            self._guard.resume()

    def close(self) -> None:
        """Let nobody in any more."""
        if self._watch is not None:
            self._watch.close()
        if self._guard is not None:
            self._guard.close()

    def _allow(self, public: str) -> str | None:
        return self.credentials.clients.get(public)

    def _refuse(self, name: str, key: str, address: str) -> None:
        self._on_refused("key not allowed", key, address)
