"""Words, likeness of texts and a search index over them. No agent's wording may enter."""

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

from common.stemming import stem as _porter

_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# Negations and on/off/up/down carry the meaning of commands, so they are not here.
_STOP_WORDS = frozenset(
    word
    for line in (
        "a about am an and are as at be been being but by can could did do does doing for from",
        "had has have having he her hers him his how i if in into is it it's its let me my of",
        "or our please shall she should so some such that the their them then there these they",
        "this those to us was we were what what's when where which who whom whose why will",
        "with would you your",
    )
    for word in line.split()
)


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text in order, in lower case."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace(_APOSTROPHE, "'")
    return tuple(_WORD.findall(plain))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return what a word shares with its inflections."""
    return _porter(word.removesuffix("'s"))


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words that carry meaning, in order."""
    return tuple(stem(word) for word in tokens(text) if word not in _STOP_WORDS)


def similarity(a: str, b: str) -> float:
    """Return how alike two texts are, from 0 (nothing shared) to 1 (the same words)."""
    words = _overlap(Counter(stems(a) or tokens(a)), Counter(stems(b) or tokens(b)))
    return max(words, 0.8 * _overlap(_trigrams(a), _trigrams(b)))


def _overlap(a: Counter[str], b: Counter[str]) -> float:
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0


def _trigrams(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in tokens(text):
        padded = f" {word} "
        found.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return found


class TextIndex:
    """Find texts by the words they share with a query, rare words first (BM25)."""

    def __init__(self, *, saturation: float = 1.2, length_weight: float = 0.75) -> None:
        self._saturation = saturation
        self._length_weight = length_weight
        self._texts: dict[str, Counter[str]] = {}
        self._postings: dict[str, dict[str, int]] = {}
        self._total_length = 0

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._texts)

    def __contains__(self, key: object) -> bool:
        """Tell whether a text is kept under the key."""
        return key in self._texts

    def add(self, key: str, text: str) -> None:
        """Keep a text under a key; what was there before is replaced."""
        self.remove(key)
        counted = Counter(stems(text))
        self._texts[key] = counted
        self._total_length += counted.total()
        for word, count in counted.items():
            self._postings.setdefault(word, {})[key] = count

    def remove(self, key: str) -> bool:
        """Take a text out and tell whether there was one."""
        counted = self._texts.pop(key, None)
        if counted is None:
            return False
        self._total_length -= counted.total()
        for word in counted:
            postings = self._postings[word]
            del postings[key]
            if not postings:
                del self._postings[word]
        return True

    def search(self, query: str, limit: int = 10) -> tuple[tuple[str, float], ...]:
        """Return (key, score) of the texts that share a word with the query, best first."""
        scores: dict[str, float] = {}
        for word in dict.fromkeys(stems(query)):
            for key, score in self._score(word):
                scores[key] = scores.get(key, 0.0) + score
        ranked = sorted(scores.items(), key=lambda found: (-found[1], found[0]))
        return tuple(ranked[: max(limit, 0)])

    def _score(self, word: str) -> list[tuple[str, float]]:
        postings = self._postings.get(word, {})
        rarity = math.log1p((len(self._texts) - len(postings) + 0.5) / (len(postings) + 0.5))
        average = self._total_length / len(self._texts) if self._texts else 1.0
        found = []
        for key, count in postings.items():
            share = self._texts[key].total() / average
            damping = self._saturation * (1 - self._length_weight + self._length_weight * share)
            found.append((key, rarity * count * (self._saturation + 1) / (count + damping)))
        return found
