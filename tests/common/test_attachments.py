"""Bytes as frames: they arrive as they left, and nothing else passes for them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from common import attachments, wire
from common.actions import ActionTable, action
from common.attachments import Attachment
from common.messages import ActionError, Done, Item, Reply, Request
from common.wire import WireError

MEGABYTE = bytes(range(256)) * 4096


class Recording(Request):
    """Carry audio with what belongs to it."""

    audio: Attachment
    rate: int = 16_000


class Part(Item):
    """Carry a piece that may have a picture."""

    picture: Attachment | None = None
    name: str | Attachment = ""


class Album(Reply):
    """Carry bytes at any depth."""

    pictures: tuple[Attachment, ...] = ()
    by_name: dict[str, Attachment] = Field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def through_the_wire(message: BaseModel) -> tuple[Any, list[bytes]]:
    """Return body and attachments of a message as they are received."""
    frames = wire.encode({"kind": "item", "id": "1"}, message)
    found = wire.decode_to_agent(frames)
    assert isinstance(found, wire.Item)
    return found.body, frames[1:]


def received(message: BaseModel) -> BaseModel:
    """Return a message as its receiver has it."""
    return attachments.load(type(message), *through_the_wire(message))


binary = st.binary(max_size=50)
parts = st.builds(Part, picture=st.none() | binary, name=st.text(max_size=5) | binary)


@given(
    st.builds(
        Album,
        pictures=st.lists(binary, max_size=4).map(tuple),
        by_name=st.dictionaries(st.text(max_size=5), binary, max_size=4),
        parts=st.lists(parts, max_size=4).map(tuple),
    )
)
def test_bytes_arrive_at_any_depth(album: Album) -> None:
    """Whatever holds bytes, and however many, is received equal to what was sent."""
    assert received(album) == album


def test_bytes_travel_beside_the_json() -> None:
    """A megabyte is a frame of its own, as it is; the JSON only says which."""
    body, frames = through_the_wire(Recording(audio=MEGABYTE))

    assert body == {"audio": {"attachment": 0}, "rate": 16_000}
    assert frames == [MEGABYTE]


def test_sixteen_are_the_limit() -> None:
    """Sixteen attachments pass, one more is refused before it is sent."""
    album = Album(pictures=(b"x",) * 16)
    assert received(album) == album

    with pytest.raises(WireError, match="expected at most 16 attachments, found 17"):
        through_the_wire(Album(pictures=(b"x",) * 17))


def test_one_attachment_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that the receiver's socket would drop is refused by its number."""
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 1000)
    with pytest.raises(WireError, match="expected at most 1000 bytes, found 1001") as caught:
        through_the_wire(Album(pictures=(b"", b"x" * 1001)))

    assert caught.value.field == "attachments.1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"attachment": 2}, "expected one of 2 attached frames, found number 2"),
        ({"attachment": -1}, "expected one of 2 attached frames, found number -1"),
        ({"attachment": True}, "expected bytes as"),
        ({"attachment": "0"}, "expected bytes as"),
        ({"attachment": 0.0}, "expected bytes as"),
        ({}, "expected bytes as"),
        ("text", "expected bytes as"),
        (None, "expected bytes as"),
        (7, "expected bytes as"),
    ],
)
def test_what_names_no_frame_is_refused(value: object, expected: str) -> None:
    """A number that no frame has, and anything but a number, is refused at its field."""
    with pytest.raises(ValidationError, match=expected) as caught:
        attachments.load(Recording, {"audio": value}, [b"a", b"b"])

    assert caught.value.errors()[0]["loc"] == ("audio",)


def test_a_frame_may_be_named_twice_or_not_at_all() -> None:
    """Who refers to one frame twice has it twice; a frame that nobody names is passed over."""
    body = {"pictures": [{"attachment": 1}, {"attachment": 1}]}

    assert attachments.load(Album, body, [b"a", b"b"]) == Album(pictures=(b"b", b"b"))


def test_bytes_have_no_json_of_their_own() -> None:
    """Nobody turns bytes into text by mistake; as a value they stay bytes."""
    recording = Recording(audio=b"\xff")

    with pytest.raises(ValueError, match="use common.attachments.dump"):
        recording.model_dump_json()
    assert recording.model_dump()["audio"] == b"\xff"


def test_the_schema_says_how_bytes_travel() -> None:
    """Who reads the schema of an action learns that a frame is numbered."""
    schema = json.dumps(Recording.model_json_schema())

    assert "number of the frame after the message" in schema


@given(st.binary(max_size=20), st.integers(0, 3))
def test_dumping_changes_nothing(audio: bytes, times: int) -> None:
    """However often a message is dumped, JSON and frames are the same."""
    recording = Recording(audio=audio)
    expected = (b'{"audio":{"attachment":0},"rate":16000}', [audio])

    assert [attachments.dump(recording) for _ in range(times)] == [expected] * times


def test_errors_do_not_show_the_bytes() -> None:
    """What is wrong beside a recording is told without the recording."""

    class Recorder:
        @action
        async def keep(self, request: Recording) -> Done:
            """Keep it."""
            return Done()

    body = {"audio": {"attachment": 0}, "rate": "fast"}
    with pytest.raises(ActionError, match="rate: input should be a valid integer") as caught:
        ActionTable(Recorder()).read("keep", body, [MEGABYTE])

    assert len(str(caught.value)) < 200
