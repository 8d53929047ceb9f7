"""Being known to the registry and knowing the others. No call between agents may enter."""

import asyncio
import logging
import random
from collections.abc import Callable

from common.clock import Clock
from common.contracts.registry import (
    REGISTRY_SLUG,
    AgentChanges,
    AgentRecord,
    AgentRegistered,
    DeregisterAgent,
    Heartbeat,
    RegisterAgent,
    WatchAgents,
    Weights,
)
from common.directory_view import GRACE_SECONDS, DirectoryView
from common.lifecycle import Phase
from common.messages import ActionError, Done, ErrorCode
from common.registry_caller import RegistryCaller
from common.transport.client import Client

HEARTBEAT_SECONDS = 1.0
ANSWER_SECONDS = 1.5
WATCH_SECONDS = 10.0
# One that sends no heartbeats learns only by its watch that the registry is gone.
GUEST_WATCH_SECONDS = 2.0
FAREWELL_SECONDS = 0.5
# The longest pause is well within a lease: a new leader must hear of us before that ends.
BACK_OFF_SECONDS = (0.02, 1.0)


class Directory:
    """Keep one record registered, if there is one, and follow the records of all agents."""

    def __init__(
        self,
        registry_endpoints: tuple[str, ...],
        client: Client,
        clock: Clock,
        log: logging.Logger,
        record: AgentRecord | None = None,
    ) -> None:
        self._registry = RegistryCaller(registry_endpoints, client, clock)
        self._client = client
        self._clock = clock
        self._log = log
        self._record = record
        self._registered: AgentRecord | None = None
        self._has_replicas = len(registry_endpoints) > 1
        self._is_connected = False
        self._news = asyncio.Event()
        self._view = DirectoryView()
        self._waiters: set[asyncio.Future[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_change: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to follow the registry."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._follow(), name="directory watch")]
        if self._record is not None:
            self._tasks.append(loop.create_task(self._announce(), name="directory heartbeat"))

    async def close(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def registry_endpoint(self) -> str:
        """Return where the registry is asked; of its replicas the one in use."""
        return self._registry.endpoint

    def records(self) -> tuple[AgentRecord, ...]:
        """Return what the registry knows."""
        return self._view.records

    def knows(self, slug: str) -> bool:
        """Tell whether any copy of an agent is known, serving or not."""
        return slug == REGISTRY_SLUG or slug in self._view.slugs

    def serving(self, slug: str) -> tuple[AgentRecord, ...]:
        """Return the copies of an agent that answer calls."""
        return self._view.serving(slug)

    def weights(self, slug: str) -> Weights:
        """Return which share of an agent's calls goes to which release."""
        return self._view.weights(slug)

    def is_serving(self, slug: str) -> bool:
        """Tell whether calls to an agent can be answered."""
        if slug == REGISTRY_SLUG:
            return self._is_connected
        return bool(self._view.serving(slug))

    def announce(self, phase: Phase) -> None:
        """Let the registry know the phase, soon."""
        if self._record is not None:
            self._record = self._record.model_copy(update={"phase": phase})
            self._news.set()

    async def wait_for_change(self, seconds: float | None = None) -> bool:
        """Return True after the next change of what is known, False when none came in time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(future)
        return True

    async def deregister(self) -> None:
        """Take the own record out; a registry that is away will see the lease end."""
        for task in self._tasks[1:]:
            task.cancel()
        record = self._record
        if record is None or not self._is_connected:
            return
        if record.slug == REGISTRY_SLUG and not self._has_replicas:
            return
        farewell = DeregisterAgent(slug=record.slug, instance=record.instance, since=record.since)
        try:
            await self._registry.ask("deregister_agent", farewell, Done, FAREWELL_SECONDS)
        except ActionError as error:
            self._log.info("left without a farewell", extra={"error": str(error)})

    async def _announce(self) -> None:
        pause = BACK_OFF_SECONDS[0]
        while True:
            self._news.clear()
            try:
                await self._register_or_renew()
                self._set_connected(True)
                pause, wait = BACK_OFF_SECONDS[0], HEARTBEAT_SECONDS
            except ActionError as error:
                wait = pause = self._after_failure(error, pause)
            await self._wait_for_news(wait)

    async def _register_or_renew(self) -> None:
        record = self._record
        assert record is not None
        if record == self._registered:
            beat = Heartbeat(slug=record.slug, instance=record.instance, since=record.since)
            accepted = await self._registry.ask("heartbeat", beat, AgentRegistered, ANSWER_SECONDS)
        else:
            entry = RegisterAgent(record=record)
            accepted = await self._registry.ask(
                "register_agent", entry, AgentRegistered, ANSWER_SECONDS
            )
            self._registered = record
        if self._view.registry not in ("", accepted.registry):
            # The old registry took our watch with it; the new one has not heard of it.
            self._view.start_anew()
            self._client.forget(self.registry_endpoint, _unavailable("the registry was restarted"))

    def _after_failure(self, error: ActionError, pause: float) -> float:
        was_registered, self._registered = self._registered is not None, None
        if error.code is ErrorCode.NOT_FOUND and was_registered:
            return 0.0
        if self._is_connected:
            self._log.warning("registry does not accept us", extra={"error": str(error)})
        self._set_connected(error.code is ErrorCode.CONFLICT)
        pause = max(pause * 2, BACK_OFF_SECONDS[0])
        return min(pause, BACK_OFF_SECONDS[1]) * random.uniform(0.75, 1.25)

    async def _wait_for_news(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def _follow(self) -> None:
        pause = BACK_OFF_SECONDS[0]
        wait = GUEST_WATCH_SECONDS if self._record is None else WATCH_SECONDS
        while True:
            question = WatchAgents(
                since=self._view.version, registry=self._view.registry, timeout_seconds=wait
            )
            seconds = wait + ANSWER_SECONDS
            try:
                changes = await self._registry.ask("watch_agents", question, AgentChanges, seconds)
            except ActionError:
                if self._record is None:
                    self._set_connected(False)
                await self._clock.sleep(pause * random.uniform(0.75, 1.25))
                pause = min(pause * 2, BACK_OFF_SECONDS[1])
                continue
            pause = BACK_OFF_SECONDS[0]
            if self._record is None:
                self._set_connected(True)
            self._apply(changes)

    def _apply(self, changes: AgentChanges) -> None:
        self._end(self._view.apply(changes, self._clock.monotonic()))
        if self._view.is_doubting:
            asyncio.get_running_loop().call_later(GRACE_SECONDS + 0.1, self._drop_doubted)
        if changes.agents:
            self._notify()

    def _drop_doubted(self) -> None:
        ended = self._view.drop_doubted(self._clock.monotonic())
        if ended:
            self._end(ended)
            self._notify()

    def _end(self, ended: tuple[AgentRecord, ...]) -> None:
        for record in ended:
            if record.slug != REGISTRY_SLUG:
                self._client.forget(record.endpoint, _unavailable(f"{record.slug} went away"))

    def _set_connected(self, connected: bool) -> None:
        if connected != self._is_connected:
            self._is_connected = connected
            if not connected:
                # Only a registry that answers can tell that a peer is gone.
                self._view.stop_doubting()
            self._notify()

    def _notify(self) -> None:
        for future in self._waiters:
            if not future.done():
                future.set_result(None)
        if self.on_change is not None:
            self.on_change()


def _unavailable(message: str) -> ActionError:
    return ActionError(ErrorCode.UNAVAILABLE, message)
