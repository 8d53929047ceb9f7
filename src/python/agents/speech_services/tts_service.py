"""
TTSService: makes spoken WAV files of texts. Plays nothing.

How voices make sound is not known here; synthesis.py is imported with the first text.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from agents.speech_services.voices import VOICES, Voice, VoiceError, voice_for
from common.agent import Agent, action
from common.contracts.speech import SpeakRequest, Spoken, VoiceSettings
from common.messages import ActionError, Empty, ErrorCode, Query, Reply, Request
from common.sentences import pieces

if TYPE_CHECKING:
    from agents.speech_services.synthesis import Synthesiser
    from common.sound import Sound

MAX_WAITING: Final = 16
MAX_SECONDS: Final = 120.0
_ASKED_NOTHING: Final = Empty()


class SetVoiceRequest(Request):
    """Ask `set_voice`: how to speak when a request does not say."""

    is_idempotent = True

    settings: VoiceSettings


class VoiceSet(Reply):
    """Answer `set_voice`: what is in force now."""

    settings: VoiceSettings


class Stopped(Reply):
    """Answer `stop`: how many texts were being said or waited."""

    stopped: int


class VoicePicture(BaseModel):
    """Describe one voice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    language: str
    engine: str


class VoiceList(Reply):
    """Answer `list_voices`."""

    voices: tuple[VoicePicture, ...]
    settings: VoiceSettings


class TTSService(Agent):
    """Say one text at a time; the others wait for their turn."""

    async def start(self) -> None:
        """Wait for the first text."""
        self._settings = VoiceSettings()
        self._engine: Synthesiser | None = None
        self._turn = asyncio.Lock()
        self._speaking: set[asyncio.Event] = set()

    @action
    async def speak(self, request: SpeakRequest) -> Spoken:
        """Return a text as a WAV file."""
        settings = request.settings or self._settings
        voice = _voice(settings.voice, request.language)
        if len(self._speaking) >= MAX_WAITING:
            message = f"expected at most {MAX_WAITING} texts to be said at once"
            raise ActionError(ErrorCode.OVERLOADED, message)
        stopped = asyncio.Event()
        self._speaking.add(stopped)
        try:
            async with self._turn:
                sounds = await self._say(pieces(request.text), voice, settings, stopped)
        finally:
            self._speaking.discard(stopped)
        from common.sound import join, write_wav

        whole = join(tuple(sounds), sounds[0].rate)
        return Spoken(
            audio=write_wav(whole),
            seconds=whole.seconds,
            sample_rate=whole.rate,
            engine=f"{voice.engine.value}/{voice.name}",
        )

    @action
    async def stop(self, request: Empty = _ASKED_NOTHING) -> Stopped:  # type: ignore[override]  # the catalogue's action has the name of the end of an agent, and means it
        """Stop every text that is being said; its caller is told CONFLICT."""
        for stopped in self._speaking:
            stopped.set()
        return Stopped(stopped=len(self._speaking))

    @action
    async def set_voice(self, request: SetVoiceRequest) -> VoiceSet:
        """Choose how to speak when a request does not say."""
        _voice(request.settings.voice, "en")
        self._settings = request.settings
        return VoiceSet(settings=self._settings)

    @action
    async def list_voices(self, request: Query) -> VoiceList:
        """Return the voices and the settings in force."""
        voices = tuple(
            VoicePicture(name=voice.name, language=voice.language, engine=voice.engine.value)
            for voice in VOICES
        )
        return VoiceList(voices=voices, settings=self._settings)

    async def _say(
        self,
        parts: tuple[str, ...],
        voice: Voice,
        settings: VoiceSettings,
        stopped: asyncio.Event,
    ) -> list[Sound]:
        engine = await self._loaded()
        sounds: list[Sound] = []
        for part in parts:
            if stopped.is_set():
                raise ActionError(
                    ErrorCode.CONFLICT, "the text was stopped while it was being said"
                )
            sounds.append(await asyncio.to_thread(_sound, engine, part, voice, settings))
            if sum(sound.seconds for sound in sounds) > MAX_SECONDS:
                message = f"expected a text of at most {MAX_SECONDS:.0f} s, found a longer one"
                raise ActionError(ErrorCode.INVALID, message, "text")
        if not any(len(sound.samples) for sound in sounds):
            message = "expected words or numbers, found nothing that can be said"
            raise ActionError(ErrorCode.INVALID, message, "text")
        return sounds

    async def _loaded(self) -> Synthesiser:
        if self._engine is None:
            self._engine = await asyncio.to_thread(_load)
        return self._engine


def _load() -> Synthesiser:
    from agents.speech_services.synthesis import Synthesiser

    return Synthesiser()


def _sound(engine: Synthesiser, part: str, voice: Voice, settings: VoiceSettings) -> Sound:
    try:
        return engine.say(part, voice, settings.rate, settings.pitch, settings.volume)
    except VoiceError as error:
        raise ActionError(ErrorCode.UNAVAILABLE, str(error)) from error


def _voice(name: str, language: str) -> Voice:
    voice = voice_for(name, language)
    if voice is not None:
        return voice
    if name:
        known = ", ".join(each.name for each in VOICES)
        raise ActionError(ErrorCode.INVALID, f"expected one of {known}; found {name!r}", "settings")
    known = ", ".join(dict.fromkeys(each.language for each in VOICES))
    raise ActionError(ErrorCode.INVALID, f"expected one of {known}; found {language!r}", "language")
