"""
DreamingModeAgent: decides when the system dreams, and has dream_world_agent do it.

What a dream is may not enter.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from agents.creative_services.dreaming_messages import (
    DreamStatus,
    Habits,
    OptimizeScheduleRequest,
    SetDreamIntervalRequest,
    StartDreamingRequest,
)
from agents.creative_services.quiet_hours import counted, hour_of, quietest
from common.agent import Agent, action
from common.contracts import dreams as d
from common.contracts.coordination import INTERACTIONS
from common.messages import ActionError, Empty, Query

WORLD: Final = "dream_world_agent"
SCHEDULE, KEY = "schedule", "dreaming"
TEMPLATES: Final = ("unclear_request", "failing_agent", "bad_mood")
IDLE_SECONDS: Final = 300.0
DREAM_SECONDS: Final = 60.0


class DreamingModeAgent(Agent):
    """Dream in turns of the scenarios, in quiet hours, while nobody talks."""

    async def start(self) -> None:
        """Take up the schedule, and go on dreaming if it was."""
        self._last_talk = 0.0
        self._waking = asyncio.Event()
        await self.state_cleared()
        self.spawn(self._listen(), "listen")
        self.spawn(self._dream_on(), "dream")

    async def state_cleared(self) -> None:
        """Read the schedule, of which there may be none."""
        known = await self.store.get(SCHEDULE, KEY)
        self._habits = Habits.model_validate(known) if known else Habits()
        self._error = ""
        self._next_at = self.clock.now() + self._habits.interval_seconds

    @action
    async def start_dreaming(self, request: StartDreamingRequest) -> DreamStatus:
        """Begin to dream from time to time."""
        if request.now:
            await self._dream()
        return await self._choose(dreaming=True)

    @action
    async def stop_dreaming(self, request: Empty) -> DreamStatus:
        """Dream no more until told to."""
        return await self._choose(dreaming=False)

    @action
    async def get_dream_status(self, request: Query) -> DreamStatus:
        """Say whether it dreams, when, and what came of the last dream."""
        return self._status()

    @action
    async def set_dream_interval(self, request: SetDreamIntervalRequest) -> DreamStatus:
        """Choose how long to be awake between dreams."""
        return await self._choose(interval_seconds=request.seconds)

    @action
    async def optimize_schedule(self, request: OptimizeScheduleRequest) -> DreamStatus:
        """Dream only in the hours of the day in which people talk least."""
        return await self._choose(hours=quietest(self._habits.talks, request.hours))

    def _status(self) -> DreamStatus:
        habits = self._habits
        return DreamStatus(
            dreaming=habits.dreaming,
            interval_seconds=habits.interval_seconds,
            hours=habits.hours,
            dreams=habits.dreams,
            next_dream_at=self._next_at if habits.dreaming else None,
            last_gain=habits.last_gain,
            last_error=self._error,
        )

    async def _choose(self, **changes: Any) -> DreamStatus:
        await self._keep(**changes)
        self._next_at = self.clock.now() + self._habits.interval_seconds
        self._waking.set()
        return self._status()

    async def _keep(self, **changes: Any) -> None:
        self._habits = self._habits.model_copy(update=changes)
        await self.store.put(SCHEDULE, KEY, self._habits.model_dump(mode="json"))

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(INTERACTIONS):
            self._last_talk = delivery.event.at
            await self._keep(talks=counted(self._habits.talks, delivery.event.at))

    async def _dream_on(self) -> None:
        while True:
            self._waking.clear()
            left = max(0.0, self._next_at - self.clock.now())
            waking = asyncio.create_task(self._waking.wait())
            sleeping = asyncio.create_task(self.clock.sleep(left))
            try:
                await asyncio.wait((waking, sleeping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waking.cancel()
                sleeping.cancel()
            if self.clock.now() >= self._next_at:
                if self._may_dream(self.clock.now()):
                    await self._dream()
                self._next_at = self.clock.now() + self._habits.interval_seconds

    def _may_dream(self, now: float) -> bool:
        is_idle = now - self._last_talk >= IDLE_SECONDS
        return self._habits.dreaming and is_idle and hour_of(now) in self._habits.hours

    async def _dream(self) -> None:
        number = self._habits.dreams
        try:
            scenario = await self._scenario(number % len(TEMPLATES))
            wanted = d.RunSimulationRequest(scenario_id=scenario, seed=number)
            dream = await self.peers.call(
                WORLD, "run_simulation", wanted, d.Dream, timeout=DREAM_SECONDS
            )
        except ActionError as error:
            self._error = str(error)
            await self._keep(scenarios=())  # they may be gone: the next dream makes them anew
            return
        self._error = ""
        gain = round(dream.learnt_reward - dream.aimless_reward, 4)
        await self._keep(dreams=number + 1, last_gain=gain)

    async def _scenario(self, number: int) -> str:
        while len(self._habits.scenarios) <= number:
            wanted = d.CreateScenarioRequest(template=TEMPLATES[len(self._habits.scenarios)])
            made = await self.peers.call(WORLD, "create_scenario", wanted, d.ScenarioReply)
            await self._keep(scenarios=(*self._habits.scenarios, made.scenario_id))
        return self._habits.scenarios[number]
