"""The scaffold of the scenarios: agents of the catalogue, as processes, find each other."""

from __future__ import annotations

from pathlib import Path

from common.contracts.knowledge import AddFactRequest, FactAdded, FactFound, GetFactRequest
from fleet.testing.household import household


async def test_agents_find_each_other_and_keep_their_state(tmp_path: Path) -> None:
    """A fact that was told is known after the one who keeps it was killed and started again."""
    chain = ("memory_orchestrator_service", "memory_client", "knowledge_base")
    async with household(tmp_path, *chain) as home:
        fact = AddFactRequest(topic="boiler", content="serviced on 4 May")
        added = await home.call("knowledge_base", "add_fact", fact, FactAdded)
        await home.restart("memory_orchestrator_service")
        wanted = GetFactRequest(fact_id=added.fact_id)
        found = await home.call("knowledge_base", "get_fact", wanted, FactFound)

    assert found.fact.content == "serviced on 4 May"
