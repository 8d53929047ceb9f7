"""The fleet on this machine: what `up`, `down`, `status` and `logs` mean for processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.contracts.registry import AgentRecord
from fleet import chain, client, keys
from fleet.clusters.cluster import AlreadyRunning, Narrator, Observation, StartReport
from fleet.clusters.local import observe, stop
from fleet.clusters.local.launch import HOST, make_plan, registry_endpoint
from fleet.clusters.local.log_file import follow, log_path, read, rotate
from fleet.clusters.local.progress import Failure, Progress, last_lines
from fleet.clusters.local.session import Session
from fleet.clusters.local.start import Interrupted, Start
from fleet.clusters.local.status_file import try_lock
from fleet.clusters.ports import check_ports
from fleet.errors import FleetError, NotRunningError
from fleet.model import Model


@dataclass(frozen=True)
class LocalCluster:
    """The processes of one environment; `state` is theirs alone."""

    model: Model
    state: Path
    environ: Mapping[str, str]

    def up(self, narrator: Narrator, *, detach: bool) -> None:
        """Start the fleet; without detach, stay until interrupted and leave nothing behind."""
        self._make_state()
        lock = try_lock(self.state)
        if lock is None:
            raise AlreadyRunning
        try:
            stop.refuse_orphans(self.state)
            check_ports(self.model.agents, HOST)
            keys.ensure(self.model, self._keys)
        except FleetError:
            os.close(lock)
            raise
        asyncio.run(self._up(narrator, lock, detach))

    async def _up(self, narrator: Narrator, lock: int, detach: bool) -> None:
        plan = make_plan(self.model, self.state, self.environ)
        for name in {spec.name for spec in plan.agents} | plan.cells.keys():
            rotate(log_path(self.state, name))
        began = time.time()
        names = tuple(spec.name for spec in plan.agents)
        narrator.say(f"start {len(names)} agents of {self.model.environment.name}")
        narrator.begin(names)
        async with Start(Progress(plan), narrator, began) as start:
            session = Session.launch(plan, self.state, lock, self.environ)
            start.listen(session, self._records)
            await self._attend(start, session, narrator, detach, began)

    def _records(self) -> AsyncIterator[AgentRecord]:
        return client.watch(registry_endpoint(self.model), self._keys)

    async def _attend(
        self, start: Start, session: Session, narrator: Narrator, detach: bool, began: float
    ) -> None:
        try:
            failure = await start.until_ready(self.model.environment.start_timeout_seconds)
            if failure is None:
                narrator.end(report(start.progress, began))
                if detach:
                    session.release()
                    return
                narrator.say("press Ctrl-C to stop the fleet")
                await start.stay()
        except Interrupted:
            failure = None
        await self._drain(start, session, narrator)
        if failure:
            raise self._start_error(failure)

    async def _drain(self, start: Start, session: Session, narrator: Narrator) -> None:
        began = time.time()
        narrator.end(None)
        narrator.say(f"stop the agents of {self.model.environment.name}")
        await start.until_drained(session)
        narrator.say(f"stopped  {time.time() - began:.1f} s")

    def _start_error(self, failure: Failure) -> FleetError:
        log = log_path(self.state, failure.name)
        lines = last_lines(log.read_text(errors="replace").splitlines()) if log.is_file() else ()
        quoted = "\n".join(f"  | {line}" for line in lines)
        where = f"\n\nlast lines of {log}:\n{quoted}" if lines else ""
        return FleetError(f"{failure.name or 'the fleet'} {failure.why}{where}", f"cat {log}")

    def down(self, narrator: Narrator) -> None:
        """Stop the fleet, dependents first."""
        stop.stop(self.state, narrator)

    def status(self) -> tuple[Observation, ...]:
        """See every replica, sorted by name."""
        return observe.observe(self.model, self.state, registry_endpoint(self.model))

    def logs(self, agent: str, *, follow: bool) -> Iterator[str]:
        """Read the log of an agent, piece by piece."""
        path = log_path(self.state, agent)
        if not path.is_file():
            raise NotRunningError(f"{path}: there is no log: {agent} was never started here")
        return _pieces(path, follow)

    @property
    def _keys(self) -> Path:
        return keys.keys_directory(self.state)

    def _make_state(self) -> None:
        (self.state / "logs").mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)


def _pieces(path: Path, following: bool) -> Iterator[str]:
    return follow(path) if following else read(path)


def report(progress: Progress, began: float) -> StartReport:
    """Tell how long the start took, and why."""
    links = chain.critical_chain(progress.timelines(), progress.needs, began)
    return StartReport(len(progress.ready), max(progress.ready.values()) - began, links)
