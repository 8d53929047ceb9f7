"""From BUILD files to a checked fleet, in Pants' own engine: no process runs in these tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pants.backend.python import register as python_backend
from pants.core import register as core
from pants.core.goals.lint import LintResult
from pants.core.goals.package import BuiltPackage
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import InferredDependencies
from pants.testutil.rule_runner import RuleRunner
from pants.util.logging import LogLevel

from fleet_build import register
from fleet_build.fleet import FleetError
from fleet_build.fleet_rules import AgentModuleFieldSet, Fleet, InferAgentModule, StatedFleet
from fleet_build.goals.lint import AgentLintFieldSet, FleetLintRequest
from fleet_build.goals.package import AgentPackageFieldSet

AGENTS = "src/python/agents"
REGISTRY = Address(f"{AGENTS}/core_services", target_name="service_registry")
FILES = {
    f"{AGENTS}/core_services/BUILD": (
        '__defaults__({agent: dict(machine="mainpc")})\n'
        'python_sources(name="modules")\n'
        'agent(name="service_registry", port=7200, criticality="critical")\n'
    ),
    f"{AGENTS}/core_services/service_registry.py": "",
    f"{AGENTS}/language_processing/BUILD": (
        '__defaults__({agent: dict(machine="mainpc", resources={"memory": "1Gi"})})\n'
        'python_sources(name="modules")\n'
        "agent(\n"
        '    name="nlu_agent",\n'
        '    agent_name="NLUAgent",\n'
        "    port=5709,\n"
        "    health_port=9100,\n"
        '    depends_on=["service_registry"],\n'
        '    storage=["sqlite", "file", "sqlite"],\n'
        '    actions=["analyze"],\n'
        ")\n"
    ),
    f"{AGENTS}/language_processing/nlu_agent.py": "",
    "src/python/common/BUILD": "python_sources()\n",
    "src/python/common/runtime.py": "",
    "src/python/common/text.py": "",
}
# Breaks one law in each of two groups: what neither BUILD file can see alone is among them.
BROKEN = {
    f"{AGENTS}/core_services/BUILD": (
        'agent(name="service_registry", machine="pc3", port=80, depends_on=["nlu_agent"])\n'
    ),
    f"{AGENTS}/language_processing/BUILD": (
        'agent(name="nlu_agent", machine="mainpc", port=1080, depends_on=["service_registri"])\n'
        'agent(name="ghost", machine="mainpc", port=7300)\n'
    ),
}
VIOLATED = (
    f"{AGENTS}/core_services:service_registry: machine: expected one of mainpc, pc2, found 'pc3'",
    f"{AGENTS}/core_services:service_registry: port: expected 1024 to 65535, found 80",
    f"{AGENTS}/language_processing:ghost: name: expected a module "
    f"{AGENTS}/language_processing/ghost.py, found no such file",
    f"{AGENTS}/language_processing:nlu_agent: depends_on: expected names of agents, "
    "found 'service_registri'",
    f"{AGENTS}/language_processing:nlu_agent: port: expected a port that no other agent uses, "
    f"found 1080, the health_port of {AGENTS}/core_services:service_registry",
)


@pytest.fixture(scope="module")
def shared_engine() -> RuleRunner:
    """Start one engine with everything that the plugin registers: starting it takes seconds."""
    backends: tuple[Any, ...] = (python_backend, register)
    return RuleRunner(
        rules=[
            *(rule for backend in (core, *backends) for rule in backend.rules()),
            QueryRule(StatedFleet, ()),
            QueryRule(Fleet, ()),
            QueryRule(InferredDependencies, (InferAgentModule,)),
            QueryRule(LintResult, (FleetLintRequest.Batch,)),
            QueryRule(BuiltPackage, (AgentPackageFieldSet,)),
        ],
        target_types=[target for backend in backends for target in backend.target_types()],
        bootstrap_args=[
            "--source-root-patterns=['src/python']",
            # As pants.toml has it: the other parser asks the network.
            "--python-infer-use-rust-parser",
        ],
        # So that a test sees which rules and processes ran.
        max_workunit_verbosity=LogLevel.TRACE,
    )


@pytest.fixture
def engine(shared_engine: RuleRunner) -> RuleRunner:
    """Give the engine a repository with two lawful agents."""
    shared_engine.write_files(FILES)
    return shared_engine


def refusal(engine: RuleRunner, product: type[Any], inputs: Iterable[Any]) -> str:
    """Give what the fleet's error says when a product is asked for."""
    with pytest.raises(ExecutionError) as caught:
        engine.request(product, inputs)
    errors: tuple[Exception, ...] = caught.value.wrapped_exceptions
    (error,) = errors
    assert isinstance(error, FleetError)
    return str(error)


