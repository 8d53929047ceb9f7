"""The door of guarded sockets, over real sockets: who comes in, who does not, and who is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import zmq
from zmq.utils.monitor import parse_monitor_message

from common.security.keys import KeyPair
from common.transport.context import process_context
from common.transport.curve import HandshakeWatch, rekey_server, secure_client, secure_server
from common.transport.loop_socket import LoopSocket
from common.transport.zap import ZAP_ENDPOINT, guard

SERVER, FRIEND, STRANGER = (KeyPair.generate() for _ in range(3))
HANDSHAKE_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)
SECONDS = 5


class Peer:
    """A client that tells how its handshake went and what it was answered."""

    def __init__(
        self, endpoint: str, own: KeyPair | None = None, server_public: str = SERVER.public
    ) -> None:
        socket = process_context().socket(zmq.DEALER)
        socket.setsockopt(zmq.RECONNECT_IVL, 10)
        if own is not None:
            secure_client(socket, own, server_public)
        self._events: asyncio.Queue[int] = asyncio.Queue()
        self._replies: asyncio.Queue[list[bytes]] = asyncio.Queue()
        monitor = socket.get_monitor_socket(HANDSHAKE_EVENTS)
        self._monitor = LoopSocket(
            monitor, lambda frames: self._events.put_nowait(parse_monitor_message(frames)["event"])
        )
        self._socket = LoopSocket(socket, self._replies.put_nowait)
        socket.connect(endpoint)

    async def handshake(self) -> int:
        """Return how the next handshake goes."""
        async with asyncio.timeout(SECONDS):
            return await self._events.get()

    async def ask(self) -> str:
        """Ask who we are in the eyes of the server."""
        assert self._socket.send([b"who am I"])
        async with asyncio.timeout(SECONDS):
            return (await self._replies.get())[-1].decode()

    def close(self) -> None:
        """Hang up."""
        self._socket.socket.disable_monitor()
        self._monitor.close()
        self._socket.close()


@dataclass
class Door:
    """A server that answers everybody with the user whom it takes them for."""

    name: str = "server"
    guests: dict[str, str] = field(default_factory=lambda: {FRIEND.public: "friend"})
    own: KeyPair = SERVER
    is_open: bool = True
    peers: list[Peer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refusals: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self.failures: asyncio.Queue[str] = asyncio.Queue()
        self.guard = guard(self.name, self.guests.get, self._refused)
        self.socket = process_context().socket(zmq.ROUTER)
        secure_server(self.socket, self.own, self.guard.domain)
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.watch = HandshakeWatch(self.socket, self.failures.put_nowait)
        self._loop_socket = LoopSocket(self.socket, self._answer, tells_users=True)

    def peer(self, own: KeyPair | None = None, server_public: str = SERVER.public) -> Peer:
        """Knock."""
        self.peers.append(Peer(self.endpoint, own, server_public))
        return self.peers[-1]

    async def refusal(self) -> tuple[str, str, str]:
        """Return whom the guard refused."""
        async with asyncio.timeout(SECONDS):
            return await self.refusals.get()

    async def failure(self) -> str:
        """Return why somebody did not come as far as the guard."""
        async with asyncio.timeout(SECONDS):
            return await self.failures.get()

    def close(self) -> None:
        """Close everything, once."""
        if not self.is_open:
            return
        self.is_open = False
        for peer in self.peers:
            peer.close()
        self.watch.close()
        self._loop_socket.close()
        self.guard.close()

    def _refused(self, name: str, peer: str, address: str) -> None:
        self.refusals.put_nowait((name, peer, address))

    def _answer(self, frames: list[bytes]) -> None:
        self._loop_socket.send([frames[0], self._loop_socket.user.encode()])


@asynccontextmanager
async def doors(*names: str) -> AsyncIterator[list[Door]]:
    """Give servers in one process, and close them."""
    opened = [Door(name) for name in names]
    try:
        yield opened
    finally:
        for door in opened:
            door.close()


def address_is_free() -> bool:
    """Tell whether somebody could take the gatekeeper's place."""
    socket = process_context().socket(zmq.ROUTER)
    try:
        socket.bind(ZAP_ENDPOINT)
    except zmq.ZMQError:
        return False
    else:
        socket.unbind(ZAP_ENDPOINT)
        return True
    finally:
        socket.close(linger=0)


async def test_a_friend_comes_in_and_is_known() -> None:
    """Who is on the list is let in, and the server learns the slug."""
    async with doors("server") as [door]:
        friend = door.peer(FRIEND)

        assert await friend.handshake() == zmq.EVENT_HANDSHAKE_SUCCEEDED
        assert await friend.ask() == "friend"


async def test_a_stranger_is_refused_and_told_of() -> None:
    """A key that is not on the list is refused once, with the key and address to the server."""
    async with doors("server") as [door]:
        assert await door.peer(STRANGER).handshake() == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        assert await door.refusal() == ("server", STRANGER.public, "127.0.0.1")
        assert await door.peer(FRIEND).ask() == "friend"


