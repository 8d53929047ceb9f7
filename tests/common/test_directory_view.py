"""What a process knows of the fleet after any changes, and which copy a call goes to."""

from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry import AgentChanges, AgentRecord
from common.directory_view import GRACE_SECONDS, DirectoryView
from common.lifecycle import Phase
from common.routing import choose

slugs = st.sampled_from(["alpha", "beta"])
instances = st.sampled_from(["one", "two"])


def record(
    slug: str = "alpha",
    instance: str = "one",
    phase: Phase = Phase.READY,
    since: float = 1.0,
    port: int = 5000,
) -> AgentRecord:
    """Return a record."""
    return AgentRecord(
        slug=slug,
        instance=instance,
        endpoint=f"tcp://127.0.0.1:{port}",
        health_endpoint="http://127.0.0.1:6000",
        phase=phase,
        machine="mainpc",
        group="tests",
        since=since,
    )


def changes(*records: AgentRecord, complete: bool = False, version: int = 1) -> AgentChanges:
    """Return what a registry tells."""
    return AgentChanges(version=version, complete=complete, agents=records)


@given(st.lists(st.builds(record, slugs, instances, st.sampled_from(Phase)), max_size=12))
def test_last_word_counts(told: list[AgentRecord]) -> None:
    """Told one by one or at once, a view holds the last record of each copy that is not stopped."""
    at_once, one_by_one = DirectoryView(), DirectoryView()
    at_once.apply(changes(*told), now=0)
    for number, found in enumerate(told):
        one_by_one.apply(changes(found, version=number), now=0)
    last = {(found.slug, found.instance): found for found in told}
    expected = [last[key] for key in sorted(last) if last[key].phase is not Phase.STOPPED]

    assert expected == list(at_once.records) == list(one_by_one.records)
    for slug in ("alpha", "beta"):
        serving = [found for found in expected if found.slug == slug and found.phase.is_serving]
        assert serving == list(at_once.serving(slug))


def test_moved_and_replaced_copies_are_ended() -> None:
    """A copy that stopped, moved or was replaced ends; one that only changed phase does not."""
    view = DirectoryView()
    first = record()
    assert view.apply(changes(first), now=0) == ()
    assert view.apply(changes(record(phase=Phase.DEGRADED)), now=0) == ()
    (moved,) = view.apply(changes(record(port=5001)), now=0)
    (replaced,) = view.apply(changes(record(port=5001, since=2.0)), now=0)
    (stopped,) = view.apply(changes(record(port=5001, since=2.0, phase=Phase.STOPPED)), now=0)

    endpoints = [found.endpoint.rpartition(":")[2] for found in (moved, replaced, stopped)]
    assert endpoints == ["5000", "5001", "5001"]


def test_emptied_registry_has_time_to_hear_of_everybody() -> None:
    """Copies that a restarted registry lacks stay for a grace time, and longer once confirmed."""
    view = DirectoryView()
    alpha, beta = record("alpha"), record("beta")
    view.apply(changes(alpha, beta, version=9), now=0)
    view.apply(changes(complete=True, version=20), now=100)
    assert view.is_doubting
    assert (alpha, beta) == view.records
    view.apply(changes(beta, version=21), now=101)

    assert view.drop_doubted(100 + GRACE_SECONDS - 0.1) == ()
    assert (alpha,) == view.drop_doubted(100 + GRACE_SECONDS)
    assert (beta,) == view.records
    assert not view.is_doubting


copies = st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True).map(
    lambda numbers: [record(instance=f"copy {number}") for number in sorted(numbers)]
)


@given(copies, st.text(max_size=8))
def test_choice_is_sticky_when_others_go(records: list[AgentRecord], correlation_id: str) -> None:
    """A correlation id stays on its copy in any order of copies and when any other copy goes."""
    chosen = choose(records, correlation_id)

    assert chosen == choose(records[::-1], correlation_id)
    for gone in records:
        if gone is not chosen:
            rest = [found for found in records if found is not gone]
            assert chosen == choose(rest, correlation_id)


def test_choice_spreads() -> None:
    """Many correlation ids use every copy about alike."""
    records = [record(instance=f"alpha-{number}") for number in range(4)]
    chosen = [choose(records, f"correlation {number}").instance for number in range(2000)]

    assert all(350 < chosen.count(found.instance) < 650 for found in records)
