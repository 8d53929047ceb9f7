"""
What the looks at the agents add up to: time series, anomalies and a summary.

Fetching and restarting may not enter.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from typing import Final

from pydantic import JsonValue, TypeAdapter

from agents.core_services.anomalies import WATCHES, judge
from agents.core_services.exposition import federated
from agents.core_services.hub_messages import Anomaly
from agents.core_services.scraper import Counters, Look, point_of
from agents.core_services.timeline import Timeline
from common.clock import Clock
from common.contracts.observability import Point
from common.state.store import Store

WINDOW: Final = 120  # points of history that a value is judged by
KEEP_POINTS_SECONDS: Final = 6 * 3_600.0
KEEP_ANOMALIES_SECONDS: Final = 7 * 86_400.0

_POINTS: Final[TypeAdapter[tuple[Point, ...]]] = TypeAdapter(tuple[Point, ...])

Key = tuple[str, str]


class FleetWatch:
    """Keep what was seen of each agent, and say what is out of line."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._points = Timeline(store, clock, "points", KEEP_POINTS_SECONDS)
        self._anomalies = Timeline(store, clock, "anomalies", KEEP_ANOMALIES_SECONDS)
        self.clear()

    def clear(self) -> None:
        """Forget what is in memory."""
        self._counters: dict[Key, tuple[float, Counters]] = {}
        self._windows: dict[Key, deque[Point]] = defaultdict(lambda: deque(maxlen=WINDOW))
        self._texts: dict[str, str] = {}
        self.latest: dict[Key, Point] = {}

    async def load(self) -> None:
        """Take up the windows where the process before left them."""
        self.clear()
        rounds: list[tuple[Point, ...]] = []
        async for points in self._rounds(0.0):
            rounds.append(points)
            if len(rounds) == WINDOW:
                break
        for points in reversed(rounds):
            for point in points:
                self._windows[point.agent, point.instance].append(point)

    async def take_in(self, looks: Iterable[Look]) -> tuple[Anomaly, ...]:
        """Keep a point of each agent and return what is out of line now."""
        found: list[Anomaly] = []
        latest: dict[Key, Point] = {}
        texts: dict[str, str] = {}
        for look in looks:
            key = (look.record.slug, look.record.instance)
            point = self._point(key, look)
            found.extend(self._judged(key, point))
            latest[key] = point
            texts[_label(key)] = look.text
            self._windows[key].append(point)
        self.latest, self._texts = latest, texts
        self._forget_old()
        points: list[JsonValue] = [point.model_dump(mode="json") for point in latest.values()]
        await self._points.record({"points": points})  # one durable write a round
        for anomaly in found:
            await self._anomalies.record(anomaly.model_dump(mode="json"))
        return tuple(found)

    async def anomalies(self, agent: str | None, since: float, limit: int) -> tuple[Anomaly, ...]:
        """Return what was out of line, newest first."""
        found: list[Anomaly] = []
        async for document in self._anomalies.newest_first(since):
            anomaly = Anomaly.model_validate(document)
            if agent in (None, anomaly.agent):
                found.append(anomaly)
            if len(found) == limit:
                break
        return tuple(found)

    async def series(self, agent: str, since: float, limit: int) -> tuple[Point, ...]:
        """Return the points of one agent, newest first."""
        found: list[Point] = []
        async for points in self._rounds(since):
            found.extend(point for point in points if point.agent == agent)
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def metrics_text(self) -> str:
        """Return the newest exposition of every agent as one federation."""
        up = [
            "# HELP fleet_agent_up 1 when the newest scrape found the agent ready",
            "# TYPE fleet_agent_up gauge",
            *(
                f'fleet_agent_up{{agent="{key[0]}",instance="{_label(key)}"}} {int(point.up)}'
                for key, point in sorted(self.latest.items())
            ),
        ]
        return "\n".join(up) + "\n" + federated(self._texts)

    async def _rounds(self, since: float) -> AsyncIterator[tuple[Point, ...]]:
        async for document in self._points.newest_first(since):
            yield _POINTS.validate_python(document["points"])

    def _forget_old(self) -> None:
        oldest = self._clock.now() - KEEP_POINTS_SECONDS
        for key in [key for key, window in self._windows.items() if window[-1].at < oldest]:
            del self._windows[key]
            self._counters.pop(key, None)

    def _point(self, key: Key, look: Look) -> Point:
        since, before = self._counters.get(key, (look.record.since, Counters()))
        base = before if since == look.record.since else Counters()  # a new process counts anew
        if look.text:
            self._counters[key] = (look.record.since, look.counters)
        return point_of(look if look.text else _unread(look, base), base, self._clock.now())

    def _judged(self, key: Key, point: Point) -> list[Anomaly]:
        window = self._windows.get(key, ())
        if not point.up:
            was_up = not window or window[-1].up
            return [_anomaly(point, "down", 0.0, 0.0, point.problem)] if was_up else []
        found = []
        for watch in WATCHES:
            value = getattr(point, watch.measure)
            past = [getattr(old, watch.measure) for old in window if old.up]
            history = [old for old in past if old is not None]
            score = None if value is None else judge(watch, value, history)
            if score is not None:
                told = f"{watch.measure} rose to {value:g}, {score:.1f} robust deviations up"
                found.append(_anomaly(point, watch.measure, value, score, told))
        return found


def _label(key: Key) -> str:
    agent, instance = key
    return instance if instance.startswith(agent) else f"{agent}/{instance}"


def _unread(look: Look, base: Counters) -> Look:
    return Look(look.record, look.phase, look.text, base, look.problem)


def _anomaly(point: Point, measure: str, value: float, score: float, message: str) -> Anomaly:
    return Anomaly(
        agent=point.agent,
        instance=point.instance,
        at=point.at,
        measure=measure,
        value=value,
        score=score,
        message=message,
    )
