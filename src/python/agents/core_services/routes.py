"""
Which agents each type of request needs, and how sound and images become an answer.

A route is data; queues and storage may not enter.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.text_flow import TextFlow
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import coordination as c
from common.messages import ActionError, ErrorCode

SPEECH: Final = "stt_service"
VISION: Final = "vision_processing_agent"
# Text needs nothing by name: its flow degrades, and says what is missing.
NEEDED: Final[dict[c.RequestType, tuple[str, ...]]] = {
    c.RequestType.TEXT: (),
    c.RequestType.BACKGROUND: (),
    c.RequestType.AUDIO: ("streaming_speech_recognition", SPEECH),
    c.RequestType.VISION: (VISION,),
}


class Routes:
    """Send each request along the route of its type."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls
        self._text = TextFlow(calls)

    def expect_agents(self, kind: c.RequestType) -> None:
        """Raise UNAVAILABLE, with their names, when needed agents are not in the directory."""
        missing = self._calls.missing(NEEDED[kind])
        if missing:
            message = f"{kind.value} requests need {', '.join(missing)}, not in the directory now"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "type")

    async def answer(self, request: c.SubmitRequest, trace: Trace) -> str:
        """Return the final wording for a request of any type."""
        self.expect_agents(request.type)
        if request.type is c.RequestType.AUDIO:
            return await self._audio(request, trace)
        if request.type is c.RequestType.VISION:
            return await self._vision(request, trace)
        return await self._text.answer(request, request.data, trace)

    async def _audio(self, request: c.SubmitRequest, trace: Trace) -> str:
        sound = c.TranscribeRequest(
            audio_data=request.data, format=request.format, sample_rate=request.sample_rate
        )
        heard = await self._calls.ask(trace, SPEECH, "transcribe", sound, c.Transcript)
        trace.facts["transcript"] = heard.text
        if not heard.text.strip():
            return await self._text.word(request, "I did not hear any words.", trace)
        return await self._text.answer(request, heard.text, trace)

    async def _vision(self, request: c.SubmitRequest, trace: Trace) -> str:
        image = c.DescribeImageRequest(image_data=request.data, format=request.format)
        seen = await self._calls.ask(trace, VISION, "describe_image", image, c.ImageDescription)
        return await self._text.word(request, seen.description, trace)
