"""
Decide whether what is heard while the assistant speaks is the user, or its own echo.

Only words and moments enter; no event, no clock may.
"""

from __future__ import annotations

from collections import deque
from difflib import SequenceMatcher
from typing import Final

from common.text import tokens

STOP_COMMANDS: Final = (
    "stop",
    "stop it",
    "stop talking",
    "please stop",
    "be quiet",
    "quiet",
    "silence",
    "shut up",
    "enough",
    "that's enough",
    "wait",
    "hold on",
    "cancel",
    "never mind",
    "pause",
)
PATIENCE_SECONDS: Final = 3.0  # by then its words are known, if it has any
ECHO_SHARE: Final = 0.6
MIN_OWN_WORDS: Final = 2
REMEMBERED_TEXTS: Final = 4
_COMMANDS: Final = tuple(tokens(command) for command in STOP_COMMANDS)
_ALIKE: Final = 0.75
_KEPT_WORDS: Final = 600


def echo_share(heard: tuple[str, ...], said: tuple[str, ...]) -> float:
    """Return how much of what was heard is in what is being said, misheard words among it."""
    if not heard:
        return 0.0
    known = set(said)
    return sum(_is_among(word, known) for word in heard) / len(heard)


def _is_among(word: str, known: set[str]) -> bool:
    if word in known:
        return True
    matcher = SequenceMatcher(b=word, autojunk=False)
    for other in known:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
            return True
    return False


def _is_command(heard: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(
        _holds(heard, command) and not _holds(said, command) and len(heard) <= len(command) + 3
        for command in _COMMANDS
    )


def _holds(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


class BargeIn:
    """Watch one session."""

    def __init__(self) -> None:
        self._said: deque[tuple[str, ...]] = deque(maxlen=REMEMBERED_TEXTS)
        self._speech_began: float | None = None
        self._is_echo = False
        self.is_speaking = False
        self.echoes = 0

    def assistant(self, speaking: bool, text: str) -> None:
        """Note that the assistant begins or ends to say a text."""
        self.is_speaking = speaking
        self._speech_began = None
        self._is_echo = False
        if speaking:
            self._said.append(tokens(text)[:_KEPT_WORDS])

    def speech(self, is_over: bool, at: float) -> str:
        """Note a mark of speech, and return why to interrupt, or nothing."""
        if is_over or not self.is_speaking:
            self._speech_began = None
            return ""
        if self._speech_began is None:
            self._speech_began, self._is_echo = at, False
        if self._is_echo or at - self._speech_began < PATIENCE_SECONDS:
            return ""
        return "the user goes on speaking"

    def words(self, text: str) -> str:
        """Note what was understood, and return why to interrupt, or nothing."""
        heard = tokens(text)
        if not self.is_speaking or not heard:
            return ""
        said = tuple(word for words in self._said for word in words)
        if _is_command(heard, said):
            return f"the user said: {text[:100]}"
        share = echo_share(heard, said)
        if share >= ECHO_SHARE:
            self._is_echo = True
            self.echoes += 1
            return ""
        own = len(heard) * (1.0 - share)
        return f"the user said: {text[:100]}" if own >= MIN_OWN_WORDS else ""

    def interrupted(self) -> None:
        """Note that the assistant was told to stop; one interruption is enough."""
        self.is_speaking = False
        self._speech_began = None
