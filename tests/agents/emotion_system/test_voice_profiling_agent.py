"""Tests of VoiceProfilingAgent: speakers are told apart, strangers are nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.emotion_system.voice_album import MAX_SPEAKERS, SUFFIX
from agents.emotion_system.voice_profiling_agent import FOLDER, VoiceProfilingAgent
from agents.speech_services import espeak
from common.messages import ActionError, ErrorCode
from common.sound import write_wav
from common.testing import AgentHarness
from common.testing.formant_voices import Speaker, say, tone

ANNA = Speaker(pitch=210, throat=1.16, jitter=0.004, fourth=3700)
BERT = Speaker(pitch=110, throat=1.0, jitter=0.006, fourth=3400)
CARL = Speaker(pitch=95, throat=0.94, tilt=1.6, breath=0.005, fourth=3200)
FORMANT_VOICES = {"Anna": ANNA, "Bert": BERT, "Carl": CARL}
LEARNED, HEARD = "aeioua@eioaeoiu@ae", "ioueaa@oieu@aeiouo"

READ_VOICES = (
    "en+m1", "en+m3", "en+m7", "en-us+m2", "en+f1", "en+f2", "en+f4", "en+klatt2",
    "en+croak",
    "en-gb-scotland+f3",
)  # fmt: skip
SENTENCES = (
    "The boiler in the kitchen was serviced on the fourth of May, and it works well now.",
    "Please remind me to water the plants when I come home in the evening.",
    "What is the weather going to be like over the weekend in the mountains?",
    "I would like to hear some music while I cook dinner for my family.",
)
RIGHT_FLOOR = 0.85
REFUSED_FLOOR = 0.7

Agent = AgentHarness[VoiceProfilingAgent]


def read(voice: str, sentence: int) -> bytes:
    """Return a sentence that an espeak-ng voice reads; each sentence at a speed of its own."""
    return write_wav(espeak.say(SENTENCES[sentence], voice, 0.95 + 0.06 * sentence, 1.0))


async def enroll_all(agent: Agent) -> None:
    """Enrol the three formant voices."""
    for name, speaker in FORMANT_VOICES.items():
        await agent.call("enroll_speaker", speaker=name, audio=say(speaker, LEARNED, seed=3))


async def test_voices_are_told_apart() -> None:
    """Each of three voices is known again when it says something else."""
    async with AgentHarness(VoiceProfilingAgent) as agent:
        await enroll_all(agent)
        for name, speaker in FORMANT_VOICES.items():
            heard = say(speaker, HEARD, seed=8, melody=2.0, syllable=0.2)
            found = await agent.call("identify_speaker", audio=heard)

            assert found.speaker == name
            assert found.candidates[0].score == found.confidence


async def test_read_sentences_are_told_apart_well_enough() -> None:
    """
    Ten voices read two sentences to be learned and two others to be known again.

    At least 85 of 100 get their own name. Left out of those who are learned, a voice is a
    stranger, and at least 70 of 100 are refused although the voices are much alike.
    """
    async with AgentHarness(VoiceProfilingAgent) as agent:
        for voice in READ_VOICES:
            for sentence in (0, 1):
                await agent.call("enroll_speaker", speaker=voice, audio=read(voice, sentence))
        right, refused = 0, 0
        for voice in READ_VOICES:
            for sentence in (2, 3):
                found = await agent.call("identify_speaker", audio=read(voice, sentence))
                right += found.speaker == voice
            await agent.call("forget_speaker", speaker=voice)
            for sentence in (2, 3):
                found = await agent.call("identify_speaker", audio=read(voice, sentence))
                refused += found.speaker is None
            for sentence in (0, 1):
                await agent.call("enroll_speaker", speaker=voice, audio=read(voice, sentence))

    count = 2 * len(READ_VOICES)
    assert right / count >= RIGHT_FLOOR, right
    assert refused / count >= REFUSED_FLOOR, refused


async def test_a_stranger_is_nobody() -> None:
    """A voice that was not enrolled gets no name, also when nobody was."""
    async with AgentHarness(VoiceProfilingAgent) as agent:
        nobody = await agent.call("identify_speaker", audio=say(BERT, HEARD))
        await agent.call("enroll_speaker", speaker="Anna", audio=say(ANNA, LEARNED))
        stranger = await agent.call("identify_speaker", audio=say(BERT, HEARD))

        assert (nobody.speaker, nobody.confidence, nobody.candidates) == (None, 0.0, ())
        assert stranger.speaker is None
        assert stranger.candidates[0].speaker == "Anna"


async def test_voices_survive_a_restart_as_files(tmp_path: Path) -> None:
    """A new process knows the voices of the old one; a damaged file is left aside."""
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        await enroll_all(agent)
    (tmp_path / FOLDER / f"damaged{SUFFIX}").write_text('{"about": 3')
    (tmp_path / FOLDER / f"shape{SUFFIX}").write_text(
        '{"about": {"speaker": "x", "recordings": 1, "seconds": 1.0}, "whole": [1], "pieces": []}'
    )
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        listed = await agent.call("list_speakers")
        found = await agent.call("identify_speaker", audio=say(ANNA, HEARD, seed=8))

        assert [each.speaker for each in listed.speakers] == ["Anna", "Bert", "Carl"]
        assert found.speaker == "Anna"


async def test_more_recordings_are_one_speaker() -> None:
    """Enrolling again adds to what is known; forgetting takes it all away."""
    async with AgentHarness(VoiceProfilingAgent) as agent:
        await agent.call("enroll_speaker", speaker="Anna", audio=say(ANNA, LEARNED))
        again = await agent.call("enroll_speaker", speaker=" Anna ", audio=say(ANNA, HEARD))
        first = await agent.call("forget_speaker", speaker="Anna")
        second = await agent.call("forget_speaker", speaker="Anna")
        listed = await agent.call("list_speakers")

        assert again.enrolled.recordings == 2
        assert again.enrolled.seconds > 4
        assert (first.forgotten, second.forgotten) == (True, False)
        assert listed.speakers == ()


async def test_clear_state_forgets_the_files_too(tmp_path: Path) -> None:
    """Nothing of a voice is left on disk when the state is cleared."""
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        await enroll_all(agent)
        await agent.call("clear_state")

        assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "\x00", "Ünïcödé \u202e", "."])
async def test_names_are_never_paths(tmp_path: Path, name: str) -> None:
    """Whatever somebody is called, their file lies in the folder of voices."""
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        await agent.call("enroll_speaker", speaker=name, audio=say(ANNA, LEARNED))
        listed = await agent.call("list_speakers")

        assert listed.speakers[0].speaker == name
        assert len(list((tmp_path / FOLDER).iterdir())) == 1
        assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (b"", "WAV"),
        (b"RIFF....WAVEfmt ", "WAV"),
        (say(ANNA, "a"), "s of voice"),
        (say(ANNA, LEARNED, loudness=1e-9), "s of voice"),
        (tone(200.0, 0.001), "s of voice"),
    ],
)
@pytest.mark.parametrize("action", ["enroll_speaker", "identify_speaker"])
async def test_what_holds_no_voice_is_invalid(action: str, audio: bytes, reason: str) -> None:
    """Bytes that are no sound, and sound with too little voice, are refused."""
    fields = {"speaker": "Anna"} if action == "enroll_speaker" else {}
    async with AgentHarness(VoiceProfilingAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, audio=audio, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "audio")
        assert reason in caught.value.message


async def test_the_album_is_bounded(tmp_path: Path) -> None:
    """Beyond the limit a new voice is a conflict, and a known one is not."""
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        await agent.call("enroll_speaker", speaker="Anna", audio=say(ANNA, LEARNED))
        (path,) = (tmp_path / FOLDER).iterdir()
        text = path.read_text()
    for number in range(MAX_SPEAKERS - 1):
        copy = text.replace('"Anna"', f'"copy {number}"')
        (path.parent / f"{number}{SUFFIX}").write_text(copy)
    async with AgentHarness(VoiceProfilingAgent, state_directory=tmp_path) as agent:
        await agent.call("enroll_speaker", speaker="Anna", audio=say(ANNA, HEARD))
        with pytest.raises(ActionError) as caught:
            await agent.call("enroll_speaker", speaker="Bert", audio=say(BERT, HEARD))

        assert caught.value.code is ErrorCode.CONFLICT
