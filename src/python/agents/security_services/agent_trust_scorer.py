"""
AgentTrustScorer: how far agents and models can be trusted, from how their work went.

How scores follow from results lies in trust_model and may not enter here.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.security_services.trust_model import Evidence
from common.agent import Agent, action
from common.contracts import trust as t
from common.contracts.fleet_health import AGENT_HEALTH, AgentHealthChanged
from common.messages import ActionError, ErrorCode, Query

SCORES: Final = "scores"
MOST_AGENTS: Final = 1_000
KEPT_SECONDS: Final = 90 * 86_400.0
KEPT_ENTRIES: Final = 200
DEATH_WEIGHT: Final = 3.0


class Standing(BaseModel):
    """Hold all that is known of one agent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    good: float = 0.0
    bad: float = 0.0
    at: float = 0.0
    samples: int = 0
    entries: tuple[t.TrustEntry, ...] = ()

    @property
    def evidence(self) -> Evidence:
        """Return the evidence as it weighed when it was kept."""
        return Evidence(self.good, self.bad, self.at)


class AgentTrustScorer(Agent):
    """Score by results that are told, and by deaths that are seen."""

    async def start(self) -> None:
        """Take up the scores, and begin to hear of deaths."""
        self._changing = asyncio.Lock()
        await self.state_cleared()
        self.spawn(self._hear_of_deaths(), "deaths")

    async def state_cleared(self) -> None:
        """Read the scores, of which there may be none now."""
        rows = await self.store.scan(SCORES)
        self._standings = {key: Standing.model_validate(document) for key, document in rows}

    @action
    async def log_performance(self, request: t.LogPerformanceRequest) -> t.TrustScore:
        """Take one result in and return the score after it."""
        quality = request.quality if request.quality is not None else float(request.success)
        return await self._take_in(
            request.agent, request.success, quality, request.weight, request.task
        )

    @action
    async def get_trust_score(self, request: t.TrustQuery) -> t.TrustScore:
        """Return a score as it is now; evidence fades."""
        return self._score(request.agent)

    @action
    async def get_performance_history(self, request: t.TrustHistoryRequest) -> t.TrustHistory:
        """Return the results that the score is made of, newest first."""
        standing = self._standings.get(request.agent, Standing())
        newest = tuple(reversed(standing.entries))[: request.limit]
        return t.TrustHistory(agent=request.agent, entries=newest)

    @action
    async def list_trust_scores(self, request: Query) -> t.TrustRanking:
        """Return every score, most trusted first."""
        found = [self._score(agent) for agent in self._standings]
        return t.TrustRanking(scores=tuple(sorted(found, key=lambda s: (-s.score, s.agent))))

    async def _hear_of_deaths(self) -> None:
        async for delivery in self.peers.subscribe(AGENT_HEALTH):
            if not _is_death(delivery.event):
                continue
            try:
                told = delivery.event
                await self._take_in(told.agent, False, 0.0, DEATH_WEIGHT, f"died: {told.phase}")
            except ActionError as error:  # the next death must still be heard
                self.log.warning("a death was not counted", extra={"error": str(error)})

    async def _take_in(
        self, agent: str, success: bool, quality: float, weight: float, task: str
    ) -> t.TrustScore:
        async with self._changing:
            await self._make_room(agent)
            before, now = self._standings.get(agent, Standing()), self.clock.now()
            after = before.evidence.with_result(quality, weight, now)
            entry = t.TrustEntry(
                at=now,
                success=success,
                quality=quality,
                weight=weight,
                task=task,
                score=after.score,
            )
            standing = Standing(
                good=after.good,
                bad=after.bad,
                at=after.at,
                samples=before.samples + 1,
                entries=(*before.entries, entry)[-KEPT_ENTRIES:],
            )
            document = standing.model_dump(mode="json")
            await self.store.put(SCORES, agent, document, expires_at=now + KEPT_SECONDS)
            self._standings[agent] = standing
        return self._score(agent)

    async def _make_room(self, agent: str) -> None:
        if agent in self._standings or len(self._standings) < MOST_AGENTS:
            return
        oldest_time = self.clock.now() - KEPT_SECONDS
        for name in [n for n, s in self._standings.items() if s.at < oldest_time]:
            del self._standings[name]
        if len(self._standings) >= MOST_AGENTS:
            message = f"expected at most {MOST_AGENTS} agents and models, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message, "agent")

    def _score(self, agent: str) -> t.TrustScore:
        standing = self._standings.get(agent)
        evidence = (standing or Standing()).evidence.faded(self.clock.now())
        low, high = evidence.spread
        return t.TrustScore(
            agent=agent,
            score=evidence.score,
            low=low,
            high=high,
            samples=standing.samples if standing else 0,
            known=standing is not None,
            updated_at=standing.at if standing else None,
        )


def _is_death(event: AgentHealthChanged) -> bool:
    return event.was_alive is True and not event.alive and not event.orderly
