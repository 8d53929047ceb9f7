"""
How words change: plurals, adjectives, verbs, in English, Spanish, French and German.

Only forms live here; which form a sentence wants is said in `grammar` and the modules around it.
A form of a verb is named by tense and person (1 to 6; 0 when it has none).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from common.translation import verbs

Forms = dict[tuple[str, int], str]

_ACCENTS: Final = str.maketrans("áéíóú", "aeiou")
_BE: Final = {
    ("pres", 1): "am", ("pres", 3): "is", ("past", 1): "was", ("past", 3): "was",
    ("inf", 0): "be", ("part", 0): "been", ("ger", 0): "being", ("imp", 2): "be",
}  # fmt: skip


def conjugate(language: str, verb: str) -> Forms:
    """Return every form of a verb."""
    makers: dict[str, Callable[[str], Forms]] = {
        "en": english_verb, "es": _spanish, "fr": _french, "de": _german,
    }  # fmt: skip
    return makers[language](verb)


def plural(language: str, noun: str) -> str:
    """Return the plural of an English, Spanish or French noun."""
    return {"en": _english_plural, "es": _spanish_plural, "fr": _french_plural}[language](noun)


# ---- English


@cache
def english_verb(verb: str) -> Forms:
    """Conjugate the first word of an English verb; what follows it stays."""
    base, _, rest = verb.partition(" ")
    if base == "be":
        forms = {("pres", n): "are" for n in range(1, 7)} | {
            ("past", n): "were" for n in range(1, 7)
        }
        forms |= _BE
    else:
        third, past, participle = _english_principal(base)
        forms = {("pres", n): base for n in (1, 2, 4, 5, 6)} | {("pres", 3): third}
        forms |= {("past", n): past for n in range(1, 7)}
        forms |= {("inf", 0): base, ("imp", 2): base, ("part", 0): participle}
        forms[("ger", 0)] = _english_ing(base)
    return {key: f"{form} {rest}".strip() for key, form in forms.items()}


@cache
def _english_irregular() -> dict[str, tuple[str, str, str]]:
    lines = verbs.ENGLISH_IRREGULAR.replace("\n", ";").split(";")
    words = [line.split() for line in lines if line.strip()]
    return {base: (third, past, part) for base, third, past, part in words}


def _english_principal(base: str) -> tuple[str, str, str]:
    if base in ("can", "must", "should"):
        past = "could" if base == "can" else base
        return base, past, base
    found = _english_irregular().get(base)
    if found:
        return found
    third = base + ("es" if base.endswith(("s", "sh", "ch", "x", "o")) else "s")
    past = base + ("d" if base.endswith("e") else "ed")
    if base.endswith("y") and base[-2] not in "aeiou":
        third, past = base[:-1] + "ies", base[:-1] + "ied"
    if base in ("stop", "plan"):
        past = base + base[-1] + "ed"
    return third, past, past


def _english_ing(base: str) -> str:
    if base in ("lie",):
        return "lying"
    if base.endswith("e") and not base.endswith("ee"):
        return base[:-1] + "ing"
    doubled = ("run", "swim", "sit", "stop", "plan", "put", "cut", "get", "win", "begin", "forget")
    return base + (base[-1] if base in doubled else "") + "ing"


@cache
def _english_irregular_plurals() -> dict[str, str]:
    from common.translation.words import ENGLISH_PLURALS

    pairs = ENGLISH_PLURALS.replace("\n", ";").split(";")
    return {a: b for a, b in (pair.split() for pair in pairs if pair.strip())}


def _english_plural(noun: str) -> str:
    irregular = _english_irregular_plurals().get(noun)
    if irregular:
        return irregular
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


# ---- Spanish


def _spanish_plural(noun: str) -> str:
    first, _, rest = noun.partition(" ")
    if first.endswith("s") and first[-2:-1] not in tuple("éáóíú"):
        plural_form = first
    elif first.endswith("z"):
        plural_form = first[:-1] + "ces"
    elif first[-1] in "aeiouéáó":
        plural_form = first + "s"
    else:
        plural_form = first[:-2] + first[-2].translate(_ACCENTS) + first[-1] + "es"
    return f"{plural_form} {rest}".strip()


_SPANISH_ENDINGS: Final = {
    "ar": {
        "pres": "o as a amos áis an", "past": "é aste ó amos asteis aron",
        "impf": "aba abas aba ábamos abais aban", "part": "ado", "ger": "ando",
    },
    "er": {
        "pres": "o es e emos éis en", "past": "í iste ió imos isteis ieron",
        "impf": "ía ías ía íamos íais ían", "part": "ido", "ger": "iendo",
    },
    "ir": {
        "pres": "o es e imos ís en", "past": "í iste ió imos isteis ieron",
        "impf": "ía ías ía íamos íais ían", "part": "ido", "ger": "iendo",
    },
}  # fmt: skip


def _spanish(verb: str) -> Forms:
    verb, _, rest = verb.partition(" ")
    stem, ending = verb[:-2], verb[-2:].replace("í", "i")
    special = _special("es", verb)
    forms: Forms = {("inf", 0): verb}
    for tense, endings in _SPANISH_ENDINGS[ending].items():
        given = special.get(tense, "").split(",") if tense in special else ()
        made = given or [stem + part for part in endings.split()]
        first = 0 if len(made) == 1 else 1
        forms |= {(tense, first + at): form for at, form in enumerate(made)}
    future = special.get("stem", stem + ending)
    for tense, endings in (("fut", "é ás á emos éis án"), ("cond", "ía ías ía íamos íais ían")):
        forms |= {(tense, at): future + part for at, part in enumerate(endings.split(), 1)}
    forms[("imp", 2)] = special.get("imp", forms[("pres", 3)])
    return {key: f"{form} {rest}".strip() for key, form in forms.items()}


# ---- French


def _french_plural(noun: str) -> str:
    first, _, rest = noun.partition(" ")
    if first == "œil":
        plural_form = "yeux"
    elif first.endswith(("s", "x", "z")):
        plural_form = first
    elif first.endswith(("eau", "eu")):
        plural_form = first + "x"
    elif first.endswith("al"):
        plural_form = first[:-1] + "ux"
    else:
        plural_form = first + "s"
    return f"{plural_form} {rest}".strip()


def _french(verb: str) -> Forms:
    verb, _, rest = verb.partition(" ")
    special = _special("fr", verb)
    present = _french_present(verb, special)
    stem = special.get("impf", present[3].removesuffix("ons"))
    if verb.endswith("ger") or verb.endswith("cer"):
        present[3] = present[0].removesuffix("e") + ("eons" if verb.endswith("ger") else "ons")
        present[3] = present[3].replace("cons", "çons")
    future = special.get("stem", verb.removesuffix("e"))
    impf = "ais ais ait ions iez aient".split()
    forms: Forms = {("inf", 0): verb, ("part", 0): special.get("part", _french_participle(verb))}
    for at in range(6):
        forms[("pres", at + 1)] = present[at]
        forms[("impf", at + 1)] = stem + impf[at]
        forms[("fut", at + 1)] = future + "ai as a ons ez ont".split()[at]
        forms[("cond", at + 1)] = future + impf[at]
    imperative = present[1].removesuffix("s") if verb.endswith("er") else present[1]
    forms[("imp", 2)] = special.get("imp", "ouvre" if verb == "ouvrir" else imperative)
    forms[("imp", 5)] = present[4]
    return {key: f"{form} {rest}".strip() for key, form in forms.items()}


def _french_present(verb: str, special: dict[str, str]) -> list[str]:
    if "pres" in special:
        return special["pres"].split(",")
    endings = {
        "er": "e es e ons ez ent", "ir": "is is it issons issez issent", "re": "s s  ons ez ent",
    }[verb[-2:]]  # fmt: skip
    return [verb[:-2] + part for part in endings.split(" ")]


def _french_participle(verb: str) -> str:
    return verb[:-2] + {"er": "é", "ir": "i", "re": "u"}[verb[-2:]]


# ---- German


def _german(verb: str) -> Forms:
    prefix, _, base = verb.rpartition("|")
    special = _special("de", base)
    stem = base.removesuffix("en") if base.endswith("en") else base.removesuffix("n")
    link = "e" if stem.endswith(("t", "d", "ffn", "gn")) else ""
    present = special.get("pres", "").split(",") if "pres" in special else [
        stem + "e", stem + link + ("t" if stem.endswith(("s", "ß", "z")) else "st"),
        stem + link + "t", base, stem + link + "t", base,
    ]  # fmt: skip
    past = special.get("past", stem + link + "te")
    participle = special.get("part", f"ge{stem}{link}t")
    forms: Forms = {("inf", 0): prefix + base, ("part", 0): prefix + participle}
    forms |= {("pres", at): form for at, form in enumerate(present, 1)}
    forms |= {("past", at): form for at, form in enumerate(_german_past(past), 1)}
    imperative = stem + ("e" if link or prefix in ("ein", "aus") else "")
    forms[("imp", 2)] = special.get("imp", imperative)
    forms[("imp", 5)] = forms[("pres", 6)] + " Sie" if prefix == "" else forms[("pres", 6)]
    return forms


def _german_past(past: str) -> list[str]:
    link = "" if past.endswith("e") else "e"
    ends_hard = past.endswith(("t", "d", "s", "ß"))
    second = past + ("est" if ends_hard else "st")
    return [past, second, past, past + link + "n", past + ("et" if ends_hard else "t"),
            past + link + "n"]  # fmt: skip


@cache
def _specials(language: str) -> dict[str, dict[str, str]]:
    table = {
        "es": verbs.SPANISH_IRREGULAR,
        "fr": verbs.FRENCH_IRREGULAR,
        "de": verbs.GERMAN_IRREGULAR,
    }[language]
    found: dict[str, dict[str, str]] = {}
    for line in table.replace("\n ", " ").strip().splitlines():
        verb, _, rest = line.partition(":")
        found[verb] = dict(
            (name, value) for name, _, value in (part.partition("=") for part in rest.split())
        )
    return found


def _special(language: str, verb: str) -> dict[str, str]:
    return _specials(language).get(verb, {})


def auxiliary(language: str, verb: str) -> str:
    """Return the verb that makes the perfect of another in French or German."""
    other = {"fr": ("avoir", "être"), "de": ("haben", "sein")}[language]
    base = verb.rpartition("|")[2]
    return other[1] if "aux" in _special(language, base) else other[0]


# ---- adjectives


def spanish_adjective(adjective: str, gender: str, is_plural: bool) -> str:
    """Make a Spanish adjective agree."""
    form = adjective
    if gender == "f" and form.endswith("o"):
        form = form[:-1] + "a"
    elif gender == "f" and form.endswith(("és", "án")):
        form = form[:-2] + form[-2].translate(_ACCENTS) + form[-1] + "a"
    elif gender == "f" and form.endswith("ñol"):
        form += "a"
    return _spanish_plural(form) if is_plural else form


def french_adjective(adjective: str, gender: str, is_plural: bool) -> str:
    """Make a French adjective agree; it is given as masculine, or masculine and feminine."""
    if adjective in ("marron", "bon marché"):
        return adjective
    masculine, _, feminine = adjective.partition(" ")
    form = (feminine or masculine) if gender == "f" else masculine
    return _french_plural(form) if is_plural else form


def french_participle(participle: str, gender: str, is_plural: bool) -> str:
    """Make a French participle agree."""
    form = participle + ("e" if gender == "f" else "")
    return form + ("s" if is_plural and not form.endswith("s") else "")
