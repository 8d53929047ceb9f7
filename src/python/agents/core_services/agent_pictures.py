"""
What is known of every agent: those in the registry, announced, or there once.

Hosts, load and events may not enter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from common.clock import Clock
from common.contracts.registry import AgentRecord
from common.contracts.twin import AgentPicture, RegisterWithTwinRequest
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.state.store import Store

ANNOUNCED: Final = "announced"
MAX_ANNOUNCED: Final = 1_000
SEEN: Final = "seen"
GONE: Final = "gone"
KEEP_GONE_SECONDS: Final = 7 * 86_400.0
SERVING: Final = frozenset(phase.value for phase in Phase if phase.is_serving)

Key = tuple[str, str]


@dataclass(frozen=True)
class PhaseChange:
    """Say that an agent went from one phase to another; before is empty for a new one."""

    agent: str
    instance: str
    before: str
    after: str


def is_name_of(slug: str, name: str) -> bool:
    """Say whether a slug or class name means this agent, as NLUAgent means nlu_agent."""
    return slug.replace("_", "") == name.replace("_", "").lower()


def _picture(record: AgentRecord, now: float) -> AgentPicture:
    return AgentPicture(**record.model_dump(mode="json"), seen_at=now)


class PictureBook:
    """Keep the pictures; those of vanished agents for a week."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._announced: dict[Key, AgentPicture] = {}
        self._seen: dict[Key, AgentPicture] = {}

    async def load(self) -> None:
        """Read both collections from the store."""
        self._announced = await self._read(ANNOUNCED)
        self._seen = await self._read(SEEN)

    async def announce(self, request: RegisterWithTwinRequest) -> AgentPicture:
        """Keep what an agent tells about itself."""
        told = request.model_dump(exclude={"agent", "instance"})
        picture = AgentPicture(
            **told,
            slug=request.agent,
            instance=request.instance or request.agent,
            seen_at=self._clock.now(),
            announced=True,
        )
        is_new = (picture.slug, picture.instance) not in self._announced
        if is_new and len(self._announced) >= MAX_ANNOUNCED:
            message = f"expected at most {MAX_ANNOUNCED} agents to announce themselves"
            raise ActionError(ErrorCode.OVERLOADED, message, "agent")
        await self._write(ANNOUNCED, picture)
        self._announced[picture.slug, picture.instance] = picture
        return picture

    async def observe(self, records: Iterable[AgentRecord]) -> tuple[PhaseChange, ...]:
        """Take in the directory and return what changed since the last time."""
        now = self._clock.now()
        live = {(record.slug, record.instance): _picture(record, now) for record in records}
        changes: list[PhaseChange] = []
        for key, picture in live.items():
            before = self._seen.get(key)
            if before is None or before.model_copy(update={"seen_at": now}) != picture:
                await self._write(SEEN, picture)
            if before is None or before.phase != picture.phase:
                changes.append(PhaseChange(*key, before.phase if before else "", picture.phase))
            self._seen[key] = picture
        for key in self._seen.keys() - live.keys():
            before = self._seen[key]
            if before.phase != GONE:
                self._seen[key] = gone = before.model_copy(update={"phase": GONE})
                await self._write(SEEN, gone, expires_at=now + KEEP_GONE_SECONDS)
                changes.append(PhaseChange(*key, before.phase, GONE))
            elif now - before.seen_at > KEEP_GONE_SECONDS:
                del self._seen[key]
        return tuple(changes)

    def all(self, records: Iterable[AgentRecord]) -> tuple[AgentPicture, ...]:
        """Return every picture, live ones first merged with what they announced."""
        known = {
            key: picture.model_copy(update={"phase": GONE}) for key, picture in self._seen.items()
        }
        known.update(self._announced)
        for record in records:
            picture = _picture(record, self._clock.now())
            told = self._announced.get((record.slug, record.instance))
            if told is not None:
                extra = {"capabilities": told.capabilities, "metadata": told.metadata}
                picture = picture.model_copy(update={**extra, "announced": True})
            known[record.slug, record.instance] = picture
        return tuple(known[key] for key in sorted(known))

    async def _read(self, collection: str) -> dict[Key, AgentPicture]:
        found = [AgentPicture.model_validate(row) for _, row in await self._store.scan(collection)]
        return {(picture.slug, picture.instance): picture for picture in found}

    async def _write(
        self, collection: str, picture: AgentPicture, *, expires_at: float | None = None
    ) -> None:
        key = f"{picture.slug}/{picture.instance}"
        await self._store.put(
            collection, key, picture.model_dump(mode="json"), expires_at=expires_at
        )
