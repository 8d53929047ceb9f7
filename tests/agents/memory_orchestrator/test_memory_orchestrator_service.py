"""Tests of MemoryOrchestratorService: tiers, search, ties and what survives a restart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory_orchestrator import decay
from agents.memory_orchestrator.embedding import VectorIndex, cosine, embed
from agents.memory_orchestrator.memory_orchestrator_service import (
    SWEEP_SECONDS,
    MemoryOrchestratorService,
)
from common.contracts.memory import Direction, Memory, MemoryHits, Tier
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[MemoryOrchestratorService]

DAY = 86_400.0
TIERS = st.sampled_from(Tier)
SHARES = st.floats(min_value=0.0, max_value=1.0)
AGES = st.floats(min_value=0.0, max_value=1_000 * DAY)
WORDS = st.lists(
    st.sampled_from(
        ["boiler", "garden", "invoice", "train", "passport", "violin", "lamp", "router"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


async def add(agent: Harness, content: str, **fields: Any) -> str:
    """Add a memory and return its id."""
    added = await agent.call("add_memory", content=content, **fields)
    return str(added.memory_id)


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


def contents(hits: MemoryHits) -> list[str]:
    """Return the contents of hits in order."""
    return [hit.memory.content for hit in hits.hits]


async def test_an_added_memory_is_read_back() -> None:
    """What was added is returned with its fields, full of the strength of its importance."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        key = await add(agent, "the lamp is red", tags=["home"], metadata={"by": "ann"})
        memory = (await agent.call("get_memory", memory_id=key)).memory

        assert (memory.content, memory.tags) == ("the lamp is red", ("home",))
        assert memory.metadata == {"by": "ann"}
        assert memory.strength == decay.initial_strength(0.5)
        assert memory.created_at == agent.clock.now()


async def test_a_chosen_id_is_taken_once() -> None:
    """The second memory with an id conflicts and changes nothing."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await add(agent, "first", memory_id="session:1")
        await assert_fails(
            agent, ErrorCode.CONFLICT, "memory_id", "add_memory", content="x", memory_id="session:1"
        )
        assert (await agent.call("get_memory", memory_id="session:1")).memory.content == "first"


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("add_memory", {"content": "  "}, "content"),
        ("add_memory", {"content": "x", "tier": "eternal"}, "tier"),
        ("add_memory", {"content": "x", "importance": 1.5}, "importance"),
        ("batch_add_memories", {"memories": []}, "memories"),
        ("get_memory", {}, "memory_id"),
        ("batch_get_memories", {"memory_ids": []}, "memory_ids"),
        ("get_children", {"memory_id": "a", "limit": 0}, "limit"),
        ("update_memory", {"memory_id": "a", "importance": -1}, "importance"),
        ("delete_memory", {"memory_id": "a", "children": "eat"}, "children"),
        ("reinforce_memory", {"memory_id": "a", "amount": 0}, "amount"),
        ("search_memory", {"limit": 501}, "limit"),
        ("semantic_search", {"query": ""}, "query"),
        ("add_relationship", {"source_id": "a", "target_id": "b", "relation": "A b"}, "relation"),
        ("add_relationship", {"source_id": "a", "target_id": "a", "relation": "is"}, "body"),
        ("get_related", {"memory_id": "a", "direction": "up"}, "direction"),
        ("create_context_group", {"name": ""}, "name"),
        ("add_to_group", {"group_id": "g", "memory_ids": []}, "memory_ids"),
        ("get_memories_by_group", {"group_id": "no spaces"}, "group_id"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("add_memory", {"content": "x", "parent_id": "no"}, "parent_id"),
        ("get_memory", {"memory_id": "no"}, "memory_id"),
        ("get_children", {"memory_id": "no"}, "memory_id"),
        ("update_memory", {"memory_id": "no"}, "memory_id"),
        ("delete_memory", {"memory_id": "no"}, "memory_id"),
        ("reinforce_memory", {"memory_id": "no"}, "memory_id"),
        ("add_relationship", {"source_id": "no", "target_id": "x", "relation": "is"}, "source_id"),
        ("add_relationship", {"source_id": "x", "target_id": "no", "relation": "is"}, "target_id"),
        ("get_related", {"memory_id": "no"}, "memory_id"),
        ("create_context_group", {"name": "g", "memory_ids": ["no"]}, "memory_ids"),
        ("add_to_group", {"group_id": "no", "memory_ids": ["x"]}, "group_id"),
        ("get_memories_by_group", {"group_id": "no"}, "group_id"),
    ],
)
async def test_what_is_not_there_is_not_found(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """An id that nothing has is NOT_FOUND at its field."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await add(agent, "there", memory_id="x")
        await assert_fails(agent, ErrorCode.NOT_FOUND, field, action, **fields)


