"""
DreamWorldAgent: plays scenarios through in idle time and keeps what it learnt from them.

How a scenario is played lies in dream_play; when to dream is decided by dreaming_mode_agent.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

from agents.light_gpu_services.dream_play import DreamPlay
from agents.light_gpu_services.dream_templates import TEMPLATES
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts import dreams as d
from common.contracts.memory import AddMemoryRequest, MemoryAdded
from common.messages import ActionError, ErrorCode

MEMORY: Final = "memory_orchestrator_service"
MOST_SCENARIOS: Final = 500
MOST_DREAMS: Final = 1_000
KEPT_SECONDS: Final = 365 * 86_400.0
TOLD_LESSONS: Final = 5


class DreamWorldAgent(Agent):
    """Keep scenarios, play them, and keep every dream with its lessons."""

    async def start(self) -> None:
        """Take up scenarios and dreams of before."""
        self._scenarios = BoundedDocuments(
            self.store, self.clock, "scenarios", most=MOST_SCENARIOS, seconds=KEPT_SECONDS
        )
        self._dreams = BoundedDocuments(
            self.store, self.clock, "dreams", most=MOST_DREAMS, seconds=KEPT_SECONDS
        )
        await self.state_cleared()

    async def state_cleared(self) -> None:
        """Learn what the store has."""
        await self._scenarios.load()
        await self._dreams.load()

    @action
    async def create_scenario(self, request: d.CreateScenarioRequest) -> d.ScenarioReply:
        """Keep a new scenario, one's own or a template's."""
        scenario = request.scenario or _template(request.template or "")
        return await self._keep(uuid.uuid4().hex[:12], scenario, 1)

    @action
    async def update_scenario(self, request: d.UpdateScenarioRequest) -> d.ScenarioReply:
        """Replace a scenario; dreams of it stay what they were."""
        known = await self._find(request.scenario_id)
        return await self._keep(request.scenario_id, request.scenario, known.revision + 1)

    @action
    async def get_scenario(self, request: d.ScenarioQuery) -> d.ScenarioReply:
        """Return a scenario."""
        return await self._find(request.scenario_id)

    @action
    async def run_simulation(self, request: d.RunSimulationRequest) -> d.Dream:
        """Play a scenario, and keep what is best done in each of its states."""
        known = await self._find(request.scenario_id)
        play = DreamPlay(known.scenario, request.seed)
        played = await asyncio.to_thread(play.play, request.episodes, request.steps)
        dream = d.Dream(
            dream_id=uuid.uuid4().hex[:12],
            scenario_id=request.scenario_id,
            episodes=request.episodes,
            seed=request.seed,
            aimless_reward=round(played.aimless_reward, 4),
            learnt_reward=round(played.learnt_reward, 4),
            lessons=played.lessons,
            at=self.clock.now(),
        )
        remembered = await self._remember(known.scenario, dream)
        dream = dream.model_copy(update={"remembered": remembered})
        await self._dreams.put(dream.dream_id, dream.model_dump(mode="json"))
        return dream

    @action
    async def get_simulation_history(
        self, request: d.SimulationHistoryRequest
    ) -> d.SimulationHistory:
        """Return dreams, newest first."""
        rows = await self.store.scan("dreams")
        known = [document for key, _ in rows if (document := await self._dreams.get(key))]
        dreams = sorted(map(d.Dream.model_validate, known), key=lambda dream: -dream.at)
        wanted = [dream for dream in dreams if request.scenario_id in (None, dream.scenario_id)]
        return d.SimulationHistory(dreams=tuple(wanted[: request.limit]))

    async def _keep(self, scenario_id: str, scenario: d.Scenario, revision: int) -> d.ScenarioReply:
        kept = d.ScenarioReply(scenario_id=scenario_id, scenario=scenario, revision=revision)
        await self._scenarios.put(scenario_id, kept.model_dump(mode="json"))
        return kept

    async def _find(self, scenario_id: str) -> d.ScenarioReply:
        document = await self._scenarios.get(scenario_id)
        if document is None:
            message = f"expected a scenario that was created, found {scenario_id!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "scenario_id")
        return d.ScenarioReply.model_validate(document)

    async def _remember(self, scenario: d.Scenario, dream: d.Dream) -> bool:
        lessons = sorted(dream.lessons, key=lambda lesson: -lesson.margin)[:TOLD_LESSONS]
        told = "; ".join(f"in {one.state} best {one.action}" for one in lessons)
        memory = AddMemoryRequest(content=f"Practised: {scenario.title}. {told}.")
        try:
            await self.peers.call(MEMORY, "add_memory", memory, MemoryAdded)
        except ActionError as error:
            self.log.info("the dream is not a memory", extra={"error": str(error)})
            return False
        return True


def _template(name: str) -> d.Scenario:
    found = TEMPLATES.get(name)
    if found is None:
        message = f"expected one of {', '.join(sorted(TEMPLATES))}, found {name!r}"
        raise ActionError(ErrorCode.NOT_FOUND, message, "template")
    return found
