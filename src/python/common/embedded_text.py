"""Text without a model: the embedded engine that answers when no model server is configured.

It is deterministic: it computes, extracts sentences of what it is given, lists and counts. What it
cannot do, it says. No knowledge of the world, no wording of an agent and no code may enter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from common.arithmetic import ArithmeticExpressionError, evaluate, show
from common.text import stem, stems, tokens

EMBEDDED_MODEL = "embedded-rules"
NOTE = (
    "the embedded engine answered: it works by rules on the given text and knows nothing else; "
    "set MODEL_SERVER_URL to have a language model answer"
)
MAX_SENTENCES = 2_000

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_SUMMARY = re.compile(
    r"^\W*(?:please\s+)?(?:can you\s+)?"
    r"(?:summari[sz]e|sum up|shorten|tl;?dr|give (?:me )?a summary)"
    r"\b[^:\n]{0,80}[:\n]?\s*",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(r"^\W*(?:list |extract |give |find )?(?:the )?key ?words\b[^:]{0,40}:", re.I)
_STEPS = re.compile(
    r"\b(?:steps?|plan|how (?:do|can|would|should|to)|instructions?|break (?:it |this )?down)\b",
    re.IGNORECASE,
)
_DEFINE = re.compile(
    r"^\W*(?:please\s+)?(?:define|what (?:is|are)|who (?:is|are)|what does|explain)\s+"
    r"(?:an?\s+|the\s+)?(.{1,80}?)(?:\s+means?)?[?.!]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL = re.compile(r"^\s*(?:context|text|question|user|task|passage|facts?)\s*:\s*", re.I)
_ASIDE = re.compile(r"^(?:assistant|answer)\s*:?\s*$", re.IGNORECASE)
_SUM_WORDS = (
    (re.compile(r"\bplus\b", re.I), "+"),
    (re.compile(r"\bminus\b", re.I), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b|[\u00d7\u00b7]", re.I), "*"),
    (re.compile(r"\b(?:divided by|over)\b|÷", re.I), "/"),
    (re.compile(r"\bto the power of\b|\^", re.I), "**"),
)
_SUM = re.compile(r"[-(\d.][-+*/%().\d ]{0,150}[)\d]")
_ASKS_SUM = re.compile(
    r"\d\s*=\s*\??$|\b(?:what|how much|calculate|compute|evaluate|sum)\b", re.IGNORECASE
)
_PARTS = re.compile(r"\s*(?:,?\s+and then\s+|,?\s+then\s+|;\s*|,\s*(?:and\s+)?|\s+and\s+)")
_GOAL = re.compile(
    r"^\W*(?:please\s+)?(?:list|give|write|tell|make|create|what are|describe)?\s*(?:me\s+)?"
    r"(?:the\s+|an?\s+)?(?:steps?|plan|instructions?|how)\s*"
    r"(?:needed\s+|to take\s+)?(?:do i|can i|would you|should i|to|for|of)?\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class EmbeddedText:
    """What the engine wrote, by which rule, and the note that says which engine it was."""

    text: str
    rule: str
    note: str = NOTE
    model: str = EMBEDDED_MODEL

    @property
    def tokens(self) -> int:
        """Return how many words it wrote."""
        return len(self.text.split())


def compose(prompt: str, *, system: str = "", max_tokens: int = 256) -> EmbeddedText:
    """Answer a prompt as well as rules can; `system` may hold text to answer from."""
    given = sentences(prompt)
    for rule, function in _RULES:
        text = function(prompt, given, system)
        if text:
            return EmbeddedText(_cut(text, max_tokens), rule)
    return EmbeddedText(_cut(_unknown(prompt), max_tokens), "unknown")


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text in order, without labels such as `Question:`."""
    parts = (_LABEL.sub("", part).strip() for part in _SENTENCE_END.split(text))
    found = (part for part in parts if any(map(str.isalnum, part)) and not _ASIDE.match(part))
    return tuple(found)[:MAX_SENTENCES]


def key_sentences(text: str, count: int = 3) -> tuple[str, ...]:
    """Return the sentences whose words matter most in the text, in the order of the text."""
    given = sentences(text)
    frequency = Counter(stems(text))
    scored = []
    for place, sentence in enumerate(given):
        words = stems(sentence)
        weight = sum(frequency[word] for word in set(words)) / (len(words) + 3)
        # What comes first tells more often than not what the rest is about.
        scored.append((weight * (1.25 if place == 0 else 1.0), -place))
    best = sorted((-place for _, place in sorted(scored, reverse=True)[:count]))
    return tuple(given[place] for place in best)


