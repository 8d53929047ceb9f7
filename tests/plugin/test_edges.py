"""Whom code names, and whether its agent may call them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_build.edges import CodeError, SharedName, edge_problems, named_texts, shared_names
from fleet_build.fleet import AgentSpec, Problem

ALPHA = AgentSpec(
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
    resources=(),
    replicas=1,
    system_packages=(),
    actions=(),
    has_module=True,
)
SLUGS = frozenset({"alpha", "beta", "gamma", "service_registry"})
PATH = "src/python/agents/core_services/alpha.py"
CONTRACT = b'''"""Messages of gamma."""

from common.messages import Event, Topic

LIMIT = 5
CHANGES: Topic[Event] = Topic("gamma", "changes", Event)
BOTH = (
    "beta",  # first
    "gamma",
)

class Changed(Event):
    """Tell of a change."""

    agent: str = "beta"
'''


def checked(
    source: str, *, depends_on: tuple[str, ...] = (), calls: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Give what is found, and the hint, where alpha's code is this."""
    found = report(source, replace(ALPHA, depends_on=depends_on, calls=calls))
    return [(problem.found, problem.hint) for problem in found]


def report(source: str, agent: AgentSpec = ALPHA) -> tuple[Problem, ...]:
    """Check code against the edges of its agent."""
    shared = shared_names("src/python/common/contracts/changes.py", CONTRACT)
    return edge_problems(agent, SLUGS, {PATH: source.encode()}, shared)


def test_a_name_without_an_edge_reads_like_this() -> None:
    """The hint is the field as it must be, with what it had."""
    code = 'BETA = "beta"\n\nasync def ask(peers): await peers.call("gamma", "ping")\n'

    first, second = report(code, replace(ALPHA, calls=("gamma",), depends_on=())), report(code)

    assert [str(problem) for problem in first] == [
        "error: src/python/agents/core_services:alpha: calls: expected every agent that the code "
        f'names, found no \'beta\', named in {PATH}\n\nhint: calls=["beta", "gamma"]'
    ]
    assert {problem.hint for problem in second} == {'calls=["beta", "gamma"]'}


@pytest.mark.parametrize(("depends_on", "calls"), [(("beta",), ()), ((), ("beta",)), ((), ("*",))])
def test_any_edge_will_do(depends_on: tuple[str, ...], calls: tuple[str, ...]) -> None:
    """Whom an agent awaits it may call; with `*` it may call all."""
    assert checked("peers.call('beta')", depends_on=depends_on, calls=calls) == []


def test_oneself_and_the_registry_need_no_edge() -> None:
    """Everybody registers, and may say its own name."""
    assert checked('HOME = "service_registry"\nSOURCE = "alpha"') == []


def test_an_edge_that_no_code_names_is_refused() -> None:
    """It would open a door for nobody; whom an agent only awaits need not be named."""
    assert checked("", calls=("beta",)) == [("'beta'", "Remove 'beta' from calls")]
    assert checked("", depends_on=("beta",)) == []
    assert checked("", calls=("*",)) == []


@pytest.mark.parametrize(
    "source",
    [
        '"""Ask beta, then gamma."""',
        "# 'beta'",
        "beta = gamma",
        "x = b'beta'",
        "x = f'beta'",
        "x = 'beta!'",
    ],
)
def test_only_texts_that_are_a_slug_name_an_agent(source: str) -> None:
    """Prose, comments and identifiers are no names of peers."""
    assert checked(source) == []


def test_code_of_a_newer_python_is_read() -> None:
    """Pants runs on 3.9, agents on 3.11."""
    newer = "match x:\n    case 1 if (y := 'beta'):\n        try:\n            z()\n"
    newer += "        except* OSError as error:\n            raise\n"

    assert [found for found, _ in checked(newer)] == [f"no 'beta', named in {PATH}"]


@pytest.mark.parametrize(
    "source",
    [
        "from common.contracts.changes import CHANGES\npeers.subscribe(CHANGES)",
        "from common.contracts import changes as c\npeers.subscribe(c.CHANGES)",
        "from common.contracts.changes import (\n    CHANGES as news,\n)\n",
    ],
)
def test_a_topic_of_the_library_names_its_agent(source: str) -> None:
    """Whoever subscribes to a topic connects to the agent that publishes it."""
    assert [found for found, _ in checked(source)] == [f"no 'gamma', named in {PATH}"]


def test_a_constant_of_the_same_name_elsewhere_is_another() -> None:
    """`CHANGES` of some other module says nothing of gamma."""
    assert checked("from common.contracts.session import CHANGES") == []


def test_constants_of_the_library_are_known_by_what_they_are_made_of() -> None:
    """Numbers, classes and what is in them are not among them."""
    assert shared_names("src/python/common/contracts/changes.py", CONTRACT) == (
        SharedName("changes", "CHANGES", frozenset({"gamma", "changes"})),
        SharedName("changes", "BOTH", frozenset({"beta", "gamma"})),
    )
    (known,) = shared_names("src/python/common/state/__init__.py", b"A = 'x'")
    assert known.module == "state"


@pytest.mark.parametrize(
    "source",
    [b"call('beta'", b"  x\n y\n", b"x = '\\N{nothing}'", b"a\nb\nc\n'\xff'\n", b"x = 'a\0'"],
)
def test_code_that_is_not_python_is_a_problem_of_its_file(source: bytes) -> None:
    """No traceback, and nothing is said of edges."""
    agent = replace(ALPHA, calls=("beta",))

    (problem,) = edge_problems(agent, SLUGS, {PATH: source}, ())

    assert (problem.field, problem.expected) == ("imports", f"Python in {PATH}")
    assert problem.hint == f"python3.11 -m py_compile {PATH}"


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    """Whatever is in a file, the check ends with texts or with a CodeError."""
    try:
        texts = named_texts(source, ())
    except CodeError as error:
        assert str(error)
    else:
        assert all(isinstance(text, str) for text in texts)


@given(st.sets(st.sampled_from(sorted(SLUGS))), st.sets(st.sampled_from(["beta", "gamma"])))
def test_what_the_hints_say_leaves_no_problem(named: set[str], calls: set[str]) -> None:
    """Code and edges agree once each hint was followed."""
    source = "\n".join(f"x = {slug!r}" for slug in sorted(named))
    needed = tuple(sorted(named - {"alpha", "service_registry"}))

    found = report(source, replace(ALPHA, calls=tuple(sorted(calls))))

    assert {p.found.split("'")[1] for p in found} == {*needed} ^ calls
    assert report(source, replace(ALPHA, calls=needed)) == ()
