"""The laws of the fleet: what BUILD files may state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_build.fleet import AgentSpec, FleetError, camel_case, problems

SPEC = AgentSpec(
    address="src/python/agents/core_services:alpha",
    slug="alpha",
    name="Alpha",
    directory="src/python/agents/core_services",
    machine="mainpc",
    group="core_services",
    port=7000,
    health_port=8000,
    depends_on=(),
    calls=(),
    storage=(),
    gpu=False,
    criticality="normal",
    resources=(("cpu", "0.5"), ("memory", "256Mi")),
    replicas=1,
    system_packages=(),
    actions=(),
    has_module=True,
)


def agent(slug: str, port: int, **changes: Any) -> AgentSpec:
    """Make an agent that keeps every law unless told otherwise."""
    address = f"{SPEC.directory}:{slug}"
    stated = replace(SPEC, address=address, slug=slug, port=port, health_port=port + 1000)
    return replace(stated, **changes)


def found_in(*agents: AgentSpec) -> list[tuple[str, str]]:
    """Give where problems are, as target name and field."""
    return [(problem.address.partition(":")[2], problem.field) for problem in problems(agents)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Bad-Name"}, "name"),
        ({"machine": "mainpcc"}, "machine"),
        ({"group": "core"}, "group"),
        ({"group": "web_services"}, "group"),
        ({"criticality": "urgent"}, "criticality"),
        ({"storage": ("mongodb",)}, "storage"),
        ({"port": 80}, "port"),
        ({"health_port": 70000}, "health_port"),
        ({"has_module": False}, "name"),
        ({"resources": (("memory", "256 MB"),)}, "resources"),
        ({"resources": (("disk", "1"),)}, "resources"),
        ({"replicas": 0}, "replicas"),
        ({"system_packages": ("ffmpeg",)}, "system_packages"),
        ({"depends_on": ("nobody",)}, "depends_on"),
        ({"calls": ("nobody",)}, "calls"),
        ({"calls": ("alpha",)}, "calls"),
        ({"calls": ("*", "alpha")}, "calls, calls"),
    ],
)
def test_a_bad_value_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    """Each law names the field that breaks it."""
    found = found_in(replace(agent("alpha", 7000), **changes))

    assert ", ".join(name for _, name in found) == field


def test_a_pinned_system_package_is_lawful_and_another_is_refused_with_the_nearest() -> None:
    """What is not pinned is either misspelt, or has to be listed first."""
    pinned = frozenset({"libasound2"})
    stated = agent("alpha", 7000, system_packages=("libasound2", "libasound3", "ffmpeg"))

    misspelt, listed = problems((stated,), pinned)

    assert misspelt.hint == 'system_packages=["libasound2"]'
    assert listed.hint == "Add ffmpeg to 3rdparty/debian/system.txt, then: make lock"


@pytest.mark.parametrize("name", ["", "NLU Agent", "2ndAgent", 'NLU"""', "\\N", "class"])
def test_a_name_that_is_no_class_is_refused(name: str) -> None:
    """It is written into generated code, and the runtime looks up a class of that name."""
    assert [found for _, found in found_in(agent("alpha", 7000, name=name))] == ["agent_name"]


def test_a_module_is_named_by_its_folder_whatever_the_group() -> None:
    """A stated group does not move the file that the runtime imports."""
    stated = agent("alpha", 7000, directory="src/python/agents/elsewhere")

    assert stated.module_path == "src/python/agents/elsewhere/alpha.py"
    assert stated.module == "agents.elsewhere.alpha"


def test_a_problem_says_where_what_was_expected_what_was_found_and_what_to_type() -> None:
    """An unknown dependency with a close match reads like this, whole."""
    fleet = (agent("alpha", 7000), agent("beta", 7001, depends_on=("alpa",)))

    (problem,) = problems(fleet)

    assert str(problem) == (
        "error: src/python/agents/core_services:beta: depends_on: "
        "expected names of agents, found 'alpa'\n\nhint: Did you mean 'alpha'?"
    )


def test_a_call_to_an_agent_that_is_awaited_is_stated_once() -> None:
    """`depends_on` allows calls, too: the hint says which of the two to change."""
    fleet = (
        agent("alpha", 7000),
        agent("beta", 7001, depends_on=("alpha",), calls=("alpha",)),
    )

    (problem,) = problems(fleet)

    assert str(problem) == (
        "error: src/python/agents/core_services:beta: calls: expected agents that are not "
        "awaited, found 'alpha', as in depends_on"
        "\n\nhint: Remove 'alpha' from calls: an agent may call whom it awaits"
    )


