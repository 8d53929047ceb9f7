"""RequestCoordinator puts other agents to use: reminders, languages, feelings, reasoning, pages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.agents.core_services.front_desk import (
    Harness,
    ask,
    feel,
    judge,
    record,
    staff,
    understand,
)

from agents.core_services.reminder_skill import duration
from agents.core_services.request_coordinator import RequestCoordinator
from common.contracts import code
from common.contracts import coordination as c
from common.contracts import emotion as e
from common.contracts import knowledge as k
from common.contracts import language as n
from common.contracts import proactive as p
from common.contracts import reasoning as r
from common.contracts import translation as t
from common.contracts import web as w
from common.contracts.models import Engine
from common.contracts.speech import VoiceSettings
from common.messages import ErrorCode
from common.testing import AgentHarness

GERMAN = {"Wann wurde der Kessel gewartet?": "when was the boiler serviced?"}


def remind(agent: Harness) -> None:
    """Let the proactive agent take reminders, and the knowledge base facts."""

    def add(request: p.AddReminderRequest) -> p.TaskAdded:
        due_at = request.at if request.at is not None else 1000.0 + (request.in_seconds or 0.0)
        task = p.PlannedTask(
            task_id="t",
            kind=p.TaskKind.REMINDER,
            text=request.text,
            due_at=due_at,
            user_id=request.user_id,
            session_id=request.session_id,
        )
        return p.TaskAdded(task=task)

    staff(agent)
    agent.peers.answer("proactive_agent", "add_reminder", add)
    agent.peers.answer("knowledge_base", "add_fact", lambda _: k.FactAdded(fact_id="f"))


def translate(agent: Harness, language: str = "de", confidence: float = 0.95) -> None:
    """Let the translation service know one sentence, and mark whatever it says back."""

    def say(request: t.TranslateRequest) -> t.Translation:
        source = request.source_language or language
        is_back = request.target_language != "en"
        text = f"<{request.text}>" if is_back else GERMAN.get(request.text, request.text)
        return t.Translation(
            text=text,
            source_language=source,
            target_language=request.target_language,
            engine="dictionary",
            confidence=0.9,
        )

    found = t.DetectedLanguage(language=language, confidence=confidence)
    agent.peers.answer("translation_service", "detect_language", lambda _: found)
    agent.peers.answer("translation_service", "translate", say)


def analyze_english(agent: Harness) -> None:
    """Let the language agent understand one English question, and nothing else."""
    recall = n.Analysis(
        intent=n.Intent.RECALL,
        confidence=0.75,
        entities=(n.Entity(kind="query", value="when was the boiler serviced"),),
    )
    unknown = n.Analysis(intent=n.Intent.UNKNOWN, confidence=0.2)
    agent.peers.answer(
        "nlu_agent", "analyze", lambda q: recall if q.text.startswith("when") else unknown
    )
    fact = k.Fact(fact_id="f", topic="boiler", content="the boiler was serviced on 4 May")
    found = k.FactsFound(facts=(k.ScoredFact(fact=fact, score=2.0),))
    agent.peers.answer("knowledge_base", "search_facts", lambda _: found)


async def test_a_reminder_in_some_seconds_is_handed_on() -> None:
    """The proactive agent is told the text and the seconds; the answer confirms both."""
    async with AgentHarness(RequestCoordinator) as agent:
        remind(agent)
        understand(agent, n.Intent.SET_REMINDER, task="turn off the stove", seconds="3")
        result = await ask(agent, "remind me in 3 seconds to turn off the stove", user_id="ann")

        (asked,) = agent.peers.calls_of("proactive_agent", "add_reminder")
        assert (asked.text, asked.in_seconds, asked.user_id) == ("turn off the stove", 3.0, "ann")
        assert result.answer == "I will remind you in 3 seconds: turn off the stove."
        assert result.metadata["due_at"] == 1003.0


async def test_a_reminder_at_a_time_is_confirmed_in_the_users_zone() -> None:
    """The moment is handed on as unix time and told as the user means it."""
    async with AgentHarness(RequestCoordinator) as agent:
        remind(agent)
        understand(agent, n.Intent.SET_REMINDER, task="call mum", at="2026-11-24T18:30:00+01:00")
        result = await ask(agent, "remind me tomorrow at 18:30 to call mum")

        (asked,) = agent.peers.calls_of("proactive_agent", "add_reminder")
        assert asked.at == 1795541400.0
        assert result.answer == "I will remind you at 18:30 on Tuesday, 24 November: call mum."


async def test_without_a_clock_a_reminder_is_a_fact() -> None:
    """When the proactive agent is missing, the text is remembered and no alarm is promised."""
    async with AgentHarness(RequestCoordinator) as agent:
        remind(agent)
        agent.peers.forget("proactive_agent", "add_reminder")
        understand(agent, n.Intent.SET_REMINDER, content="in 3 s to go", task="go", seconds="3")
        answer = (await ask(agent, "remind me in 3 s to go")).answer
        assert answer is not None
        assert answer.startswith("I will remember that: in 3 s to go.")
        assert "no alarm" in answer


async def test_a_reminder_without_a_time_is_a_fact() -> None:
    """Who names no time is told so, and can ask for it."""
    async with AgentHarness(RequestCoordinator) as agent:
        remind(agent)
        understand(agent, n.Intent.SET_REMINDER, topic="plumber", content="call the plumber")
        answer = str((await ask(agent, "remind me to call the plumber")).answer)
        assert answer.endswith("Ask me for it: you told me no time to remind you at.")
        assert agent.peers.calls_of("proactive_agent", "add_reminder") == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (90, "1 minute and 30 seconds"),
        (93_784, "1 day, 2 hours, 3 minutes and 4 seconds"),
        (0.2, "a moment"),
    ],
)
def test_durations_are_told_in_words(seconds: float, words: str) -> None:
    """A duration is told in its own units."""
    assert duration(seconds) == words


async def test_a_foreign_question_is_answered_in_its_language() -> None:
    """It is translated, answered and translated back; the metadata says how."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        analyze_english(agent)
        translate(agent)
        result = await ask(agent, "Wann wurde der Kessel gewartet?")

        assert result.answer == "<The boiler was serviced on 4 May.>"
        assert result.metadata["language"] == "de"
        assert result.metadata["in_english"] == "when was the boiler serviced?"
        assert result.metadata["translated_by"] == ["de-en: dictionary", "en-de: dictionary"]
        noted = agent.peers.calls_of("session_memory_agent", "add_interaction")
        assert noted[0].text == "Wann wurde der Kessel gewartet?"
        assert not agent.peers.calls_of("responder", "respond")[0].speak


