"""Which copy of an agent a call goes to: sticky, by weight, and with little movement."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry import AgentRecord, Weights
from common.lifecycle import Phase
from common.routing import choose, release_of

RELEASES = ("canary", "old", "stable")
IDS = tuple(f"{number:016x}" for number in range(0, 2**60, 2**60 // 4000))


def copy(number: int, release: str = "") -> AgentRecord:
    """Return the record of one copy."""
    return AgentRecord(
        slug="alpha",
        instance=f"alpha-{number}",
        endpoint=f"tcp://127.0.0.1:{5000 + number}",
        health_endpoint="http://127.0.0.1:6000",
        phase=Phase.READY,
        machine="mainpc",
        group="tests",
        since=1.0,
        release=release,
    )


def shares(chosen: Sequence[str]) -> dict[str, float]:
    """Return how much of all is each."""
    return {found: count / len(chosen) for found, count in Counter(chosen).items()}


def split(percents: tuple[int, int]) -> Weights:
    """Return weights of three releases; the last has what the others leave."""
    first, second = sorted(percents)
    parts = (first, second - first, 100 - second)
    return tuple(zip(RELEASES, parts, strict=True))


correlation_ids = st.text(max_size=16)
percents = st.integers(0, 100)
weights = st.tuples(percents, percents).map(split)
copies = st.dictionaries(
    st.integers(0, 50), st.sampled_from(("", *RELEASES)), min_size=1, max_size=6
).map(lambda found: [copy(number, release) for number, release in sorted(found.items())])


@given(copies, correlation_ids, st.one_of(st.just(()), weights))
def test_choice_is_sticky(records: list[AgentRecord], id: str, weights: Weights) -> None:
    """A correlation id stays on its copy, in any order of copies and when any other copy goes."""
    chosen = choose(records, id, weights)

    assert chosen in records
    assert chosen == choose(records[::-1], id, weights)
    for gone in records:
        if gone is not chosen:
            rest = [found for found in records if found is not gone]
            assert chosen == choose(rest, id, weights)


@given(copies, correlation_ids, weights)
def test_weights_count_before_copies(records: list[AgentRecord], id: str, weights: Weights) -> None:
    """A call goes to the release of its id, else to one with weight, else to any copy."""
    chosen = choose(records, id, weights).release
    there = {found.release for found in records}
    wanted = release_of(id, weights)
    has_weight = {release for release, percent in weights if percent}

    if wanted in there:
        assert chosen == wanted
    elif there & has_weight:
        assert chosen in has_weight
    else:
        assert chosen in there


@given(correlation_ids, weights)
def test_a_chain_of_calls_stays_on_one_side(id: str, weights: Weights) -> None:
    """Agents with the same weights give an id the same release, however many copies they have."""
    few = [copy(number, release) for number, release in enumerate(RELEASES)]
    many = [copy(number, release) for number, release in enumerate(RELEASES * 3, start=10)]

    assert choose(few, id, weights).release == choose(many, id, weights).release


@given(correlation_ids, percents, percents)
def test_raising_a_weight_moves_only_what_it_gains(id: str, one: int, other: int) -> None:
    """When canary gains weight ids go from stable to canary, none the other way."""
    less, more = sorted((one, other))
    before = release_of(id, (("canary", less), ("stable", 100 - less)))
    after = release_of(id, (("canary", more), ("stable", 100 - more)))

    assert (before, after) in {
        ("stable", "stable"),
        ("stable", "canary"),
        ("canary", "canary"),
    }


@given(weights)
def test_shares_are_the_weights(weights: Weights) -> None:
    """Of many ids each release has its percentage."""
    found = shares([release_of(id, weights) for id in IDS])

    for release, percent in weights:
        assert abs(found.get(release, 0) - percent / 100) < 0.03


@given(correlation_ids)
def test_no_weight_is_no_call(id: str) -> None:
    """A release with 0 percent, or with none stated, has no call while another serves."""
    records = [copy(1, "canary"), copy(2, "stable"), copy(3, "old")]

    assert choose(records, id, (("canary", 0), ("stable", 100))).release == "stable"


def test_copies_share_alike() -> None:
    """Many ids use every copy of a release about alike, with weights and without."""
    records = [copy(number, "stable") for number in range(4)]
    for given_weights in ((), (("stable", 100),), (("canary", 50), ("stable", 50))):
        chosen = [choose(records, id, given_weights).instance for id in IDS]

        assert all(abs(share - 0.25) < 0.03 for share in shares(chosen).values())


def test_copies_of_the_canary_share_alike() -> None:
    """Which release an id has says nothing about which copy of it."""
    records = [copy(number, "stable" if number < 3 else "canary") for number in range(6)]
    weights = (("canary", 20), ("stable", 80))
    chosen = [choose(records, id, weights) for id in IDS]
    of_canary = shares([found.instance for found in chosen if found.release == "canary"])

    assert len(of_canary) == 3
    assert all(abs(share - 1 / 3) < 0.08 for share in of_canary.values())
