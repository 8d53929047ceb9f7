"""Words, likeness and search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import TextIndex, similarity, stem, stems, tokens

texts = st.text(max_size=60)


def test_tokens_are_words_in_lower_case() -> None:
    """Punctuation goes, apostrophes inside words, digits and accents stay."""
    assert tokens("Don\u2019t serve: CAFÉ at 4-pm!") == ("don't", "serve", "café", "at", "4", "pm")


@pytest.mark.parametrize(
    "words",
    [
        ("service", "services", "serviced", "servicing"),
        ("light", "lights", "lighted", "lighting"),
        ("remember", "remembers", "remembered", "remembering"),
        ("stop", "stops", "stopped", "stopping"),
        ("party", "parties"),
        ("boiler", "boilers", "boiler's"),
        ("relational", "relate"),
        ("hopeful", "hopefulness"),
    ],
)
def test_inflections_share_a_stem(words: tuple[str, ...]) -> None:
    """The forms of a word have one stem."""
    assert len({stem(word) for word in words}) == 1


def test_different_words_keep_apart() -> None:
    """Stemming does not merge everyday words."""
    words = ("boiler", "car", "kitchen", "open", "operate", "may", "meet", "news", "bus")

    assert len(words) == len({stem(word) for word in words})


def test_stop_words_carry_nothing_but_switches_do() -> None:
    """Filler words go; on, off and not stay."""
    assert stems("Please turn on the lights") == ("turn", "on", "light")
    assert stems("turn it off") != stems("turn it on")


@given(texts, texts)
def test_similarity_is_a_symmetric_share(a: str, b: str) -> None:
    """Likeness is from 0 to 1, the same both ways, and 1 for equal texts with words."""
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, b) == similarity(b, a)
    assert similarity(a, a) == (1.0 if tokens(a) else 0.0)


def test_similarity_ranks_as_people_would() -> None:
    """Near texts are nearer than far ones, misspelt ones still near."""
    near = similarity("turn on the kitchen light", "switch on the light in the kitchen")
    misspelt = similarity("turn on the kitchen light", "turn on the kichen light")
    far = similarity("turn on the kitchen light", "what is your name")

    assert far < 0.2 < near < 1
    assert 0.2 < misspelt < 1


def test_search_finds_the_fact() -> None:
    """A question finds the statement it asks for, not the one that shares filler words."""
    index = TextIndex()
    index.add("1", "the boiler was serviced on 4 May")
    index.add("2", "the car was sold on 5 May")
    index.add("3", "when in doubt, was it the butler?")

    found = index.search("When was the boiler serviced?")

    assert found[0][0] == "1"
    assert "2" not in dict(found)


def test_rare_words_weigh_more() -> None:
    """A word that every text has says little."""
    index = TextIndex()
    for number in range(5):
        index.add(f"light {number}", "kitchen light")
    index.add("lamp", "kitchen lamp")

    assert index.search("kitchen lamp")[0][0] == "lamp"


@given(st.dictionaries(st.text(max_size=3), texts, max_size=8), texts, st.integers(0, 5))
def test_search_is_ordered_limited_and_forgetful(
    held: dict[str, str], query: str, limit: int
) -> None:
    """Results are sorted, limited and share a stem; a text taken out is never found again."""
    index = TextIndex()
    for key, text in held.items():
        index.add(key, "something before")
        index.add(key, text)
    found = index.search(query, limit)

    assert len(found) <= limit
    assert list(found) == sorted(found, key=lambda pair: (-pair[1], pair[0]))
    assert all(score > 0 and set(stems(query)) & set(stems(held[key])) for key, score in found)
    for key in held:
        assert index.remove(key)
        assert not index.remove(key)
    assert index.search(query) == ()
    assert len(index) == 0
