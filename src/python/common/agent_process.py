"""One running agent: everything wired together, from bind to exit. No argv, no signal may enter."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

from common.actions import ActionTable
from common.agent import Agent, AgentContext
from common.base_actions import BASE_ACTIONS, BaseActions
from common.clock import Clock, SystemClock
from common.contracts.health import HealthReport
from common.contracts.registry import REGISTRY_SLUG, AgentRecord
from common.contracts.traces import Span
from common.directory import Directory
from common.facts import AgentFacts
from common.health import HealthServer
from common.lifecycle import Event, Phase
from common.messages import ActionError, ErrorCode, Item, Reply
from common.metrics import Metrics
from common.network_peers import NetworkPeers
from common.security.credentials import Credentials
from common.security.watch import watch_credentials
from common.settings import Settings
from common.state.open import open_store, sqlite_path
from common.state.store import OwnedStore, StateUrlError
from common.status import Status
from common.traces import Origin, Tracer
from common.transport.client import Client
from common.transport.door import Door
from common.transport.flow import Inbox
from common.transport.server import Answered, Server
from common.transport.server_stream import Incoming
from common.wire import Body, Call, Frames, Open

if TYPE_CHECKING:
    from common.otlp import SpanExporter

EXIT_STOPPED = 0
EXIT_START_FAILED = 1
EXIT_RESTART = 75
REFUSAL_LOG_SECONDS = 1.0


class AgentProcess:
    """Bind, wait for dependencies, start, serve, drain."""

    def __init__(
        self,
        facts: AgentFacts,
        settings: Settings,
        agent_class: type[Agent],
        clock: Clock | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.facts = facts
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.log = logging.getLogger(f"agent.{facts.slug}")
        self.status = Status(facts.slug, settings.instance, self.clock)
        self.endpoint = ""
        self.health_endpoint = ""
        self._class = agent_class
        self._table = ActionTable(BaseActions(self))
        self._metrics = Metrics(facts.slug, self._is_known, self._reading)
        origin = Origin(facts.slug, settings.instance, settings.release)
        self._tracer = Tracer(origin, self.clock.now)
        self._exporter: SpanExporter | None = None
        self._door = None if credentials is None else self._make_door(credentials)
        self._server = Server(self, self._observe, self.clock, self.log, door=self._door)
        self._server.publisher.declare(agent_class.topics)
        self._health = HealthServer(self.report, self._metrics)
        self._client = Client(
            facts.slug, self.clock, release=settings.release, credentials=credentials
        )
        self._count_events()
        self._watching: asyncio.Task[None] | None = None
        self._told_refusal: dict[str, float] = {}
        self._rekeying: set[asyncio.Task[None]] = set()
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
        return self._tracer.spans(correlation_id)

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
        if settings.traces_endpoint:
            from common.otlp import export_spans  # most processes send none

            self._exporter = export_spans(
                self._tracer, settings.traces_endpoint, self._metrics, self.log
            )
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
        if self._door is not None:
            self._watch_keys(self._door)
        return directory

    def _watch_keys(self, door: Door) -> None:
        watch = watch_credentials(
            self.settings.keys_directory, self.clock, self.use, door.credentials, self.log
        )
        self._watching = asyncio.get_running_loop().create_task(watch, name="keys watch")

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
        if self._watching is not None:
            self._watching.cancel()
        for task in tuple(self._rekeying):
            task.cancel()
        if self._directory is not None:
            await self._directory.close()
        self._client.close()
        self._server.close()
        await self._health.close()
        if self._store is not None:
            await self._store.close()
        if self._exporter is not None:
            await self._exporter.close()
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

    def _observe(self, answered: Answered) -> None:
        self._metrics.observe(answered.action, answered.status, answered.seconds)
        self._tracer.record(answered)

    def _make_door(self, credentials: Credentials) -> Door:
        return Door(self.settings.instance, credentials, self._refused)

    def _refused(self, reason: str, key: str, address: str) -> None:
        self._metrics.count("agent_refused_connections_total", reason=reason)
        now = self.clock.monotonic()
        # Who is refused may knock a hundred times a second.
        if now - self._told_refusal.get(reason, -REFUSAL_LOG_SECONDS) >= REFUSAL_LOG_SECONDS:
            self._told_refusal[reason] = now
            told = {"reason": reason, "key": key[:8], "address": address}
            self.log.warning("refused a connection", extra=told)

    def use(self, credentials: Credentials) -> None:
        """Go on with other keys: what is trusted at once, the own key as soon as it can be."""
        before, self._client.credentials = self._client.credentials, credentials
        if self._door is None or before is None:
            return
        self._door.credentials = credentials
        self.log.info("keys were read again", extra={"key": credentials.own.public[:8]})
        if credentials.own != before.own:
            task = asyncio.get_running_loop().create_task(self._server.rekey(credentials.own))
            self._rekeying.add(task)
            task.add_done_callback(self._rekeying.discard)

    def _count_events(self) -> None:
        count, publisher = self._metrics.count, self._server.publisher
        publisher.on_published = lambda topic: count("agent_events_published_total", topic=topic)
        publisher.on_missed = lambda topic: self._count_missed(topic, 1)
        self._client.on_open_circuit = self._count_circuit

    def _count_missed(self, topic: str, number: int) -> None:
        self._metrics.count("agent_events_missed_total", number, topic=topic)

    def _count_circuit(self, endpoint: str) -> None:
        records = self._directory.records() if self._directory is not None else ()
        peer = next((found.slug for found in records if found.endpoint == endpoint), "unknown")
        self._metrics.count("agent_circuit_opened_total", peer=peer)
        self.log.warning("circuit opened", extra={"peer": peer, "endpoint": endpoint})

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
            on_retry=lambda peer: self._metrics.count("agent_retries_total", peer=peer),
            on_missed=self._count_missed,
        )
        return AgentContext(
            facts=self.facts,
            store=store,
            peers=peers,
            events=self._server.publisher,
            clock=self.clock,
            log=self.log,
            state_directory=self._state_directory(),
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
