"""
ActiveLearningMonitor: listens to interactions and sets the valuable ones aside for training.

Valuable are texts that were corrected, that a model was unsure of (somebody should say what is
right for them), and a few that it was sure of, so that it does not forget.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from typing import Final

from agents.learning_knowledge.interaction_signs import (
    MAX_TEXT,
    SURE,
    UNSURE,
    Conversations,
    judged,
    label_of,
    score_of,
)
from agents.learning_knowledge.material_file import MaterialFile
from agents.learning_knowledge.material_shelf import MaterialShelf
from common.agent import Agent, action
from common.contracts import learning as c
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.messages import ActionError, ErrorCode, Query

ORCHESTRATION: Final = "learning_orchestration_service"
FILE_NAME: Final = "material.jsonl"


class ActiveLearningMonitor(Agent):
    """Keep training material in a file, and hand it out."""

    async def start(self) -> None:
        """Take up the material of before, and begin to listen."""
        self._changing = asyncio.Lock()
        self._file = MaterialFile(self.state_directory / FILE_NAME)
        material = await asyncio.to_thread(self._file.read)
        self._forget_session(MaterialShelf(material))
        self.spawn(self._listen(), "interactions")

    async def state_cleared(self) -> None:
        """Delete the material."""
        async with self._changing:
            await asyncio.to_thread(self._file.remove)
            self._forget_session(MaterialShelf())

    @action
    async def mark_interaction(self, request: c.MarkInteractionRequest) -> c.MaterialMarked:
        """Set a text aside with what is right for it, and pass it on as an opportunity."""
        text = request.text.strip()
        marked = c.Material(
            text=text,
            label=request.label,
            source=c.MaterialSource.HAND,
            uncertainty=1.0,
            at=self.clock.now(),
        )
        if not await self._set_aside(marked):
            return c.MaterialMarked(material=marked, told=False)
        return c.MaterialMarked(material=marked, told=await self._tell(marked))

    @action
    async def get_training_material(self, request: c.TrainingMaterialRequest) -> c.TrainingMaterial:
        """Return what can be trained on, or what should be labelled next."""
        found = self._shelf.pick(labelled=request.labelled, limit=request.limit)
        return c.TrainingMaterial(material=found)

    @action
    async def get_stats(self, request: Query) -> c.MonitorStats:
        """Say what was set aside."""
        labels = Counter(one.label for one in self._shelf.all())
        unlabelled = labels.pop(None, 0)
        return c.MonitorStats(
            interactions=self._interactions,
            repeats=self._repeats,
            labelled=labels.total(),
            unlabelled=unlabelled,
            by_label={label: count for label, count in sorted(labels.items()) if label},
        )

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(INTERACTIONS):
            said = delivery.event
            self._interactions += 1
            try:
                for material in self._valuable(said, self._conversations.before(said)):
                    await self._set_aside(material)
            except ActionError as error:  # the next interaction must still be heard
                self.log.warning("nothing set aside", extra={"error": str(error)})

    def _valuable(
        self, said: InteractionHappened, before: InteractionHappened | None
    ) -> tuple[c.Material, ...]:
        found = judged(said, before)
        if found is None:
            return self._sure_of(said)
        if c.Sign.CORRECTION in found.signs and found.label is not None:
            corrected = c.Material(
                text=found.text,
                label=found.label,
                source=c.MaterialSource.CORRECTION,
                uncertainty=1.0,
                at=said.at,
            )
            return (corrected,)
        uncertainty = 1.0 if c.Sign.CORRECTION in found.signs else 1.0 - said.confidence
        if uncertainty <= 1.0 - UNSURE:
            return ()  # it failed or was degraded, but what it meant was clear
        nobody = c.MaterialSource.NOBODY
        return (c.Material(text=found.text, source=nobody, uncertainty=uncertainty, at=said.at),)

    def _sure_of(self, said: InteractionHappened) -> tuple[c.Material, ...]:
        label, text = label_of(said), said.text.strip()[:MAX_TEXT]
        if label is None or said.confidence < SURE or not text:
            return ()
        model, doubt = c.MaterialSource.MODEL, 1.0 - said.confidence
        return (c.Material(text=text, label=label, source=model, uncertainty=doubt, at=said.at),)

    async def _set_aside(self, material: c.Material) -> bool:
        async with self._changing:
            kept = self._shelf.add(material)
            if kept is None:
                self._repeats += 1
                return False
            try:
                await asyncio.to_thread(self._file.write, kept, self._shelf.all())
            except OSError as error:
                message = f"the material cannot be written: {error.strerror or error}"
                raise ActionError(ErrorCode.UNAVAILABLE, message) from None
            return True

    async def _tell(self, marked: c.Material) -> bool:
        # Where the same text comes from does not matter: it is one opportunity.
        key = hashlib.sha256(f"{marked.label} {marked.text}".encode()).hexdigest()[:16]
        opportunity = c.Opportunity(
            opportunity_id=f"hand-{key}",
            text=marked.text,
            label=marked.label,
            score=score_of((c.Sign.BY_HAND,)),
            signs=(c.Sign.BY_HAND,),
            at=marked.at,
        )
        news = c.NewOpportunityRequest(opportunity=opportunity)
        try:
            taken = await self.peers.call(
                ORCHESTRATION, "new_learning_opportunity", news, c.OpportunityTaken
            )
        except ActionError as error:
            self.log.info("nobody was told of the material", extra={"error": str(error)})
            return False
        return taken.accepted

    def _forget_session(self, shelf: MaterialShelf) -> None:
        self._shelf = shelf
        self._conversations = Conversations()
        self._interactions = self._repeats = 0
