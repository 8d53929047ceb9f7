"""
The built-in commands: what they are called and what they do, mostly through peers.

A built-in never stores anything itself, and knows nothing of custom commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agents.language_processing.intents import written_expression
from agents.language_processing.topics import topic_of
from common.arithmetic import ArithmeticExpressionError, evaluate, show
from common.clock import Clock
from common.contracts.knowledge import (
    AddFactRequest,
    Fact,
    FactAdded,
    FactsFound,
    SearchFactsRequest,
)
from common.contracts.language import BuiltInCommand
from common.contracts.memory import ChildrenPolicy, DeleteMemoryRequest, MemoriesDeleted
from common.contracts.twin import AgentPictures
from common.messages import ActionError, ErrorCode, Query
from common.peers import Peers
from common.text import stems

MAX_TOPIC = 200
MAX_FORGOTTEN = 20

_TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("status", "status", "Say which agents are ok", r"(?:show )?(?:the )?(?:system )?status"),
    ("time", "time [in ZONE]", "Say date and time",
     r"(?:what )?time(?: is it)?(?: in (?P<argument>[\w/+-]{1,60}))?\??"),
    ("calculate", "calculate EXPRESSION", "Do arithmetic, for example 2+3*4",
     r"(?:calculate|compute|evaluate)\b (?P<argument>.+)"),
    ("remember", "remember TEXT", "Keep a fact", r"remember(?: that)? (?P<argument>.+)"),
    ("forget", "forget SUBJECT", "Take out the facts about a subject",
     r"forget(?: about)? (?P<argument>.+)"),
    ("search", "search WORDS", "Look for facts", r"search(?: for)? (?P<argument>.+)"),
    ("say", "say TEXT", "Repeat a text, useful in sequences", r"say (?P<argument>.+)"),
    ("help", "help", "List the commands", r"help|list commands|what can you do\??"),
)  # fmt: skip

BUILT_INS = tuple(BuiltInCommand(name=n, usage=u, description=d) for n, u, d, _ in _TABLE)
_PATTERNS = tuple((n, re.compile(p, re.IGNORECASE | re.DOTALL)) for n, _, _, p in _TABLE)


@dataclass(frozen=True)
class BuiltInCall:
    """Hold a recognised built-in command and what follows its name."""

    name: str
    argument: str


@dataclass(frozen=True)
class BuiltInResult:
    """Hold what a built-in command says to the user, and its values for programs."""

    message: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)


def recognise(text: str) -> BuiltInCall | None:
    """Return the built-in command that a text calls, if any."""
    plain = " ".join(text.split())
    for name, pattern in _PATTERNS:
        if match := pattern.fullmatch(plain):
            return BuiltInCall(name, (match.groupdict().get("argument") or "").strip())
    return None


class BuiltIns:
    """Carry out built-in commands; a failure is an ActionError with a message for the user."""

    def __init__(self, peers: Peers, clock: Clock) -> None:
        self._peers = peers
        self._clock = clock

    async def carry_out(self, call: BuiltInCall) -> BuiltInResult:
        """Carry out one command."""
        match call.name:
            case "status":
                return await self._status()
            case "time":
                return self._time(call.argument)
            case "calculate":
                return self._calculate(call.argument)
            case "remember":
                return await self._remember(call.argument)
            case "forget":
                return await self._forget(call.argument)
            case "search":
                return await self._search(call.argument)
            case "say":
                return BuiltInResult(call.argument)
        listed = "; ".join(f"{known.usage}: {known.description}" for known in BUILT_INS)
        return BuiltInResult(f"You can say: {listed}.")

    async def _status(self) -> BuiltInResult:
        known = await self._peers.call(
            "system_digital_twin", "get_ok_agents", Query(), AgentPictures
        )
        slugs = sorted({picture.slug for picture in known.agents})
        count = "1 agent is" if len(slugs) == 1 else f"{len(slugs)} agents are"
        listed = f": {', '.join(slugs)}" if slugs else ""
        return BuiltInResult(f"{count} ok{listed}.", {"agents": list[JsonValue](slugs)})

    def _time(self, zone: str) -> BuiltInResult:
        try:
            where = ZoneInfo(zone) if zone else UTC
        except (OSError, ValueError, KeyError):  # all three come from a name that is no zone
            raise ActionError(
                ErrorCode.INVALID,
                f"expected a time zone such as Europe/Berlin, found {zone!r}",
                "command",
            ) from None
        now = datetime.fromtimestamp(self._clock.now(), where)
        message = f"It is {now:%H:%M} on {now:%A}, {now.day} {now:%B %Y} ({zone or 'UTC'})."
        return BuiltInResult(message, {"time": now.isoformat()})

    def _calculate(self, expression: str) -> BuiltInResult:
        written = written_expression(expression)
        try:
            value = evaluate(written)
        except ArithmeticExpressionError as error:
            raise ActionError(ErrorCode.INVALID, str(error), "command") from None
        return BuiltInResult(f"{written} = {show(value)}.", {"value": value})

    async def _remember(self, content: str) -> BuiltInResult:
        topic = topic_of(content)[:MAX_TOPIC]
        request = AddFactRequest(topic=topic, content=content)
        added = await self._peers.call("knowledge_base", "add_fact", request, FactAdded)
        return BuiltInResult(f"I will remember that {content}.", {"fact_id": added.fact_id})

    async def _forget(self, subject: str) -> BuiltInResult:
        facts = await self._facts(subject, MAX_FORGOTTEN)
        wanted = set(stems(subject)) or {subject.casefold()}
        # Better to forget too little than too much: every word of the subject must be in the topic.
        chosen = [fact for fact in facts if wanted <= set(stems(fact.topic))]
        for fact in chosen:
            request = DeleteMemoryRequest(memory_id=fact.fact_id, children=ChildrenPolicy.CASCADE)
            await self._peers.call("memory_client", "delete_memory", request, MemoriesDeleted)
        if not chosen:
            raise ActionError(ErrorCode.NOT_FOUND, f"I know no fact about {subject}", "command")
        count = "1 fact" if len(chosen) == 1 else f"{len(chosen)} facts"
        forgotten: list[JsonValue] = [fact.fact_id for fact in chosen]
        return BuiltInResult(f"I forgot {count} about {subject}.", {"fact_ids": forgotten})

    async def _search(self, query: str) -> BuiltInResult:
        facts = await self._facts(query, 5)
        if not facts:
            return BuiltInResult(f"I found nothing about {query}.", {"facts": []})
        found: list[JsonValue] = [fact.content for fact in facts]
        return BuiltInResult(f"I found: {'; '.join(f.content for f in facts)}.", {"facts": found})

    async def _facts(self, query: str, limit: int) -> list[Fact]:
        request = SearchFactsRequest(query=query, limit=limit)
        reply = await self._peers.call("knowledge_base", "search_facts", request, FactsFound)
        return [scored.fact for scored in reply.facts]
