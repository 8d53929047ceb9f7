"""
LearningOpportunityDetector: scans interactions for moments worth learning from and ranks them.

What makes a moment worth it lies in interaction_signs.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import Counter
from typing import Final

from pydantic import Field

from agents.learning_knowledge.interaction_signs import Conversations, Judgement, judged
from agents.learning_knowledge.kept_values import values_of
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.configuration import Configuration
from common.contracts import learning as c
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.messages import ActionError, ErrorCode, Query
from common.text import tokens

ORCHESTRATION: Final = "learning_orchestration_service"
OPPORTUNITIES: Final = "opportunities"
MOST_OPPORTUNITIES: Final = 2_000
KEPT_SECONDS: Final = 30 * 86_400.0
AGAIN_SECONDS: Final = 30.0
MOST_SENT: Final = 50
REPEAT: Final = 0.8  # what is left of the doubt each time that the same is seen again


class LearningOpportunityDetectorConfiguration(Configuration):
    """What an operator may choose: from which score on others are told."""

    good_score: float = Field(default=0.4, ge=0.0, le=1.0)


class LearningOpportunityDetector(Agent):
    """Keep what is worth learning, best first, and tell the orchestration the good ones."""

    configuration = LearningOpportunityDetectorConfiguration

    async def start(self) -> None:
        """Take up what was found before, and begin to listen."""
        self._changing = asyncio.Lock()
        self._book = BoundedDocuments(
            self.store, self.clock, OPPORTUNITIES, most=MOST_OPPORTUNITIES, seconds=KEPT_SECONDS
        )
        await self.state_cleared()
        self.spawn(self._listen(), "interactions")
        self.spawn(self._tell_again(), "unsent")

    async def state_cleared(self) -> None:
        """Forget what was said; read what the store has."""
        self._conversations = Conversations()
        self._interactions = 0
        self._unsent: set[str] = set()
        await self._book.load()
        self._unsent = {
            found.opportunity_id for found in await self._open() if self._is_good(found)
        }

    @action
    async def scan_interaction(self, request: c.ScanInteractionRequest) -> c.ScanResult:
        """Judge something that was said elsewhere."""
        said = InteractionHappened(
            **request.model_dump(),
            request_id=uuid.uuid4().hex,
            answer="",
            at=self.clock.now(),
        )
        return c.ScanResult(opportunity=await self._take_in(said))

    @action
    async def get_top_opportunities(self, request: c.TopOpportunitiesRequest) -> c.Opportunities:
        """Return what is most worth learning."""
        found = await (self._all() if request.with_processed else self._open())
        wanted = [one for one in found if one.score >= request.minimum_score]
        ranked = sorted(wanted, key=lambda one: (-one.score, -one.at, one.opportunity_id))
        return c.Opportunities(opportunities=tuple(ranked[: request.limit]))

    @action
    async def mark_processed(self, request: c.MarkProcessedRequest) -> c.OpportunityReply:
        """Take an opportunity out of the ranking."""
        async with self._changing:
            document = await self._book.get(request.opportunity_id)
            if document is None:
                message = f"expected an opportunity, found {request.opportunity_id!r}"
                raise ActionError(ErrorCode.NOT_FOUND, message, "opportunity_id")
            found = c.Opportunity.model_validate({**document, "processed": True})
            await self._book.put(found.opportunity_id, found.model_dump(mode="json"))
            self._unsent.discard(found.opportunity_id)
        return c.OpportunityReply(opportunity=found)

    @action
    async def get_stats(self, request: Query) -> c.DetectorStats:
        """Say what was found, by sign."""
        found = await self._all()
        return c.DetectorStats(
            interactions=self._interactions,
            opportunities=len(found),
            open=sum(not one.processed for one in found),
            by_sign=dict(Counter(sign.value for one in found for sign in one.signs)),
            unsent=len(self._unsent),
        )

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(INTERACTIONS):
            try:
                await self._take_in(delivery.event)
            except ActionError as error:  # the next interaction must still be heard
                self.log.warning("an interaction was not judged", extra={"error": str(error)})

    async def _take_in(self, said: InteractionHappened) -> c.Opportunity | None:
        self._interactions += 1
        found = judged(said, self._conversations.before(said))
        if found is None:
            return None
        async with self._changing:
            opportunity = await self._enter(found)
        if self._is_good(opportunity):
            self._unsent.add(opportunity.opportunity_id)
            await self._tell(opportunity)
        return opportunity

    async def _enter(self, found: Judgement) -> c.Opportunity:
        key = hashlib.sha256(" ".join(tokens(found.text)).encode()).hexdigest()[:16]
        document = await self._book.get(key)
        old = c.Opportunity.model_validate(document) if document else None
        doubt = 1.0 - max(found.score, old.score if old else 0.0)
        signs = (*(old.signs if old else ()), *found.signs)
        opportunity = c.Opportunity(
            opportunity_id=key,
            text=found.text,
            label=found.label or (old.label if old else None),
            score=1.0 - (doubt * REPEAT if old else doubt),
            signs=tuple(dict.fromkeys(signs)),
            seen=old.seen + 1 if old else 1,
            at=self.clock.now(),
        )
        await self._book.put(key, opportunity.model_dump(mode="json"))
        return opportunity

    async def _tell(self, opportunity: c.Opportunity) -> bool:
        news = c.NewOpportunityRequest(opportunity=opportunity)
        try:
            await self.peers.call(
                ORCHESTRATION, "new_learning_opportunity", news, c.OpportunityTaken
            )
        except ActionError as error:
            self.log.info("an opportunity waits", extra={"error": str(error)})
            return False
        self._unsent.discard(opportunity.opportunity_id)
        return True

    async def _tell_again(self) -> None:
        while True:
            for key in sorted(self._unsent)[:MOST_SENT]:
                document = await self._book.get(key)
                if document is None:
                    self._unsent.discard(key)
                elif not await self._tell(c.Opportunity.model_validate(document)):
                    break
            await self.clock.sleep(AGAIN_SECONDS)

    def _is_good(self, found: c.Opportunity) -> bool:
        configured = self.configured(LearningOpportunityDetectorConfiguration)
        return found.score >= configured.good_score

    async def _all(self) -> list[c.Opportunity]:
        return await values_of(self.store, OPPORTUNITIES, c.Opportunity)

    async def _open(self) -> list[c.Opportunity]:
        return [found for found in await self._all() if not found.processed]