async def test_children_come_in_the_order_they_were_made() -> None:
    """Children are listed by age, grandchildren only when asked for."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        root = await add(agent, "root")
        first = await add(agent, "first", parent_id=root)
        await add(agent, "second", parent_id=root)
        await add(agent, "below", parent_id=first)

        children = await agent.call("get_children", memory_id=root)
        newest = await agent.call("get_children", memory_id=root, newest_first=True, limit=1)
        everything = await agent.call("get_children", memory_id=root, recursive=True)

        assert [memory.content for memory in children.memories] == ["first", "second"]
        assert ([memory.content for memory in newest.memories], newest.total) == (["second"], 2)
        assert [memory.content for memory in everything.memories] == ["first", "second", "below"]


async def test_deletion_follows_the_policy_for_children() -> None:
    """A parent is refused, or gives its children up, or takes them along."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        root = await add(agent, "root")
        middle = await add(agent, "middle", parent_id=root)
        leaf = await add(agent, "leaf", parent_id=middle)
        await assert_fails(agent, ErrorCode.CONFLICT, "children", "delete_memory", memory_id=middle)

        adopted = await agent.call("delete_memory", memory_id=middle, children="adopt")
        assert (adopted.memory_ids, adopted.adopted_ids) == ((middle,), (leaf,))
        assert (await agent.call("get_memory", memory_id=leaf)).memory.parent_id == root

        gone = await agent.call("delete_memory", memory_id=root, children="cascade")
        assert gone.memory_ids == (root, leaf)
        assert (await agent.call("search_memory", query="leaf")).hits == ()


async def test_an_update_changes_only_what_is_given() -> None:
    """Content changes with its index, the rest stays, and a stale version conflicts."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        key = await add(agent, "the violin is in tune", tags=["music"])
        updated = await agent.call(
            "update_memory", memory_id=key, content="the router is off", expected_version=1
        )

        assert (updated.memory.tags, updated.memory.version) == (("music",), 2)
        assert (await agent.call("search_memory", query="violin")).hits == ()
        assert contents(await agent.call("search_memory", query="routers")) == ["the router is off"]
        await assert_fails(
            agent,
            ErrorCode.CONFLICT,
            "expected_version",
            "update_memory",
            memory_id=key,
            tier="long",
            expected_version=1,
        )


async def test_reinforcement_strengthens_and_promotes() -> None:
    """A memory that is used twice moves from the short to the medium tier."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        key = await add(agent, "the passport is in the drawer")
        once = (await agent.call("reinforce_memory", memory_id=key)).memory
        twice = (await agent.call("reinforce_memory", memory_id=key, amount=0.5)).memory

        assert (once.tier, twice.tier) == (Tier.SHORT, Tier.MEDIUM)
        assert 0.75 < once.strength < twice.strength <= 1.0


