"""What a process knows of the fleet after any changes."""

from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry import AgentChanges, AgentRecord, AgentWeights
from common.directory_view import GRACE_SECONDS, DirectoryView
from common.lifecycle import Phase

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


def changes(
    *records: AgentRecord, complete: bool = False, version: int = 1, registry: str = ""
) -> AgentChanges:
    """Return what a registry tells."""
    return AgentChanges(version=version, registry=registry, complete=complete, agents=records)


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


def test_every_new_registry_has_its_own_grace() -> None:
    """One new registry after another: the last one's time counts, not that of the first."""
    view = DirectoryView()
    view.apply(changes(record(), complete=True, registry="one"), now=0)
    view.apply(changes(complete=True, registry="two"), now=100)
    view.apply(changes(complete=True, registry="two"), now=102)
    view.apply(changes(complete=True, registry="three"), now=103)

    assert view.drop_doubted(103 + GRACE_SECONDS - 0.1) == ()
    assert view.drop_doubted(103 + GRACE_SECONDS) == (record(),)


def test_registry_that_goes_away_ends_nobody() -> None:
    """Copies that a new registry lacks stay when that goes away, too, and all is asked again."""
    view = DirectoryView()
    view.apply(changes(record(), complete=True, registry="one"), now=0)
    view.apply(changes(complete=True, registry="two", version=7), now=100)
    view.stop_doubting()

    assert view.drop_doubted(1000) == ()
    assert view.records == (record(),)
    assert view.version == 0


def test_registry_that_goes_away_when_all_is_known_costs_nothing() -> None:
    """A view without doubts goes on from the version that it has."""
    view = DirectoryView()
    view.apply(changes(record(), complete=True, registry="one", version=7), now=0)
    view.stop_doubting()

    assert (view.registry, view.version) == ("one", 7)


def test_weights_are_those_told_last() -> None:
    """What a registry tells of weights is all that there are."""
    view = DirectoryView()
    told = AgentWeights(agent="alpha", weights=(("canary", 10), ("stable", 90)))
    view.apply(changes().model_copy(update={"weights": (told,)}), now=0)
    assert view.weights("alpha") == told.weights
    assert view.weights("beta") == ()
    view.apply(changes(), now=0)

    assert view.weights("alpha") == ()
