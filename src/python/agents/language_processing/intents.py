"""
Intent of a text: the first rule of the table that matches, and the entities it implies.

Pure and deterministic; the rules themselves are data in intent_rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from agents.language_processing.entities import find_entities
from agents.language_processing.intent_patterns import LEAD_IN
from agents.language_processing.intent_rules import RULES, IntentRule
from agents.language_processing.moments import find_moment
from agents.language_processing.topics import topic_of
from common.contracts.language import Analysis, Entity, Intent

# Rules look at the beginning of a text; no wish needs more.
MATCHED_CHARACTERS = 2_000
TIME_IS_UP = "the time is up"

_LEAD_IN = re.compile(LEAD_IN, re.IGNORECASE)
_COMPILED = tuple((rule, re.compile(rule.pattern, re.IGNORECASE)) for rule in RULES)
_PRONOUN = re.compile(r"\b(?:it|that one|this one|they|them)\b", re.IGNORECASE)
_SPOKEN_OPERATORS = (
    (re.compile(r"\s*\bplus\b\s*", re.IGNORECASE), " + "),
    (re.compile(r"\s*\bminus\b\s*", re.IGNORECASE), " - "),
    (re.compile(r"\s*(?:\b(?:times|multiplied by)\b|(?<=[\d\s)])x(?=[\d\s(]))\s*", re.I), " * "),
    (re.compile(r"\s*\b(?:divided by|over)\b\s*", re.IGNORECASE), " / "),
    (re.compile(r"\s*(?:\bto the power of\b|\^)\s*", re.IGNORECASE), " ** "),
)


def analyze(text: str, topic: str | None = None, now: datetime | None = None) -> Analysis:
    """Analyze a text; topic is what the conversation is about, for questions that say `it`.

    Reminders name their moment when `now` is given.
    """
    plain = plain_text(text)
    written = find_entities(text)
    if not plain:
        return Analysis(intent=Intent.UNKNOWN, confidence=0.0, entities=written)
    candidates = tuple(dict.fromkeys((plain, _LEAD_IN.sub("", plain) or plain)))
    for rule, pattern in _COMPILED:
        for candidate in candidates:
            if match := pattern.match(candidate):
                return Analysis(
                    intent=rule.intent,
                    confidence=rule.confidence,
                    entities=(*_implied(rule, match, candidate, topic, now), *written),
                    rule=rule.rule_id,
                )
    return Analysis(intent=Intent.UNKNOWN, confidence=0.2, entities=written)


def plain_text(text: str) -> str:
    """Return the text with straight apostrophes and single spaces, cut to what rules look at."""
    straight = text[:MATCHED_CHARACTERS].replace("\u2019", "'").replace("\u2018", "'")
    return " ".join(straight.split())


def written_expression(spoken: str) -> str:
    """Turn `2 plus 3 times 4` into `2 + 3 * 4`."""
    for pattern, operator in _SPOKEN_OPERATORS:
        spoken = pattern.sub(operator, spoken)
    return " ".join(spoken.strip(" =?.").split())


def _implied(
    rule: IntentRule,
    match: re.Match[str],
    candidate: str,
    topic: str | None,
    now: datetime | None,
) -> tuple[Entity, ...]:
    groups = {name: value for name, value in match.groupdict().items() if value}
    match rule.intent:
        case Intent.REMEMBER:
            return _statement(groups, is_reminder=False)
        case Intent.SET_REMINDER:
            reminded = _statement(groups, is_reminder=True)
            return (*reminded, *(_moment(reminded[1].value, now) if now else ()))
        case Intent.RECALL:
            return (Entity(kind="query", value=_query(groups["query"], topic)),)
        case Intent.COMMAND:
            return (Entity(kind="command", value=_command(rule, groups, candidate)),)
        case Intent.REASON:
            return (Entity(kind="question", value=groups["question"].strip()),)
        case Intent.READ_PAGE:
            return _page(groups)
        case Intent.WRITE_CODE:
            language = groups.get("language", "").casefold()
            named = (Entity(kind="language", value=language),) if language else ()
            return (Entity(kind="description", value=candidate), *named)
    return ()


def _moment(content: str, now: datetime) -> tuple[Entity, ...]:
    found = find_moment(content, now)
    if found is None:
        return ()
    task = Entity(kind="task", value=found.rest or TIME_IS_UP)
    if found.at is not None:
        return (task, Entity(kind="at", value=found.at.isoformat()))
    return (task, Entity(kind="seconds", value=f"{found.seconds:g}"))


def _page(groups: Mapping[str, str]) -> tuple[Entity, ...]:
    url = groups["url"].rstrip(".,;:!?)")
    address = Entity(kind="url", value=url if "://" in url else f"https://{url}")
    query = groups.get("query", "").strip(" ,.?!")
    return (address, Entity(kind="query", value=query)) if query else (address,)


def _statement(groups: Mapping[str, str], *, is_reminder: bool) -> tuple[Entity, ...]:
    content = groups["content"].strip().rstrip(".!?;, ") or groups["content"].strip()
    # "tomorrow at 5 to call mum" is about the call, not about tomorrow.
    subject = content.partition(" to ")[2] or content if is_reminder else content
    topic = groups.get("topic", "").strip() or topic_of(subject)
    return (Entity(kind="topic", value=topic), Entity(kind="content", value=content))


def _query(asked: str, topic: str | None) -> str:
    query = asked.strip().rstrip("?!. ") or asked.strip()
    if topic:
        query = _PRONOUN.sub(lambda _: topic, query, count=1)
    return query


def _command(rule: IntentRule, groups: Mapping[str, str], candidate: str) -> str:
    if not rule.command:
        return candidate
    values: dict[str, str] = {name: value.strip(" ?.") or value for name, value in groups.items()}
    if "expression" in values:
        values["expression"] = written_expression(values["expression"])
    return rule.command.format_map(values)
