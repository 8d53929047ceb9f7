"""What `ask` can be told: text, sound, a picture; and what it does with a spoken answer."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.request_coordinator import RequestCoordinator
from agents.core_services.service_registry import ServiceRegistry
from common import network_peers
from common.agent import Agent, action
from common.agent_process import AgentProcess
from common.contracts import coordination as c
from common.contracts import language as n
from common.contracts import speech as s
from common.contracts import vision as v
from common.testing.live import eventually, running
from fleet.cli import ask
from fleet.cli.context import Context
from fleet.cli.main import main
from fleet.cli.question import question
from fleet.errors import ConfigError, FleetError
from fleet.testing.models import agent_entry, model_document

WAV = b"RIFF\0\0\0\0WAVEhello"
PNG = b"\x89PNG\r\n\x1a\npixels"


class SttService(Agent):
    """Understand the same in any sound."""

    @action
    async def transcribe(self, request: s.TranscribeRequest) -> s.Transcript:
        """Say that it was a greeting."""
        return s.Transcript(text="hello", confidence=1.0)


class TtsService(Agent):
    """Make the same sound of any text."""

    @action
    async def speak(self, request: s.SpeakRequest) -> s.Spoken:
        """Give the sound."""
        return s.Spoken(audio=WAV + request.text.encode(), seconds=1.0, sample_rate=16_000)


class ChitchatAgent(Agent):
    """Say back who said what."""

    @action
    async def chitchat(self, request: n.ChitchatRequest) -> n.ChitchatAnswer:
        """Say it back."""
        said = f"{request.user_id} said {request.text}"
        return n.ChitchatAnswer(text=said, metadata=n.ChitchatMetadata(engine="embedded"))


class VisionProcessingAgent(Agent):
    """See the same in any picture."""

    @action
    async def describe_image(self, request: v.DescribeImageRequest) -> v.ImageDescription:
        """Read a sign."""
        return v.ImageDescription(description="a sign", text="EXIT")


def parsed(*arguments: str) -> argparse.Namespace:
    """Return the options as the program reads them."""
    parser = argparse.ArgumentParser()
    ask.add(parser)
    return parser.parse_args(arguments)


def test_a_text_is_asked() -> None:
    """Text, user, session and what was confirmed are told to the front door."""
    asked = question(parsed("hello", "--user", "ann", "--session", "s1", "--confirm"))

    assert asked == c.SubmitRequest(
        type=c.RequestType.TEXT, data="hello", user_id="ann", session_id="s1", confirmed=True
    )


def test_files_are_asked_with(tmp_path: Path) -> None:
    """Sound stands for the text; a picture may have one beside it."""
    (sound := tmp_path / "in.wav").write_bytes(WAV)
    (picture := tmp_path / "in.png").write_bytes(PNG)

    heard = question(parsed("--audio", str(sound), "--speak", "out.wav"))
    seen = question(parsed("--image", str(picture), "who is this?"))

    assert (heard.type, heard.attachment, heard.data, heard.speak) == ("audio", WAV, "", True)
    assert (seen.type, seen.attachment, seen.data, seen.speak) == (
        "vision",
        PNG,
        "who is this?",
        False,
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "expected TEXT, --audio or --image, found none"),
        (["  "], "expected TEXT, --audio or --image, found none"),
        (["hello", "--audio", "{png}"], "expected TEXT or --audio, found both"),
        (["--audio", "{png}"], "expected audio/wav as attachment, found image/png"),
        (["--image", "{empty}"], "expected image/png or image/jpeg as attachment, found bytes"),
        (["x" * 10_001], "data: String should have at most 10000 characters"),
        (["hello", "--session", "a b"], "session_id: String should match pattern"),
        (["hello", "--user", ""], "user_id: String should have at least 1 character"),
        (["--image", "{large}"], "the limit is 10000000"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    """Each mistake is told before anybody is asked, with the exit code of wrong usage."""
    files = {name: tmp_path / name for name in ("png", "empty", "large")}
    files["png"].write_bytes(PNG)
    files["empty"].write_bytes(b"")
    with files["large"].open("wb") as large:
        large.truncate(c.MAX_ATTACHMENT + 1)
    filled = [argument.format_map(files) for argument in arguments]

    with pytest.raises(ConfigError) as caught:
        question(parsed(*filled))

    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file is told by its name, without a traceback."""
    model = tmp_path / "model.json"
    model.write_text(json.dumps(model_document(agent_entry("request_coordinator", 26002))))

    code = main(["--model", str(model), "ask", "--audio", str(tmp_path / "gone.wav")])

    assert code == 1
    assert capsys.readouterr().err.endswith("gone.wav: no such file or directory\n")


