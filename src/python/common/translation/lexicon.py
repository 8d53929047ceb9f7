"""
Every written form of every language, and what it may mean.

Built once for a language, when it is first needed, from the modules of words beside this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from common.translation import nouns, phrases, small_words, verbs, words
from common.translation.inflection import (
    conjugate,
    french_adjective,
    french_participle,
    plural,
    spanish_adjective,
)

LANGUAGES: Final = ("en", "es", "fr", "de")
LONGEST: Final = 6
"""Words of the longest entry."""

_CLITICS: Final = re.compile(
    r"-(?:t-)?(?=(?:je|tu|il|elle|on|nous|vous|ils|elles|moi|toi|le|la|les|lui|leur|ce|là)\b)"
)
_TOKEN: Final = re.compile(
    r"\d+(?:[.,:]\d+)*(?:\.(?=\s+[A-ZÄÖÜ])|%)?|[^\W\d_]+(?:-[^\W\d_]+)*'?|[^\w\s]|\w+"
)


@dataclass(frozen=True)
class Reading:
    """One meaning of a form: what kind of word, which English one, and its inflection."""

    kind: str
    lemma: str
    is_plural: bool = False
    person: int = 0
    tense: str = ""
    prefix: str = ""  # the part of a German verb that comes off
    feminine: bool = False


def tokenize(language: str, text: str) -> list[str]:
    """Split a text into words and marks; what one written word hides is taken apart."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    if language == "fr":
        plain = _CLITICS.sub(" ", plain)
    split = small_words.SPLIT[language]
    if language == "en":
        plain = re.sub(
            r"[A-Za-z]+'[a-z]+", lambda match: split.get(match[0].lower(), match[0]), plain
        )
    found: list[str] = []
    for token in _TOKEN.findall(plain):
        found += split.get(token.lower(), token).split()
    return found


