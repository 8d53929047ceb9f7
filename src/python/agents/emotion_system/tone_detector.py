"""
ToneDetector: the tone in which something is said, from words, from the voice, or from both.

Measuring is in `voice_tone`, weighing in `tone_rules`, reading words in `common.sentiment`.
"""

from __future__ import annotations

import asyncio

from agents.emotion_system.tone_rules import tone_of
from common.agent import Agent, action
from common.contracts.emotion import ToneReading, ToneRequest
from common.messages import ActionError, ErrorCode
from common.sentiment import sentiment_of

MAX_BYTES = 24_000_000


class ToneDetector(Agent):
    """Tell in which tone something is said; nothing is kept."""

    async def start(self) -> None:
        """Let one recording be measured at a time: each takes a whole core."""
        self._measuring = asyncio.Lock()

    @action
    async def get_tone(self, request: ToneRequest) -> ToneReading:
        """Read the tone of words, of a WAV file, or of both together."""
        has_words = bool(request.text.strip())
        if request.audio is None:
            if not has_words:
                message = "expected a text, a recording, or both; found neither"
                raise ActionError(ErrorCode.INVALID, message, "text")
            return tone_of(await asyncio.to_thread(sentiment_of, request.text), None)
        if len(request.audio) > MAX_BYTES:
            message = f"expected at most {MAX_BYTES} bytes, found {len(request.audio)}"
            raise ActionError(ErrorCode.INVALID, message, "audio")
        async with self._measuring:
            return await asyncio.to_thread(_tone, request.text if has_words else "", request.audio)


def _tone(text: str, audio: bytes) -> ToneReading:
    from agents.emotion_system.voice_tone import measure

    return tone_of(sentiment_of(text) if text else None, measure(audio))
