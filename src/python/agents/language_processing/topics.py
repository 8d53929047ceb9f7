"""
Topics: what a statement is about.

Pure; knows a little English grammar, and no intent.
"""

from __future__ import annotations

_ARTICLES = frozenset((
    "a", "an", "her", "his", "my", "our", "some", "that", "the", "their", "these", "this",
    "those", "your",
))  # fmt: skip
_PRONOUNS = frozenset((
    "he", "i", "i'd", "i'm", "i've", "it", "she", "someone", "they", "we", "we've", "you",
))  # fmt: skip
_VERBS = frozenset((
    "am", "are", "arrives", "be", "been", "began", "begins", "belongs", "bought", "broke",
    "came", "can", "closes", "come", "comes", "contains", "cost", "costs", "could", "did", "do",
    "does", "drives", "ends", "equals", "expires", "flies", "found", "gave", "go", "goes",
    "got", "had", "has", "hate", "hates", "have", "hid", "is", "keep", "keeps", "kept",
    "leaves", "left", "lent", "lies", "like", "likes", "live", "lives", "lost", "love", "loves",
    "made", "may", "means", "met", "might", "must", "need", "needs", "opens", "owe", "owes",
    "own", "owns", "paid", "plays", "prefer", "prefers", "put", "ran", "runs", "said", "saw",
    "shall", "should", "sits", "sold", "stands", "starts", "take", "takes", "told", "took",
    "want", "wants", "was", "went", "were", "will", "work", "works", "would", "wrote",
))  # fmt: skip
_PREPOSITIONS = frozenset((
    "after", "and", "at", "because", "before", "behind", "but", "by", "for", "from", "in",
    "into", "near", "on", "onto", "over", "since", "that", "to", "under", "until", "when",
    "where", "with",
))  # fmt: skip

MAX_WORDS = 6


def topic_of(content: str) -> str:
    """Name what a statement is about: its subject, or its object when the subject is a pronoun."""
    words = [bare for word in content.split() if (bare := word.strip('.,;:!?"()'))]
    if len(words) > 2 and words[0].casefold() in _PRONOUNS:
        words = words[1:]
        while len(words) > 1 and _is_verb(words[0]):
            words = words[1:]
    return " ".join(_noun_phrase(words)) or content.strip()


def _noun_phrase(words: list[str]) -> list[str]:
    start = 0
    while start < len(words) - 1 and words[start].casefold() in _ARTICLES | _PREPOSITIONS:
        start += 1
    phrase: list[str] = []
    for word in words[start : start + MAX_WORDS]:
        if phrase and (_is_verb(word) or word.casefold() in _PREPOSITIONS):
            break
        phrase.append(word)
    return phrase


def _is_verb(word: str) -> bool:
    folded = word.casefold()
    return folded in _VERBS or (len(folded) > 4 and folded.endswith("ed"))
