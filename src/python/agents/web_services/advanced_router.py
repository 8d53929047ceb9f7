"""
AdvancedRouter: says what a text asks for, and which agent should take it.

It asks nobody and routes nothing itself. How a wording is judged is in task_classifier.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final

from agents.web_services.task_classifier import classifier
from common.agent import Agent, AgentContext, action
from common.contracts.task_routing import (
    TAKERS,
    Capabilities,
    CapabilitiesRequest,
    Capability,
    DetectTaskTypeRequest,
    RankedType,
    TaskRoute,
    TaskType,
    TaskTypeStat,
    TaskTypeStats,
)
from common.messages import Query

ALTERNATIVES: Final = 3


class AdvancedRouter(Agent):
    """Judge texts, and count what was found since the start."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._confidences: dict[TaskType, tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    async def state_cleared(self) -> None:
        """Count from the beginning."""
        self._confidences.clear()

    @action
    async def detect_task_type(self, request: DetectTaskTypeRequest) -> TaskRoute:
        """Judge a text."""
        judged = await asyncio.to_thread(lambda: classifier().judge(request.text))
        (task_type, confidence), *others = judged.ranked
        count, total = self._confidences[task_type]
        self._confidences[task_type] = (count + 1, total + confidence)
        serving = self._serving()
        takers = TAKERS[task_type]
        agent = next((taker for taker in takers if taker in serving), takers[0])
        return TaskRoute(
            task_type=task_type,
            confidence=confidence,
            agent=agent,
            is_serving=agent in serving,
            alternatives=tuple(
                RankedType(task_type=other, probability=share)
                for other, share in others[:ALTERNATIVES]
            ),
            words=judged.words,
        )

    @action
    async def get_model_capabilities(self, request: CapabilitiesRequest) -> Capabilities:
        """List who takes which types, and whether they serve."""
        takes: dict[str, list[TaskType]] = defaultdict(list)
        for task_type, takers in TAKERS.items():
            for agent in takers:
                takes[agent].append(task_type)
        serving = self._serving()
        return Capabilities(
            capabilities=tuple(
                Capability(agent=agent, task_types=tuple(types), is_serving=agent in serving)
                for agent, types in sorted(takes.items())
                if request.task_type is None or request.task_type in types
            )
        )

    @action
    async def get_task_type_stats(self, request: Query) -> TaskTypeStats:
        """Tell how often each type was found."""
        stats = tuple(
            TaskTypeStat(task_type=task_type, count=count, mean_confidence=min(total / count, 1.0))
            for task_type, (count, total) in sorted(self._confidences.items())
        )
        return TaskTypeStats(total=sum(stat.count for stat in stats), stats=stats)

    def _serving(self) -> frozenset[str]:
        records = self.peers.directory()
        return frozenset(record.slug for record in records if record.phase.is_serving)