async def test_the_sweep_forgets_what_faded() -> None:
    """After months unused a short memory is gone, a medium one is short, a long one stays."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        short = await add(agent, "lamp")
        medium = await add(agent, "train", tier="medium")
        long = await add(agent, "garden", tier="long")
        await agent.clock.settle()
        agent.clock.set(agent.clock.now() + 60 * DAY)
        await agent.clock.advance(SWEEP_SECONDS)

        assert (await agent.store.get("memories", short)) is None
        assert (await agent.call("get_memory", memory_id=medium)).memory.tier is Tier.SHORT
        assert (await agent.call("get_memory", memory_id=long)).memory.tier is Tier.LONG


async def test_search_narrows_by_every_condition() -> None:
    """Type, tier, parent, tags, importance, strength and time each cut the hits."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        parent = await add(agent, "house")
        wanted = await add(
            agent,
            "lamp in the hall",
            memory_type="fact",
            tier="long",
            parent_id=parent,
            tags=["light", "hall"],
            importance=0.9,
        )
        await add(agent, "lamp in the shed")
        now = agent.clock.now()
        for where in (
            {"memory_type": "fact"},
            {"tier": "long"},
            {"parent_id": parent},
            {"tags": ["hall"]},
            {"minimum_importance": 0.8},
            {"minimum_strength": 0.9},
        ):
            found = await agent.call("search_memory", query="lamp", where=where)
            assert [hit.memory.memory_id for hit in found.hits] == [wanted]
        for where in ({"created_after": now}, {"created_before": now}, {"tags": ["hall", "no"]}):
            assert (await agent.call("search_memory", query="lamp", where=where)).hits == ()


async def test_an_empty_query_lists_the_newest() -> None:
    """Without words the newest memories come first, and the reply says so."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await add(agent, "old")
        await agent.clock.advance(1)
        await add(agent, "new")
        found = await agent.call("search_memory")
        assert (contents(found), found.method) == (["new", "old"], "newest")


async def test_semantic_search_finds_other_word_forms() -> None:
    """A misspelt or compounded word finds its relative, and the method is named honestly."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await add(agent, "photosynthesis happens in leaves")
        await add(agent, "the invoice was paid")
        found = await agent.call("semantic_search", query="fotosynthesis", limit=1)
        assert contents(found) == ["photosynthesis happens in leaves"]
        assert found.method == "hashed_ngrams"


async def test_relations_are_seen_from_both_ends() -> None:
    """A typed relation is outgoing at its source, incoming at its target, and dies with either."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        rain, flood = await add(agent, "rain"), await add(agent, "flood")
        await agent.call(
            "add_relationship", source_id=rain, target_id=flood, relation="causes", strength=0.7
        )

        (out,) = (await agent.call("get_related", memory_id=rain)).related
        (back,) = (await agent.call("get_related", memory_id=flood, relation="causes")).related
        none = await agent.call("get_related", memory_id=flood, direction="outgoing")
        assert (out.memory.content, out.direction, out.strength) == (
            "flood",
            Direction.OUTGOING,
            0.7,
        )
        assert (back.memory.content, back.direction) == ("rain", Direction.INCOMING)
        assert none.related == ()

        await agent.call("delete_memory", memory_id=rain)
        assert (await agent.call("get_related", memory_id=flood)).related == ()


async def test_groups_keep_members_once_and_in_order() -> None:
    """Names are unique, members are unique, and a deleted memory leaves its groups."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        one, two = await add(agent, "one"), await add(agent, "two")
        group = await agent.call("create_context_group", name="trip", memory_ids=[two])
        grown = await agent.call("add_to_group", group_id=group.group_id, memory_ids=[one, two])
        assert grown.memory_ids == (two, one)
        await assert_fails(agent, ErrorCode.CONFLICT, "name", "create_context_group", name="trip")

        await agent.call("delete_memory", memory_id=two)
        members = await agent.call("get_memories_by_group", group_id=group.group_id)
        assert ([memory.content for memory in members.memories], members.total) == (["one"], 1)


async def test_a_batch_survives_its_bad_items() -> None:
    """Good items are added, also below one another; bad ones are named by their index."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        reply = await agent.call(
            "batch_add_memories",
            memories=[
                {"content": "root", "memory_id": "r"},
                {"content": "lost", "parent_id": "nowhere"},
                {"content": "child", "parent_id": "r"},
            ],
        )
        found = await agent.call("batch_get_memories", memory_ids=["nowhere", "r"])

        assert len(reply.added) == 2
        assert [(bad.index, bad.code) for bad in reply.failed] == [(1, ErrorCode.NOT_FOUND)]
        assert ([memory.content for memory in found.memories], found.missing) == (
            ["root"],
            ("nowhere",),
        )


async def test_everything_survives_a_restart() -> None:
    """A second process over the same store has memories, indexes, relations and groups."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        one = await add(agent, "the boiler was serviced on 4 May")
        two = await add(agent, "call the plumber", parent_id=one)
        await agent.call("add_relationship", source_id=one, target_id=two, relation="needs")
        group = await agent.call("create_context_group", name="heating", memory_ids=[one])
        store, clock = agent.store, agent.clock

    async with AgentHarness(MemoryOrchestratorService, store=store, clock=clock) as agent:
        found = await agent.call("search_memory", query="when was the boiler serviced?")
        assert contents(found) == ["the boiler was serviced on 4 May"]
        assert (await agent.call("get_children", memory_id=one)).total == 1
        assert len((await agent.call("get_related", memory_id=two)).related) == 1
        assert (await agent.call("get_memories_by_group", group_id=group.group_id)).total == 1


