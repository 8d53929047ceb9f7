"""Make sound of text with whichever engine a voice is of. Imported where speech is first needed."""

from __future__ import annotations

import threading

from agents.speech_services import espeak
from agents.speech_services.neural_voice import NeuralVoice
from agents.speech_services.voices import Voice, VoiceEngine
from common.sound import Sound


class Synthesiser:
    """Keep what is slow to load, and say one piece at a time."""

    def __init__(self) -> None:
        self._neural: NeuralVoice | None = None
        self._loading = threading.Lock()

    def say(self, piece: str, voice: Voice, rate: float, pitch: float, volume: float) -> Sound:
        """Return a piece of text as sound."""
        if voice.engine is VoiceEngine.NEURAL:
            sound = self._loaded().say(piece, rate, pitch)
        else:
            sound = espeak.say(piece, voice.inner, rate, pitch)
        return Sound(sound.rate, sound.samples * volume)

    def _loaded(self) -> NeuralVoice:
        with self._loading:
            if self._neural is None:
                self._neural = NeuralVoice()
            return self._neural