@pytest.mark.parametrize(("language", "confidence"), [("de", 0.4), ("und", 0.9), ("en", 0.9)])
async def test_what_may_be_english_is_english(language: str, confidence: float) -> None:
    """A language that is not sure, or English, changes nothing."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        analyze_english(agent)
        translate(agent, language, confidence)
        result = await ask(agent, "colourless green ideas")

        assert result.answer == "nice"
        assert agent.peers.calls_of("translation_service", "translate") == ()


async def test_plain_english_is_not_looked_at() -> None:
    """Who is understood at once is not asked which language it was."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        translate(agent)
        await ask(agent, "hello")
        assert agent.peers.calls_of("translation_service", "detect_language") == ()


async def test_without_a_translator_a_foreign_text_still_has_an_answer() -> None:
    """The text is answered as it is, and the metadata says who was missing."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        analyze_english(agent)
        translate(agent)
        agent.peers.fail("translation_service", "translate", ErrorCode.TIMEOUT)
        result = await ask(agent, "Wann wurde der Kessel gewartet?")

        assert result.answer == "nice"
        assert result.metadata["language"] == "de"
        assert "translation_service translate" in str(result.metadata["degraded"])


async def test_feelings_change_the_wording() -> None:
    """A user who is sad is answered with empathy; one who is not, plainly."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        comfort = e.EmpathicWording(
            text="I am with you. nice", emotion=e.Emotion.SADNESS, settings=VoiceSettings()
        )
        agent.peers.answer("empathy_agent", "choose_wording", lambda _: comfort)
        assert (await ask(agent)).answer == "nice"

        feel(agent, e.Emotion.SADNESS)
        result = await ask(agent, "I am so sad", user_id="ann")
        assert result.answer == "I am with you. nice"
        assert result.metadata["emotion"] == "sadness"
        (said, sad) = agent.peers.calls_of("emotion_engine", "update_emotional_state")
        assert (said.text, sad.text, sad.user_id) == ("hello", "I am so sad", "ann")
        assert agent.peers.calls_of("responder", "respond")[1].user_id == "ann"

        agent.peers.forget("empathy_agent", "choose_wording")
        assert (await ask(agent)).answer == "nice"


def reasoned(method: r.Method, confidence: float = 0.9) -> r.Reasoning:
    """Return an answer that took two steps."""
    steps = (
        r.ReasoningStep(description="d", expression="12 - 5", result="7", method=method),
        r.ReasoningStep(description="said", result="7 apples", method=method),
    )
    return r.Reasoning(
        question="q",
        answer="7 apples",
        steps=steps,
        method=method,
        engine=Engine.EMBEDDED,
        verified=True,
        confidence=confidence,
    )


