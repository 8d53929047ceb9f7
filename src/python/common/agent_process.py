"""One running agent: everything wired together, from bind to exit. No argv, no signal may enter."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable
from pathlib import Path

from common.actions import ActionTable
from common.agent import Agent, AgentContext
from common.base_actions import BASE_ACTIONS, BaseActions
from common.clock import Clock, SystemClock
from common.configuration import Configuration
from common.contracts.health import HealthReport
from common.contracts.registry import REGISTRY_SLUG, AgentRecord
from common.contracts.traces import Span
from common.directory import Directory
from common.facts import AgentFacts
from common.health import HealthServer
from common.key_change import KeyChange
from common.lifecycle import Event, Phase
from common.messages import ActionError, ErrorCode, Item, Reply
from common.network_peers import NetworkPeers
from common.security.credentials import Credentials
from common.settings import Settings
from common.state.open import open_store, sqlite_path
from common.state.store import OwnedStore, StateUrlError
from common.status import Status
from common.telemetry import Telemetry
from common.transport.client import Client
from common.transport.door import Door
from common.transport.flow import Inbox
from common.transport.server import Server
from common.transport.server_stream import Incoming
from common.wire import Body, Call, Frames, Open

EXIT_STOPPED = 0
EXIT_START_FAILED = 1
EXIT_RESTART = 75


class AgentProcess:
    """Bind, wait for dependencies, start, serve, drain."""

    def __init__(
        self,
        facts: AgentFacts,
        settings: Settings,
        agent_class: type[Agent],
        clock: Clock | None = None,
        credentials: Credentials | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.facts = facts
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.log = logging.getLogger(f"agent.{facts.slug}")
        self.status = Status(facts.slug, settings.instance, self.clock)
        self.endpoint = ""
        self.health_endpoint = ""
        self._class = agent_class
        self._configuration = configuration or agent_class.configuration()
        self._table = ActionTable(BaseActions(self))
        self._telemetry = Telemetry(
            facts, settings, self.clock, self.log, self._is_known, self._reading
        )
        door = None
        if credentials is not None:
            door = Door(settings.instance, credentials, self._telemetry.refused)
        self._server = Server(self, self._telemetry.answered, self.clock, self.log, door=door)
        self._server.publisher.declare(agent_class.topics)
        self._health = HealthServer(self.report, self._telemetry.metrics)
        self._client = Client(
            facts.slug, self.clock, release=settings.release, credentials=credentials
        )
        self._keys = None if door is None else KeyChange(self._server, self._client, door, self.log)
        self._report_to(self._telemetry)
        self._directory: Directory | None = None
        self._store: OwnedStore | None = None
        self._agent: Agent | None = None
        self._has_begun = False
        self._stop = asyncio.Event()
        self._exit_code = EXIT_STOPPED
        self._folder: Path | None = None

    def stop(self) -> None:
        """Begin to drain; `run` returns when that is done."""
        self._stop.set()

    def restart(self) -> None:
        """Begin to drain, and exit so that the supervisor starts the process again."""
        self._exit_code = EXIT_RESTART
        self._stop.set()

    @property
    def agent(self) -> Agent | None:
        """Return the agent, once it is made."""
        return self._agent

    def report(self) -> HealthReport:
        """Describe the process."""
        return self.status.report(self._server.inflight)

    def spans(self, correlation_id: str) -> tuple[Span, ...]:
        """Return what the process remembers of its work for a correlation id."""
        return self._telemetry.spans(correlation_id)

    async def clear_state(self) -> int:
        """Wipe documents and files of the agent."""
        if self._store is None or self._agent is None:
            raise ActionError(ErrorCode.UNAVAILABLE, "the store is not open yet")
        count = await self._store.clear()
        for path in self._agent.state_directory.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        await self._agent.state_cleared()
        return count

    async def run(self) -> int:
        """Live from bind to exit and return the exit code."""
        try:
            directory = await self._bind()
            try:
                await self._start(directory)
            except StateUrlError as error:
                self._give_up(f"STATE_URL: {error}")
            except Exception:
                self._give_up("start failed", with_trace=True)
            else:
                await self._stop.wait()
            await self._drain(directory)
        finally:
            await self._close()
        return self._exit_code

    def _give_up(self, message: str, *, with_trace: bool = False) -> None:
        self.log.error(message, exc_info=with_trace)
        self._exit_code = EXIT_START_FAILED
        self._stop.set()

    async def _bind(self) -> Directory:
        settings = self.settings
        self._telemetry.start()
        port = self._server.bind(settings.host, settings.port)
        health_port = await self._health.bind(settings.host, settings.health_port)
        shown = f"[{settings.advertise}]" if ":" in settings.advertise else settings.advertise
        self.endpoint = f"tcp://{shown}:{port}"
        self.health_endpoint = f"http://{shown}:{health_port}"
        registry = self._registry_endpoints(port)
        directory = Directory(registry, self._client, self.clock, self.log, self._record())
        self._directory = directory
        self.status.on_phase = self._tell_phase
        directory.start()
        if self._keys is not None:
            self._keys.watch(settings.keys_directory, self.clock)
        return directory

    def _registry_endpoints(self, port: int) -> tuple[str, ...]:
        known = self.settings.registry_endpoints
        if self.facts.slug != REGISTRY_SLUG:
            return known
        # One of several replicas is registered with the one that leads; a single one leads.
        others = known if len(known) > 1 else ()
        own = self._own_endpoint(port)
        return (own, *(found for found in others if found not in (own, self.endpoint)))

    def _own_endpoint(self, port: int) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)
        return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"

    async def _start(self, directory: Directory) -> None:
        self._store = await open_store(self.settings.state_url, self.clock, self.facts.slug)
        self._agent = agent = self._class(self._context(directory, self._store))
        self._table = ActionTable(BaseActions(self), agent)
        starting = asyncio.create_task(self._wait_and_start(directory, agent))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        starting.result()
        self.status.handle(Event.STARTED)
        directory.on_change = agent.background.on_failure = self._judge
        self._judge()

    async def _wait_and_start(self, directory: Directory, agent: Agent) -> None:
        while missing := self._missing(directory):
            self.status.set_waiting(missing)
            await directory.wait_for_change()
        self.status.set_waiting(())
        self._has_begun = True
        await agent.start()

    def _missing(self, directory: Directory) -> tuple[str, ...]:
        return tuple(slug for slug in self.facts.depends_on if not directory.is_serving(slug))

    def _judge(self) -> None:
        if self._agent is None or self._directory is None:
            return
        failed = tuple(f"task {name}" for name in self._agent.background.failed)
        self.status.set_lost(self._missing(self._directory) + failed)

    def _tell_phase(self, phase: Phase) -> None:
        if self._directory is not None:
            self._directory.announce(phase)
        report = self.report()
        told = report.model_dump(include={"waiting_for", "lost", "inflight"})
        self.log.info(phase.value, extra={"endpoint": self.endpoint, **told})

    async def _drain(self, directory: Directory) -> None:
        was_serving = self.status.phase.is_serving
        self.status.handle(Event.STOP_REQUESTED)
        if self._agent is not None and was_serving:
            await self._finish("drain", self._agent.drain())
        dropped = await self._server.drain(self.settings.drain_seconds)
        if dropped:
            self.log.warning("requests dropped at the end of the drain", extra={"count": dropped})
        if self._agent is not None:
            await self._agent.background.close()
            if self._has_begun:
                await self._finish("stop", self._agent.stop())
        # Only now: peers hang up on an agent that is gone, whatever they still wait for.
        await directory.deregister()
        self.status.handle(Event.DRAINED)

    async def _finish(self, name: str, hook: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(max(self.settings.drain_seconds, 1.0)):
                await hook
        except Exception:
            self.log.exception("hook failed", extra={"hook": name})

    async def _close(self) -> None:
        await self._server.drain(0)
        if self._agent is not None:
            await self._agent.background.close()
        if self._keys is not None:
            self._keys.close()
        if self._directory is not None:
            await self._directory.close()
        self._client.close()
        self._server.close()
        await self._health.close()
        if self._store is not None:
            await self._store.close()
        await self._telemetry.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def answer(self, call: Call, attached: Frames) -> Reply:
        """Return the reply to a call."""
        if call.action in self._table and call.action not in BASE_ACTIONS:
            self._expect_serving()
        return await self._table.invoke(call.action, call.body, attached)

    def stream(
        self, request: Open, attached: Frames, inbox: Inbox[tuple[Body, Frames]]
    ) -> AsyncGenerator[Item, None]:
        """Return the items of a stream."""
        self._expect_serving()
        return self._table.stream(
            request.action, request.body, attached, lambda load: Incoming(inbox, load)
        )

    def _expect_serving(self) -> None:
        if not self.status.phase.is_serving:
            awaited = ", ".join(self.status.waiting_for)
            reason = f", waiting for {awaited}" if awaited else ""
            message = f"{self.facts.slug} is {self.status.phase.value}{reason}"
            raise ActionError(ErrorCode.UNAVAILABLE, message)

    def _report_to(self, telemetry: Telemetry) -> None:
        self._server.publisher.on_published = telemetry.published
        self._server.publisher.on_missed = telemetry.missed
        self._client.on_open_circuit = lambda endpoint: telemetry.circuit_opened(
            self._slug_at(endpoint), endpoint
        )

    def _slug_at(self, endpoint: str) -> str:
        records = self._directory.records() if self._directory is not None else ()
        return next((found.slug for found in records if found.endpoint == endpoint), "unknown")

    def _is_known(self, action: str) -> bool:
        return action in self._table

    def _reading(self) -> tuple[str, int]:
        return self.status.phase.value, self._server.inflight

    def _record(self) -> AgentRecord:
        return AgentRecord(
            slug=self.facts.slug,
            instance=self.settings.instance,
            endpoint=self.endpoint,
            health_endpoint=self.health_endpoint,
            phase=self.status.phase,
            machine=self.facts.machine,
            group=self.facts.group,
            since=self.clock.now(),
            depends_on=self.facts.depends_on,
            release=self.settings.release,
        )

    def _context(self, directory: Directory, store: OwnedStore) -> AgentContext:
        peers = NetworkPeers(
            directory,
            self._client,
            self.clock,
            self.facts,
            on_retry=self._telemetry.retried,
            on_missed=self._telemetry.missed,
        )
        return AgentContext(
            facts=self.facts,
            store=store,
            peers=peers,
            events=self._server.publisher,
            clock=self.clock,
            log=self.log,
            state_directory=self._state_directory(),
            configuration=self._configuration,
            instance=self.settings.instance,
            endpoint=self.endpoint,
        )

    def _state_directory(self) -> Path:
        database = sqlite_path(self.settings.state_url)
        if database is None:
            self._folder = Path(tempfile.mkdtemp(prefix=f"{self.facts.slug}-"))
            return self._folder
        folder = database.with_suffix("")
        folder = folder if folder != database else database.with_name(f"{database.name}.files")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
