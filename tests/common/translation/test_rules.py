"""Tests of the embedded translation: measured quality, and what never changes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text import tokens
from common.translation.lexicon import LANGUAGES, lexicon
from common.translation.rules import RuleEngine, sentences

Rows = tuple[tuple[str, str, str, str], ...]


def rows_of(name: str) -> Rows:
    """Return source, target, text and wanted translation of each row of a file."""
    found = json.loads(Path(__file__).with_name(name).read_text())
    return tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in found)


PAIRS = rows_of("pairs.json")
UNSEEN = rows_of("unseen.json")
"""Sentences that no rule was written for; do not mend rules by them."""

FLOOR = 0.95
FLOOR_OF_ONE_PAIR = 0.9
FLOOR_OF_UNSEEN = 0.85
ENGINE = RuleEngine()


def overlap(said: str, wanted: str) -> float:
    """Return the F1 of the words that two texts share."""
    a, b = Counter(tokens(said)), Counter(tokens(wanted))
    return 2 * (a & b).total() / (a.total() + b.total())


def test_labelled_sentences_are_translated() -> None:
    """Over all labelled pairs, and over each pair of languages, the words are mostly right."""
    scores: dict[tuple[str, str], list[float]] = {}
    for source, target, said, wanted in PAIRS:
        found = ENGINE.translate(said, source, target).text
        scores.setdefault((source, target), []).append(overlap(found, wanted))
    means = {pair: sum(found) / len(found) for pair, found in scores.items()}
    total = [score for found in scores.values() for score in found]

    assert len(total) >= 60
    assert sum(total) / len(total) >= FLOOR, means
    assert min(means.values()) >= FLOOR_OF_ONE_PAIR, means


@pytest.mark.parametrize(
    ("source", "question", "answer"),
    [
        ("es", "¿Cuándo fue la revisión de la caldera?", "La caldera fue revisada el 4 de mayo."),
        ("fr", "Quand était la révision de la chaudière ?", "La chaudière a été révisée le 4 mai."),
        ("de", "Wann war die Wartung des Heizkessels?", "Der Heizkessel wurde am 4. Mai gewartet."),
    ],
)
def test_a_question_goes_there_and_its_answer_back(source: str, question: str, answer: str) -> None:
    """The question about the boiler is asked in English, and answered in its own language."""
    asked = ENGINE.translate(question, source, "en")
    answered = ENGINE.translate("The boiler was serviced on 4 May.", "en", source)

    assert asked.text == "When was the service of the boiler?"
    assert answered.text == answer
    assert asked.unknown_words == answered.unknown_words == ()


def test_unknown_words_stay_and_are_named() -> None:
    """A word that nobody knows is left as it was, and makes the engine less sure."""
    found = ENGINE.translate("Mi hermana tiene un xilófono.", "es", "en")

    assert found.text == "My sister has a xilófono."
    assert found.unknown_words == ("xilófono",)
    assert found.confidence < ENGINE.translate("Mi hermana tiene un perro.", "es", "en").confidence


def test_every_pair_of_languages_is_translated() -> None:
    """Languages that are not English meet over what a sentence says."""
    assert ENGINE.translate("¿Dónde están mis llaves?", "es", "de").text == (
        "Wo sind meine Schlüssel?"
    )
    assert ENGINE.translates("fr", "es")
    assert not ENGINE.translates("ja", "en")


def test_unseen_sentences_are_translated() -> None:
    """Sentences that the rules were not made on come out nearly as well."""
    scores = [overlap(ENGINE.translate(said, a, b).text, wanted) for a, b, said, wanted in UNSEEN]

    assert sum(scores) / len(scores) >= FLOOR_OF_UNSEEN


def test_several_sentences_keep_their_order_and_space() -> None:
    """A text is translated sentence by sentence; breaks and numbers stay."""
    found = ENGINE.translate("Buenos días.\n\nMi casa tiene 3.5 metros! ¿Qué hora es?", "es", "en")

    assert found.text.startswith("Good morning.\n\nMy house has 3.5")
    assert found.text.endswith("What time is it?")


def test_lexicons_have_everyday_words() -> None:
    """Each language says at least 500 English words."""
    for language in LANGUAGES:
        assert len(lexicon(language).words) >= 500


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=120), source=st.sampled_from(LANGUAGES), target=st.sampled_from(LANGUAGES)
)
def test_any_text_is_survived(text: str, source: str, target: str) -> None:
    """Whatever the text, there is a translation, and its confidence is a share."""
    found = ENGINE.translate(text, source, target)

    assert 0.0 <= found.confidence <= 1.0


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="ab1. !?\n¿", max_size=200))
def test_sentences_are_the_text(text: str) -> None:
    """Nothing is lost when a text is cut into sentences."""
    assert "".join(sentences(text)) == text


WORDS = tuple(
    "the my house red car is was bought who when not in to of and that you I her 4 May serviced"
    " on ,".split()
)


@settings(max_examples=150, deadline=None)
@given(
    said=st.lists(st.sampled_from(WORDS), max_size=10),
    target=st.sampled_from(LANGUAGES),
    mark=st.sampled_from((".", "?", "!", "")),
)
def test_words_in_any_order_are_survived(said: list[str], target: str, mark: str) -> None:
    """A sentence without grammar is translated somehow, and numbers stay."""
    found = ENGINE.translate(" ".join(said) + mark, "en", target).text

    assert found.count("4") == said.count("4")
