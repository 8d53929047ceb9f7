"""Tests of the agent that publishes sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.audio_interface.audio_capture import AudioCapture, CaptureConfiguration
from common.contracts.speech import CAPTURED_AUDIO, AudioItem
from common.messages import ActionError, ErrorCode
from common.sound import Sound, write_wav
from common.testing import AgentHarness

SECOND = bytes(32_000)


def recording(seconds: float, rate: int = 16_000) -> bytes:
    """Return a WAV file of silence."""
    return write_wav(Sound(rate, np.zeros(int(seconds * rate), np.float32)))


async def test_sound_is_published_in_real_time() -> None:
    """A second that is pushed at once takes a second to come, a tenth at a time."""
    async with AgentHarness(AudioCapture) as agent:
        taken = await agent.call("push_audio", pcm=SECOND)
        await agent.clock.advance(0.35)
        early = agent.published(CAPTURED_AUDIO)
        await agent.clock.advance(1.0)
        all_of_it = agent.published(CAPTURED_AUDIO)

    assert (taken.start, taken.end) == (0.0, pytest.approx(1.0))
    assert [chunk.start for chunk in early] == pytest.approx([0.0, 0.1, 0.2])
    assert len(all_of_it) == 10
    assert b"".join(chunk.pcm for chunk in all_of_it) == SECOND
    assert not any(chunk.last for chunk in all_of_it)


async def test_pushes_follow_each_other() -> None:
    """The second push lies behind the first in the stream; another session is another stream."""
    async with AgentHarness(AudioCapture) as agent:
        await agent.call("push_audio", pcm=SECOND)
        second = await agent.call("push_audio", pcm=SECOND, last=True)
        other = await agent.call("push_audio", pcm=SECOND, session_id="kitchen")
        after_last = await agent.call("push_audio", pcm=SECOND)
        await agent.clock.advance(4.0)
        chunks = [each for each in agent.published(CAPTURED_AUDIO) if each.session_id == "default"]

    assert second.start == pytest.approx(1.0)
    assert (other.start, after_last.start) == (0.0, 0.0)
    assert [chunk.last for chunk in chunks].index(True) == 19
    assert chunks[20].start == 0.0


async def test_a_recording_is_played() -> None:
    """A WAV file becomes a stream with an end."""
    async with AgentHarness(AudioCapture) as agent:
        taken = await agent.call("play_recording", audio=recording(0.25, 8_000))
        await agent.clock.advance(1.0)
        chunks = agent.published(CAPTURED_AUDIO)
        status = await agent.call("get_status")

    assert taken.end == pytest.approx(0.25)
    assert [chunk.last for chunk in chunks] == [False, False, True]
    assert {chunk.sample_rate for chunk in chunks} == {8_000}
    assert (status.published_chunks, status.sessions) == (3, ())


async def test_a_configured_file_is_played(tmp_path: Path) -> None:
    """With the source `file` sound comes by itself."""
    path = tmp_path / "said.wav"
    path.write_bytes(recording(0.2))
    configuration = CaptureConfiguration(source="file", file=str(path))
    async with AgentHarness(AudioCapture, configuration=configuration) as agent:
        while not (await agent.call("get_status")).sessions:
            await agent.clock.settle()
        await agent.clock.advance(1.0)

        assert len(agent.published(CAPTURED_AUDIO)) == 2


@pytest.mark.parametrize("source", ["file", "microphone"])
async def test_a_source_that_is_not_there_is_told(source: str) -> None:
    """Without the file, or without a device, the agent goes on and its status says why."""
    configuration = CaptureConfiguration.model_validate(
        {"source": source, "file": "/nowhere/said.wav"}
    )
    async with AgentHarness(AudioCapture, configuration=configuration) as agent:
        while not (status := await agent.call("get_status")).detail:
            await agent.clock.settle()
        taken = await agent.call("push_audio", pcm=SECOND)

    assert status.source == source
    assert taken.end == pytest.approx(1.0)


async def test_a_stream_is_told_where_its_sound_lies() -> None:
    """Each item of a stream is answered by its place in time."""
    items = (AudioItem(pcm=SECOND), AudioItem(pcm=SECOND, last=True))
    async with AgentHarness(AudioCapture) as agent:
        found = [(each.start, each.end) async for each in agent.stream("stream_audio", *items)]

    assert found == [(0.0, pytest.approx(1.0)), (pytest.approx(1.0), pytest.approx(2.0))]


async def test_too_much_sound_is_not_taken() -> None:
    """More than two minutes that wait are OVERLOADED, half a sample INVALID."""
    minute = bytes(60 * 32_000)
    async with AgentHarness(AudioCapture) as agent:
        await agent.call("push_audio", pcm=minute)
        await agent.call("push_audio", pcm=minute)
        with pytest.raises(ActionError) as full:
            await agent.call("push_audio", pcm=minute)
        with pytest.raises(ActionError) as odd:
            await agent.call("push_audio", pcm=b"\0\0\0")

    assert full.value.code is ErrorCode.OVERLOADED
    assert (odd.value.code, odd.value.field) == (ErrorCode.INVALID, "pcm")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=4_000), min_size=1, max_size=6))
async def test_no_sound_is_lost(counts: list[int]) -> None:
    """Whatever the pieces are, what is published is what was pushed, in order."""
    pushed = [np.full(count, index, "<i2").tobytes() for index, count in enumerate(counts)]
    async with AgentHarness(AudioCapture) as agent:
        for index, pcm in enumerate(pushed):
            await agent.call("push_audio", pcm=pcm, last=index == len(pushed) - 1)
        await agent.clock.advance(30.0)
        chunks = agent.published(CAPTURED_AUDIO)

    assert b"".join(chunk.pcm for chunk in chunks) == b"".join(pushed)
    assert max(len(chunk.pcm) for chunk in chunks) <= 3_200
    assert [chunk.last for chunk in chunks].count(True) == 1
