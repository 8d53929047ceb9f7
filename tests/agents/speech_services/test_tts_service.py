"""Tests of the agent that speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.speech_services.tts_service import TTSService
from agents.speech_services.voices import VOICES
from common.contracts.speech import VoiceSettings
from common.messages import ActionError, ErrorCode
from common.sentences import LONGEST_PIECE, pieces
from common.sound import read_wav, rms
from common.testing import AgentHarness


async def test_a_text_becomes_sound() -> None:
    """A sentence is spoken as a WAV file that lasts as long as the reply says."""
    async with AgentHarness(TTSService) as agent:
        spoken = await agent.call("speak", text="Good morning, how are you?")

    sound = read_wav(spoken.audio)
    assert sound.seconds == pytest.approx(spoken.seconds, abs=0.01)
    assert 1.0 < sound.seconds < 5.0
    assert rms(sound) > 0.01
    assert spoken.engine == "piper/joe"


async def test_the_same_text_gives_the_same_sound() -> None:
    """Speech has no chance in it."""
    async with AgentHarness(TTSService) as agent:
        first = await agent.call("speak", text="The door is open.")
        second = await agent.call("speak", text="The door is open.")

    assert first.audio == second.audio


async def test_rate_and_volume_are_heard() -> None:
    """Twice the rate takes about half the time, half the volume is half as loud."""
    async with AgentHarness(TTSService) as agent:
        plain = await agent.call("speak", text="The kettle is on the stove.")
        fast = await agent.call(
            "speak", text="The kettle is on the stove.", settings=VoiceSettings(rate=2.0)
        )
        soft = await agent.call(
            "speak", text="The kettle is on the stove.", settings=VoiceSettings(volume=0.5)
        )
        high = await agent.call(
            "speak", text="The kettle is on the stove.", settings=VoiceSettings(pitch=1.3)
        )

    assert fast.seconds < 0.75 * plain.seconds
    assert rms(read_wav(soft.audio)) == pytest.approx(rms(read_wav(plain.audio)) / 2, rel=0.02)
    assert high.seconds == pytest.approx(plain.seconds, rel=0.1)


@pytest.mark.parametrize("voice", [voice.name for voice in VOICES])
async def test_every_voice_speaks(voice: str) -> None:
    """Each voice of the list makes sound."""
    async with AgentHarness(TTSService) as agent:
        spoken = await agent.call("speak", text="Hallo, 21!", settings=VoiceSettings(voice=voice))

    assert rms(read_wav(spoken.audio)) > 0.005


async def test_the_chosen_voice_is_used_until_another_is_chosen() -> None:
    """`set_voice` holds for requests that do not say how to speak."""
    async with AgentHarness(TTSService) as agent:
        await agent.call("set_voice", settings=VoiceSettings(voice="espeak-en"))
        spoken = await agent.call("speak", text="Hello.")
        listed = await agent.call("list_voices")

    assert spoken.engine == "espeak-ng/espeak-en"
    assert listed.settings.voice == "espeak-en"
    assert len(listed.voices) == len(VOICES)


async def test_another_language_has_a_voice_of_its_own() -> None:
    """German is not said by the English voice; what no voice speaks is refused."""
    async with AgentHarness(TTSService) as agent:
        spoken = await agent.call("speak", text="Guten Tag", language="de")
        with pytest.raises(ActionError) as caught:
            await agent.call("speak", text="Hello", language="xx")

    assert spoken.engine == "espeak-ng/espeak-de"
    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "language")


@pytest.mark.parametrize("text", ["\x00\x01", "...", "?!", "\u200b"])
async def test_what_cannot_be_said_is_refused(text: str) -> None:
    """A text without anything to say is INVALID."""
    async with AgentHarness(TTSService) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("speak", text=text)

    assert caught.value.code is ErrorCode.INVALID


@pytest.mark.parametrize("action", ["speak", "set_voice"])
async def test_an_unknown_voice_is_refused(action: str) -> None:
    """Whoever names a voice that is not there is told which are."""
    fields = {"text": "Hello"} if action == "speak" else {}
    async with AgentHarness(TTSService) as agent:
        with pytest.raises(ActionError, match="joe") as caught:
            await agent.call(action, settings=VoiceSettings(voice="../x"), **fields)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "settings")


async def test_a_text_that_takes_too_long_is_refused() -> None:
    """More than two minutes of speech are INVALID."""
    async with AgentHarness(TTSService) as agent:
        settings = VoiceSettings(voice="espeak-en", rate=0.5)
        with pytest.raises(ActionError) as caught:
            await agent.call("speak", text="one hundred and seven. " * 300, settings=settings)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "text")


async def test_stop_when_nothing_is_said() -> None:
    """There may be nothing to stop."""
    async with AgentHarness(TTSService) as agent:
        assert (await agent.call("stop")).stopped == 0


@given(st.text(max_size=2_000))
def test_pieces_are_short_and_lose_no_word(text: str) -> None:
    """No piece is too long, and letters and digits stay as they were, in order."""
    found = pieces(text)

    assert all(0 < len(piece) <= LONGEST_PIECE for piece in found)
    kept = [letter for letter in text if letter.isalnum()]
    assert [letter for piece in found for letter in piece if letter.isalnum()] == kept
