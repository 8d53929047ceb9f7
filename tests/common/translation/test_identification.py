"""Tests of language identification: measured on short sentences."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from common.translation.identification import LANGUAGES, UNDETERMINED, identify

SENTENCES = tuple(
    (str(language), str(text))
    for language, text in json.loads(Path(__file__).with_name("languages.json").read_text())
)
FLOOR = 0.95


def test_labelled_sentences_are_told_apart() -> None:
    """Of short sentences in many languages nearly all get theirs."""
    wrong = [text for language, text in SENTENCES if identify(text).language != language]

    assert len(SENTENCES) >= 60
    assert len({language for language, _ in SENTENCES}) >= 8
    assert 1 - len(wrong) / len(SENTENCES) >= FLOOR, wrong


def test_what_is_in_no_language_is_undetermined() -> None:
    """Numbers, marks and nothing say nothing about a language."""
    for text in ("", "   ", "12:30", "?!", "4 + 4 = 8"):
        assert identify(text).language == UNDETERMINED
        assert identify(text).confidence == 0.0


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=100))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever the text, the language is one of those told apart, or undetermined."""
    found = identify(text)

    assert found.language in (*LANGUAGES, UNDETERMINED)
    assert 0.0 <= found.confidence <= 1.0
