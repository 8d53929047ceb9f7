"""
Memories that answer a question together: ranked by words and age, chained by what they share.

Pure. Entities are the names and rare words of a text; a hop goes from one memory to others that
share an entity with it which the question did not have.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from common.text import TextIndex, stems, tokens

HALF_LIFE: Final = 14 * 24 * 3600.0
RECENCY: Final = 0.25  # how much of the score age can take away
FADE: Final = 0.6  # what a hop leaves of the score
MAX_ENTITIES: Final = 30
COMMON: Final = 0.5  # an entity in more than this share of the texts ties nothing together
_NAME = re.compile(r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")


@dataclass(frozen=True)
class Piece:
    """Hold one memory as a candidate."""

    key: str
    source: str
    text: str
    at: float
    score: float = 0.0
    hop: int = 0
    via: tuple[str, ...] = ()


def entities_of(text: str) -> tuple[str, ...]:
    """Return the names and the words with meaning, names first."""
    names = [name.casefold() for name in _NAME.findall(text[:10_000])]
    words = [word for word in stems(text[:10_000]) if len(word) > 2]
    return tuple(dict.fromkeys((*names, *words)))[:MAX_ENTITIES]


def combined(
    query: str, pieces: Iterable[Piece], now: float, limit: int, hops: int
) -> tuple[Piece, ...]:
    """Return the memories that matter for a question, best first."""
    candidates = {piece.key: piece for piece in pieces}
    index = TextIndex()
    for key, piece in candidates.items():
        index.add(key, piece.text)
    found = {
        key: replace(candidates[key], score=score * _freshness(candidates[key].at, now))
        for key, score in index.search(query, limit)
    }
    tied = {key: frozenset(_ties(piece.text)) for key, piece in candidates.items()}
    often = Counter(entity for entities in tied.values() for entity in entities)
    rare = {e for e, count in often.items() if count <= max(2, COMMON * len(tied))}
    known = frozenset(_ties(query))
    level = dict(found)
    for hop in range(1, hops + 1):
        level = _next(level, candidates, tied, rare, known, now, hop, found)
        if not level:
            break
        found |= level
    ranked = sorted(found.values(), key=lambda piece: (-piece.score, piece.hop, piece.key))
    return tuple(ranked[:limit])


def chain_of(query: str, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the fewest pieces that cover the question's words, with what ties them together."""
    wanted = set(stems(query))
    chosen: list[Piece] = []
    covered: set[str] = set()
    for piece in pieces:
        new = (wanted & set(stems(piece.text))) - covered
        if new:
            chosen.append(piece)
            covered |= new
    if not chosen or len(covered) * 2 < len(wanted):
        return ()
    tied = [piece for piece in pieces if piece.hop and piece not in chosen]
    return (*chosen, *tied[:2])


def _next(
    level: dict[str, Piece],
    candidates: dict[str, Piece],
    tied: dict[str, frozenset[str]],
    rare: set[str],
    known: frozenset[str],
    now: float,
    hop: int,
    found: dict[str, Piece],
) -> dict[str, Piece]:
    reached: dict[str, Piece] = {}
    for key, piece in level.items():
        open_ties = (tied[key] & rare) - known
        for other, entities in tied.items():
            shared = open_ties & entities
            if other in found or not shared:
                continue
            target = candidates[other]
            strength = 1.0 - 0.5 ** len(shared)
            score = piece.score * FADE * strength * _freshness(target.at, now)
            if other not in reached or reached[other].score < score:
                reached[other] = replace(target, score=score, hop=hop, via=tuple(sorted(shared)))
    return reached


def _ties(text: str) -> tuple[str, ...]:
    words = set(tokens(text))
    return tuple(entity for entity in entities_of(text) if entity in words or len(entity) > 3)


def _freshness(at: float, now: float) -> float:
    age = max(0.0, now - at)
    return 1.0 - RECENCY * (1.0 - math.exp2(-min(age / HALF_LIFE, 1_000.0)))
