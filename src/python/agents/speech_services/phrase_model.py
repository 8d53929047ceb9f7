"""
A language model of an assistant's phrases: patterns in, trigrams in ARPA form out.

Patterns are expanded by chance, always the same chance. No recogniser may enter.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_TOKEN: Final = re.compile(r"[()|\[\]]|<\w+>|[^()|\[\]<>\s]+")
_DISCOUNT: Final = 0.5
_ORDER: Final = 3
_KEPT: Final = 0.6  # how often what may be left out is not

Gram = tuple[str, ...]


def samples(
    patterns: Iterable[str], lists: Mapping[str, tuple[str, ...]], each: int
) -> tuple[Gram, ...]:
    """Return sentences of each pattern."""
    chance = random.Random(1)
    found = []
    for pattern in patterns:
        tokens = _TOKEN.findall(pattern)
        for _ in range(each):
            words, _ = _expand(tokens, 0, lists, chance)
            found.append(tuple(words))
    return tuple(sentence for sentence in found if sentence)


def _expand(
    tokens: list[str], at: int, lists: Mapping[str, tuple[str, ...]], chance: random.Random
) -> tuple[list[str], int]:
    choices: list[list[str]] = [[]]
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        at += 1
        if token == "|":
            choices.append([])
        elif token in "([":
            inner, at = _expand(tokens, at, lists, chance)
            at += 1
            if token == "(" or chance.random() < _KEPT:
                choices[-1] += inner
        elif token.startswith("<"):
            choices[-1] += chance.choice(lists[token[1:-1]]).split()
        else:
            choices[-1].append(token)
    return chance.choice(choices), at


def arpa(sentences: Iterable[Gram]) -> str:
    """Return the trigrams of sentences, with room for those that were never seen."""
    counts = [Counter[Gram]() for _ in range(_ORDER)]
    for sentence in sentences:
        padded = ("<s>", *sentence, "</s>")
        for order in range(1, _ORDER + 1):
            for start in range(len(padded) - order + 1):
                counts[order - 1][padded[start : start + order]] += 1
    model = _Model(counts)
    lines = ["\\data\\"]
    lines += [f"ngram {order + 1}={len(each)}" for order, each in enumerate(counts)]
    for order, each in enumerate(counts):
        lines += ["", f"\\{order + 1}-grams:"]
        lines += [model.line(gram, is_last=order == _ORDER - 1) for gram in sorted(each)]
    return "\n".join([*lines, "", "\\end\\", ""])


class _Model:
    """Absolute discounting: what is taken from what was seen is for what was not."""

    def __init__(self, counts: list[Counter[Gram]]) -> None:
        self._counts = counts
        self._total = sum(counts[0].values()) - counts[0][("<s>",)]  # it follows nothing
        self._followed: Counter[Gram] = Counter()
        self._kinds: Counter[Gram] = Counter()
        self._seen: dict[Gram, list[str]] = {}
        for each in counts[1:]:
            for gram, count in each.items():
                self._followed[gram[:-1]] += count
                self._kinds[gram[:-1]] += 1
                self._seen.setdefault(gram[:-1], []).append(gram[-1])

    def line(self, gram: Gram, *, is_last: bool) -> str:
        """Return the line of a gram: its probability, itself, and what those after it weigh."""
        probability = math.log10(self.probability(gram)) if gram != ("<s>",) else -99.0
        line = f"{probability:.5f} {' '.join(gram)}"
        return line if is_last else f"{line} {math.log10(self._weight(gram)):.5f}"

    def probability(self, gram: Gram) -> float:
        """Return how likely the last word is after the others."""
        count = self._counts[len(gram) - 1][gram]
        if len(gram) == 1:
            return count / self._total
        if count:
            return (count - _DISCOUNT) / self._followed[gram[:-1]]
        return self._weight(gram[:-1]) * self.probability(gram[1:])

    def _weight(self, context: Gram) -> float:
        if not self._followed[context]:
            return 1.0
        kept = _DISCOUNT * self._kinds[context] / self._followed[context]
        known = sum(self.probability((*context[1:], word)) for word in self._seen[context])
        return max(kept / max(1.0 - known, 1e-6), 1e-6)
