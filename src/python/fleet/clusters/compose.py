"""The fleet as containers of docker compose: files are rendered, its commands are run."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from fleet import graph
from fleet.clusters.cluster import AlreadyRunning, Narrator, Observation, StartReport
from fleet.clusters.compose_tool import ComposeTool, find_compose
from fleet.clusters.container_progress import SERVICE_LABEL, ContainerProgress
from fleet.clusters.local import identity
from fleet.clusters.ports import check_published
from fleet.errors import FleetError, NotRunningError
from fleet.images.engine import DockerEngine, Engine
from fleet.keys import ensure, keys_directory
from fleet.model import REGISTRY, Model
from fleet.render import render_compose
from fleet.render.filters.keys import VARIABLE

PROJECT_LABEL = "com.docker.compose.project"
HASH_LABEL = "com.docker.compose.config-hash"
SHOWN_LINES = "15"


@dataclass(frozen=True)
class ComposeCluster:
    """The containers of one environment; `state` keeps the files they were rendered from."""

    model: Model
    state: Path
    environ: Mapping[str, str]

    @cached_property
    def _compose(self) -> ComposeTool:
        """Render the files and give the command that works on them."""
        self.state.mkdir(parents=True, exist_ok=True)
        for name, text in render_compose(self.model)[0].items():
            (self.state / name).write_text(text, encoding="utf-8")
        file = str(self.state / "compose.yaml")
        command = (*find_compose(self.environ), "-f", file, "-p", self._project)
        return ComposeTool(command, {VARIABLE: str(keys_directory(self.state))})

    @cached_property
    def _engine(self) -> Engine:
        return DockerEngine(self.environ)

    @property
    def _project(self) -> str:
        return self.model.environment.project_name

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(name for agent in self.model.agents for name in agent.instances))

    def up(self, narrator: Narrator, *, detach: bool) -> None:
        """Start the fleet; without detach, stay until interrupted and leave nothing behind."""
        self._check_images()
        ensure(self.model, keys_directory(self.state))
        self._check_containers()
        names = self._names
        narrator.say(f"start {len(names)} agents of {self.model.environment.name}")
        narrator.begin(names)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        began = time.time()
        try:
            self._compose.must("up", "--detach", "--remove-orphans")
            self._wait(narrator, names, began)
            narrator.end(StartReport(len(names), time.time() - began))
            if not detach:
                narrator.say("press Ctrl-C to stop the fleet")
                signal.pause()
        except KeyboardInterrupt:
            narrator.end(None)
            self.down(narrator)
        except FleetError:
            narrator.end(None)
            self.down(narrator)
            raise

    def _wait(self, narrator: Narrator, names: tuple[str, ...], began: float) -> None:
        """Hear from the engine until every container is healthy."""
        agents = {_service(name): name for name in names}
        progress = ContainerProgress(agents)
        until = began + self.model.environment.start_timeout_seconds
        for event in self._engine.events(f"{PROJECT_LABEL}={self._project}", began, until):
            if change := progress.saw(event):
                name = agents.get(change.service, change.service)
                narrator.phase(name, change.phase, max(0.0, change.at - began))
            if progress.is_over:
                break
        if progress.failure:
            raise self._start_error(progress.failure.service, progress.failure.phase)
        if progress.missing:
            raise self._start_error(min(progress.missing), "is not healthy in time")

    def _start_error(self, service: str, why: str) -> FleetError:
        lines = self._compose.ask("logs", "--no-log-prefix", "--tail", SHOWN_LINES, service)
        quoted = "\n".join(f"  | {line}" for line in lines.splitlines())
        return FleetError(f"{service}: {why}\n\nlast lines of its log:\n{quoted}")

    def down(self, narrator: Narrator) -> None:
        """Stop the fleet, dependents first; volumes stay."""
        began = time.monotonic()
        self._must_exist(self._containers())
        narrator.say(f"stop the agents of {self.model.environment.name}")
        narrator.begin(self._names)
        for level in reversed(self._levels()):
            self._compose.must("stop", *map(_service, level))
            for name in level:
                narrator.phase(name, "stopped", time.monotonic() - began)
        self._compose.must("down", "--remove-orphans")
        narrator.end(None)
        narrator.say(f"stopped  {time.monotonic() - began:.1f} s")

    def status(self) -> tuple[Observation, ...]:
        """See every replica, sorted by name."""
        containers = self._containers()
        self._must_exist(containers)
        return tuple(sorted(map(self._observation, containers), key=lambda seen: seen.agent))

    def logs(self, agent: str, *, follow: bool) -> Iterator[str]:
        """Read the log of an agent, piece by piece."""
        self._must_exist(self._containers())
        options = ("--follow",) if follow else ()
        return self._compose.stream(
            "logs", "--no-log-prefix", "--no-color", *options, _service(agent)
        )

    def _containers(self) -> tuple[Mapping[str, Any], ...]:
        return self._engine.containers(f"{PROJECT_LABEL}={self._project}")

    def _must_exist(self, containers: tuple[Mapping[str, Any], ...]) -> None:
        if not containers:
            raise NotRunningError(f"{self._project}: no fleet runs here", "Start it with `up`")

    def _check_images(self) -> None:
        """Compose would start whatever a name points at: hold the names against the content."""
        has = {(ref, str(image.image_id)) for image in self._engine.images() for ref in image.refs}
        images = self.model.images or {}
        for agent in self.model.agents:
            image = images[agent.slug]
            if (image.ref, image.image_id) not in has:
                message = f"{image.ref}: must be {image.image_id} in the engine, was not found"
                raise FleetError(message, "python -m fleet.load --images dist/images")

    def _check_containers(self) -> None:
        containers = self._containers()
        if not containers:
            check_published(self.model)
            return
        wanted = dict(
            line.rsplit(" ", 1) for line in self._compose.ask("config", "--hash", "*").splitlines()
        )
        running = {
            labels[SERVICE_LABEL]: labels[HASH_LABEL]
            for labels in (entry["Config"]["Labels"] for entry in containers if _runs(entry))
        }
        if running == wanted:
            raise AlreadyRunning

    def _levels(self) -> tuple[tuple[str, ...], ...]:
        """Group the replicas by how long the chain below them is: the last is stopped first."""
        levels = graph.levels(graph.with_root(self.model.graph, REGISTRY))
        instances = {agent.slug: agent.instances for agent in self.model.agents}
        return tuple(tuple(name for slug in level for name in instances[slug]) for level in levels)

    def _observation(self, entry: Mapping[str, Any]) -> Observation:
        state, service = entry["State"], entry["Config"]["Labels"][SERVICE_LABEL]
        names = {_service(n): (n, agent) for agent in self.model.agents for n in agent.instances}
        name, agent = names.get(service, (service, None))
        pid = state["Pid"] or None
        return Observation(
            agent=name,
            phase=state.get("Health", {}).get("Status") or state["Status"],
            pid=pid,
            uptime=_age(state["StartedAt"]) if pid else None,
            memory=identity.proportional_memory(pid) if pid else None,
            restarts=entry["RestartCount"],
            endpoint=f"tcp://{service}:{agent.port}" if agent else "",
        )


def _service(name: str) -> str:
    """Name a replica as DNS allows it."""
    return name.replace("_", "-")


def _runs(entry: Mapping[str, Any]) -> bool:
    return bool(entry["State"]["Running"])


def _age(moment: str) -> float:
    """Give the seconds since a moment as the engine writes it, with nanoseconds."""
    began = datetime.fromisoformat(moment[:19] + "+00:00")
    return max(0.0, time.time() - began.timestamp())
