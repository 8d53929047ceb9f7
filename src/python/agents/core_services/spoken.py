"""
From sound to words, and from an answer back to sound.

Filters, recognisers and voices belong to their agents; no signal processing may enter.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.feelings import Feelings
from agents.core_services.question import ENGLISH
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import speech as s
from common.contracts.coordination import Submission

CLEANER: Final = "fused_audio_preprocessor"
EARS: Final = "stt_service"
VOICE: Final = "tts_service"
CLEAN_SECONDS: Final = 15.0
HEAR_SECONDS: Final = 60.0
SPEAK_SECONDS: Final = 60.0
MAX_SPOKEN: Final = 1_000  # characters: nobody listens for minutes


class Spoken:
    """Hear a request, and say its answer."""

    def __init__(self, calls: WorkerCalls, feelings: Feelings) -> None:
        self._calls = calls
        self._feelings = feelings

    async def heard(self, sound: bytes, trace: Trace) -> str:
        """Return what was said; noise is taken out first where somebody can."""
        cleaned = await self._calls.ask_if_there(
            trace,
            CLEANER,
            "clean",
            s.CleanRequest(audio=sound),
            s.Cleaned,
            timeout=CLEAN_SECONDS,
        )
        wanted = s.TranscribeRequest(audio=cleaned.audio if cleaned is not None else sound)
        transcript = await self._calls.ask(
            trace, EARS, "transcribe", wanted, s.Transcript, timeout=HEAR_SECONDS
        )
        trace.facts["transcript"] = transcript.text
        trace.facts["transcript_confidence"] = transcript.confidence
        return transcript.text.strip()

    async def said(self, request: Submission, text: str, trace: Trace) -> bytes | None:
        """Return an answer as a WAV file, in the voice that fits; None when there is no voice."""
        wanted = s.SpeakRequest(
            text=spoken_part(text),
            settings=await self._feelings.voice(request, trace),
            language=str(trace.facts.get("language", ENGLISH)),
        )
        spoken = await self._calls.ask_if_there(
            trace, VOICE, "speak", wanted, s.Spoken, timeout=SPEAK_SECONDS
        )
        return spoken.audio if spoken is not None else None


def spoken_part(text: str, limit: int = MAX_SPOKEN) -> str:
    """Return the beginning of a text that fits, up to the end of a sentence if it has one."""
    if len(text) <= limit:
        return text
    kept = text[:limit]
    end = max(kept.rfind(f"{mark} ") for mark in ".!?")
    return kept[: end + 1] if end > 0 else kept
