"""Tests of AdvancedRouter: how well it judges, and whom it names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.web_services.advanced_router import AdvancedRouter
from agents.web_services.task_classifier import classifier
from common.contracts.task_routing import TAKERS, TaskType
from common.testing import AgentHarness

LABELLED = {
    TaskType.CHAT: ("hi there, how is it going?", "thanks, you are kind", "good evening",
                    "I feel lonely today", "tell me something funny"),
    TaskType.CODE: ("write a function that reverses a string in Python",
                    "there is a bug in my JavaScript code", "def add(a, b): return a - b",
                    "generate unit tests for this class", "why does this program raise an error"),
    TaskType.COMMAND: ("turn off the lights in the bedroom", "stop the music",
                       "open the garage door",
                       "set a timer for ten minutes", "restart the media player"),
    TaskType.CREATIVE: ("write a poem about autumn", "tell me a story about a brave mouse",
                        "compose a song about rain", "make up a fairy tale",
                        "invent a slogan for my shop"),
    TaskType.FACT: ("who invented the radio", "what is the capital of Norway",
                    "when did the first world war begin", "how tall is the Eiffel tower",
                    "where is the river Nile"),
    TaskType.MATH: ("what is 12 * 9", "calculate 15 percent of 60", "divide 144 by 12",
                    "what is the square root of 81", "solve the equation 2x + 3 = 7"),
    TaskType.MEMORY: ("remember that the car is in the garage", "where did I put my wallet",
                      "what did I tell you about my brother", "note that Anna is allergic to milk",
                      "when was the car serviced"),
    TaskType.REASONING: ("compare the advantages of both plans",
                         "which option should I choose and why", "solve this riddle step by step",
                         "explain why the plan failed",
                         "if all birds fly and Tom is a bird, what follows"),
    TaskType.SUMMARY: ("summarize this text", "give me the key points of this article",
                       "shorten the report", "a brief overview of the document please",
                       "sum up the conversation"),
    TaskType.TRANSLATION: ("translate this to Spanish", "how do you say good night in Italian",
                           "what does danke mean in English", "put this sentence into French",
                           "what is the German word for bread"),
    TaskType.VISION: ("what can you see in this image", "describe the photo",
                      "read the text on this picture", "how many faces are in the photo",
                      "look at holiday.jpg"),
    TaskType.WEB: ("search the internet for a pasta recipe", "open the website of the museum",
                   "what are the headlines today", "https://example.org/page",
                   "look up the train times online"),
}  # fmt: skip


def test_tasks_are_judged_well() -> None:
    """Of sixty wordings that it has not learned, at least 85 of 100 are judged right."""
    judged = [
        (expected, text, classifier().judge(text).ranked[0][0])
        for expected, texts in LABELLED.items()
        for text in texts
    ]
    wrong = [(text, found.value) for expected, text, found in judged if found is not expected]

    assert len(wrong) / len(judged) <= 0.15, wrong


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=300))
def test_probabilities_add_up(text: str) -> None:
    """Whatever the text, every type has a share and the shares are one."""
    ranked = classifier().judge(text).ranked

    assert {task_type for task_type, _ in ranked} == set(TaskType)
    assert sum(share for _, share in ranked) == pytest.approx(1.0)
    assert [share for _, share in ranked] == sorted((share for _, share in ranked), reverse=True)


async def test_a_route_names_who_takes_it() -> None:
    """The reply has the type, the agent, other types and the words that decided."""
    async with AgentHarness(AdvancedRouter) as agent:
        route = await agent.call("detect_task_type", text="Translate this sentence into German")

    assert (route.task_type, route.agent) == (TaskType.TRANSLATION, "translation_service")
    assert route.confidence > 0.8
    assert route.is_serving is False
    assert len(route.alternatives) == 3
    assert "translat" in " ".join(route.words)


async def test_words_that_nobody_knows_are_a_chat() -> None:
    """It does not pretend to be sure."""
    async with AgentHarness(AdvancedRouter) as agent:
        route = await agent.call("detect_task_type", text="xyzzy plugh")

    assert (route.task_type, route.words) == (TaskType.CHAT, ())
    assert route.confidence < 0.5


async def test_what_was_judged_is_counted() -> None:
    """Statistics grow with each text, and begin again when the state is cleared."""
    async with AgentHarness(AdvancedRouter) as agent:
        for text in ("write a poem", "write a poem", "what is 3 + 4"):
            await agent.call("detect_task_type", text=text)
        stats = await agent.call("get_task_type_stats")

        assert stats.total == 3
        assert {(stat.task_type, stat.count) for stat in stats.stats} == {
            (TaskType.CREATIVE, 2),
            (TaskType.MATH, 1),
        }
        await agent.call("clear_state")
        assert (await agent.call("get_task_type_stats")).total == 0


async def test_capabilities_are_listed() -> None:
    """Everybody who takes something is there, or those who take one type."""
    async with AgentHarness(AdvancedRouter) as agent:
        everybody = (await agent.call("get_model_capabilities")).capabilities
        some = (await agent.call("get_model_capabilities", task_type="fact")).capabilities

    assert {each.agent for each in everybody} == {a for takers in TAKERS.values() for a in takers}
    assert [each.agent for each in some] == ["knowledge_base", "unified_web_agent"]