def lint(engine: RuleRunner) -> LintResult:
    """Lint one agent, as `./pants lint` of its address does."""
    field_set = AgentLintFieldSet.create(engine.get_target(REGISTRY))
    metadata: Any = None
    batch = FleetLintRequest.Batch("", (field_set,), metadata)
    return engine.request(LintResult, [batch])


def test_what_a_target_leaves_out_is_derived(engine: RuleRunner) -> None:
    """Two lines of a BUILD file make a whole agent."""
    registry, _ = engine.request(StatedFleet, ()).agents

    assert registry.deployable() == {
        "address": f"{AGENTS}/core_services:service_registry",
        "slug": "service_registry",
        "name": "ServiceRegistry",
        "module": "agents.core_services.service_registry",
        "machine": "mainpc",
        "group": "core_services",
        "port": 7200,
        "health_port": 8200,
        "depends_on": [],
        "calls": [],
        "storage": [],
        "gpu": False,
        "criticality": "critical",
        "actions": [],
        "replicas": 1,
        "resources": {"cpu": "0.5", "memory": "256Mi"},
        "system_packages": [],
    }


def test_what_a_target_states_is_kept(engine: RuleRunner) -> None:
    """Stated values win over derived ones; lists are sorted and hold a value once."""
    _, nlu = engine.request(StatedFleet, ()).agents

    assert (nlu.name, nlu.group, nlu.health_port) == ("NLUAgent", "language_processing", 9100)
    assert (nlu.depends_on, nlu.storage) == (("service_registry",), ("file", "sqlite"))
    assert nlu.actions == ("analyze",)


def test_defaults_of_a_group_apply_to_its_agents(engine: RuleRunner) -> None:
    """`__defaults__` fills the machine, and each resource key has a default of its own."""
    _, nlu = engine.request(StatedFleet, ()).agents

    assert nlu.machine == "mainpc"
    assert nlu.resources == (("cpu", "0.5"), ("memory", "1Gi"))


def test_a_lawful_fleet_is_sorted_by_slug_and_found_by_address(engine: RuleRunner) -> None:
    """Goals look an agent up by the target that they were asked for."""
    fleet = engine.request(Fleet, ())

    assert [agent.slug for agent in fleet.agents] == ["nlu_agent", "service_registry"]
    assert fleet.at(REGISTRY).slug == "service_registry"


def test_a_stated_health_port_of_zero_is_not_taken_for_an_absent_one(engine: RuleRunner) -> None:
    """Zero is a mistake to report, not a wish for the default."""
    build = 'agent(name="service_registry", machine="mainpc", port=7200, health_port=0)\n'
    engine.write_files({f"{AGENTS}/core_services/BUILD": build})

    (problem,) = engine.request(StatedFleet, ()).problems

    assert (problem.field, problem.found) == ("health_port", "0")


def test_a_module_that_appears_is_seen(engine: RuleRunner) -> None:
    """Nobody restarts Pants after following the hint of a missing module."""
    build = 'agent(name="late", machine="mainpc", port=7300)\n'
    engine.write_files({f"{AGENTS}/memory_system/BUILD": build})
    missing = [problem.hint for problem in engine.request(StatedFleet, ()).problems]

    engine.write_files({f"{AGENTS}/memory_system/late.py": ""})
    left = engine.request(StatedFleet, ()).problems
    engine.write_files({f"{AGENTS}/memory_system/BUILD": ""})

    assert missing == [f"touch {AGENTS}/memory_system/late.py"]
    assert left == ()


def test_system_packages_are_held_against_their_lockfile(engine: RuleRunner) -> None:
    """A package that the lockfile pins is lawful, any other is a problem of the fleet."""
    build = 'agent(name="service_registry", machine="mainpc", port=7200, system_packages=[{}])\n'
    lock = Path("3rdparty/debian/system.lock").read_text()
    engine.write_files({"3rdparty/debian/system.lock": lock})
    found = []
    for package in ("lttoolbox", "ffmpeg"):
        stated = build.format(repr(package))
        engine.write_files({f"{AGENTS}/core_services/BUILD": stated})
        fleet = engine.request(StatedFleet, [])
        found.append([(problem.field, problem.found) for problem in fleet.problems])

    assert found == [[], [("system_packages", "'ffmpeg'")]]


