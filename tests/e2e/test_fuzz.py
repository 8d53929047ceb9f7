"""An agent that is sent nonsense by the hundred thousand goes on answering everybody else."""

import asyncio
import json
import random
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq

from common.clock import SystemClock
from common.facts import AgentFacts
from common.messages import ActionError, Reply, Request
from common.testing.live import eventually
from common.testing.process import OPERATOR, AgentProcesses, KeyRing
from common.transport.client import Client
from common.transport.context import process_context
from common.transport.curve import secure_client

MESSAGES = 100_000
BURST = 200
GARBAGE_CONNECTIONS = 300
GROWTH_BYTES = 48 * 1024 * 1024

MODULE = '''
from collections.abc import AsyncIterator

from common.agent import Agent, action
from common.attachments import Attachment
from common.messages import Item, Reply, Request


class Text(Request):
    text: str
    count: int = 1
    sound: Attachment = b""


class Answer(Reply):
    text: str


class Word(Item):
    text: str


class Target(Agent):
    """Answer whoever asks well."""

    @action
    async def echo(self, request: Text) -> Answer:
        """Send the text back."""
        return Answer(text=request.text)

    @action
    async def spell(self, request: Text, incoming: AsyncIterator[Word]) -> AsyncIterator[Word]:
        """Send the words back."""
        async for word in incoming:
            yield word
'''
FACTS = AgentFacts(
    name="Target",
    slug="service_registry",  # nobody has to be waited for
    module="target",
    actions=("echo", "spell"),
)


class Text(Request):
    """Ask with text."""

    text: str


class Answer(Reply):
    """Answer with text."""

    text: str


@pytest.fixture(params=["plain", "curve"])
async def target(request: Any, tmp_path: Path) -> AsyncIterator["Target"]:
    """Give a live agent with the security of the parameter."""
    (tmp_path / "target.py").write_text(MODULE)
    keys = KeyRing(tmp_path / "keys") if request.param == "curve" else None
    if keys is not None:
        keys.make(FACTS)
    async with AgentProcesses(tmp_path, keys) as processes:
        await processes.start(FACTS)
        made = Target(processes, keys)
        await eventually(made.answers)
        yield made
        made.close()


class Target:
    """The agent, somebody who asks it well, and somebody who does not."""

    def __init__(self, processes: AgentProcesses, keys: KeyRing | None) -> None:
        self.processes = processes
        self.clock = SystemClock()
        credentials = None if keys is None else keys.of()
        self._client = Client(OPERATOR, self.clock, credentials=credentials)
        self.attacker = process_context().socket(zmq.DEALER)
        self.attacker.setsockopt(zmq.SNDHWM, 0)
        if keys is not None:
            secure_client(self.attacker, keys.pairs[OPERATOR], keys.pairs[FACTS.slug].public)
        self.attacker.connect(processes.endpoint(FACTS.slug))

    @property
    def memory(self) -> int:
        """Return the resident bytes of the agent."""
        return int(psutil.Process(self.processes.pid(FACTS.slug)).memory_info().rss)

    async def echo(self, text: str) -> str:
        """Ask well."""
        deadline = self.clock.now() + 5.0
        endpoint, name = self.processes.endpoint(FACTS.slug), f"{FACTS.slug}.echo"
        reply = await self._client.call(endpoint, name, Text(text=text), Answer, deadline=deadline)
        return reply.text

    async def answers(self) -> bool:
        """Tell whether the agent answers by now."""
        try:
            return await self.echo("hello") == "hello"
        except ActionError:
            return False

    def drain(self) -> set[str]:
        """Read what the agent has answered to the attacker; return the ids of good replies."""
        answered = set()
        while self.attacker.poll(0):
            found = json.loads(self.attacker.recv_multipart()[-1])
            if found["kind"] == "reply":
                answered.add(found["id"])
        return answered

    def close(self) -> None:
        """Hang up."""
        self.attacker.close(linger=0)
        self._client.close()


async def test_nonsense_costs_nobody_else_a_reply(target: Target) -> None:
    """Of the good requests among a hundred thousand mutated messages none goes unanswered."""
    maker = Mutator(random.Random(20261123))
    before = target.memory
    asked: set[str] = set()
    answered: set[str] = set()
    for sent in range(0, MESSAGES, BURST):
        for _ in range(BURST):
            target.attacker.send_multipart(maker.message())
        # One on the attacker's own connection, one on another.
        asked.add(f"good {sent}")
        target.attacker.send(maker.good(f"good {sent}"))
        assert await target.echo(f"after {sent}") == f"after {sent}"
        answered |= target.drain()

    async def are_all_answered() -> bool:
        answered.update(target.drain())
        return asked <= answered

    await eventually(are_all_answered)
    assert target.processes.is_alive(FACTS.slug)
    assert target.memory - before < GROWTH_BYTES