def test_any_agent_stands_alone() -> None:
    """Names beside `*` would say nothing."""
    fleet = (agent("alpha", 7000), agent("beta", 7001, calls=("*", "alpha")))

    (problem,) = problems(fleet)

    assert (problem.found, problem.hint) == ("'*', 'alpha'", 'calls=["*"]')
    assert problems((agent("alpha", 7000), agent("beta", 7001, calls=("*",)))) == ()


def test_agents_may_call_each_other() -> None:
    """Only waiting in a circle would never end."""
    fleet = (agent("alpha", 7000, calls=("beta",)), agent("beta", 7001, depends_on=("alpha",)))

    assert problems(fleet) == ()


def test_a_health_port_clashes_with_any_port_of_any_machine() -> None:
    """Every environment may put all agents on one host."""
    elsewhere = agent("beta", 6000, health_port=7000, machine="pc2", group="web_services")

    assert found_in(agent("alpha", 7000), elsewhere) == [("beta", "health_port")]


def test_an_agent_may_not_use_one_port_twice() -> None:
    """Requests and health checks cannot share a socket."""
    assert found_in(agent("alpha", 7000, health_port=7000)) == [("alpha", "health_port")]


def test_a_slug_is_unique_over_all_groups() -> None:
    """Images and hosts are named by it."""
    twin = agent("alpha", 7100, address="src/python/agents/memory_system:alpha")

    (problem,) = problems((agent("alpha", 7000), twin))

    assert problem.field == "name"
    assert "src/python/agents/core_services:alpha" in problem.found


def test_a_loop_is_printed_from_its_start_to_its_start() -> None:
    """Whoever breaks the loop sees every member of it, once."""
    fleet = (
        agent("alpha", 7000, depends_on=("gamma",)),
        agent("beta", 7001, depends_on=("alpha",)),
        agent("gamma", 7002, depends_on=("beta",)),
        agent("delta", 7003, depends_on=("alpha",)),
    )

    (problem,) = problems(fleet)

    assert problem.found == "alpha -> gamma -> beta -> alpha"
    assert "depends_on of src/python/agents/core_services:beta" in problem.hint


def test_all_problems_are_reported_at_once() -> None:
    """One run shows everything that there is to mend."""
    fleet = (
        agent("alpha", 80, criticality="urgent"),
        agent("beta", 7001, has_module=False),
    )

    assert found_in(*fleet) == [("alpha", "criticality"), ("alpha", "port"), ("beta", "name")]
    assert str(FleetError(problems(fleet))).count("hint: ") == 3


@st.composite
def layered_fleets(draw: st.DrawFn) -> tuple[AgentSpec, ...]:
    """Make lawful fleets: each agent depends only on earlier ones."""
    size = draw(st.integers(1, 12))
    return tuple(
        agent(
            f"a{number}",
            2000 + number,
            depends_on=tuple(
                sorted(f"a{i}" for i in draw(st.sets(st.integers(0, max(0, number - 1)))) if number)
            ),
        )
        for number in range(size)
    )


@given(layered_fleets())
def test_a_fleet_in_layers_has_no_problem(fleet: tuple[AgentSpec, ...]) -> None:
    """No acyclic fleet with its own ports is ever refused."""
    assert problems(fleet) == ()


@given(layered_fleets(), st.randoms())
def test_the_order_of_declaration_changes_nothing(
    fleet: tuple[AgentSpec, ...], random: Any
) -> None:
    """The same targets give the same report in whatever order files are read."""
    broken = (*fleet, agent("a0", 2000), agent("z", 80, depends_on=("z",)))
    shuffled = list(broken)
    random.shuffle(shuffled)

    assert {str(p) for p in problems(shuffled)} == {str(p) for p in problems(broken)}


@given(layered_fleets(), st.data())
def test_closing_any_path_is_found_as_a_loop(
    fleet: tuple[AgentSpec, ...], data: st.DataObject
) -> None:
    """An edge from an agent to one that needs it is always reported."""
    needing = [spec for spec in fleet if spec.depends_on]
    if not needing:
        return
    upper = data.draw(st.sampled_from(needing))
    lower = data.draw(st.sampled_from(upper.depends_on))
    looped = tuple(
        replace(spec, depends_on=(*spec.depends_on, upper.slug)) if spec.slug == lower else spec
        for spec in fleet
    )

    assert any(problem.expected == "no loop" for problem in problems(looped))


def test_names_are_derived_from_slugs() -> None:
    """Most agents need not state their class name."""
    assert camel_case("service_registry") == "ServiceRegistry"
