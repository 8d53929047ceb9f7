"""Sockets that know their peers by key. Whose key is allowed may not enter.

What the monitor of a client's socket tells, measured with libzmq 4.3.5; each begins with
CONNECT_DELAYED and CONNECTED and ends with DISCONNECTED, but for the first:

| case | event (value) | then libzmq |
| --- | --- | --- |
| let in | HANDSHAKE_SUCCEEDED (0) | sends |
| the guard refuses (ZAP 400) | HANDSHAKE_FAILED_AUTH (400) | stops |
| another server key than ours | HANDSHAKE_FAILED_NO_DETAIL (EPIPE) | retries |
| the server has no gatekeeper | HANDSHAKE_FAILED_NO_DETAIL (EPIPE or ETIMEDOUT) | retries |
| plain client, guarded server | HANDSHAKE_FAILED_PROTOCOL (MECHANISM_MISMATCH) | stops |
| guarded client, plain server | HANDSHAKE_FAILED_PROTOCOL (MECHANISM_MISMATCH) | stops |
| the other says nothing for 5 s | HANDSHAKE_FAILED_NO_DETAIL (ETIMEDOUT) | retries |

Where it stops, the socket is dead: only a new one can come in later. The server's monitor tells
ZAP 400 as HANDSHAKE_FAILED_AUTH (400), a client with another server key as
HANDSHAKE_FAILED_PROTOCOL (CRYPTOGRAPHIC), and a plain client as MECHANISM_MISMATCH; the guard
never hears of the latter two.
"""

import asyncio
from collections.abc import Callable

import zmq
from zmq.utils.monitor import parse_monitor_message

from common.security.keys import KeyPair
from common.transport.loop_socket import LoopSocket

HANDSHAKE_MILLISECONDS = 5000
"""How long somebody may be connected without saying who they are."""
REBIND_SECONDS = 2.0
PAUSE_SECONDS = 0.001

FAILED = zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
REASONS = {
    int(zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC): "wrong server key",
    int(zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH): "no key",
}
NO_HANDSHAKE = "no handshake"


def secure_server(socket: "zmq.Socket[bytes]", own: KeyPair, domain: str) -> None:
    """Let the socket, before it binds, accept only those whom the domain's guard allows."""
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    _identify(socket, own)
    socket.setsockopt_string(zmq.ZAP_DOMAIN, domain)
    # Or everybody would be let in while the context has no gatekeeper.
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)


def secure_client(socket: "zmq.Socket[bytes]", own: KeyPair, server_public: str) -> None:
    """Let the socket, before it connects, talk only to who has the secret of that key."""
    _identify(socket, own)
    socket.setsockopt_string(zmq.CURVE_SERVERKEY, server_public)


async def rekey_server(socket: "zmq.Socket[bytes]", own: KeyPair) -> None:
    """Give a bound server another key pair, at the endpoint that it has.

    A listener keeps the keys that it began with, so there has to be a new one; with the old one
    go its connections, after what is queued for them. Whoever wants no request lost sends its
    clients away and waits for what is inflight before.
    """
    endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    _identify(socket, own)
    socket.unbind(endpoint)
    async with asyncio.timeout(REBIND_SECONDS):
        while not _bound(socket, endpoint):
            await asyncio.sleep(PAUSE_SECONDS)


class HandshakeWatch:
    """Tell why peers failed that no guard has heard of: `wrong server key`, `no key`, ..."""

    def __init__(self, socket: "zmq.Socket[bytes]", on_failed: Callable[[str], None]) -> None:
        self._socket = socket
        self._on_failed = on_failed
        self._monitor = LoopSocket(socket.get_monitor_socket(FAILED), self._tell)

    def close(self) -> None:
        """Watch no more."""
        if not self._socket.closed:
            self._socket.disable_monitor()
        self._monitor.close()

    def _tell(self, frames: list[bytes]) -> None:
        event = parse_monitor_message(frames)
        is_protocol = event["event"] == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        reason = REASONS.get(event["value"], NO_HANDSHAKE) if is_protocol else NO_HANDSHAKE
        self._on_failed(reason)


def _identify(socket: "zmq.Socket[bytes]", own: KeyPair) -> None:
    socket.setsockopt_string(zmq.CURVE_PUBLICKEY, own.public)
    socket.setsockopt_string(zmq.CURVE_SECRETKEY, own.secret)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MILLISECONDS)


def _bound(socket: "zmq.Socket[bytes]", endpoint: str) -> bool:
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        # The old listener is closed in another thread, within milliseconds.
        if error.errno != zmq.EADDRINUSE:
            raise
        return False
    return True
