"""
NLUAgent: intent and entities of user text, by pattern rules.

Holds no rule: those are data in intent_rules, applied by intents.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import field_validator

from agents.language_processing.intents import analyze
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.language import Analysis, AnalyzeRequest


class NLUConfiguration(Configuration):
    """Say in which time zone the user means `at 9`."""

    time_zone: str = "UTC"

    @field_validator("time_zone")
    @classmethod
    def check_zone(cls, name: str) -> str:
        """Refuse a name that is no time zone."""
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):  # all three come from a name that is no zone
            raise ValueError(f"expected a zone such as Europe/Berlin, found {name!r}") from None
        return name


class NLUAgent(Agent):
    """Say what the user wants and what was named; the same text at one time gives one answer."""

    configuration = NLUConfiguration

    async def start(self) -> None:
        """Find the time zone."""
        self._zone = ZoneInfo(self.configured(NLUConfiguration).time_zone)

    @action
    async def analyze(self, request: AnalyzeRequest) -> Analysis:
        """Analyze a text; a `topic` in the context resolves `it` in questions."""
        topic = request.context.get("topic")
        now = datetime.fromtimestamp(self.clock.now(), self._zone)
        return analyze(request.text, topic if isinstance(topic, str) else None, now)
