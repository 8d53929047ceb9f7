"""From `up` until all agents are ready, and the watch over them after that."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from common.contracts.registry import AgentRecord
from fleet.clusters.cluster import Narrator
from fleet.clusters.local.progress import Failure, Progress, exit_text
from fleet.clusters.local.session import Session

Event = dict[str, Any]
Records = Callable[[], AsyncIterator[AgentRecord]]


class Interrupted(Exception):
    """Someone asked `up` to end."""


@dataclass(frozen=True)
class Over:
    """The supervisor has told its last."""


class Start:
    """Bring what the supervisor and the registry tell into one stream, and tell people of it."""

    def __init__(self, progress: Progress, narrator: Narrator, began: float) -> None:
        self.progress = progress
        self._narrator = narrator
        self._began = began
        self._heard: asyncio.Queue[Event | AgentRecord | Over | Interrupted] = asyncio.Queue()
        self._phases: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Start:
        """Turn the signals that end a program into something that is heard here."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(
                number, self._heard.put_nowait, Interrupted()
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def listen(self, session: Session, records: Records) -> None:
        """Begin to hear the supervisor and the registry."""
        self._tasks = [
            asyncio.create_task(self._hear_supervisor(session)),
            asyncio.create_task(self._hear_registry(records)),
        ]

    async def until_ready(self, timeout: float) -> Failure | None:
        """Wait until every agent is ready; give the failure that makes this impossible."""
        try:
            async with asyncio.timeout(timeout):
                while not self.progress.is_complete and not self.progress.failure:
                    self._take(await self._heard.get())
        except TimeoutError:
            return (*self.progress.stuck(), Failure("", "is not ready"))[0]
        return self.progress.failure

    async def stay(self) -> None:
        """Tell of changes until interrupted."""
        while True:
            self._take(await self._heard.get())

    async def until_drained(self, session: Session) -> None:
        """Tell of the end of each agent until the supervisor is gone; hurry when asked again."""
        session.drain()
        while not isinstance(item := await self._heard.get(), Over):
            if isinstance(item, Interrupted):
                self._narrator.say("kill what still drains")
                session.drain()
            elif isinstance(item, dict) and item["event"] == "ended":
                asked = item["code"] in (0, -signal.SIGTERM)
                how = "stopped" if asked else f"ended {exit_text(item['code'])}"
                self._tell(item["name"], how, item["at"])
        session.wait()

    def _take(self, item: Event | AgentRecord | Over | Interrupted) -> None:
        if isinstance(item, (Over, Interrupted)):
            raise item if isinstance(item, Interrupted) else Interrupted
        if isinstance(item, dict):
            self.progress.saw_event(item)
            if item["event"] == "ended":
                self._tell(item["name"], f"ended {exit_text(item['code'])}", item["at"])
        else:
            now = time.time()
            self.progress.saw_record(item, now)
            if item.instance in self.progress.ready:
                self._tell(item.instance, item.phase.value, now)

    def _tell(self, name: str, phase: str, at: float) -> None:
        if self._phases.get(name) != phase:
            self._phases[name] = phase
            self._narrator.phase(name, phase, at - self._began)

    async def _hear_supervisor(self, session: Session) -> None:
        async with aclosing(session.events()) as events:
            async for event in events:
                self._heard.put_nowait(event)
        self._heard.put_nowait(Over())

    async def _hear_registry(self, records: Records) -> None:
        async for record in records():
            self._heard.put_nowait(record)
