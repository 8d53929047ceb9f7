"""
From what a sentence says to how English, Spanish, French or German say it.

Only order and agreement live here; forms are made by `inflection`, words are data.
"""

from __future__ import annotations

from dataclasses import replace

from common.translation import romance
from common.translation.clauses import Clause, Node, VerbGroup
from common.translation.germanic import GermanWriter
from common.translation.inflection import english_verb, plural
from common.translation.lexicon import lexicon
from common.translation.small_words import OBJECTS_SAID_AS, SAID_AS

_TIMES = frozenset(("yesterday", "today", "tomorrow", "tonight", "now"))


_OFTEN = frozenset(("always", "never", "often", "sometimes", "already", "also", "only", "soon"))


class EnglishWriter:
    """Say clauses in English."""

    def clause(self, clause: Clause) -> str:
        """Return the words of a clause."""
        verb = clause.verb
        rest = [self.node(node) for node in _timed_last(clause.rest)]
        front = [self.node(node) for node in clause.front]
        asking = [self.node(node) for node in clause.asking]
        subject = [self.node(node) for node in clause.subject]
        if verb is None:
            return " ".join([*front, *asking, *subject, *rest])
        if verb.lemma == "there be":
            return " ".join([*asking, *front, self._there(clause), *rest])
        words = self.verb(verb, _person(clause))
        often = [node.lemma for node in clause.rest[:1] if node.lemma in _OFTEN]
        if often and verb.tense != "imp":
            rest = rest[1:]
            place = len(words) if verb.lemma == "be" else len(words) - 1
            words = [*words[:place], *often, *words[place:]]
        if clause.is_question and clause.subject:
            words = self._asked(verb, words, _person(clause))
            return " ".join([*asking, *front, words[0], *subject, *words[1:], *rest])
        return " ".join([*asking, *front, *subject, *words, *rest])

    def _there(self, clause: Clause) -> str:
        verb = clause.verb
        many = any(node.is_plural for node in clause.rest if node.kind == "np")
        form = english_verb("be")["past" if verb and verb.tense == "past" else "pres",
                                  6 if many else 3]  # fmt: skip
        negation = " not" if verb and verb.is_negated else ""
        return f"{form} there{negation}" if clause.is_question else f"there {form}{negation}"

    def _asked(self, verb: VerbGroup, words: list[str], person: int) -> list[str]:
        if len(words) > 1 and words[0] not in ("do", "does", "did") or verb.lemma == "be":
            return words
        if words[0] in ("do", "does", "did") and len(words) > 1:
            return words
        helper = english_verb("do")["past" if verb.tense == "past" else "pres", person]
        return [helper, *english_verb(verb.lemma)["inf", 0].split()]

    def verb(self, verb: VerbGroup, person: int) -> list[str]:
        """Return auxiliaries and verb."""
        tense = verb.tense
        if tense == "imp":
            base = english_verb(verb.lemma)["inf", 0].split()
            return ["do", "not", *base] if verb.is_negated else base
        chain = [*([verb.modal] if verb.modal else [])]
        if tense in ("fut", "cond"):
            chain.insert(0, "will" if tense == "fut" else "would")
        helpers = ["have"] if verb.is_perfect else []
        if verb.is_progressive or verb.is_passive:
            helpers.append("be")
        links = [*helpers, verb.lemma]
        words = list(chain)
        if chain and chain[0] == "can" and tense == "past":
            words[0] = "could"
        first = (tense if tense in ("pres", "past") else "pres", person)
        key = ("inf", 0) if chain else first
        for link in links:
            words += english_verb(link)[key].split()
            is_have = link == "have" and verb.is_perfect and len(links) > 1
            key = ("ger", 0) if verb.is_progressive and not is_have else ("part", 0)
        if verb.is_negated:
            words = self._negated(verb, words, person, bool(chain) or len(links) > 1)
        return words

    def _negated(
        self, verb: VerbGroup, words: list[str], person: int, has_helper: bool
    ) -> list[str]:
        if has_helper or verb.lemma in ("be", "can", "must", "should"):
            first = ["cannot"] if words[0] == "can" else [words[0], "not"]
            return [*first, *words[1:]]
        helper = english_verb("do")["past" if verb.tense == "past" else "pres", person]
        return [helper, "not", *english_verb(verb.lemma)["inf", 0].split()]

    def node(self, node: Node) -> str:
        """Return the words of one part."""
        if node.kind == "np":
            return _english_noun_phrase(node)
        if node.kind == "obj":
            return OBJECTS_SAID_AS["en"].get(node.lemma, node.lemma)
        if node.kind == "subj":
            return SAID_AS["en"].get(node.lemma, node.lemma)
        if node.kind == "inf":
            return "to " + node.lemma
        if node.kind == "date":
            return f"on {node.text} {node.lemma}" if node.text else f"on {node.lemma}"
        if node.kind == "adj":
            return " ".join([*filter(None, [node.determiner]), *node.adjectives, node.lemma])
        if node.kind == "num":
            return f"{node.determiner} {node.lemma}".strip()
        return node.lemma


def _timed_last(nodes: list[Node]) -> list[Node]:
    timed = [node for node in nodes if node.kind == "adv" and node.lemma in _TIMES]
    return [node for node in nodes if node not in timed] + timed


def _english_noun_phrase(node: Node) -> str:
    noun = node.lemma
    if node.is_plural and not node.is_literal:
        noun = plural("en", noun)
    words = [*([node.number] if node.number else []), *node.adjectives, noun]
    determiner = node.determiner
    if determiner == "a":
        determiner = "" if node.is_plural else ("an" if words[0][0] in "aeiou" else "a")
    if node.is_plural:
        determiner = {"this": "these", "that": "those"}.get(determiner, determiner)
    return " ".join([*([determiner] if determiner else []), *words])


def _person(clause: Clause) -> int:
    if clause.subject:
        first = clause.subject[0]
        if first.kind == "subj":
            return {"I": 1, "you": 2, "we": 4, "they": 6}.get(first.lemma, 3)
        joined = any(node.kind == "conj" for node in clause.subject)
        return 6 if first.is_plural or joined else 3
    return clause.verb.person if clause.verb else 3


_AFTER_COMMA = frozenset(("that", "because", "if", "when", "while", "but"))


def write(language: str, clauses: list[Clause]) -> str:
    """Say clauses, one after another, in a language."""
    writer = {
        "en": EnglishWriter().clause,
        "es": romance.SpanishWriter().clause,
        "fr": romance.FrenchWriter().clause,
        "de": GermanWriter().clause,
    }[language]
    parts: list[str] = []
    for clause in clauses:
        if clause.conjunction:
            if language == "de" and parts and clause.conjunction in _AFTER_COMMA:
                parts[-1] += ","
            parts.append(_conjunction(language, clause.conjunction))
        parts.append(writer(replace(clause)))
    return " ".join(part for part in parts if part).replace(" , ", ", ")


def _conjunction(language: str, conjunction: str) -> str:
    words = lexicon(language)
    if conjunction == ",":
        return ","
    return " ".join(words.word("conj", part) or part for part in conjunction.split())