def summarise(text: str, count: int = 3) -> str:
    """Return the most telling sentences of a text as one."""
    return " ".join(key_sentences(text, count))


def keywords(text: str, count: int = 8) -> tuple[str, ...]:
    """Return the words that a text uses most, without those that carry no meaning."""
    shown: dict[str, str] = {}
    frequency: Counter[str] = Counter()
    meaning = set(stems(text))
    for word in tokens(text):
        root = stem(word)
        if root in meaning and len(word) > 2:
            shown.setdefault(root, word)
            frequency[root] += 1
    return tuple(shown[root] for root, _ in frequency.most_common(count))


def best_sentence(question: str, given: tuple[str, ...]) -> str | None:
    """Return the sentence that shares most with a question, if any shares enough."""
    asked = set(stems(question))
    scored = [
        (len(asked & (words := set(stems(sentence)))) / (len(words) + 4) ** 0.5, -place)
        for place, sentence in enumerate(given)
    ]
    if not asked or not scored:
        return None
    score, place = max(scored)
    found = given[-place]
    shared = len(asked & set(stems(found)))
    return found if score > 0 and shared * 3 >= len(asked) else None


def calculate(text: str) -> str | None:
    """Return the value of the sum that a text asks for, if it is one."""
    for pattern, sign in _SUM_WORDS:
        text = pattern.sub(sign, text)
    for found in _SUM.findall(text):
        if not re.search(r"\d\s*[-+*/%]+\s*[(\d]", found):
            continue
        try:
            return show(evaluate(found))
        except (ArithmeticExpressionError, ValueError):
            continue
    return None


def _summed(prompt: str, given: tuple[str, ...], system: str) -> str | None:
    last = given[-1] if given else ""
    asks = _ASKS_SUM.search(last)
    is_bare = not re.search(r"[^\W\d_]{3,}", re.sub(r"plus|minus|times|divided|over|by", "", last))
    return calculate(last) if asks or is_bare else None


def _summary(prompt: str, given: tuple[str, ...], system: str) -> str | None:
    found = _SUMMARY.match(prompt)
    rest = prompt[found.end() :] if found else ""
    return summarise(rest or system) or None if found else None


def _keyworded(prompt: str, given: tuple[str, ...], system: str) -> str | None:
    found = _KEYWORDS.match(prompt)
    return ", ".join(keywords(prompt[found.end() :])) if found else None


def _extracted(prompt: str, given: tuple[str, ...], system: str) -> str | None:
    """Answer a question from the text around it."""
    questions = [sentence for sentence in given if sentence.endswith("?")]
    question = questions[-1] if questions else given[-1] if given else ""
    material = tuple(s for s in given if s != question and not s.endswith("?"))
    # Instructions are no knowledge: of `system` only what states something is used.
    stated = tuple(s for s in sentences(system) if not s.lower().startswith(("you ", "your ")))
    is_asked = bool(questions or _DEFINE.match(question))
    return best_sentence(question, (*material, *stated)) if is_asked else None


def _steps(prompt: str, given: tuple[str, ...], system: str) -> str | None:
    if not given or not _STEPS.search(given[0]):
        return None
    items = [_bare(item) for item in given[1:]]
    if not items:
        goal = _GOAL.sub("", given[0]).rstrip("?.! ")
        parts = [part for part in _PARTS.split(goal) if part]
        items = [
            f"Say what must be true when it is done: {goal}.",
            *(f"Do this part: {part}." for part in (parts if len(parts) > 1 else ())),
            f"Gather what is needed to {goal}." if len(parts) < 2 else "Check each part.",
            "Do the smallest piece first and look at what came of it.",
            "Compare the outcome with what must be true, and go on with what is missing.",
        ]
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items[:20], start=1))


def _bare(item: str) -> str:
    return re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", item)


def _unknown(prompt: str) -> str:
    about = ", ".join(keywords(prompt, 5))
    topic = f" This is about: {about}." if about else ""
    return f"I cannot answer that without a language model.{topic}"


def _cut(text: str, words: int) -> str:
    """Keep the first words, and the lines that they stand in."""
    pieces = re.findall(r"\S+\s*", text)
    return text.strip() if len(pieces) <= words else "".join(pieces[:words]).strip()


_RULES: tuple[tuple[str, Callable[[str, tuple[str, ...], str], str | None]], ...] = (
    ("summary", _summary),
    ("keywords", _keyworded),
    ("arithmetic", _summed),
    ("extract", _extracted),
    ("steps", _steps),
)
