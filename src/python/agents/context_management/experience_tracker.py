"""
ExperienceTracker: keeps what was done and what came of it, for whoever learns from it.

Learning from it may not enter.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts import experience as x
from common.contracts.execution import EXECUTIONS, ExecutionReported
from common.contracts.memory import AddMemoryRequest, MemoryAdded
from common.messages import ActionError
from common.text import similarity

MEMORY: Final = "memory_orchestrator_service"
COLLECTION: Final = "experiences"
MOST: Final = 5_000
KEPT_SECONDS: Final = 180 * 86_400.0
SIMILAR: Final = 0.1


class ExperienceTracker(Agent):
    """Keep experiences: those that are told, and how every command of the executor ended."""

    async def start(self) -> None:
        """Take up the experiences of before, and begin to hear of commands."""
        self._documents = BoundedDocuments(
            self.store, self.clock, COLLECTION, most=MOST, seconds=KEPT_SECONDS
        )
        await self.state_cleared()
        self.spawn(self._hear_of_commands(), "commands")

    async def state_cleared(self) -> None:
        """Learn what the store has."""
        await self._documents.load()

    @action
    async def track_experience(self, request: x.TrackExperienceRequest) -> x.ExperienceTracked:
        """Keep an experience; one with a lesson goes to the long-term memory, too."""
        kept = bool(request.lesson.strip()) and await self._remember(request)
        experience = x.Experience(
            experience_id=uuid.uuid4().hex,
            at=self.clock.now(),
            kept=kept,
            **request.model_dump(),
        )
        await self._documents.put(experience.experience_id, experience.model_dump(mode="json"))
        return x.ExperienceTracked(experience=experience)

    @action
    async def get_experiences(self, request: x.ExperiencesRequest) -> x.Experiences:
        """Return experiences that fit, and how often what was done has worked."""
        rows = await self.store.scan(COLLECTION)
        documents = [await self._documents.get(key) for key, _ in rows]
        known = [x.Experience.model_validate(found) for found in documents if found]
        fitting = [experience for experience in known if _fits(experience, request)]
        ordered = _ordered(fitting, request.situation)
        return x.Experiences(experiences=ordered[: request.limit], tallies=_tallies(fitting))

    async def _remember(self, request: x.TrackExperienceRequest) -> bool:
        told = f"{request.situation}: {request.action} was a {request.result}. {request.lesson}"
        memory = AddMemoryRequest(content=told, memory_type="experience")
        try:
            await self.peers.call(MEMORY, "add_memory", memory, MemoryAdded)
        except ActionError as error:
            self.log.info("the experience is kept here only", extra={"error": str(error)})
            return False
        return True

    async def _hear_of_commands(self) -> None:
        async for delivery in self.peers.subscribe(EXECUTIONS):
            await self.track_experience(_of_command(delivery.event))


def _of_command(told: ExecutionReported) -> x.TrackExperienceRequest:
    has_worked = told.allowed and told.exit_code == 0
    return x.TrackExperienceRequest(
        agent="executor",
        action="execute",
        situation=told.command[:2_000],
        result=x.Result.SUCCESS if has_worked else x.Result.FAILURE,
        reward=1.0 if has_worked else -1.0,
    )


def _fits(experience: x.Experience, request: x.ExperiencesRequest) -> bool:
    return (
        request.agent in (None, experience.agent)
        and request.action in (None, experience.action)
        and request.result in (None, experience.result)
    )


def _ordered(
    experiences: Iterable[x.Experience], situation: str | None
) -> tuple[x.Experience, ...]:
    newest = sorted(experiences, key=lambda each: (-each.at, each.experience_id))
    if situation is None:
        return tuple(newest)
    scored = [(similarity(situation, each.situation), each) for each in newest]
    near = [(score, each) for score, each in scored if score >= SIMILAR]
    return tuple(each for _, each in sorted(near, key=lambda pair: -pair[0]))


def _tallies(experiences: Iterable[x.Experience]) -> tuple[x.Tally, ...]:
    by_action: dict[tuple[str, str], list[x.Experience]] = defaultdict(list)
    for experience in experiences:
        by_action[experience.agent, experience.action].append(experience)
    return tuple(
        x.Tally(
            agent=agent,
            action=name,
            count=len(found),
            successes=sum(each.result is x.Result.SUCCESS for each in found),
            mean_reward=round(sum(each.reward for each in found) / len(found), 4),
        )
        for (agent, name), found in sorted(by_action.items())
    )