@pytest.mark.parametrize(
    ("knock", "event", "reason"),
    [
        (
            lambda door: door.peer(FRIEND, STRANGER.public),
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
            "wrong server key",
        ),
        (lambda door: door.peer(), zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, "no key"),
    ],
)
async def test_who_fails_before_the_guard_is_told_of(
    knock: Callable[[Door], Peer], event: int, reason: str
) -> None:
    """A client with another server key, or without keys, fails; the server goes on."""
    async with doors("server") as [door]:
        assert await knock(door).handshake() == event
        assert await door.failure() == reason
        assert door.refusals.empty()
        assert await door.peer(FRIEND).ask() == "friend"


async def test_a_guarded_client_does_not_talk_to_a_plain_server() -> None:
    """Nothing is sent to a server that cannot prove who it is."""
    socket = process_context().socket(zmq.ROUTER)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    peer = Peer(f"tcp://127.0.0.1:{port}", FRIEND)
    try:
        assert await peer.handshake() == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    finally:
        peer.close()
        socket.close(linger=0)


async def test_a_key_that_was_removed_is_refused_when_it_comes_again() -> None:
    """Taking a key off the list takes effect at the next connection; others stay."""
    async with doors("server") as [door]:
        door.guests[STRANGER.public] = "guest"
        staying, leaving = door.peer(FRIEND), door.peer(STRANGER)
        assert await leaving.ask() == "guest"
        assert await staying.ask() == "friend"

        del door.guests[STRANGER.public]
        leaving.close()
        door.peers.remove(leaving)

        assert await door.peer(STRANGER).handshake() == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        assert await staying.ask() == "friend"


async def test_servers_of_a_process_have_lists_of_their_own() -> None:
    """Each server's guard decides for itself, even under the same name."""
    async with doors("server", "server", "other") as opened:
        opened[1].guests[STRANGER.public] = "guest"

        assert await opened[1].peer(STRANGER).ask() == "guest"
        for door in (opened[0], opened[2]):
            assert await door.peer(STRANGER).handshake() == zmq.EVENT_HANDSHAKE_FAILED_AUTH


async def test_one_server_less_leaves_the_others_guarded() -> None:
    """Closing a server keeps the door of the rest."""
    async with doors("first", "second") as [first, second]:
        first.close()

        assert await second.peer(FRIEND).ask() == "friend"
        assert await second.peer(STRANGER).handshake() == zmq.EVENT_HANDSHAKE_FAILED_AUTH


async def test_without_a_guard_nobody_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose guard is gone refuses even friends, if only by silence."""
    monkeypatch.setattr("common.transport.curve.HANDSHAKE_MILLISECONDS", 200)
    async with doors("server") as [door]:
        door.guard.close()

        assert await door.peer(FRIEND).handshake() == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL


async def test_a_pause_keeps_friends_waiting() -> None:
    """While a server takes nobody in, who knocks waits at the door, and is then judged."""
    async with doors("server", "other") as [door, other]:
        door.guard.pause()
        friend, stranger = door.peer(FRIEND), door.peer(STRANGER)
        assert await other.peer(FRIEND).ask() == "friend"
        assert door.refusals.empty()

        door.guard.resume()

        assert await friend.ask() == "friend"
        assert await stranger.handshake() == zmq.EVENT_HANDSHAKE_FAILED_AUTH


async def test_who_waits_while_keys_change_comes_in_after() -> None:
    """A client that knocked in the pause before a change of keys is let in right after it."""
    renewed = KeyPair.generate()
    async with doors("server") as [door]:
        door.guard.pause()
        early, late = door.peer(FRIEND), door.peer(FRIEND, renewed.public)
        assert await late.handshake() == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL

        await rekey_server(door.socket, renewed)
        door.guard.resume()

        assert await late.ask() == "friend"
        assert await early.handshake() == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL


async def test_a_new_key_pair_at_the_same_endpoint() -> None:
    """After a change of keys, those who know the new one come in, others do not."""
    renewed = KeyPair.generate()
    async with doors("server") as [door]:
        assert await door.peer(FRIEND).ask() == "friend"

        await rekey_server(door.socket, renewed)

        assert await door.peer(FRIEND, renewed.public).ask() == "friend"
        late = door.peer(FRIEND)
        assert await late.handshake() == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL


def test_every_loop_has_a_door_of_its_own() -> None:
    """Loops that come one after the other are guarded, even when one left without closing."""

    async def visit(*, is_tidy: bool) -> str:
        door = Door()
        friend = door.peer(FRIEND)
        try:
            return await friend.ask()
        finally:
            friend.close()
            door.watch.close()
            door.socket.close(linger=0)
            if is_tidy:
                door.guard.close()

    for is_tidy in (True, False, True):
        assert asyncio.run(visit(is_tidy=is_tidy)) == "friend"


async def test_nothing_is_left_at_the_address() -> None:
    """When the last server goes, the address of the door is free."""
    async with doors("first", "second"):
        assert not address_is_free()
    assert address_is_free()
