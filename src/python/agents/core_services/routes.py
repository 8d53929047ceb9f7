"""
Which agents each type of request needs, and which way it takes to its answer.

A route is data; queues and storage may not enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.core_services.feelings import Feelings
from agents.core_services.languages import Languages
from agents.core_services.question import ENGLISH, Content
from agents.core_services.seen import VISION, Seen
from agents.core_services.spoken import EARS, Spoken
from agents.core_services.text_flow import TextFlow
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import coordination as c
from common.messages import ActionError, ErrorCode

# Text needs nothing by name: its flow degrades, and says what is missing.
NEEDED: Final[dict[c.RequestType, tuple[str, ...]]] = {
    c.RequestType.TEXT: (),
    c.RequestType.BACKGROUND: (),
    c.RequestType.AUDIO: (EARS,),
    c.RequestType.VISION: (VISION,),
}
PICTURE: Final = "(a picture)"


@dataclass(frozen=True)
class Answer:
    """Hold what a request comes to: a text, and its sound when that was wanted."""

    text: str
    audio: bytes | None = None


class Routes:
    """Send each request along the route of its type."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls
        feelings = Feelings(calls)
        self._text = TextFlow(calls, Languages(calls), feelings)
        self._spoken = Spoken(calls, feelings)
        self._seen = Seen(calls)

    def expect_agents(self, kind: c.RequestType) -> None:
        """Raise UNAVAILABLE, with their names, when needed agents are not in the directory."""
        missing = self._calls.missing(NEEDED[kind])
        if missing:
            message = f"{kind.value} requests need {', '.join(missing)}, not in the directory now"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "type")

    async def answer(self, request: c.Submission, file: bytes | None, trace: Trace) -> Answer:
        """Return the answer to a request of any type."""
        self.expect_agents(request.type)
        text = await self._answer(request, file or b"", trace)
        if not request.speak:
            return Answer(text)
        return Answer(text, await self._spoken.said(request, text, trace))

    async def _answer(self, request: c.Submission, file: bytes, trace: Trace) -> str:
        if request.type is c.RequestType.VISION:
            return await self._look(request, file, trace)
        if request.type is not c.RequestType.AUDIO:
            return await self._text.answer(request, request.data, trace)
        heard = await self._spoken.heard(file, trace)
        if heard:
            return await self._text.answer(request, heard, trace)
        return await self._text.word(request, Content("I did not hear any words."), trace)

    async def _look(self, request: c.Submission, image: bytes, trace: Trace) -> str:
        trace.said = request.data.strip() or PICTURE
        language, question = ENGLISH, ""
        if request.data.strip():
            language, question, _ = await self._text.understood(request, request.data, trace)
        content = await self._seen.answer(image, question, trace)
        return await self._text.word(request, content, trace, language)