async def test_cleared_state_is_gone_from_every_index() -> None:
    """After clear_state nothing is found and the same id can be used again."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        await add(agent, "the lamp", memory_id="m")
        assert (await agent.call("clear_state")).documents == 1
        assert (await agent.call("search_memory", query="lamp")).hits == ()
        assert await add(agent, "another", memory_id="m") == "m"


@settings(max_examples=20, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6, unique_by=tuple))
async def test_search_finds_what_was_added(texts: list[list[str]]) -> None:
    """Every memory is among the hits of its own words, by either ranking."""
    async with AgentHarness(MemoryOrchestratorService) as agent:
        for words in texts:
            await add(agent, " ".join(words))
        for words in texts:
            for search in ("search_memory", "semantic_search"):
                found = await agent.call(search, query=" ".join(words), limit=100)
                assert " ".join(words) in contents(found)


@settings(deadline=None)
@given(TIERS, SHARES, AGES, AGES)
def test_strength_never_grows_by_waiting(
    tier: Tier, strength: float, age: float, longer: float
) -> None:
    """Decay is monotone, stays within 0 and 1 and never exceeds where it began."""
    memory = Memory(memory_id="m", content="x", tier=tier, strength=strength)
    early, late = decay.strength_at(memory, age), decay.strength_at(memory, age + longer)
    assert 0.0 <= late <= early <= strength


@settings(deadline=None)
@given(TIERS, SHARES, AGES, st.floats(min_value=0.01, max_value=1.0))
def test_reinforcement_never_weakens(
    tier: Tier, strength: float, age: float, amount: float
) -> None:
    """A use leaves a memory at least as strong and at least as high as it was."""
    memory = Memory(memory_id="m", content="x", tier=tier, strength=strength)
    after = decay.reinforced(memory, amount, age)
    tiers = list(Tier)
    assert decay.strength_at(memory, age) <= after.strength <= 1.0
    assert tiers.index(after.tier) >= tiers.index(tier)


@settings(deadline=None)
@given(SHARES, AGES)
def test_long_memories_are_never_forgotten(strength: float, age: float) -> None:
    """The sweep leaves the long tier as it is, however faded."""
    memory = Memory(memory_id="m", content="x", tier=Tier.LONG, strength=strength)
    assert decay.faded(memory, age) == memory


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_cosine_is_symmetric_and_bounded(left: str, right: str) -> None:
    """Likeness does not depend on the order, and a text with words is like itself."""
    a, b = embed(left), embed(right)
    assert cosine(a, b) == pytest.approx(cosine(b, a))
    assert 0.0 <= cosine(a, b) <= 1.0 + 1e-9
    assert not a or cosine(a, a) == pytest.approx(1.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), WORDS), max_size=20))
def test_vector_index_agrees_with_comparing_everything(
    steps: list[tuple[str, bool, list[str]]],
) -> None:
    """After any additions and removals the postings give what plain comparison gives."""
    index, texts = VectorIndex(), {}
    for key, is_added, words in steps:
        if is_added:
            texts[key] = " ".join(words)
            index.add(key, texts[key])
        else:
            texts.pop(key, None)
            index.remove(key)
    query = embed("boiler lamp")
    scores = {key: cosine(query, embed(text)) for key, text in texts.items()}
    expected = {key: pytest.approx(score) for key, score in scores.items() if score > 1e-12}
    found = {key: score for key, score in index.search("boiler lamp") if score > 1e-12}
    assert found == expected
