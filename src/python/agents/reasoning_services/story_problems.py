"""
Story problems that follow what people have: `Tom has 5 apples and gives 2 to Anna`.

Pure. Every number of the story must be used, otherwise there is no answer rather than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from agents.reasoning_services.number_words import plain
from agents.reasoning_services.solved import Solved, computed
from agents.reasoning_services.story_words import GAIN, GIVE, HAVE, JOIN, LEAVE, LOSE, NOT_THINGS

_NUMBER = r"\d+(?:\.\d+)?"
_SENTENCE = re.compile(r"[?!;]|\.(?!\d)")
_CLAUSE = re.compile(
    r",? and then |,? then |, (?:and |but )?| and (?=\d+ \w+ \w+$|\w+ (?:more )?\d| ?\w+ \w+"
    r" \d|\d+ \w+ (?:of them )?\w+)| but "
)
_DOES = re.compile(
    rf"^(?:(?P<who>(?:the |a |an |his |her |my )?[\w'-]+)(?: (?:also|now|still|already))? )?"
    rf"(?P<verb>[a-z]+)(?: (?:away|up|out|down|off|another|an?other|back|only))? "
    rf"(?P<count>{_NUMBER})(?: (?P<times>times as many))?"
    rf"(?: (?:more|other|extra|new|of them|of these))?(?: of (?:the|his|her|them|those))?"
    rf"(?P<thing>(?: (?!to |from |in |on |at |than |for |as |away|off)[a-z'-]+){{0,2}})"
    rf"(?: (?:(?P<way>to|from|than|as) (?P<other>(?:the |his |her |a )?[\w'-]+)))?"
)
_OPENING = re.compile(r"^(?:if|when|after|later|yesterday|today|in the morning|now|and|next day) ")
_GOINGS = "|".join(sorted(JOIN | LEAVE))
_MOVES = re.compile(
    rf"^(?P<count>{_NUMBER})(?: more| other| of them)?(?P<thing>(?: [a-z'-]+)??)"
    rf"(?: (?:have|has|are|were|then|more))? (?P<verb>(?:gets?|got) (?:on|off)|{_GOINGS})\b"
)
_MORE = re.compile(rf"^(?P<count>{_NUMBER})(?P<thing>(?: [a-z'-]+){{1,2}})$")
_ASK = re.compile(
    r"how (?:many|much)(?: more)?(?P<thing>(?: (?!are|is|do|does|did|have|were|will"
    r"|can)[a-z'-]+){0,3})"
    r"(?: (?:are|is|do|does|did|were|will|have)(?: there)?)?(?P<rest>.*)"
)
_ALL = re.compile(r"\b(altogether|in total|in all|together|they have|both|do they)\b")
_PRONOUNS: Final = frozenset("he she it they we i you there".split())


@dataclass
class _Story:
    """Follow who has what; amounts are expressions, so that the answer can show its way."""

    has: dict[tuple[str, str], str] = field(default_factory=dict)
    who: str = ""
    thing: str = ""
    verb: str = ""
    used: int = 0

    def key(self, who: str, thing: str) -> tuple[str, str]:
        """Return who and what is meant, remembering both for those that are left out."""
        name = who.strip().removeprefix("the ").removeprefix("his ").removeprefix("her ")
        self.who = self.who if not name or (name in _PRONOUNS and self.who) else name
        self.thing = _one(thing) or self.thing
        return self.who, self._known_thing()

    def _known_thing(self) -> str:
        if (self.who, self.thing) in self.has:
            return self.thing
        same = [what for who, what in self.has if who == self.who and _last(what) == self.thing]
        return same[0] if len(same) == 1 else self.thing

    def change(self, key: tuple[str, str], sign: str, count: str) -> bool:
        """Add to or take from what somebody has."""
        if key not in self.has and sign == "-":
            return False
        before = self.has.get(key)
        self.has[key] = f"({before} {sign} {count})" if before else count
        return True


def solve_story(question: str) -> Solved | None:
    """Return the answer of a story about things that are had, got and given away."""
    text = plain(question)
    *told, asked = [part.strip() for part in _SENTENCE.split(text) if part.strip()] or [""]
    conditional = re.match(r"^if (.+?), (?:then )?(how .+)$", asked)
    if conditional:
        told, asked = [*told, conditional[1]], conditional[2]
    if not told or len(text) > 1_500 or not asked.startswith("how "):
        return None
    story = _Story()
    clauses = [clause for sentence in told for clause in _CLAUSE.split(sentence)]
    for clause in clauses:
        if re.search(r"\d", clause) and not _follow(story, clause.strip()):
            return None
    if story.used != len(re.findall(_NUMBER, text)) or story.used < 2:
        return None
    return _answer(story, asked)


def _follow(story: _Story, clause: str) -> bool:
    clause = _OPENING.sub("", clause)
    story.used += len(re.findall(_NUMBER, clause))
    if found := _MOVES.match(clause):
        return _moved(story, found)
    if _MORE.match(clause) and story.verb:  # `and 4 green apples`
        clause = f"{story.who} {story.verb} {clause}"
    found = _DOES.match(clause)
    if not found or len(re.findall(_NUMBER, clause)) != 1:
        return False
    verb, who = found["verb"], found["who"] or ""
    story.verb = verb
    if verb not in HAVE | GAIN | LOSE | GIVE and not who:
        return False
    if found["way"] in ("than", "as"):
        return _compared(story, found)
    key = story.key(who, found["thing"])
    if verb in HAVE:
        story.has[key] = found["count"]
        return True
    if verb in GIVE:
        other = (found["other"] or "").removeprefix("the ").removeprefix("his ")
        if other:
            to = (other, key[1])
            story.change(to, "+", found["count"])
        return story.change(key, "-", found["count"])
    if verb in GAIN or verb in LOSE:
        other = (found["other"] or "").removeprefix("the ")
        if verb in GAIN and found["way"] == "from" and (other, key[1]) in story.has:
            story.change((other, key[1]), "-", found["count"])
        return story.change(key, "+" if verb in GAIN else "-", found["count"])
    return False


def _moved(story: _Story, found: re.Match[str]) -> bool:
    verb = found["verb"]
    if not story.has:
        return False
    key = next(iter(story.has))
    comes = verb in JOIN or verb.endswith(" on")
    return story.change(key, "+" if comes else "-", found["count"])


def _compared(story: _Story, found: re.Match[str]) -> bool:
    other, thing = found["other"], _one(found["thing"]) or story.thing
    base = story.has.get((other, thing))
    key = story.key(found["who"] or "", thing)
    if base is None or found["verb"] not in HAVE | GAIN:
        return False
    is_fewer = re.search(r"\b(fewer|less)\b", found[0])
    sign = "*" if found["times"] else "-" if is_fewer else "+"
    story.has[key] = f"({base} {sign} {found['count']})"
    story.thing = thing
    return True


def _answer(story: _Story, asked: str) -> Solved | None:
    found = _ASK.match(asked)
    if not found:
        return None
    thing = _one(found["thing"])
    names = {who for who, _ in story.has}
    people = {name for name in names if re.search(rf"\b{re.escape(name)}\b", asked)}
    fitting = {
        key: amount for key, amount in story.has.items()
        if not thing or thing in (key[1], _last(key[1])) or thing in NOT_THINGS or not key[1]
    }  # fmt: skip
    if not _ALL.search(asked):
        person = people or ({story.who} if len(names) > 1 else names)
        wanted = {key: amount for key, amount in fitting.items() if key[0] in person}
    else:
        wanted = fitting
    if not wanted:
        return None
    expression = " + ".join(wanted.values())
    value, last = computed(f"Count the {thing or 'things'}", expression)
    if value < 0:
        return None
    return Solved(last.result, (last,), value)


def _one(thing: str) -> str:
    words = [word for word in thing.split() if word not in NOT_THINGS]
    return " ".join(re.sub(r"(?<=[a-z]{2})(?:(?<=x|h|s)es|s)$", "", word) for word in words)


def _last(thing: str) -> str:
    return thing.split()[-1] if thing else ""
