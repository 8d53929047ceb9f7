"""
Intent of a text: the first rule of the table that matches, and the entities it implies.

Pure and deterministic; the rules themselves are data in intent_rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.language_processing.entities import find_entities
from agents.language_processing.intent_rules import LEAD_IN, RULES, IntentRule
from agents.language_processing.topics import topic_of
from common.contracts.language import Analysis, Entity, Intent

# Rules look at the beginning of a text; no wish needs more.
MATCHED_CHARACTERS = 2_000

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


def analyze(text: str, topic: str | None = None) -> Analysis:
    """Analyze a text; topic is what the conversation is about, for questions that say `it`."""
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
                    entities=(*_implied(rule, match, candidate, topic), *written),
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
    rule: IntentRule, match: re.Match[str], candidate: str, topic: str | None
) -> tuple[Entity, ...]:
    groups = {name: value for name, value in match.groupdict().items() if value}
    if rule.intent in (Intent.REMEMBER, Intent.SET_REMINDER):
        return _statement(groups, is_reminder=rule.intent is Intent.SET_REMINDER)
    if rule.intent is Intent.RECALL:
        return (Entity(kind="query", value=_query(groups["query"], topic)),)
    if rule.intent is Intent.COMMAND:
        return (Entity(kind="command", value=_command(rule, groups, candidate)),)
    return ()


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
