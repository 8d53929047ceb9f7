"""
From a written sentence to what it says: choose a reading for every word, group them, find the verb.

No word of any language may enter but those that steer the choice; words are data in the lexicon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from common.translation.clauses import Clause, Node, VerbGroup
from common.translation.lexicon import LONGEST, Lexicon, Reading
from common.translation.small_words import PERSONS

MONTHS: Final = frozenset(
    "January February March April May June July August September October November"
    " December".split()
)
IMPERSONAL: Final = frozenset(("rain", "snow", "cost"))
DAYS: Final = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
WHOLE: Final = frozenset(("I do not know", "I do not understand", "help me"))
"""Phrases that are a sentence, or are no phrase."""

MOVES: Final = frozenset("go come give send say tell travel return walk drive run bring".split())
MODALS: Final = frozenset(("can", "must", "should"))
_NOMINAL: Final = frozenset(("noun", "adj", "num"))
_FINITE: Final = frozenset(("pres", "past", "impf", "fut", "cond", "imp"))


@dataclass(frozen=True)
class Item:
    """A word or fixed sequence of words with the reading that was chosen."""

    text: str
    reading: Reading


class Analyzer:
    """Read sentences of one language."""

    def __init__(self, words: Lexicon) -> None:
        self._words = words
        self._language = words.language

    def clauses(self, tokens: Sequence[str], *, is_question: bool) -> list[Clause]:
        """Return the clauses of one sentence."""
        items = self._choose(self._match(tokens), is_question)
        found: list[Clause] = []
        part: list[Item] = []
        conjunction = ""
        for item in items:
            is_mark = item.reading.kind == "literal" and item.text == ","
            if (item.reading.kind == "conj" or is_mark) and self._is_whole(part):
                found.append(self._clause(part, conjunction, is_question))
                part, conjunction = [], "," if is_mark else item.reading.lemma
            elif item.reading.kind == "conj" and not part:
                conjunction = (conjunction + " " if conjunction else "") + item.reading.lemma
            elif not (is_mark and not part):
                part.append(item)
        return [*found, self._clause(part, conjunction, is_question)]

    def _is_whole(self, part: list[Item]) -> bool:
        return any(item.reading.kind == "phrase" or item.reading.tense in _FINITE for item in part)

    # ---- words

    def _match(self, tokens: Sequence[str]) -> list[tuple[str, tuple[Reading, ...]]]:
        found: list[tuple[str, tuple[Reading, ...]]] = []
        at = 0
        while at < len(tokens):
            for length in range(min(LONGEST, len(tokens) - at), 0, -1):
                key = tuple(token.lower() for token in tokens[at : at + length])
                readings = self._words.forms.get(key)
                is_all = length == len(tokens)
                if readings and not is_all:
                    readings = tuple(r for r in readings if r.lemma not in WHOLE)
                if readings:
                    break
            else:
                length, readings = 1, (self._unknown(tokens[at]),)
            found.append((" ".join(tokens[at : at + length]), readings))
            at += length
        return found

    def _unknown(self, token: str) -> Reading:
        if token[0].isdigit():
            return Reading("num", token, is_plural=token not in ("1", "1."))
        return Reading("literal" if not token[0].isalnum() else "noun", token, tense="unknown")

    def _choose(
        self, options: list[tuple[str, tuple[Reading, ...]]], is_question: bool
    ) -> list[Item]:
        chosen: list[Item] = []
        for at, (text, readings) in enumerate(options):
            following = options[at + 1][1] if at + 1 < len(options) else ()
            best = max(
                range(len(readings)),
                key=lambda n: (
                    self._score(readings[n], text, chosen, following, is_question), -n,
                ),
            )  # fmt: skip
            reading = readings[best]
            is_to = bool(following) and following[0].kind == "prep" and following[0].lemma == "to"
            if self._language == "es" and text.lower().startswith("fu") and is_to:
                reading = replace(reading, lemma="go")
            chosen.append(Item(text, reading))
        return chosen

    def _score(
        self, reading: Reading, text: str, before: list[Item],
        following: tuple[Reading, ...], is_question: bool,
    ) -> float:  # fmt: skip
        last = before[-1].reading if before else None
        score = 0.0
        if self._language == "de" and before and text[0].isalpha():
            is_capital = text[0].isupper()
            score += 4.0 * (reading.kind == "noun") * (1 if is_capital else -1)
        if reading.kind == "verb":
            score += self._verb_score(reading, before, last, is_question)
        elif reading.kind in ("det", "subj", "obj"):
            score += _pronoun_score(reading, last, following)
        elif reading.kind in ("noun", "adj") and last is not None:
            score += 3.0 * (last.kind in ("det", "num", "adj"))
            score += 1.5 * (last.kind == "prep") - 2.0 * (last.kind == "subj")
            score += 5.0 * (reading.kind == "adj" and last.lemma == "be")
        elif reading.kind == "prep" and reading.lemma == "to":
            moves = any(item.reading.lemma in MOVES for item in before)
            score += 2.0 * (
                moves
                or any(one.kind in ("det", "noun") for one in following)
                and self._language == "de"
            )
        elif reading.kind == "wh":
            score += 2.0 if is_question and not any(i.reading.kind == "verb" for i in before) else 0
        elif reading.kind == "adv" and last is not None and last.kind == "det":
            score -= 2.0
        return score

    def _verb_score(
        self, reading: Reading, before: list[Item], last: Reading | None, is_question: bool
    ) -> float:
        recent = [item.reading for item in before if item.reading.kind == "verb"]
        auxiliary = bool(recent) and recent[-1].lemma in ("be", "have", "become")
        helped = bool(recent) and recent[-1].lemma in (
            *MODALS, "do", "will", "would", "want", "become", "go",
        )  # fmt: skip
        person = last.person if last is not None and last.kind == "subj" else 0
        if person == 0 and before and before[0].reading.kind == "subj":
            person = before[0].reading.person
        score = 0.0
        if last is not None and last.kind in ("det", "num"):
            score -= 4.0
        if last is not None and last.kind in ("prep", "adj"):
            score += 2.0 if reading.tense == "inf" else -2.0
        if reading.tense == "part":
            score += 4.0 if auxiliary else -1.5
        elif reading.tense == "inf":
            score += 3.0 if helped else -1.0
        elif reading.tense == "ger":
            score += 2.0
        elif reading.tense == "imp":
            orders = not before and not is_question and reading.lemma not in ("be", "have", "rain")
            score += 4.5 if orders else -5.0
        else:
            score += 1.0 - 2.0 * bool(recent)
            score += 1.0 * (reading.person == (person or 3)) + 0.5 * (reading.person == 3)
            score += 1.5 * (last is not None and last.kind == "subj")
            is_over = any(
                item.reading.lemma == "yesterday" or item.reading.lemma.startswith("last ")
                for item in before
            )
            score += 2.0 * (is_over and reading.tense == "past")
        return score

    # ---- parts

    def _clause(self, items: list[Item], conjunction: str, is_question: bool) -> Clause:
        clause = Clause(is_question=is_question, conjunction=conjunction)
        verbs = [item.reading for item in items if item.reading.kind == "verb"]
        negated = any(item.reading.kind == "adv" and item.reading.lemma == "not" for item in items)
        if self._language == "es" and verbs:  # the word that answers a question, too
            negated = negated or any(
                item.reading.kind == "adv" and item.text.lower() == "no" for item in items
            )
        others = self._without_marks(items, negated)
        group, spare = verb_group(verbs, negated)
        if group is not None and self._language in ("fr", "de") and group.is_perfect:
            group = replace(group, is_perfect=False, tense="past")
        clause.verb = group
        nodes, verb_at = self._nodes(others, spare)
        self._arrange(clause, nodes, verb_at)
        return clause

    def _without_marks(self, items: list[Item], negated: bool) -> list[Item]:
        kept = []
        prefixes = {item.reading.prefix for item in items} - {""}
        for at, item in enumerate(items):
            text = item.text.lower()
            is_negation = item.reading.lemma in ("not",) or (
                negated and text in ("no", "ne", "pas")
            )
            if is_negation or item.reading.kind == "skip":
                continue
            if self._language == "fr" and (
                text == "ne" or text == "de" and at and items[at - 1].text == "pas"
            ):
                continue
            if self._language == "de" and text in prefixes and item is items[-1]:
                continue
            following = items[at + 1].reading if at + 1 < len(items) else None
            if (
                following is not None
                and following.tense == "inf"
                and (
                    item.reading.kind in ("prep", "adv")
                    and item.reading.lemma in ("to", "of", "for", "too", "at")
                )
            ):
                continue
            kept.append(item)
        return kept

    def _nodes(self, items: list[Item], spare: list[Reading]) -> tuple[list[Node], int]:
        nodes: list[Node] = []
        verb_at = -1
        at = 0
        while at < len(items):
            reading = items[at].reading
            if reading.kind == "verb":
                if any(reading is one for one in spare):
                    nodes.append(Node("inf", reading.lemma))
                elif verb_at < 0:
                    verb_at = len(nodes)
                at += 1
                continue
            if self._is_genitive(items, at):
                nodes.append(Node("prep", "of"))
            node, at = self._phrase(items, at)
            if node is not None:
                nodes.append(node)
        return nodes, verb_at

    def _phrase(self, items: list[Item], at: int) -> tuple[Node | None, int]:
        dated = self._date(items, at)
        if dated is not None:
            return dated
        if items[at].reading.kind not in ("det", "num", "adj", "noun"):
            reading = items[at].reading
            return Node(reading.kind, reading.lemma, person=reading.person,
                        is_literal=reading.kind == "literal"), at + 1  # fmt: skip
        return self._noun_phrase(items, at)

    def _is_genitive(self, items: list[Item], at: int) -> bool:
        said = items[at].text.lower()
        return (
            self._language == "de"
            and at > 0
            and items[at].reading.kind == "det"
            and said.endswith(("er", "es"))
            and items[at - 1].reading.kind == "noun"
        )

    def _date(self, items: list[Item], start: int) -> tuple[Node, int] | None:
        at = start
        while at < len(items) and at - start < 2 and (
            items[at].reading.kind == "det" and items[at].reading.lemma == "the"
            or items[at].reading.kind == "prep" and items[at].reading.lemma in ("on", "at", "to")
        ):  # fmt: skip
            at += 1
        if at >= len(items):
            return None
        if items[at].reading.lemma in DAYS and (at > start or self._language != "en"):
            return Node("date", items[at].reading.lemma), at + 1
        number, at = items[at], at + 1
        if at < len(items) and items[at].reading.lemma == "of":
            at += 1
        if (
            number.reading.kind != "num"
            or at >= len(items)
            or items[at].reading.lemma not in MONTHS
        ):
            if number.reading.lemma in MONTHS and at < len(items):
                day = items[at]
                if day.reading.kind == "num" and len(day.text) < 3 and self._language == "en":
                    return Node("date", number.reading.lemma, text=day.text), at + 1
            return None
        said = number.text.rstrip(".")
        return Node("date", items[at].reading.lemma, text=said), at + 1

    def _noun_phrase(self, items: list[Item], at: int) -> tuple[Node | None, int]:
        determiner, number, said = "", "", ""
        adjectives: list[str] = []
        is_plural, counted_at = False, at
        if items[at].reading.kind == "det":
            determiner, is_plural = items[at].reading.lemma, items[at].reading.is_plural
            said = items[at].text.lower()
            at += 1
        while at < len(items) and items[at].reading.kind in ("num", "adj"):
            reading = items[at].reading
            if reading.kind == "num" and (number or adjectives):
                break  # it counts something else
            if reading.kind == "num":
                number, is_plural = reading.lemma, is_plural or reading.is_plural
                counted_at = at + 1
            else:
                adjectives.append(reading.lemma)
            at += 1
        if at >= len(items) or items[at].reading.kind != "noun":
            if number:
                return Node("num", number, determiner), counted_at
            return self._headless(determiner, adjectives), at
        noun = items[at].reading
        if self._language == "de" and said.endswith("e") and noun.tense != "unknown":
            is_plural = is_plural or not noun.feminine
        at += 1
        while (
            self._language in ("es", "fr") and at < len(items) and (items[at].reading.kind == "adj")
        ):
            adjectives.append(items[at].reading.lemma)
            at += 1
        return Node(
            "np", noun.lemma, determiner, number, tuple(adjectives),
            is_plural or noun.is_plural or bool(number and number != "1"),
            noun.tense == "unknown",
        ), at  # fmt: skip

    def _headless(self, determiner: str, adjectives: list[str]) -> Node | None:
        if adjectives:
            return Node("adj", adjectives[-1], determiner, adjectives=tuple(adjectives[:-1]))
        return Node("det", determiner) if determiner else None

    # ---- order

    def _arrange(self, clause: Clause, nodes: list[Node], verb_at: int) -> None:
        before, after = (nodes[:verb_at], nodes[verb_at:]) if verb_at >= 0 else (nodes, [])
        clause.asking, before = _take_asking(before)
        if clause.verb is None:
            clause.rest = before
            return
        if clause.verb.tense == "imp" or clause.verb.lemma == "there be":
            clause.front, clause.rest = before, after
            return
        subject, before = _take_subject(before)
        if subject and subject[0].kind == "np" and self._language == "fr":
            after = [node for node in after if node.kind != "subj"]
        if not subject and not (clause.asking and clause.asking[0].lemma in ("who",)):
            subject, after = self._later_subject(clause, after)
        # Objects before a verb are pronouns, or a clause that ends in its verb.
        late = [node for node in before if node.kind in ("obj", "np") and subject]
        late = late if late and late[0].kind == "obj" or verb_at == len(nodes) else []
        clause.front = [node for node in before if node not in late]
        clause.rest = [*late, *after]
        if not subject and clause.verb.lemma and self._language == "es":
            subject = _dropped(clause)
        clause.subject = subject
        if subject and subject[0].lemma in ("he", "she") and clause.verb.lemma in IMPERSONAL:
            clause.subject = subject = [replace(subject[0], lemma="it")]
        if subject and subject[0].kind == "subj":
            clause.verb = replace(clause.verb, person=PERSONS.get(subject[0].lemma, 3))
        elif subject:
            clause.verb = replace(clause.verb, person=6 if subject[0].is_plural else 3)

    def _later_subject(self, clause: Clause, after: list[Node]) -> tuple[list[Node], list[Node]]:
        verb = clause.verb
        if verb is None or not after or after[0].kind not in ("np", "subj"):
            return [], after
        first = after[0]
        can_be = (
            clause.is_question or first.kind == "subj" or clause.front or self._language == "de"
        )
        if first.kind == "np" and self._language == "es":
            agrees = verb.person == (6 if first.is_plural else 3)
            can_be = agrees and (bool(clause.asking) or verb.lemma in ("be", "come", "arrive"))
            takes = [node for node in clause.asking if node.lemma in ("what", "which", "who")]
            can_be = can_be and (not takes or verb.lemma == "be" or len(after) == 1)
        if not can_be:
            return [], after
        return _with_complements(after)


def verb_group(verbs: list[Reading], negated: bool) -> tuple[VerbGroup | None, list[Reading]]:
    """Put the verbs of a clause together; what has no part in the group is given back."""
    finite = next((verb for verb in verbs if verb.tense in _FINITE), None)
    if finite is None:
        return None, verbs
    others = [verb for verb in verbs if verb is not finite]
    tense = "past" if finite.tense == "impf" else finite.tense
    group = VerbGroup(finite.lemma, tense, finite.person, is_negated=negated)
    while others:
        joined = _join(group, others[0])
        if joined is None:
            break
        group = joined
        others = others[1:]
    return group, others


def _join(group: VerbGroup, verb: Reading) -> VerbGroup | None:
    head, tense = group.lemma, verb.tense
    is_base = tense in ("inf", "pres", "imp") and verb.tense != ""
    if head == "have" and tense == "part":
        return replace(group, lemma=verb.lemma, is_perfect=True)
    if head == "be" and tense == "ger":
        return replace(group, lemma=verb.lemma, is_progressive=True)
    if head in ("be", "become") and tense == "part":
        moves = verb.lemma in ("go", "come", "arrive", "leave", "stay", "return")
        if verb.lemma == "be":  # German: ist gewesen
            return replace(group, lemma="be", is_perfect=True)
        is_perfect = group.is_perfect or moves
        return replace(group, lemma=verb.lemma, is_perfect=is_perfect, is_passive=not moves)
    if head in ("will", "become") and is_base:
        return replace(group, lemma=verb.lemma, tense="fut")
    if head == "would" and is_base:
        return replace(group, lemma=verb.lemma, tense="cond")
    if head == "do" and is_base:
        return replace(group, lemma=verb.lemma)
    if head in MODALS and is_base and not group.modal:
        return replace(group, lemma=verb.lemma, modal=head)
    if head == "go" and tense == "inf" and group.tense == "pres":
        return replace(group, lemma=verb.lemma, tense="fut")
    return None


def _pronoun_score(reading: Reading, last: Reading | None, following: tuple[Reading, ...]) -> float:
    kinds = {one.kind for one in following}
    if reading.kind == "det":
        return 3.0 if kinds & _NOMINAL or not last else 0.0
    starts_verb = any(one.kind == "verb" and one.tense in _FINITE for one in following)
    if reading.kind == "subj":
        agrees = any(one.person == reading.person for one in following if one.kind == "verb")
        behind = last is not None and last.kind == "verb" and last.person == reading.person
        return (2.0 if starts_verb or behind else 0.0) + 1.0 * (agrees or behind)
    return 1.0 + 1.5 * (starts_verb and not kinds & {"noun", "adj"})


def _take_asking(nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    at = next((n for n, node in enumerate(nodes) if node.kind == "wh"), None)
    if at is None:
        return [], nodes
    start = at - 1 if at and nodes[at - 1].kind == "prep" else at
    end = at + 1
    counted = nodes[at].lemma in ("how many", "how much", "which", "what", "how")
    if counted and end < len(nodes) and nodes[end].kind in ("np", "adj", "adv"):
        end += 1
    return nodes[start:end], nodes[:start] + nodes[end:]


def _take_subject(before: list[Node]) -> tuple[list[Node], list[Node]]:
    for at, node in enumerate(before):
        follows_preposition = at > 0 and before[at - 1].kind == "prep"
        if node.kind in ("subj", "np", "num") and not follows_preposition:
            subject, rest = _with_complements(before[at:])
            return subject, before[:at] + rest
    return [], before


def _with_complements(nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    """Take a noun and the `of` phrases that belong to it."""
    end = 1
    while nodes[0].kind == "np" and end + 1 < len(nodes) and (
        nodes[end].kind == "prep" and nodes[end].lemma == "of" and nodes[end + 1].kind == "np"
    ):  # fmt: skip
        end += 2
    return nodes[:end], nodes[end:]


def _dropped(clause: Clause) -> list[Node]:
    verb = clause.verb
    if verb is None or (clause.asking and clause.asking[0].lemma in ("who", "what", "which")
                        and verb.person in (3, 6)):  # fmt: skip
        return []
    pronoun = {1: "I", 2: "you", 3: "it", 4: "we", 5: "you", 6: "they"}.get(verb.person, "it")
    return [Node("subj", pronoun, person=verb.person)]
