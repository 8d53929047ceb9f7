"""A question in another language is understood, answered from memory, and answered back in it."""

from __future__ import annotations

from pathlib import Path

from common.contracts.knowledge import AddFactRequest, FactAdded, FactsFound, SearchFactsRequest
from common.contracts.language import Analysis, AnalyzeRequest, Intent
from common.contracts.translation import (
    DetectedLanguage,
    DetectLanguageRequest,
    TranslateRequest,
    Translation,
)
from fleet.testing.household import Household, household

AGENTS = ("memory_orchestrator_service", "memory_client", "knowledge_base", "nlu_agent",
          "translation_service")  # fmt: skip
QUESTIONS = (
    ("es", "¿Cuándo fue la revisión de la caldera?", "La caldera fue revisada el 4 de mayo."),
    ("fr", "Quand la chaudière a-t-elle été révisée ?", "La chaudière a été révisée le 4 mai."),
    ("de", "Wann wurde der Heizkessel gewartet?", "Der Heizkessel wurde am 4. Mai gewartet."),
)


async def translated(home: Household, text: str, target: str) -> Translation:
    """Have the service translate a text, whose language it detects."""
    request = TranslateRequest(text=text, target_language=target)
    return await home.call("translation_service", "translate", request, Translation)


async def answered(home: Household, question: str) -> str:
    """Have a question in English answered from memory."""
    read = await home.call("nlu_agent", "analyze", AnalyzeRequest(text=question), Analysis)
    assert read.intent is Intent.RECALL
    wanted = SearchFactsRequest(query=read.first("query") or question)
    found = await home.call("knowledge_base", "search_facts", wanted, FactsFound)
    return found.facts[0].fact.content


async def test_a_foreign_question_is_answered_in_its_language(tmp_path: Path) -> None:
    """In three languages: detected, translated, answered from memory, translated back."""
    async with household(tmp_path, *AGENTS) as home:
        for topic, content in (
            ("boiler", "The boiler was serviced on 4 May."),
            ("car", "The car was washed on 12 June."),
        ):
            fact = AddFactRequest(topic=topic, content=content)
            await home.call("knowledge_base", "add_fact", fact, FactAdded)
        for language, question, wanted in QUESTIONS:
            heard = await home.call(
                "translation_service", "detect_language", DetectLanguageRequest(text=question),
                DetectedLanguage,
            )  # fmt: skip
            asked = await translated(home, question, "en")
            answer = await answered(home, asked.text)
            back = await translated(home, answer, language)

            assert (heard.language, asked.source_language) == (language, language)
            assert back.text == wanted
            assert back.unknown_words == ()


async def test_a_translation_is_known_after_a_crash(tmp_path: Path) -> None:
    """The cache of the service survives that it is killed."""
    async with household(tmp_path, "translation_service") as home:
        first = await translated(home, QUESTIONS[0][1], "en")
        await home.restart("translation_service")
        again = await translated(home, QUESTIONS[0][1], "en")

    assert (again.text, again.cached) == (first.text, True)
