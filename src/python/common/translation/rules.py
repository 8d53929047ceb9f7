"""
The embedded engine: everyday English, Spanish, French and German, by rules and small lexicons.

It needs nothing but this package. Texts are translated sentence by sentence; what it does not
know stays as it was and is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from common.translation.analysis import Analyzer
from common.translation.clauses import Clause
from common.translation.engine import Rendering
from common.translation.generation import write
from common.translation.lexicon import LANGUAGES, lexicon, tokenize

MAX_WORDS: Final = 200
"""Words of a sentence that is read as a whole; the rest of a longer one is read apart."""

_SENTENCE: Final = re.compile(
    r"[^.!?\n…]*(?:\.(?=\d)[^.!?\n…]*|(?<=\d)\.(?=\s+[A-ZÄÖÜ])[^.!?\n…]*)*(?:[.!?…]+|\n|$)"
)


class RuleEngine:
    """Translate between any two of the languages of the lexicon."""

    name = "embedded_rules"

    def translates(self, source: str, target: str) -> bool:
        """Tell whether both languages are in the lexicon."""
        return source in LANGUAGES and target in LANGUAGES

    def translate(self, text: str, source: str, target: str) -> Rendering:
        """Translate a text."""
        if source == target:
            return Rendering(text)
        unknown: dict[str, None] = {}
        parts, count = [], 0
        for sentence in sentences(text):
            said, strange, words = _sentence(sentence, source, target)
            parts.append(said)
            unknown.update(dict.fromkeys(strange))
            count += words
        known = 1.0 - min(1.0, len(unknown) / count) if count else 0.0
        return Rendering("".join(parts), tuple(unknown), round(0.85 * known, 3))


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text with the space around them."""
    for match in _SENTENCE.finditer(text):
        if match[0]:
            yield match[0]


@cache
def _analyzer(language: str) -> Analyzer:
    return Analyzer(lexicon(language))


def _sentence(sentence: str, source: str, target: str) -> tuple[str, list[str], int]:
    body = sentence.strip()
    if not any(character.isalpha() for character in body):
        return sentence, [], 0
    lead = sentence[: len(sentence) - len(sentence.lstrip())]
    trail = sentence[len(sentence.rstrip()) :]
    core = body.rstrip(".!?… ").lstrip("¿¡ ")
    mark = body[len(body.rstrip(".!?… ")) :].strip()
    tokens = tokenize(source, core)
    clauses: list[Clause] = []
    for start in range(0, len(tokens), MAX_WORDS):
        part = tokens[start : start + MAX_WORDS]
        clauses += _analyzer(source).clauses(part, is_question="?" in mark)
    said = write(target, clauses)
    unknown = [token for token in tokens if _is_unknown(source, tokens, token)]
    said = _finish(said, mark, target)
    return lead + said + trail, unknown, sum(token[0].isalpha() for token in tokens)


def _is_unknown(language: str, tokens: list[str], token: str) -> bool:
    return token[0].isalpha() and not _is_known(language, token)


@cache
def _parts_of_entries(language: str) -> frozenset[str]:
    return frozenset(part for key in lexicon(language).forms for part in key)


def _is_known(language: str, token: str) -> bool:
    return token.lower() in _parts_of_entries(language)


def _finish(said: str, mark: str, target: str) -> str:
    said = re.sub(r"\s+([,;:.!?)%])", r"\1", " ".join(said.split()))
    said = said[:1].upper() + said[1:]
    if target == "es" and "?" in mark:
        said = "¿" + said
    elif target == "es" and "!" in mark:
        said = "¡" + said
    space = " " if target == "fr" and mark[:1] in ("?", "!") and mark else ""
    return said + space + mark
