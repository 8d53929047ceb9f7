"""The registry's table: whoever watches it, however seldom, ends up with what is in it."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core_services.registry_table import TOMBSTONES, RegistryTable
from common.contracts.registry import AgentRecord, AgentWeights, DeregisterAgent, Heartbeat
from common.directory_view import DirectoryView
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode


def record(
    slug: str = "alpha", instance: str = "one", phase: Phase = Phase.READY, since: float = 1.0
) -> AgentRecord:
    """Return a record."""
    return AgentRecord(
        slug=slug,
        instance=instance,
        endpoint="tcp://127.0.0.1:5000",
        health_endpoint="http://127.0.0.1:6000",
        phase=phase,
        machine="mainpc",
        group="tests",
        since=since,
    )


@dataclass(frozen=True)
class Watched:
    """A watcher asks."""


@dataclass(frozen=True)
class Weighed:
    """Weights are set, or cleared."""

    told: AgentWeights


records = st.builds(
    record,
    st.sampled_from(["alpha", "beta"]),
    st.sampled_from(["one", "two"]),
    st.sampled_from(Phase),
)
weighed = st.builds(
    Weighed,
    st.builds(
        AgentWeights,
        agent=st.sampled_from(["alpha", "beta"]),
        weights=st.sampled_from([(), (("canary", 10), ("stable", 90)), (("stable", 100),)]),
    ),
)
farewells = st.builds(
    DeregisterAgent,
    slug=st.sampled_from(["alpha", "beta"]),
    instance=st.sampled_from(["one", "two"]),
    since=st.just(1.0),
)


@given(st.lists(st.one_of(records, weighed, farewells, st.just(Watched())), max_size=30))
def test_watcher_ends_up_with_the_table(
    steps: list[AgentRecord | Weighed | DeregisterAgent | Watched],
) -> None:
    """Folding the changes gives the records and weights, however many came between two."""
    table, view = RegistryTable("one", 1000), DirectoryView()
    for step in (*steps, Watched()):
        if isinstance(step, AgentRecord):
            table.enter(step, until=10)
        elif isinstance(step, Weighed):
            table.set_weights((step.told,))
        elif isinstance(step, DeregisterAgent):
            table.left(step)
        else:
            view.apply(table.changes(view.version, view.registry), now=0)

    assert view.records == table.records
    assert not view.is_doubting
    assert not table.is_news(view.version, view.registry)
    for told in table.weights:
        assert view.weights(told.agent) == told.weights


def test_version_of_another_table_gives_everything() -> None:
    """A version counts only with the name of the table that it is of."""
    table = RegistryTable("one", 1000)
    table.enter(record(), until=10)

    assert not table.changes(table.version, "one").complete
    assert not table.changes(table.version, "").complete
    for since, registry in ((table.version, "two"), (1, "one"), (table.version + 1, "one")):
        assert table.is_news(since, registry)
        assert table.changes(since, registry).complete
        assert table.changes(since, registry).agents == (record(),)


def test_leases_end_at_their_time() -> None:
    """A record ends when its lease does, unless it was renewed or everybody's was."""
    table = RegistryTable("one", 1000)
    alpha, beta, gamma = record("alpha"), record("beta"), record("gamma")
    for found in (alpha, beta, gamma):
        table.enter(found, until=10)
    table.renew(Heartbeat(slug="beta", instance="one", since=1.0), until=20)

    assert table.ended(9.9) == ()
    assert table.ended(10) == (alpha, gamma)
    table.extend_leases(5)
    assert table.ended(14.9) == ()
    table.bury(gamma)
    assert table.ended(15) == (alpha,)
    assert table.ended(25) == (alpha, beta)


def test_older_process_is_refused() -> None:
    """What a process says counts nothing once a newer one of its name is there."""
    table = RegistryTable("one", 1000)
    table.enter(record(since=1.0), until=10)
    table.enter(record(since=2.0), until=10)
    with pytest.raises(ActionError) as entered:
        table.enter(record(since=1.0), until=10)
    with pytest.raises(ActionError) as renewed:
        table.renew(Heartbeat(slug="alpha", instance="one", since=1.0), until=20)

    assert {ErrorCode.CONFLICT} == {entered.value.code, renewed.value.code}
    assert table.left(DeregisterAgent(slug="alpha", instance="one", since=1.0)) is None
    assert table.records == (record(since=2.0),)


def test_agent_that_says_it_stopped_is_gone() -> None:
    """A record in phase stopped is told to watchers and is on no list."""
    table = RegistryTable("one", 1000)
    table.enter(record(), until=10)
    since = table.version
    table.enter(record(phase=Phase.STOPPED), until=10)

    assert table.records == ()
    assert table.changes(since, "one").agents == (record(phase=Phase.STOPPED),)


def test_tombstones_are_few() -> None:
    """Agents that left long ago are forgotten; watchers from before then start anew."""
    table = RegistryTable("one", 1000)
    since = table.version
    for number in range(TOMBSTONES + 5):
        table.enter(record(instance=f"copy {number}"), until=10)
        table.bury(record(instance=f"copy {number}"))

    assert table.graves == TOMBSTONES
    assert table.changes(since, "one").complete
    assert not table.changes(table.version - 2, "one").complete