class Lexicon:
    """The forms of one language, and the word that says an English one."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.forms: dict[tuple[str, ...], tuple[Reading, ...]] = {}
        self.words: dict[tuple[str, str], str] = {}
        self.genders: dict[str, str] = {}
        self.plurals: dict[str, str] = {}
        self._column = LANGUAGES.index(language)
        self._add_phrases()
        self._add_small_words()
        self._add_table("wh", words.ASKING)
        self._add_table("adv", words.ADVERBS)
        self._add_table("prep", words.PREPOSITIONS)
        self._add_table("conj", words.CONJUNCTIONS)
        self._add_table("num", words.NUMBERS)
        self._add_adjectives()
        self._add_nouns()
        self._add_verbs()

    def word(self, kind: str, lemma: str) -> str | None:
        """Return how this language says an English word."""
        return self.words.get((kind, lemma))

    def _add(self, form: str, reading: Reading) -> None:
        key = tuple(token.lower() for token in tokenize(self.language, form))
        if not key:
            return
        known = self.forms.get(key, ())
        if all((r.kind, r.tense, r.person, r.prefix) != (
            reading.kind, reading.tense, reading.person, reading.prefix
        ) for r in known):  # fmt: skip
            self.forms[key] = (*known, reading)

    def _rows(self, table: str) -> list[tuple[str, str]]:
        rows = []
        for line in table.strip().splitlines():
            cells = [cell.strip() for cell in line.split(";")]
            rows.append((cells[0], cells[self._column]))
        return rows

    def _add_phrases(self) -> None:
        for lemma, said in self._rows(phrases.PHRASES):
            self._say("phrase", lemma, said)

    def _add_table(self, kind: str, table: str) -> None:
        for lemma, said in self._rows(table):
            self._say(kind, lemma, said)

    def _say(self, kind: str, lemma: str, said: str) -> None:
        ways = [way.strip() for way in said.split("/")]
        self.words.setdefault((kind, lemma), ways[0])
        for way in ways:
            self._add(way, Reading(kind, lemma))

    def _add_small_words(self) -> None:
        for group in small_words.DETERMINERS[self.language].split(";"):
            lemma, *forms = group.split()
            for form in forms:
                is_plural = form in small_words.PLURAL_DETERMINERS and (
                    self.language != "de" or lemma in ("many", "all", "some", "other")
                )
                self._add(form.replace("_", " "), Reading("det", lemma, is_plural))
        for entry in small_words.SUBJECTS[self.language].split(";"):
            said, person = entry.split()
            form, _, lemma = said.partition("=")
            self._add(form, Reading("subj", lemma or form, person=int(person)))
        if self.language == "fr":
            self._add("est-ce que", Reading("skip", ""))
            self._add("ne", Reading("skip", ""))
        for entry in small_words.OBJECTS[self.language].split(";"):
            form, lemma = entry.split()
            self._add(form, Reading("obj", lemma))

    def _add_adjectives(self) -> None:
        for lemma, said in self._rows(words.ADJECTIVES):
            self.words.setdefault(("adj", lemma), said)
            for form in self._adjective_forms(said):
                self._add(form, Reading("adj", lemma))

    def _adjective_forms(self, said: str) -> list[str]:
        pairs = [(gender, many) for gender in "mf" for many in (False, True)]
        if self.language == "es":
            forms = [spanish_adjective(said, *pair) for pair in pairs]
            short = {"bueno": "buen", "malo": "mal", "grande": "gran", "primero": "primer"}
            return forms + ([short[said]] if said in short else [])
        if self.language == "fr":
            extra = {"nouveau": "nouvel", "vieux": "vieil", "beau": "bel"}
            forms = [french_adjective(said, *pair) for pair in pairs]
            return forms + [extra[key] for key in extra if said.startswith(key)]
        if self.language == "de":
            stem = {"hoch": "hoh", "teuer": "teur"}.get(said, said.removesuffix("e"))
            return [said, *(stem + ending for ending in ("e", "en", "er", "es", "em"))]
        return [said]

    def _add_nouns(self) -> None:
        for lemma, said in self._rows(nouns.NOUNS):
            if self.language == "en":
                self._add_noun(lemma, said, "m", plural("en", said))
            elif self.language == "de":
                singular, gender, *many = said.split()
                self._add_noun(lemma, singular, gender, many[0] if many else singular)
            else:
                singular, _, gender = said.rpartition(" ")
                self._add_noun(lemma, singular, gender, plural(self.language, singular))

    def _add_noun(self, lemma: str, singular: str, gender: str, many: str) -> None:
        if ("noun", lemma) not in self.words:
            self.words["noun", lemma] = singular
            self.genders[lemma] = gender
            self.plurals[lemma] = many
        self._add(singular, Reading("noun", lemma, feminine=gender.startswith("f")))
        if many != singular:
            self._add(many, Reading("noun", lemma, is_plural=True))
        if self.language == "de" and gender in ("m", "n"):
            self._add(singular + ("es" if singular[-1] in "sßz" else "s"), Reading("noun", lemma))
        if self.language == "de" and not many.endswith(("n", "s")):
            self._add(many + "n", Reading("noun", lemma, is_plural=True))

    def _add_verbs(self) -> None:
        for lemma, said in self._rows(verbs.VERBS):
            self.words.setdefault(("verb", lemma), said)
            self._add_verb(lemma, said)
        extra = {
            "en": (("will", "will"), ("would", "would")),
            "de": (("become", "werden"),),
        }
        for lemma, said in extra.get(self.language, ()):
            if self.language == "en":
                self._add(said, Reading("verb", lemma, person=3, tense="pres"))
            else:
                self._add_verb(lemma, said)
        there = {"en": ("there is", "there are", "there was", "there were", "is there",
                        "are there"),
                 "es": ("hay", "hubo", "había"), "fr": ("il y a", "il y avait", "y a il"),
                 "de": ("es gibt", "es gab", "gibt es", "gab es")}  # fmt: skip
        past = ("there was", "there were", "hubo", "había", "il y avait", "es gab", "gab es")
        for form in there[self.language]:
            tense = "past" if form in past else "pres"
            self._add(form, Reading("verb", "there be", person=3, tense=tense))

    def _add_verb(self, lemma: str, said: str) -> None:
        prefix, _, base = said.rpartition("|")
        for (tense, person), form in conjugate(self.language, said).items():
            reading = Reading("verb", lemma, person=person, tense=tense, prefix=prefix)
            if person in (4, 5, 6) and tense in ("pres", "past"):
                reading = replace(reading, is_plural=True)
            if prefix and tense in ("inf", "part"):
                reading = replace(reading, prefix="")
                if tense == "inf":
                    self._add(prefix + "zu" + base, reading)
            self._add(form, reading)
            if tense == "part" and self.language == "es":
                for gender, many in (("f", False), ("m", True), ("f", True)):
                    self._add(spanish_adjective(form, gender, many), reading)
            if tense == "part" and self.language == "fr":
                for gender, many in (("f", False), ("m", True), ("f", True)):
                    self._add(french_participle(form, gender, many), reading)


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of a language."""
    return Lexicon(language)
