"""The voices by name. No sound may enter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class VoiceError(Exception):
    """Tell that a voice cannot say this."""


class VoiceEngine(StrEnum):
    """Name what makes the sound."""

    NEURAL = "piper"
    FORMANT = "espeak-ng"


@dataclass(frozen=True)
class Voice:
    """One voice: its name, the language it speaks, what makes it, and its name there."""

    name: str
    language: str
    engine: VoiceEngine
    inner: str


VOICES: Final = (
    Voice("joe", "en", VoiceEngine.NEURAL, "en-us"),
    Voice("espeak-en", "en", VoiceEngine.FORMANT, "en-us"),
    Voice("espeak-gb", "en", VoiceEngine.FORMANT, "en"),
    Voice("espeak-de", "de", VoiceEngine.FORMANT, "de"),
    Voice("espeak-es", "es", VoiceEngine.FORMANT, "es"),
    Voice("espeak-fr", "fr", VoiceEngine.FORMANT, "fr"),
    Voice("espeak-it", "it", VoiceEngine.FORMANT, "it"),
    Voice("espeak-nl", "nl", VoiceEngine.FORMANT, "nl"),
    Voice("espeak-pl", "pl", VoiceEngine.FORMANT, "pl"),
    Voice("espeak-pt", "pt", VoiceEngine.FORMANT, "pt"),
)


def voice_for(name: str, language: str) -> Voice | None:
    """Return the voice of that name, or without a name the first of the language."""
    if name:
        return next((voice for voice in VOICES if voice.name == name), None)
    return next((voice for voice in VOICES if voice.language == language), None)
