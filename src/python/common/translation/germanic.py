"""How German says a clause: the verb second, the rest of it last, and four cases."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from common.translation.clauses import Clause, Node, VerbGroup
from common.translation.inflection import auxiliary, conjugate
from common.translation.lexicon import lexicon
from common.translation.small_words import SAID_AS

_DATIVE: Final = frozenset(
    ("of", "at", "to", "from", "with", "after", "since", "in", "on", "under", "behind", "before",
     "in front of", "between", "next to", "near", "over", "during")
)  # fmt: skip
_ENDINGS: Final = {
    "nom": {"m": "er", "f": "e", "n": "es", "p": "e"},
    "acc": {"m": "en", "f": "e", "n": "es", "p": "e"},
    "dat": {"m": "em", "f": "er", "n": "em", "p": "en"},
    "gen": {"m": "es", "f": "er", "n": "es", "p": "er"},
}
_THE: Final = {
    "nom": {"m": "der", "f": "die", "n": "das", "p": "die"},
    "acc": {"m": "den", "f": "die", "n": "das", "p": "die"},
    "dat": {"m": "dem", "f": "der", "n": "dem", "p": "den"},
    "gen": {"m": "des", "f": "der", "n": "des", "p": "der"},
}
_STEMS: Final = {
    "a": "ein", "my": "mein", "your": "dein", "his": "sein", "her": "ihr", "its": "sein",
    "our": "unser", "their": "ihr", "no": "kein", "this": "dies", "that": "dies",
    "every": "jed", "some": "einig", "many": "viel", "all": "all", "other": "ander",
    "both": "beid", "much": "viel",
}  # fmt: skip
_LIKE_EIN: Final = frozenset(("a", "my", "your", "his", "her", "its", "our", "their", "no"))
_ACCUSATIVE: Final = {"me": "mich", "you": "dich", "him": "ihn", "her": "sie", "it": "es",
                      "us": "uns", "them": "sie"}  # fmt: skip
_DATIVE_PRONOUNS: Final = {"me": "mir", "you": "dir", "him": "ihm", "her": "ihr", "it": "ihm",
                           "us": "uns", "them": "ihnen"}  # fmt: skip
_TO_WHOM: Final = frozenset(("help", "give", "tell", "say", "show", "answer", "send", "bring"))
_LAST: Final = frozenset(("that", "because", "if", "when", "while"))


class GermanWriter:
    """Say clauses in German."""

    def __init__(self) -> None:
        self._words = lexicon("de")

    def clause(self, clause: Clause) -> str:
        """Return the words of a clause."""
        verb = clause.verb
        front = self._nodes(clause.front, "nom")
        asking = self._nodes(clause.asking, "nom" if self._is_subject(clause) else "acc")
        subject = self._nodes(clause.subject, "nom")
        is_be = verb is not None and verb.lemma == "be"
        infinitives = [node for node in clause.rest if node.kind == "inf"]
        others = [node for node in clause.rest if node.kind != "inf"]
        is_none = (
            verb is not None
            and verb.is_negated
            and bool(others)
            and (others[0].kind == "np" and others[0].determiner in ("", "a", "some"))
        )
        if is_none:
            others[0] = replace(others[0], determiner="no")
        to_whom = verb is not None and verb.lemma in _TO_WHOM
        objects = [self._node(n, "dat") for n in others if n.kind == "obj" and to_whom]
        others = [n for n in others if n.kind != "obj" or not to_whom]
        rest = [*objects, *self._nodes(others, "nom" if is_be else "acc")]
        if verb is None:
            return _contract(" ".join([*front, *asking, *subject, *rest]))
        if verb.lemma == "there be":
            form = "gab" if verb.tense == "past" else "gibt"
            words = [form, "es"] if clause.is_question else ["es", form]
            return _contract(" ".join([*asking, *words, *rest, *front]))
        finite, end = self._verb(clause, verb)
        is_bare = verb.lemma == "want"
        end = [self._infinitive(node, is_bare=is_bare) for node in infinitives] + end
        if verb.is_negated and not is_none:
            rest = self._negated(clause, rest)
        if clause.conjunction.split(" ")[-1] in _LAST:
            return _contract(" ".join([*front, *subject, *rest, *end, finite]))
        if clause.is_question or verb.tense == "imp":
            return _contract(" ".join([*asking, finite, *subject, *front, *rest, *end]))
        if front:
            return _contract(" ".join([*front, finite, *subject, *rest, *end]))
        return _contract(" ".join([*subject, finite, *rest, *end]))

    def _is_subject(self, clause: Clause) -> bool:
        return not clause.subject or (clause.verb is not None and clause.verb.lemma == "be")

    def _negated(self, clause: Clause, rest: list[str]) -> list[str]:
        places = [n for n, node in enumerate(clause.rest) if node.kind in ("prep", "adj")]
        if places and places[0] == 0:
            return ["nicht", *rest]
        return [*rest, "nicht"]

    def _infinitive(self, node: Node, *, is_bare: bool) -> str:
        said = self._words.word("verb", node.lemma) or node.lemma
        prefix, _, base = said.rpartition("|")
        if is_bare:
            return prefix + base
        return f"{prefix}zu{base}" if prefix else f"zu {base}"

    def _verb(self, clause: Clause, verb: VerbGroup) -> tuple[str, list[str]]:
        person = self._person(clause)
        said = self._words.word("verb", verb.lemma) or verb.lemma
        prefix = said.rpartition("|")[0]
        forms = conjugate("de", said)
        tense = verb.tense
        if tense == "imp":
            return forms["imp", 2], [prefix] if prefix else []
        end = [forms["part", 0], "werden"] if verb.is_passive else [forms["inf", 0]]
        if verb.modal:
            modal = {"can": "können", "must": "müssen", "should": "sollen"}[verb.modal]
            return conjugate("de", modal)["past" if tense == "past" else "pres", person], end
        if tense in ("fut", "cond"):
            would = {1: "würde", 2: "würdest", 3: "würde", 4: "würden", 5: "würdet", 6: "würden"}
            will = conjugate("de", "werden")["pres", person]
            return (will if tense == "fut" else would[person]), end
        if verb.is_passive:
            form = conjugate("de", "werden")["past" if tense == "past" else "pres", person]
            return form, [forms["part", 0]]
        if verb.is_perfect or tense == "past" and verb.lemma not in ("be", "have", "know", "want"):
            helper = auxiliary("de", said)
            return conjugate("de", helper)["pres", person], [forms["part", 0]]
        return forms["past" if tense == "past" else "pres", person], [prefix] if prefix else []

    def _person(self, clause: Clause) -> int:
        if not clause.subject:
            return clause.verb.person if clause.verb else 3
        first = clause.subject[0]
        if first.kind == "subj":
            return {"I": 1, "you": 2, "we": 4, "they": 6}.get(first.lemma, 3)
        return 6 if first.is_plural else 3

    def _nodes(self, nodes: list[Node], case: str) -> list[str]:
        said = []
        current = case
        for at, node in enumerate(nodes):
            if node.kind == "prep" and node.lemma == "of" and _is_genitive(nodes, at):
                current = "gen"
                continue
            if node.kind == "prep":
                current = "dat" if node.lemma in _DATIVE else "acc"
            said.append(self._node(node, current))
            if node.kind != "prep":
                current = case
        return said

    def _node(self, node: Node, case: str) -> str:
        words = self._words
        if node.kind == "np":
            return self._noun_phrase(node, case)
        if node.kind == "subj":
            return SAID_AS["de"].get(node.lemma, node.lemma)
        if node.kind == "obj":
            return (_DATIVE_PRONOUNS if case == "dat" else _ACCUSATIVE).get(node.lemma, node.lemma)
        if node.kind == "date":
            name = words.word("noun", node.lemma) or node.lemma
            return f"am {node.text}. {name}" if node.text else f"am {name}"
        if node.kind == "adj" and node.determiner:
            return f"{_THE['nom']['m']} {words.word('adj', node.lemma) or node.lemma}e"
        return words.word(node.kind, node.lemma) or node.lemma

    def _noun_phrase(self, node: Node, case: str) -> str:
        words = self._words
        gender = "p" if node.is_plural else words.genders.get(node.lemma, "n")
        noun = words.plurals.get(node.lemma) if node.is_plural else words.word("noun", node.lemma)
        noun = noun or node.lemma
        if case == "dat" and node.is_plural and not noun.endswith(("n", "s")):
            noun += "n"
        if case == "gen" and gender in "mn" and not node.is_literal:
            noun += "es" if noun[-1] in "sßz" else "s"
        determiner = self._determiner(node, gender, case)
        adjectives = [self._adjective(one, node, gender, case) for one in node.adjectives]
        number = words.word("num", node.number) or node.number
        return " ".join(part for part in [determiner, number, *adjectives, noun] if part)

    def _determiner(self, node: Node, gender: str, case: str) -> str:
        if node.determiner == "the":
            return _THE[case][gender]
        stem = _STEMS.get(node.determiner)
        if stem is None or node.determiner == "a" and gender == "p":
            return ""
        bare = case == "nom" and gender in "mn" or case == "acc" and gender == "n"
        if node.determiner in _LIKE_EIN and bare:
            return stem
        return stem + _ENDINGS[case][gender]

    def _adjective(self, lemma: str, node: Node, gender: str, case: str) -> str:
        said = self._words.word("adj", lemma)
        if said is None:
            return lemma
        stem = {"hoch": "hoh", "teuer": "teur"}.get(said, said.removesuffix("e"))
        strong = not node.determiner or (
            node.determiner in _LIKE_EIN
            and self._determiner(node, gender, case) == _STEMS[node.determiner]
        )
        if strong:
            return stem + _ENDINGS[case][gender]
        weak_e = case == "nom" and gender != "p" or case == "acc" and gender in "fn"
        return stem + ("e" if weak_e else "en")


def _is_genitive(nodes: list[Node], at: int) -> bool:
    following = nodes[at + 1] if at + 1 < len(nodes) else None
    return following is not None and following.kind == "np" and bool(following.determiner)


def _contract(text: str) -> str:
    for whole, short in (("in dem", "im"), ("an dem", "am"), ("zu dem", "zum"), ("zu der", "zur"),
                         ("von dem", "vom"), ("bei dem", "beim"), ("in das", "ins")):  # fmt: skip
        text = re.sub(rf"\b{whole}\b", short, text)
    return text
