"""What is known of one text before an answer is sought, and what a skill answers. No call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.core_services.worker_calls import Trace
from common.contracts.coordination import Submission
from common.contracts.emotion import Emotion
from common.contracts.language import Analysis, Intent, Mood, Turn

ENGLISH: Final = "en"
NOTHING_ASKED: Final = Analysis(intent=Intent.UNKNOWN, confidence=0.0)


@dataclass(frozen=True)
class Question:
    """Hold one text in English, the language that it came in, and what it means."""

    request: Submission
    text: str
    trace: Trace
    analysis: Analysis = NOTHING_ASKED
    language: str = ENGLISH
    emotion: Emotion = Emotion.NEUTRAL
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Content:
    """Hold what is answered; verbatim is shown as it is, such as code."""

    text: str
    mood: Mood = Mood.NEUTRAL
    verbatim: str = ""


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends like a sentence."""
    text = text.strip()
    ended = text if text.endswith((".", "!", "?")) else f"{text}."
    return ended[:1].upper() + ended[1:]
