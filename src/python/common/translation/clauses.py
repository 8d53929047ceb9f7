"""What a sentence says, whatever its language: the values between analysis and generation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """
    One part of a clause.

    Kinds: np (a noun with what goes with it), literal (left as it was), adj, adv, prep, conj, wh,
    subj, obj, phrase, inf, date. `lemma` is the English word; a noun that nobody knows is literal.
    """

    kind: str
    lemma: str
    determiner: str = ""
    number: str = ""
    adjectives: tuple[str, ...] = ()
    is_plural: bool = False
    is_literal: bool = False
    person: int = 3
    text: str = ""  # of a date: the day


@dataclass(frozen=True)
class VerbGroup:
    """What is done: tense pres, past, fut, cond or imp; with a modal, passive, negated ..."""

    lemma: str
    tense: str = "pres"
    person: int = 3
    modal: str = ""
    is_perfect: bool = False
    is_passive: bool = False
    is_progressive: bool = False
    is_negated: bool = False


@dataclass
class Clause:
    """The parts of a clause in the order subject, verb, rest; `front` stands before them."""

    front: list[Node] = field(default_factory=list)
    asking: list[Node] = field(default_factory=list)
    subject: list[Node] = field(default_factory=list)
    verb: VerbGroup | None = None
    rest: list[Node] = field(default_factory=list)
    is_question: bool = False
    conjunction: str = ""
