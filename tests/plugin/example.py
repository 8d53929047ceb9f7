"""An agent as its target states it, for tests of what is made of it."""

from __future__ import annotations

from fleet_build.fleet import AgentSpec

AGENT = AgentSpec(
    address="src/python/agents/language_processing:nlu_agent",
    slug="nlu_agent",
    name="NLUAgent",
    directory="src/python/agents/language_processing",
    machine="mainpc",
    group="language_processing",
    port=5709,
    health_port=6709,
    depends_on=(),
    calls=(),
    storage=(),
    gpu=False,
    criticality="optional",
    resources=(("cpu", "0.5"), ("memory", "256Mi")),
    replicas=1,
    system_packages=(),
    actions=("analyze",),
    has_module=True,
)
