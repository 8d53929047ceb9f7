"""
Exercises for each skill and level, with their answers, and how an answer is marked.

Pure: the same seed gives the same exercises. The student is unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Final

from agents.educational_services.word_list import WORDS, Word
from common.contracts.education import Skill

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6}|\s?/\s?[0-9]{1,12})?")
TRIES: Final = 60


@dataclass(frozen=True)
class Task:
    """Hold what is asked, the answer, and what there is to choose from."""

    prompt: str
    answer: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Teaching:
    """Hold what a lesson says about a skill before the exercises."""

    title: str
    explanation: str
    example: str
    make: Callable[[Random, int], Task]


def make_tasks(skill: Skill, level: int, count: int, seed: str) -> tuple[Task, ...]:
    """Return different tasks of a level, as many as there are up to the count."""
    random = Random(seed)
    found: dict[str, Task] = {}
    for _ in range(TRIES * count):
        task = TEACHING[skill].make(random, level)
        found.setdefault(task.prompt, task)
        if len(found) == count:
            break
    return tuple(found.values())


def is_right(given: str, answer: str) -> bool:
    """Tell whether an answer is right; 2/4 is as good as 1/2 and 0.5."""
    left, right = _plain(given), _plain(answer)
    if left == right:
        return True
    a, b = _number(left), _number(right)
    return a is not None and a == b


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("x =", "").replace("x=", "").strip(" .").split())


def _number(text: str) -> Fraction | None:
    if not _NUMBER.fullmatch(text):
        return None
    top, _, bottom = text.replace(" ", "").partition("/")
    if not bottom:
        return Fraction(top)
    return Fraction(int(top), int(bottom)) if int(bottom) else None


def _size(level: int) -> int:
    return (9, 20, 50, 99, 200, 500, 999, 5_000, 20_000, 99_999)[level - 1]


def _addition(random: Random, level: int) -> Task:
    a, b = random.randint(1, _size(level)), random.randint(1, _size(level))
    if random.random() < 0.5:
        return Task(f"{a} + {b}", str(a + b))
    return Task(f"{a + b} - {b}", str(a))


def _multiplication(random: Random, level: int) -> Task:
    most = (5, 8, 10, 12, 15, 20, 30, 50, 99, 199)[level - 1]
    a, b = random.randint(2, most), random.randint(2, max(5, most // 2))
    if level < 3 or random.random() < 0.5:
        return Task(f"{a} * {b}", str(a * b))
    return Task(f"{a * b} / {b}", str(a))


def _fractions(random: Random, level: int) -> Task:
    most = level + 3
    b, d = random.randint(2, most), random.randint(2, most)
    a, c = random.randint(1, b - 1 if level < 6 else 2 * b), random.randint(1, d)
    if level <= 2:
        d = b
    x, y = Fraction(a, b), Fraction(c, d)
    signs = "+" if level <= 3 else "+-" if level <= 6 else "+-*/"
    sign = random.choice(signs)
    value = {"+": x + y, "-": x - y, "*": x * y, "/": x / y}[sign]
    return Task(f"{a}/{b} {sign} {c}/{d}", str(value))


def _equations(random: Random, level: int) -> Task:
    x = random.randint(1, 5 + 2 * level)
    a = 1 if level <= 2 else random.randint(2, 2 + level)
    b = random.randint(1, 4 * level)
    if level >= 7:
        c = random.randint(1, a - 1)
        return Task(f"Find x: {a}x - {b} = {c}x + {(a - c) * x - b}", str(x))
    left = "x" if a == 1 else f"{a}x"
    return Task(f"Find x: {left} + {b} = {a * x + b}", str(x))


def _near(level: int) -> list[Word]:
    return [word for word in WORDS if abs(word.level - level) <= 1]


def _vocabulary(random: Random, level: int) -> Task:
    word = random.choice(_near(level))
    others = random.sample([each for each in WORDS if each != word], 3)
    choices = [word.word, *(each.word for each in others)]
    random.shuffle(choices)
    return Task(f"Which word means: {word.meaning}?", word.word, tuple(choices))


def _spelling(random: Random, level: int) -> Task:
    word = random.choice(_near(level))
    choices = [word.word, *word.misspelled]
    random.shuffle(choices)
    return Task(f"Which is spelled right ({word.meaning})?", word.word, tuple(choices))


TEACHING: Final = {
    Skill.ADDITION: Teaching(
        "Adding and taking away", "Line the digits up by their places and go from the right; what "
        "is over nine is carried to the next place.", "47 + 38: 7 + 8 = 15, write 5 and carry 1; "
        "4 + 3 + 1 = 8; so 85.", _addition),
    Skill.MULTIPLICATION: Teaching(
        "Multiplying and dividing", "Split a number into parts that are easy, multiply each, and "
        "add. Dividing asks which number times the divisor gives the whole.",
        "6 * 14 = 6 * 10 + 6 * 4 = 60 + 24 = 84.", _multiplication),
    Skill.FRACTIONS: Teaching(
        "Fractions", "Bring fractions to the same denominator before you add or take away. "
        "Multiply tops and bottoms; to divide, turn the second fraction over and multiply.",
        "1/2 + 1/3 = 3/6 + 2/6 = 5/6.", _fractions),
    Skill.EQUATIONS: Teaching(
        "Equations", "Do the same on both sides until x stands alone.",
        "2x + 3 = 11: take 3 away, 2x = 8; divide by 2, x = 4.", _equations),
    Skill.VOCABULARY: Teaching(
        "Words and their meanings", "Look for a part of the word that you know, and think of a "
        "sentence that it fits in.", "`Brave` means not afraid of danger.", _vocabulary),
    Skill.SPELLING: Teaching(
        "Spelling", "Say the word slowly, and look at where letters are doubled or silent.",
        "`Separate` has an a in the middle: sep-a-rate.", _spelling),
}  # fmt: skip
