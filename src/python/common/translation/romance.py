"""How Spanish and French say a clause: agreement, pronouns before verbs, adjectives after nouns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from common.translation.clauses import Clause, Node, VerbGroup
from common.translation.inflection import (
    auxiliary,
    conjugate,
    french_adjective,
    french_participle,
    spanish_adjective,
)
from common.translation.lexicon import lexicon
from common.translation.small_words import OBJECTS_SAID_AS, SAID_AS
from common.translation.words import BEFORE_NOUNS, STATES

_PLACES: Final = frozenset(
    ("in", "on", "at", "under", "behind", "next to", "near", "in front of", "between")
)
_THERE: Final = frozenset(("here", "there", "upstairs", "downstairs", "outside", "at home"))
_ORDINAL: Final = frozenset(("first", "second", "last", "next", "good", "bad"))
_VOWEL: Final = "aeiouhéèêàâœîï"

_DETERMINERS: Final = {
    "es": {
        "the": "el la los las", "a": "un una unos unas", "this": "este esta estos estas",
        "that": "ese esa esos esas", "my": "mi mi mis mis", "your": "tu tu tus tus",
        "his": "su su sus sus", "our": "nuestro nuestra nuestros nuestras",
        "every": "cada cada cada cada", "some": "algún alguna algunos algunas",
        "no": "ningún ninguna ningún ninguna", "many": "mucho mucha muchos muchas",
        "much": "mucho mucha muchos muchas", "other": "otro otra otros otras",
        "all": "todo_el toda_la todos_los todas_las", "both": "ambos ambas ambos ambas",
    },
    "fr": {
        "the": "le la les les", "a": "un une des des", "this": "ce cette ces ces",
        "that": "ce cette ces ces", "my": "mon ma mes mes", "your": "ton ta tes tes",
        "his": "son sa ses ses", "our": "notre notre nos nos", "their": "leur leur leurs leurs",
        "every": "chaque chaque chaque chaque", "some": "du de_la des des",
        "no": "aucun aucune aucun aucune",
        "many": "beaucoup_de beaucoup_de beaucoup_de beaucoup_de",
        "much": "beaucoup_de beaucoup_de beaucoup_de beaucoup_de",
        "other": "autre autre autres autres", "all": "tout_le toute_la tous_les toutes_les",
        "both": "les_deux les_deux les_deux les_deux",
    },
}  # fmt: skip


class RomanceWriter:
    """What Spanish and French share."""

    language = "es"
    not_before = "no"
    not_after = ""

    def __init__(self) -> None:
        self._words = lexicon(self.language)

    def clause(self, clause: Clause) -> str:
        """Return the words of a clause."""
        raise NotImplementedError

    def agreement(self, clause: Clause) -> tuple[str, bool, int]:
        """Return gender, number and person of the subject."""
        if not clause.subject:
            return "m", False, clause.verb.person if clause.verb else 3
        first = clause.subject[0]
        if first.kind == "subj":
            person = {"I": 1, "you": 2, "we": 4, "they": 6}.get(first.lemma, 3)
            return ("f" if first.lemma == "she" else "m"), person > 3, person
        gender = self._words.genders.get(first.lemma, "m")[0]
        return gender, first.is_plural, 6 if first.is_plural else 3

    def noun_phrase(self, node: Node) -> str:
        """Return article, number, adjectives and noun, in agreement."""
        words = self._words
        gender = words.genders.get(node.lemma, "m")
        noun = words.plurals.get(node.lemma) if node.is_plural else words.word("noun", node.lemma)
        noun = noun or node.lemma
        before: list[str] = []
        after: list[str] = []
        for adjective in node.adjectives:
            form = self.adjective(adjective, gender[0], node.is_plural)
            (before if self.stands_before(adjective) else after).append(form)
        number = words.word("num", node.number) or node.number
        determiner = self.determiner(node, gender)
        parts = [determiner, number, *before, noun, *after]
        return " ".join(part for part in parts if part)

    def determiner(self, node: Node, gender: str) -> str:
        """Return the article or what stands for it."""
        determiner = {"her": "his", "its": "his"}.get(node.determiner, node.determiner)
        if self.language == "es" and determiner == "their":
            determiner = "his"
        forms = _DETERMINERS[self.language].get(determiner)
        if forms is None:
            return ""
        at = (1 if gender[0] == "f" else 0) + (2 if node.is_plural else 0)
        if gender == "f!" and determiner in ("the", "a") and not node.is_plural:
            at = 0  # el agua
        return forms.split()[at].replace("_", " ")

    def adjective(self, lemma: str, gender: str, is_plural: bool) -> str:
        """Return an adjective in agreement."""
        said = self._words.word("adj", lemma)
        if said is None:
            return lemma
        if self.language == "es":
            return spanish_adjective(said, gender, is_plural)
        return french_adjective(said, gender, is_plural)

    def stands_before(self, adjective: str) -> bool:
        """Tell whether an adjective stands before its noun."""
        return adjective in (BEFORE_NOUNS if self.language == "fr" else _ORDINAL)

    def node(self, node: Node, gender: str = "m", is_plural: bool = False) -> str:
        """Return the words of one part."""
        words = self._words
        if node.kind == "np":
            return self.noun_phrase(node)
        if node.kind == "subj":
            return SAID_AS[self.language].get(node.lemma, node.lemma)
        if node.kind == "obj":
            return OBJECTS_SAID_AS[self.language].get(node.lemma, node.lemma)
        if node.kind == "adj":
            article = self.determiner(Node("np", "", node.determiner, is_plural=is_plural), gender)
            return f"{article} {self.adjective(node.lemma, gender, is_plural)}".strip()
        if node.kind == "inf":
            return conjugate(self.language, words.word("verb", node.lemma) or "")["inf", 0]
        if node.kind == "date":
            month = words.word("noun", node.lemma) or node.lemma
            link = " de " if self.language == "es" else " "
            article = "el" if self.language == "es" else "le"
            return f"{article} {node.text}{link}{month}" if node.text else f"{article} {month}"
        return words.word(node.kind, node.lemma) or node.lemma

    def verb_form(self, lemma: str, tense: str, person: int) -> str:
        """Return one form of the verb that says an English one."""
        forms = conjugate(self.language, self._words.word("verb", lemma) or "")
        return forms.get((tense, person)) or forms["pres", person]

    def parts(self, clause: Clause) -> tuple[list[str], list[str], list[str], list[str], str]:
        """Return front, question word, subject, rest, and the pronouns before the verb."""
        gender, many, _ = self.agreement(clause)
        objects = [node for node in clause.rest if node.kind == "obj"]
        if clause.verb is not None and clause.verb.tense == "imp":
            objects = []
        rest = [self.node(node, gender, many) for node in clause.rest if node not in objects]
        front = [self.node(node) for node in clause.front]
        asking = [self.node(node, gender, many) for node in clause.asking]
        subject = [self.node(node) for node in clause.subject]
        return front, asking, subject, rest, " ".join(self.node(node) for node in objects)


class SpanishWriter(RomanceWriter):
    """Say clauses in Spanish."""

    def clause(self, clause: Clause) -> str:
        """Return the words of a clause; a pronoun that the verb shows is left out."""
        front, asking, subject, rest, objects = self.parts(clause)
        verb = clause.verb
        if verb is None:
            return _contract_es(" ".join([*front, *asking, *subject, *rest]))
        if verb.lemma == "there be":
            form = "hubo" if verb.tense == "past" else "hay"
            words = [*asking, *front, *(["no"] if verb.is_negated else []), form, *rest]
            return _contract_es(" ".join(words))
        group = self._verb(clause, verb)
        if clause.subject and clause.subject[0].kind == "subj" and (
            clause.subject[0].lemma in ("I", "you", "we", "it")
        ):  # fmt: skip
            subject = []
        said = [*(["no"] if verb.is_negated else []), *([objects] if objects else []), *group]
        order = [*said, *subject] if clause.is_question else [*subject, *said]
        return _contract_es(" ".join([*asking, *front, *order, *rest]))

    def _verb(self, clause: Clause, verb: VerbGroup) -> list[str]:
        gender, many, person = self.agreement(clause)
        if verb.tense == "imp":
            return [self.verb_form(verb.lemma, "imp", 2)]
        tense = verb.tense
        chain = []
        if verb.modal:
            modal = "can" if verb.modal == "can" else "must"
            chain, tense = [self.verb_form(modal, tense, person)], "inf"
        if verb.is_perfect:
            haber = conjugate("es", "haber")
            head = "impf" if tense == "past" else tense
            chain.append(haber.get((head, person)) or haber["inf", 0])
            tense = "part"
        if verb.is_passive:
            chain.append(self._form("ser", tense, person))
            participle = self.verb_form(verb.lemma, "part", 0)
            return [*chain, spanish_adjective(participle, gender, many)]
        if verb.is_progressive:
            return [*chain, self._form("estar", tense, person),
                    self.verb_form(verb.lemma, "ger", 0)]  # fmt: skip
        if verb.lemma == "be":
            base = "estar" if _is_state(clause) else "ser"
            if base == "estar" and tense == "past":
                tense = "impf"
            return [*chain, self._form(base, tense, person)]
        return [
            *chain,
            self.verb_form(verb.lemma, tense, 0 if tense in ("inf", "part") else person),
        ]

    def _form(self, verb: str, tense: str, person: int) -> str:
        return conjugate("es", verb)[tense, 0 if tense in ("inf", "part", "ger") else person]


class FrenchWriter(RomanceWriter):
    """Say clauses in French."""

    language = "fr"

    def clause(self, clause: Clause) -> str:
        """Return the words of a clause."""
        front, asking, subject, rest, objects = self.parts(clause)
        verb = clause.verb
        if verb is None:
            return _elide(" ".join([*front, *asking, *subject, *rest]))
        if verb.lemma == "there be":
            form = "il y avait" if verb.tense == "past" else "il y a"
            if verb.is_negated:
                form = form.replace("il y", "il n'y") + " pas"
            question = ["est-ce qu'"] if clause.is_question else []
            return _elide(" ".join([*asking, *front, *question, form, *rest]))
        group = self._verb(clause, verb)
        first = clause.rest[0] if clause.rest else None
        if verb.is_negated and first is not None and first.determiner == "a" and verb.lemma != "be":
            first = replace(first, determiner="")
            rest = [self.node(first), *rest[1:]]
        if (
            first is not None
            and first.kind == "np"
            and not first.determiner
            and (not first.number and not first.is_literal)
        ):
            link = (
                "de"
                if verb.is_negated
                else self.determiner(
                    replace(first, determiner="some"), self._words.genders.get(first.lemma, "m")
                )
            )
            rest = [f"{link} {rest[0]}", *rest[1:]] if not objects else rest
        if verb.is_negated:
            group = ["ne", *([objects] if objects else []), group[0], "pas", *group[1:]]
        elif objects:
            group = [objects, *group]
        if clause.is_question and clause.subject:
            simple_be = verb.lemma == "be" and clause.asking and clause.subject[0].kind == "np"
            if simple_be:
                return _elide(" ".join([*asking, *front, *group, *subject, *rest]))
            asking = [*asking, "est-ce que"] if asking != ["que"] else ["qu'est-ce que"]
        return _elide(" ".join([*asking, *front, *subject, *group, *rest]))

    def _verb(self, clause: Clause, verb: VerbGroup) -> list[str]:
        gender, many, person = self.agreement(clause)
        if verb.tense == "imp":
            return [self.verb_form(verb.lemma, "imp", 2)]
        tense = verb.tense
        chain: list[str] = []
        if verb.modal:
            modal = "can" if verb.modal == "can" else "must"
            first = "impf" if tense == "past" else tense
            chain, tense = [self.verb_form(modal, first, person)], "inf"
        is_past = tense == "past" or verb.is_perfect
        if verb.is_passive:
            return [*chain, *self._passive(verb, tense, is_past, person, gender, many)]
        if (
            is_past
            and verb.lemma == "be"
            and not verb.is_perfect
            or verb.is_progressive
            and is_past
        ):
            return [*chain, self.verb_form(verb.lemma, "impf", person)]
        if is_past and tense != "inf":
            said = self._words.word("verb", verb.lemma) or ""
            helper = auxiliary("fr", said)
            participle = self.verb_form(verb.lemma, "part", 0)
            if helper == "être":
                participle = french_participle(participle, gender, many)
            return [*chain, conjugate("fr", helper)["pres", person], participle]
        return [*chain, self.verb_form(verb.lemma, tense, 0 if tense == "inf" else person)]

    def _passive(
        self, verb: VerbGroup, tense: str, is_past: bool, person: int, gender: str, many: bool
    ) -> list[str]:
        participle = french_participle(self.verb_form(verb.lemma, "part", 0), gender, many)
        if tense == "inf":
            return ["être", participle]
        if is_past:
            return [conjugate("fr", "avoir")["pres", person], "été", participle]
        return [conjugate("fr", "être")[tense, person], participle]


def _is_state(clause: Clause) -> bool:
    if any(node.lemma in ("where", "how") for node in clause.asking):
        return True
    for node in clause.rest:
        if node.kind == "np":
            return False
        if node.kind == "prep":
            return node.lemma in _PLACES
        if node.kind == "adj" and not node.determiner:
            return node.lemma in STATES
        if node.kind == "adv" and node.lemma in _THERE:
            return True
    return False


def _contract_es(text: str) -> str:
    text = re.sub(r"\bde el\b", "del", text)
    text = re.sub(r"\ba el\b", "al", text)
    text = re.sub(r"\ben el (\d|lunes|martes|mi|jueves|viernes|s|domingo)", r"el \1", text)
    text = re.sub(r"\by (?=h?i)", "e ", text)
    return re.sub(r"\bbueno (?=[a-zñáéíóú]+\b)", "buen ", text) if " bueno " in text else text


def _elide(text: str) -> str:
    text = re.sub(rf"\bce (?=[{_VOWEL}])", "cet ", text)
    text = re.sub(rf"\b(ma|ta|sa) (?=[{_VOWEL}])", lambda m: m[1][0] + "on ", text)
    text = re.sub(rf"\b(le|la|de|je|me|te|se|ne|que) (?=[{_VOWEL}])",
                  lambda m: m[1][:-1] + "'", text)  # fmt: skip
    text = re.sub(rf"\bdu (?=[{_VOWEL}])", "de l'", text)
    text = re.sub(r"\bde les\b", "des", re.sub(r"\bde le\b", "du", text))
    text = re.sub(r"\bà les\b", "aux", re.sub(r"\bà le\b", "au", text))
    return text.replace("qu' ", "qu'")
