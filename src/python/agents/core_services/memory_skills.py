"""
Skills of memory: to remember what was said, and to recall it.

What is kept, and how it is found, is the business of the knowledge base.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import Content, Question, sentence
from agents.core_services.thinking_skills import only_what_is_certain
from agents.core_services.worker_calls import WorkerCalls
from common.contracts import knowledge as k
from common.contracts.language import Mood

KNOWLEDGE: Final = "knowledge_base"
FACTS_ASKED: Final = 3
MAX_TOPIC: Final = 200


async def remember(question: Question, calls: WorkerCalls) -> Content:
    """Keep a fact."""
    content = question.analysis.first("content") or question.text
    topic = (question.analysis.first("topic") or content)[:MAX_TOPIC]
    fact = k.AddFactRequest(topic=topic, content=content)
    added = await calls.ask(question.trace, KNOWLEDGE, "add_fact", fact, k.FactAdded)
    question.trace.facts["fact_id"] = added.fact_id
    known = "I knew that already" if added.known else "I will remember that"
    return Content(sentence(f"{known}: {content}"), Mood.CHEERFUL)


async def recall(question: Question, calls: WorkerCalls) -> Content:
    """Answer with the best fact, or with what can be worked out for certain."""
    query = question.analysis.first("query") or question.text
    wanted = k.SearchFactsRequest(query=query, limit=FACTS_ASKED)
    found = await calls.ask(question.trace, KNOWLEDGE, "search_facts", wanted, k.FactsFound)
    if found.facts:
        question.trace.facts["fact_id"] = found.facts[0].fact.fact_id
        return Content(sentence(found.facts[0].fact.content))
    certain = await only_what_is_certain(question, calls)
    return certain or Content("I do not know that: nobody has told me yet.", Mood.APOLOGETIC)