def test_a_broken_fleet_is_refused_with_every_problem(engine: RuleRunner) -> None:
    """The error of the Fleet rule names all that is wrong, with a hint for each."""
    engine.write_files(BROKEN)

    said = refusal(engine, Fleet, ())

    assert [line for line in said.splitlines() if line.startswith("error: ")] == [
        f"error: {violated}" for violated in VIOLATED
    ]
    assert said.count("\n\nhint: ") == len(VIOLATED)


def test_an_agent_depends_on_its_module_and_on_what_runs_it(engine: RuleRunner) -> None:
    """Neither is stated in a BUILD file, and nothing else of a folder comes with them."""
    field_set = AgentModuleFieldSet.create(engine.get_target(REGISTRY))

    inferred = engine.request(InferredDependencies, [InferAgentModule(field_set)])

    assert sorted(address.spec for address in inferred.include) == [
        f"{AGENTS}/core_services/service_registry.py:modules",
        "src/python/common/runtime.py",
    ]


def test_lint_is_content_with_a_lawful_fleet(engine: RuleRunner) -> None:
    """It says what it looked at."""
    result = lint(engine)

    assert (result.exit_code, result.stdout) == (0, "2 agents, 0 problems\n")


def test_lint_reports_all_problems_at_once(engine: RuleRunner) -> None:
    """Whichever agent is linted, problems between others are shown too."""
    engine.write_files(BROKEN)

    result = lint(engine)

    assert result.exit_code == 1
    assert all(f"error: {violated}\n\nhint: " in result.stdout for violated in VIOLATED)
    assert result.stdout.endswith("\n\n3 agents, 5 problems\n")


def test_lint_reports_an_agent_that_imports_another(engine: RuleRunner) -> None:
    """The targets are right, but the code reaches around the wire."""
    importing = "from agents.core_services import service_registry\n"
    engine.write_files({f"{AGENTS}/language_processing/nlu_agent.py": importing})

    result = lint(engine)

    assert result.exit_code == 1
    assert result.stdout == (
        f"error: {AGENTS}/language_processing:nlu_agent: imports: expected no other agent, "
        f"found {AGENTS}/core_services/service_registry.py"
        "\n\nhint: Call it instead: self.peers.call('service_registry', ...)"
        "\n\n2 agents, 1 problems\n"
    )


def test_lint_reports_an_agent_that_names_another_without_an_edge(engine: RuleRunner) -> None:
    """Modules beside the agent count, and topics that it takes from the library."""
    reaching = "from agents.core_services import neighbour\n"
    named = "from common.contracts import HEARD\n"
    third = 'agent(name="third", port=7400, calls=["nlu_agent"])\n'
    build = f"{AGENTS}/core_services/BUILD"
    engine.write_files(
        {
            build: FILES[build] + third,
            f"{AGENTS}/core_services/service_registry.py": reaching,
            f"{AGENTS}/core_services/neighbour.py": named,
            f"{AGENTS}/core_services/third.py": "",
            "src/python/common/contracts/BUILD": "python_sources()\n",
            "src/python/common/contracts/__init__.py": 'HEARD = Topic("nlu_agent", "heard")\n',
        }
    )

    result = lint(engine)
    engine.write_files({build: FILES[build]})

    assert result.stdout == (
        f"error: {AGENTS}/core_services:service_registry: calls: expected every agent that the "
        f"code names, found no 'nlu_agent', named in {AGENTS}/core_services/neighbour.py"
        '\n\nhint: calls=["nlu_agent"]'
        f"\n\nerror: {AGENTS}/core_services:third: calls: expected only agents that the code "
        "names, found 'nlu_agent'\n\nhint: Remove 'nlu_agent' from calls"
        "\n\n3 agents, 2 problems\n"
    )


def test_no_agent_of_a_broken_fleet_is_packaged(engine: RuleRunner) -> None:
    """It is refused before anything is fetched or run, even when the agent itself is right."""
    elsewhere = f"{AGENTS}/language_processing/BUILD"
    engine.write_files({elsewhere: BROKEN[elsewhere]})
    field_set = AgentPackageFieldSet.create(engine.get_target(REGISTRY))
    engine.scheduler.poll_workunits(LogLevel.TRACE)

    said = refusal(engine, BuiltPackage, [field_set])

    polled = engine.scheduler.poll_workunits(LogLevel.TRACE)
    ran = {unit["name"] for unit in polled["started"]}
    assert "'service_registri'" in said
    assert "fleet_build.fleet_rules.check_fleet" in ran
    assert "process" not in ran
