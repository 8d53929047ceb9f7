"""
The skill of reading: a page that the user names, or what of it fits a question.

Which addresses may be asked, and how a page is read, is the business of the web agent.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import Content, Question, sentence
from agents.core_services.worker_calls import WorkerCalls, WorkerError
from common.contracts import web as w
from common.contracts.language import Mood
from common.messages import ErrorCode

WEB: Final = "unified_web_agent"
WEB_SECONDS: Final = 30.0
MAX_READ: Final = 600
# The web agent judged the address or the page; any other error means that it is not there.
REFUSALS: Final = frozenset({ErrorCode.DENIED, ErrorCode.INVALID, ErrorCode.NOT_FOUND})


async def read_page(question: Question, calls: WorkerCalls) -> Content:
    """Read a page, or pick from it what was asked."""
    url = question.analysis.first("url") or ""
    asked = question.analysis.first("query")
    try:
        return await (_found(question, calls, url, asked) if asked else _read(question, calls, url))
    except WorkerError as error:
        if error.code not in REFUSALS:
            raise
        question.trace.facts["refused"] = error.code.value
        return Content(sentence(f"I could not read that page: {error.told}"), Mood.APOLOGETIC)


async def _read(question: Question, calls: WorkerCalls, url: str) -> Content:
    page = await calls.ask(
        question.trace,
        WEB,
        "navigate",
        w.NavigateRequest(url=url[:2_000]),
        w.WebPage,
        timeout=WEB_SECONDS,
    )
    question.trace.facts["page_id"] = page.page_id
    text = " ".join(page.text.split())
    shown = text if len(text) <= MAX_READ else f"{text[:MAX_READ].rpartition(' ')[0]}..."
    title = f"{page.title.strip()}: " if page.title.strip() else ""
    return Content(f"{title}{shown}" if shown else "There is no text on that page.")


async def _found(question: Question, calls: WorkerCalls, url: str, asked: str) -> Content:
    wanted = w.BrowseRequest(url=url[:2_000], context=asked[:2_000], limit=1)
    findings = await calls.ask(
        question.trace, WEB, "browse_with_context", wanted, w.Findings, timeout=WEB_SECONDS
    )
    if not findings.passages:
        return Content("That page says nothing about it.", Mood.APOLOGETIC)
    return Content(sentence(findings.passages[0].text))