def test_sound_and_a_picture_at_once_are_wrong_usage() -> None:
    """Only one file is asked with."""
    with pytest.raises(SystemExit) as caught:
        parsed("--audio", "a", "--image", "b")

    assert caught.value.code == 2


@pytest.fixture(autouse=True)
def nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the front door give up at once those whom it does not know: it knows all there are."""
    monkeypatch.setattr(network_peers, "UNKNOWN_SECONDS", 0.0)


async def knows(process: AgentProcess, *slugs: str) -> bool:
    """Tell whether an agent has heard from the registry that these serve."""
    assert process.agent is not None
    serving = {record.slug for record in process.agent.peers.directory() if record.phase.is_serving}
    return serving >= {*slugs}


@asynccontextmanager
async def front_door(*others: type[Agent]) -> AsyncIterator[dict[str, Any]]:
    """Run the front door with some agents behind it, and give the model of their fleet."""
    async with running(ServiceRegistry, ChitchatAgent, *others) as fleet:
        fleet.start(RequestCoordinator, calls=("*",))
        await fleet.ready()
        await eventually(lambda: knows(fleet.processes["request_coordinator"], *fleet.processes))
        entries = [
            agent_entry(slug, int(process.endpoint.rpartition(":")[2]))
            for slug, process in fleet.processes.items()
        ]
        yield model_document(*entries, orchestrator="process")


def context(folder: Path, document: dict[str, Any], *arguments: str) -> Context:
    """Return what `ask` is given."""
    model = folder / "model.json"
    model.write_text(json.dumps(document | {"images": None}))
    options = parsed(*arguments)
    options.model, options.state = model, folder / "state"
    return Context(options, {}, io.StringIO(), io.StringIO())


def written(asked: Context) -> str:
    """Return what went to stdout."""
    stream: Any = asked.stdout
    return str(stream.getvalue())


async def test_a_spoken_question_has_a_spoken_answer(tmp_path: Path) -> None:
    """Sound goes in, the text is printed, and sound is written."""
    (sound := tmp_path / "in.wav").write_bytes(WAV)
    spoken = tmp_path / "out.wav"
    async with front_door(SttService, TtsService) as document:
        arguments = ("--audio", str(sound), "--speak", str(spoken), "--user", "ann")
        asked = context(tmp_path, document, *arguments)
        code = await asyncio.to_thread(ask.run, asked)

    assert (code, written(asked)) == (0, "ann said hello\n")
    assert spoken.read_bytes() == WAV + b"ann said hello"


async def test_the_whole_result_is_json_without_its_sound(tmp_path: Path) -> None:
    """Programs read the document; the sound is in its file."""
    spoken = tmp_path / "out.wav"
    async with front_door(TtsService) as document:
        asked = context(tmp_path, document, "hi", "--speak", str(spoken), "--json")
        await asyncio.to_thread(ask.run, asked)

    found = json.loads(written(asked))
    assert found["answer"] == "anonymous said hi"
    assert "audio" not in found
    assert spoken.read_bytes().startswith(WAV)


async def test_an_answer_that_was_not_spoken_is_printed_all_the_same(tmp_path: Path) -> None:
    """Without a voice the text is there, no file is written, and the command fails."""
    spoken = tmp_path / "out.wav"
    async with front_door() as document:
        asked = context(tmp_path, document, "hi", "--speak", str(spoken))
        with pytest.raises(FleetError, match="not written"):
            await asyncio.to_thread(ask.run, asked)

    assert written(asked) == "anonymous said hi\n"
    assert not spoken.exists()


async def test_a_picture_is_asked_about(tmp_path: Path) -> None:
    """The text beside a picture is the question about it."""
    (picture := tmp_path / "in.png").write_bytes(PNG)
    async with front_door(VisionProcessingAgent) as document:
        asked = context(tmp_path, document, "what does it say?", "--image", str(picture))
        await asyncio.to_thread(ask.run, asked)

    assert written(asked) == 'It says: "EXIT".\n'
