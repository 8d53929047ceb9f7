"""
NLUAgent: intent and entities of user text, by pattern rules.

Holds no rule: those are data in intent_rules, applied by intents.
"""

from __future__ import annotations

from agents.language_processing.intents import analyze
from common.agent import Agent, action
from common.contracts.language import Analysis, AnalyzeRequest


class NLUAgent(Agent):
    """Say what the user wants and what was named; the same text gives the same answer."""

    @action
    async def analyze(self, request: AnalyzeRequest) -> Analysis:
        """Analyze a text; a `topic` in the context resolves `it` in questions."""
        topic = request.context.get("topic")
        return analyze(request.text, topic if isinstance(topic, str) else None)
