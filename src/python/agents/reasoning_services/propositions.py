"""
Sentences as propositions: an atom that holds or not, and rules `if ... then ...` over them.

Pure; what is believed may not enter. What cannot be read as a rule or a negation is an atom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_IF = re.compile(r"^(?:if|when|whenever) (.+?)(?:,? then |, )(.+)$")
_IF_BEHIND = re.compile(r"^(.+?) if (.+)$")
_IMPLIES = re.compile(r"^(.+?) (?:implies|means|entails)(?: that)? (.+)$")
_ALL = re.compile(r"^(?:all|every|each) (\w+) (?:is|are) (not )?(?:an? )?(.+)$")
_NO = re.compile(r"^no (\w+) (?:is|are) (?:an? )?(.+)$")
_NOT_TRUE = re.compile(r"^(?:it is|it's) (?:not (?:true|the case)|false|untrue)(?: that)? (.+)$")
_TRUE = re.compile(r"^(?:it is|it's) (?:true|the case) that (.+)$")
_CONTRACTED: Final = (
    (
        re.compile(r"\b(is|are|was|were|does|do|did|has|have|had|could|would|should)n't\b"),
        r"\1 not",
    ),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|will|could|would|should|must|has|have|had|may)( not\b| never\b)"
)
_DO_NOT = re.compile(r"\b(does|do|did) (?:not|never) (\w+)")
_IS_A = re.compile(r"^(.+?) (?:is|are) (?:an? )?(\w+)$")


@dataclass(frozen=True, order=True)
class Literal:
    """Hold an atom and whether it holds."""

    atom: str
    holds: bool = True

    def negated(self) -> Literal:
        """Return the opposite."""
        return Literal(self.atom, not self.holds)

    def __str__(self) -> str:
        """Write it for people."""
        return self.atom if self.holds else f"not: {self.atom}"


@dataclass(frozen=True)
class Rule:
    """Hold that all conditions together lead to a conclusion; X stands for anything."""

    conditions: tuple[Literal, ...]
    conclusion: Literal


def parse(statement: str) -> Literal | Rule:
    """Return what a sentence states."""
    text = " ".join(statement.casefold().split()).strip(" .!?")
    for pattern, form in _CONTRACTED:
        text = pattern.sub(form, text)
    if found := _IF.match(text) or _IMPLIES.match(text):
        return Rule(_conditions(found[1]), literal(found[2]))
    if found := _ALL.match(text):
        return Rule((_kind(found[1]),), Literal(_kind(found[3]).atom, not found[2]))
    if found := _NO.match(text):
        return Rule((_kind(found[1]),), _kind(found[2]).negated())
    if found := _IF_BEHIND.match(text):
        return Rule(_conditions(found[2]), literal(found[1]))
    return literal(text)


def literal(text: str) -> Literal:
    """Return one proposition, with its negation taken out of the wording."""
    text = text.strip()
    for _ in range(4):  # nobody negates more often
        if found := _NOT_TRUE.match(text):
            return literal(found[1]).negated()
        if found := _TRUE.match(text):
            text = found[1]
    if text.startswith("not "):
        return literal(text[4:]).negated()
    if found := _AUXILIARY.search(text):
        plain = f"{text[: found.end(1)]}{text[found.end(2) :]}"
        return Literal(_normal(plain), False)
    if found := _DO_NOT.search(text):
        return Literal(_normal(f"{text[: found.start()]}{found[2]}{text[found.end() :]}"), False)
    return Literal(_normal(text))


def instantiated(rule: Rule, subject: str) -> Rule:
    """Return a rule about X as one about a subject."""
    swapped = tuple(Literal(_about(c.atom, subject), c.holds) for c in rule.conditions)
    end = rule.conclusion
    return Rule(swapped, Literal(_about(end.atom, subject), end.holds))


def is_general(rule: Rule) -> bool:
    """Tell whether a rule is about anything rather than something."""
    return any(condition.atom.startswith("X is ") for condition in rule.conditions)


def subject_of(atom: str) -> str | None:
    """Return what an atom such as `rex is dog` is about."""
    found = re.match(r"^(.+?) is \S+", atom)
    return found[1] if found and found[1] != "X" else None


def _about(atom: str, subject: str) -> str:
    return f"{subject}{atom[1:]}" if atom.startswith("X is ") else atom


def _conditions(text: str) -> tuple[Literal, ...]:
    return tuple(dict.fromkeys(literal(part) for part in re.split(r"(?:,)? and ", text) if part))


def _kind(word: str) -> Literal:
    return Literal(f"X is {_singular(word)}")


def _normal(text: str) -> str:
    bare = re.sub(r"\b(the|an?) (?!is\b|are\b)", "", text).strip(" ,")
    if found := _IS_A.match(bare):
        return f"{found[1]} is {_singular(found[2])}"
    words = bare.split()
    # A verb's ending follows its subject, so `rain` of `does not rain` is `rains`.
    return " ".join(_singular(word) if at == 1 else word for at, word in enumerate(words))


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