async def test_hard_questions_are_reasoned_about() -> None:
    """The answer comes with its steps; one that nobody found is said to be none."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.REASON, question="how many apples?")
        found = [reasoned(r.Method.SOLVER), reasoned(r.Method.NONE), reasoned(r.Method.MODEL, 0.1)]
        agent.peers.answer("chain_of_thought_agent", "reason", lambda _: found.pop(0))

        result = await ask(agent, "how many apples?")
        assert result.answer == "7 apples. Because 12 - 5 = 7."
        assert result.metadata["reasoned_by"] == "solver"
        for _ in range(2):
            assert (await ask(agent, "how many apples?")).answer == "I could not work that out."


async def test_what_nobody_told_is_worked_out_or_unknown() -> None:
    """A question without a fact is reasoned about, but never by a model that makes facts up."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.RECALL, query="sum")
        nothing = k.FactsFound(facts=())
        agent.peers.answer("knowledge_base", "search_facts", lambda _: nothing)
        agent.peers.answer("chain_of_thought_agent", "reason", lambda _: reasoned(r.Method.SOLVER))
        assert str((await ask(agent, "what is it?")).answer).startswith("7 apples")
        assert not agent.peers.calls_of("chain_of_thought_agent", "reason")[0].use_model

        agent.peers.forget("chain_of_thought_agent", "reason")
        assert "do not know" in str((await ask(agent, "what is it?")).answer)


async def test_code_is_shown_as_it_is() -> None:
    """Code keeps its lines, and the answer says who wrote it."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.WRITE_CODE, description="reverse a string", language="python")
        written = code.GeneratedCode(
            code="def reverse(text):\n    return text[::-1]\n",
            language="python",
            engine=Engine.EMBEDDED,
            parses=True,
        )
        agent.peers.answer("code_generator", "generate_code", lambda _: written)
        told, blank, *lines = str((await ask(agent, "write it")).answer).splitlines()

        assert told == "This python was written by my own templates:"
        assert (blank, lines) == ("", ["def reverse(text):", "    return text[::-1]"])


async def test_pages_are_read() -> None:
    """A page is told with its title, or with the passage that fits the question."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        url = "https://example.org/boiler"
        page = w.WebPage(
            page_id="p", url=url, title="Boilers", text="They\nare warm.", fetched_at=1.0
        )
        agent.peers.answer("unified_web_agent", "navigate", lambda _: page)
        understand(agent, n.Intent.READ_PAGE, url=url)
        assert (await ask(agent, f"read {url}")).answer == "Boilers: They are warm."

        passage = w.Passage(url=url, title="Boilers", text="service is due in May")
        found = [w.Findings(about="a", passages=(passage,)), w.Findings(about="a", passages=())]
        agent.peers.answer("unified_web_agent", "browse_with_context", lambda _: found.pop(0))
        understand(agent, n.Intent.READ_PAGE, url=url, query="service")
        assert (await ask(agent, "what about service?")).answer == "Service is due in May."
        assert "says nothing" in str((await ask(agent, "what about service?")).answer)


async def test_an_address_that_may_not_be_asked_is_told() -> None:
    """A refusal of the web agent is an answer; a web agent that is missing is a failure."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.READ_PAGE, url="https://example.org")
        agent.peers.fail("unified_web_agent", "navigate", ErrorCode.DENIED, "it is private")
        refused = await ask(agent, "read it")
        agent.peers.forget("unified_web_agent", "navigate")
        missing = await ask(agent, "read it")

        assert refused.answer == "I could not read that page: it is private."
        assert missing.error is not None and "unified_web_agent" in missing.error.message


async def test_guests_are_judged_as_guests() -> None:
    """The validator is told who asks, and for whom a failed command was refused."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.know(record("advanced_command_handler"))
        understand(agent, n.Intent.COMMAND, command="run uptime")
        judge(agent, n.Decision.ALLOW)
        outcome = n.CommandOutcome(
            command="run uptime",
            kind=n.CommandKind.SCRIPT,
            succeeded=False,
            message="I may not run uptime: not today",
            error=ErrorCode.DENIED,
        )
        agent.peers.answer("advanced_command_handler", "execute_command", lambda _: outcome)
        result = await ask(agent, "run uptime", user_kind="guest")

        (judged,) = agent.peers.calls_of("intention_validator_agent", "validate_command")
        assert judged.context == {"user_kind": "guest"}
        assert result.metadata["refused"] == "denied"


async def test_each_finished_request_is_told_to_whoever_listens() -> None:
    """Answered or failed, what was said and what came of it is an event."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.forget("responder", "respond")
        answered = await ask(agent, "hello", user_id="ann")
        agent.peers.forget("chitchat_agent", "chitchat")
        await ask(agent, "hello again")

        first, second = agent.published(c.INTERACTIONS)
        assert first == c.InteractionHappened(
            request_id=answered.request_id,
            user_id="ann",
            session_id="default",
            text="hello",
            answer="nice",
            intent="smalltalk",
            confidence=0.9,
            degraded=("responder",),
            at=answered.finished_at or 0.0,
        )
        assert (second.text, second.answer, second.failed) == ("hello again", "", True)


def fields_of(result: c.RequestResult) -> dict[str, Any]:
    """Return what a program would read of a result."""
    return result.model_dump(mode="json")


async def test_a_result_without_sound_is_json() -> None:
    """Programs can read what has nothing attached."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        assert fields_of(await ask(agent))["audio"] is None
