"""Tests of the agent that says texts aloud."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from agents.audio_interface.streaming_tts_agent import SpeakingConfiguration, StreamingTTSAgent
from common.contracts.speech import (
    INTERRUPTS,
    SPEAKING,
    SPOKEN_AUDIO,
    Interrupted,
    SpeakRequest,
    Spoken,
)
from common.messages import ActionError, ErrorCode
from common.sound import Sound, write_wav
from common.testing import AgentHarness

TWO = "One sentence is here. Another one follows it."


def spoken(request: SpeakRequest) -> Spoken:
    """Say everything in a second."""
    audio = write_wav(Sound(16_000, np.full(16_000, len(request.text) / 1000, np.float32)))
    return Spoken(audio=audio, seconds=1.0, sample_rate=16_000)


async def until(agent: AgentHarness[StreamingTTSAgent], chunks: int) -> None:
    """Wait until the voice, which works in a thread, has made so many chunks come."""
    async with asyncio.timeout(20):
        while len(agent.published(SPOKEN_AUDIO)) < chunks:
            await agent.clock.advance(0.01)


def speaking() -> AgentHarness[StreamingTTSAgent]:
    """Return an agent with a voice."""
    agent = AgentHarness(StreamingTTSAgent)
    agent.peers.answer("tts_service", "speak", spoken)
    return agent


async def test_a_text_is_said_sentence_by_sentence_in_real_time() -> None:
    """The second sentence is made while the first is heard; chunks come as fast as they last."""
    async with speaking() as agent:
        saying = await agent.call("speak", text=TWO)
        await until(agent, 5)
        asked = agent.peers.calls_of("tts_service", "speak")
        came_by = agent.clock.monotonic()
        await until(agent, 21)
        chunks = agent.published(SPOKEN_AUDIO)
        took = agent.clock.monotonic() - came_by
        await agent.clock.advance(0.2)
        told = agent.published(SPEAKING)

    assert saying.waiting == 0
    assert [each.text for each in asked] == ["One sentence is here.", "Another one follows it."]
    assert took == pytest.approx(1.6, abs=0.2)
    assert [chunk.start for chunk in chunks] == pytest.approx([n / 10 for n in range(21)])
    assert [chunk.last for chunk in chunks] == [False] * 20 + [True]
    assert [(each.speaking, each.stopped, each.text) for each in told] == [
        (True, False, TWO),
        (False, False, TWO),
    ]


@pytest.mark.parametrize("way", ["action", "event"])
async def test_it_stops_at_once(way: str) -> None:
    """Told to stop, it says nothing more, and what waited is dropped, too."""
    async with speaking() as agent:
        await agent.call("speak", text=TWO)
        waiting = await agent.call("speak", text="And a third.")
        await until(agent, 3)
        if way == "action":
            assert (await agent.call("stop_speaking")).dropped == 2
        else:
            agent.peers.happen(INTERRUPTS, Interrupted(at=0.0))
        await agent.clock.settle()
        told = agent.published(SPEAKING)
        before = len(agent.published(SPOKEN_AUDIO))
        await agent.clock.advance(10.0)
        chunks = agent.published(SPOKEN_AUDIO)
        status = await agent.call("get_status")

    assert waiting.waiting == 1
    assert (told[-1].speaking, told[-1].stopped) == (False, True)
    assert len(chunks) == before
    assert chunks[-1].last and chunks[-1].pcm == b""
    assert (status.speaking, status.waiting) == (False, ())


async def test_after_a_stop_it_speaks_again() -> None:
    """A text that comes after the stop is said."""
    async with speaking() as agent:
        await agent.call("speak", text=TWO)
        await until(agent, 2)
        await agent.call("stop_speaking")
        await agent.call("speak", text="Hello.")
        await until(agent, 10)
        status = await agent.call("get_status")

        assert agent.published(SPEAKING)[-1].speaking

    assert [each.text for each in status.waiting] == ["Hello."]


async def test_sessions_do_not_wait_for_each_other() -> None:
    """Stopping one session leaves the other one speaking."""
    async with speaking() as agent:
        await agent.call("speak", text=TWO, session_id="kitchen")
        await agent.call("speak", text=TWO, session_id="cellar")
        await until(agent, 4)
        await agent.call("stop_speaking", session_id="kitchen")
        kitchen = await agent.call("get_status", session_id="kitchen")
        cellar = await agent.call("get_status", session_id="cellar")

    assert (kitchen.speaking, cellar.speaking) == (False, True)


async def test_without_a_voice_it_goes_on() -> None:
    """When the voice does not answer, the text ends unsaid, and the next one has its turn."""
    async with AgentHarness(StreamingTTSAgent) as agent:
        agent.peers.fail("tts_service", "speak", ErrorCode.UNAVAILABLE)
        await agent.call("speak", text="Nobody hears this.")
        await until(agent, 1)
        await agent.clock.settle()

    assert [each.speaking for each in agent.published(SPEAKING)] == [True, False]


async def test_a_queue_has_an_end() -> None:
    """More than twenty texts of one session do not wait."""
    async with speaking() as agent:
        with pytest.raises(ActionError) as caught:
            for _ in range(30):
                await agent.call("speak", text="Again.")

    assert caught.value.code is ErrorCode.OVERLOADED


async def test_without_a_loudspeaker_events_are_enough() -> None:
    """A device that is not there is told in the status, and nothing else is different."""
    configuration = SpeakingConfiguration(device="loudspeaker")
    async with AgentHarness(StreamingTTSAgent, configuration=configuration) as agent:
        agent.peers.answer("tts_service", "speak", spoken)
        await agent.call("speak", text="Hello.")
        await until(agent, 3)
        status = await agent.call("get_status")

    assert status.device.startswith("none: ")