async def test_garbage_below_the_protocol_is_survived(target: Target) -> None:
    """Bytes that are no ZMTP at all, or stop in its middle, disturb nobody."""
    maker = random.Random(7)
    greeting = bytes.fromhex("ff00000000000000017f03") + b"NULL".ljust(20, b"\0") + bytes(33)
    _, _, port = target.processes.endpoint(FACTS.slug).rpartition(":")
    for number in range(GARBAGE_CONNECTIONS):
        with socket.create_connection(("127.0.0.1", int(port)), timeout=5) as connection:
            start = greeting[: maker.randrange(len(greeting) + 1)]
            try:
                connection.sendall(start + maker.randbytes(maker.randrange(400)))
            except ConnectionError:
                continue  # it hung up on us, as it should
        if number % 20 == 0:
            assert await target.echo(str(number)) == str(number)
    assert await target.echo("still there") == "still there"
    assert target.processes.is_alive(FACTS.slug)


class Mutator:
    """Make messages that are nearly right, wrong in shape, or no messages at all."""

    STRANGE: tuple[object, ...] = (
        None,
        True,
        -1,
        2**63,
        2**64,
        1e308,
        1e-320,
        "",
        "\0",
        "é" * 300,
        [],
        {},
        [[]],
        "1",
    )
    KINDS = ("call", "open", "subscribe", "item", "credit", "end", "cancel", "reply", "event", "x")

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._number = 0

    def message(self) -> list[bytes]:
        """Make one message of one or more frames."""
        kind = self._random.randrange(6)
        if kind == 0:
            return [self._random.randbytes(self._random.randrange(1, 200))]
        document = self._document()
        if kind == 1:
            self._swap_value(document)
        elif kind == 2:
            document = self._nest(document)
        data = json.dumps(document).encode()
        if kind == 3:
            data = self._damage(data)
        extra = [self._random.randbytes(self._random.randrange(30)) for _ in range(self._extra())]
        if kind == 4:
            return [b"", data, *extra]
        return [data, *extra]

    def good(self, id: str) -> bytes:
        """Make a request that has to be answered."""
        good = {"kind": "call", "action": "echo", "deadline": int(time.time()) + 5, "id": id}
        return json.dumps({**self._document(), **good, "body": {"text": "good"}}).encode()

    def _document(self) -> dict[str, object]:
        self._number += 1
        body = {"text": "x" * self._random.randrange(50), "sound": {"attachment": 0}}
        return {
            "kind": self._random.choice(self.KINDS),
            "id": f"f{self._random.randrange(50)}",
            "correlation_id": "c",
            "source": OPERATOR,
            "action": self._random.choice(("echo", "spell", "ping", "health", "nothing", "")),
            "deadline": int(time.time()) + self._random.choice((-5, 0.001, 3)),
            "credit": self._random.choice((0, 1, 10**9)),
            "body": body,
        }

    def _swap_value(self, document: dict[str, object]) -> None:
        for _ in range(self._random.randrange(1, 3)):
            document[self._random.choice(sorted(document))] = self._random.choice(self.STRANGE)

    def _nest(self, document: dict[str, object]) -> dict[str, object]:
        nested: object = document
        for _ in range(self._random.randrange(1, 150)):
            nested = {"body": nested} if self._random.random() < 0.5 else [nested]
        return {**document, "body": nested}

    def _damage(self, data: bytes) -> bytes:
        damaged = bytearray(data)
        for _ in range(self._random.randrange(1, 6)):
            place = self._random.randrange(len(damaged))
            how = self._random.randrange(3)
            if how == 0:
                damaged[place] ^= 1 << self._random.randrange(8)
            elif how == 1:
                damaged[place:place] = self._random.randbytes(self._random.randrange(1, 9))
            else:
                del damaged[place : place + self._random.randrange(1, 9)]
            if not damaged:
                break
        return bytes(damaged)

    def _extra(self) -> int:
        return self._random.choice((0, 0, 0, 1, 2, 17, 40))


def test_messages_are_the_same_in_every_run() -> None:
    """A fuzzer's finding can be found again."""
    first, second = Mutator(random.Random(1)), Mutator(random.Random(1))
    kinds = [len(first.message()) == len(second.message()) for _ in range(200)]
    assert all(kinds)


async def test_an_oversized_frame_is_refused_by_name(target: Target) -> None:
    """Nine megabytes of JSON are answered with what was expected, and cost nobody else anything."""
    target.attacker.send(b'{"kind":"call","id":"big","body":"' + b"x" * (9 << 20) + b'"}')
    async with asyncio.timeout(5):
        while not target.attacker.poll(0):
            await asyncio.sleep(0.01)
    reply = json.loads(target.attacker.recv())
    assert reply["error"]["code"] == "malformed"
    assert "8388608 bytes" in reply["error"]["message"]
    assert await target.echo("next") == "next"
