"""The generated entry module, and which distributions code imports."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourceTarget,
)
from pants.core.target_types import ResourceTarget
from pants.engine.addresses import Address
from pants.engine.target import Target

from fleet_build.fleet import AgentSpec
from fleet_build.sources import entry_module, imported_names, is_code
from fleet_build.target_types import AgentTarget

KNOWLEDGE_BASE = AgentSpec(
    address="src/python/agents/memory_system:knowledge_base",
    slug="knowledge_base",
    name="KnowledgeBase",
    directory="src/python/agents/memory_system",
    machine="mainpc",
    group="memory_system",
    port=5715,
    health_port=6715,
    depends_on=("memory_client",),
    calls=("responder",),
    storage=(),
    gpu=False,
    criticality="normal",
    resources=(("cpu", "0.5"), ("memory", "256Mi")),
    replicas=1,
    system_packages=(),
    actions=("add_fact", "search_facts"),
    has_module=True,
)
GOLDEN = '''\
"""Generated from src/python/agents/memory_system:knowledge_base: start KnowledgeBase."""

import sys

from common.facts import AgentFacts
from common.runtime import run

sys.exit(
    run(
        AgentFacts(
            name='KnowledgeBase',
            slug='knowledge_base',
            module='agents.memory_system.knowledge_base',
            machine='mainpc',
            group='memory_system',
            port=5715,
            health_port=6715,
            depends_on=('memory_client',),
            calls=('responder',),
            storage=(),
            gpu=False,
            criticality='normal',
            actions=('add_fact', 'search_facts'),
        )
    )
)
'''
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,11}", fullmatch=True)
TUPLES = st.lists(NAMES, max_size=4).map(lambda names: tuple(sorted(set(names))))


@st.composite
def agents(draw: st.DrawFn) -> AgentSpec:
    """Make agents of all sorts."""
    return replace(
        KNOWLEDGE_BASE,
        slug=draw(NAMES),
        name=draw(NAMES),
        port=draw(st.integers(1024, 65535)),
        depends_on=draw(TUPLES),
        calls=draw(TUPLES),
        storage=draw(TUPLES),
        actions=draw(TUPLES),
        gpu=draw(st.booleans()),
    )


def passed_facts(text: str) -> dict[str, Any]:
    """Read the facts out of `sys.exit(run(AgentFacts(...)))`, the module's only statement."""
    *_, statement = ast.parse(text).body
    assert isinstance(statement, ast.Expr)
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    assert [ast.unparse(call.func) for call in calls] == ["sys.exit", "run", "AgentFacts"]
    return {str(given.arg): ast.literal_eval(given.value) for given in calls[-1].keywords}


def test_the_entry_of_an_agent_reads_like_this() -> None:
    """One look at the image shows how the agent was configured."""
    assert entry_module(KNOWLEDGE_BASE) == GOLDEN


def test_the_entry_imports_only_the_common_library() -> None:
    """The agent's own module is imported by the runtime, by the name in the facts."""
    imports = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(entry_module(KNOWLEDGE_BASE)))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]

    assert imports == [
        "import sys",
        "from common.facts import AgentFacts",
        "from common.runtime import run",
    ]


@given(agents())
def test_the_entry_passes_the_facts_of_any_agent(agent: AgentSpec) -> None:
    """Whatever a BUILD file states arrives as it was, lists as tuples."""
    facts = passed_facts(entry_module(agent))

    expected = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in agent.facts().items()
    }
    assert facts == expected


def test_the_entry_does_not_know_what_only_a_deployment_needs() -> None:
    """Another number of replicas must not make another image."""
    deployed_otherwise = replace(
        KNOWLEDGE_BASE, replicas=3, resources=(("cpu", "2"), ("memory", "1Gi"))
    )

    assert entry_module(deployed_otherwise) == GOLDEN


def requirement(name: str, *requirements: str) -> PythonRequirementTarget:
    """Make a target of 3rdparty/python."""
    fields = {"requirements": list(requirements)}
    return PythonRequirementTarget(fields, Address("3rdparty/python", target_name=name))


def source(path: str) -> PythonSourceTarget:
    """Make the target of a Python file."""
    return PythonSourceTarget({"source": path}, Address("src/python/agents", target_name=path))


def test_imported_names_are_those_of_requirement_targets() -> None:
    """Targets of code among them say nothing; names are sorted and given once."""
    targets: tuple[Target, ...] = (
        source("knowledge_base.py"),
        requirement("pyzmq", "pyzmq>=25"),
        requirement("both", "pydantic>=2,<3", "pyzmq"),
        requirement("typed", "typing-extensions ; python_version < '3.12'"),
    )

    assert imported_names(targets) == ("pydantic", "pyzmq", "typing-extensions")
    assert imported_names(reversed(targets)) == imported_names(targets)
    assert imported_names(()) == ()


def test_extras_of_a_requirement_are_no_part_of_its_name() -> None:
    """The lockfile is asked for distributions."""
    assert imported_names([requirement("uvicorn", "uvicorn[standard]>=0.20")]) == ("uvicorn",)


def test_only_python_files_and_resources_are_shipped() -> None:
    """The agent target itself and its requirements are not files."""
    resource = ResourceTarget({"source": "data.json"}, Address("src", target_name="data"))
    agent = AgentTarget({"port": 7000}, Address("src", target_name="agent"))

    shipped = [t for t in (source("a.py"), resource, agent, requirement("x", "x")) if is_code(t)]

    assert [target.address.target_name for target in shipped] == ["a.py", "data"]
