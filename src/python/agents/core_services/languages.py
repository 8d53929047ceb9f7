"""
Other languages than English: noticed, and translated there and back.

A translator that is missing leaves the text as it is, with a note in the trace. No dictionary
may enter.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import ENGLISH
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import translation as t

TRANSLATOR: Final = "translation_service"
SECONDS: Final = 15.0
SURE: Final = 0.6
"""How sure a detection must be before a text is taken for a foreign one."""
UNDETERMINED: Final = "und"


class Languages:
    """Find the language of a text, and say it in another."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls

    async def of(self, text: str, trace: Trace) -> str:
        """Return the language of a text; English when that is not clear."""
        wanted = t.DetectLanguageRequest(text=text)
        found = await self._calls.ask_if_there(
            trace, TRANSLATOR, "detect_language", wanted, t.DetectedLanguage
        )
        if found is None or found.language == UNDETERMINED or found.confidence < SURE:
            return ENGLISH
        if found.language != ENGLISH:
            trace.facts["language"] = found.language
            trace.facts["language_confidence"] = found.confidence
        return found.language

    async def translated(
        self, text: str, source: str, target: str, session: str, trace: Trace
    ) -> str | None:
        """Return the text in the other language; None when nobody can say it."""
        if source == target:
            return text
        wanted = t.TranslateRequest(
            text=text, source_language=source, target_language=target, session_id=session
        )
        said = await self._calls.ask_if_there(
            trace, TRANSLATOR, "translate", wanted, t.Translation, timeout=SECONDS
        )
        if said is None:
            return None
        engines = trace.facts.setdefault("translated_by", [])
        if isinstance(engines, list):
            engines.append(f"{source}-{target}: {said.engine}")
        return said.text.strip() or None
