"""Tests of VisionProcessingAgent: what it measures, and how well it reads."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from agents.light_gpu_services.picture_measures import COLOURS, measure
from agents.light_gpu_services.text_reader import read_text
from agents.light_gpu_services.vision_processing_agent import VisionProcessingAgent
from common.messages import ActionError, ErrorCode
from common.pictures import decode
from common.testing import AgentHarness

TEXTS = (
    "The boiler was serviced on 4 May.",
    "EXIT",
    "Total: 42.50 EUR",
    "Meet me at the station at 7 pm",
    "Caution: wet floor",
    "Room 101",
    "hello world",
    "Invoice No. 20391",
    "Please keep this door closed",
    "Open 9:00 - 17:30",
    "Do not feed the birds",
    "Platform 9, train to Vienna",
    "Milk, eggs, bread and butter",
    "Password must have 8 letters",
    "Flight BA 249 is delayed",
    "Quiet please, exam in progress",
    "Take two tablets every day",
    "Best before 12 June 2027",
    "Happy birthday, Maria!",
    "Push the button to call the nurse",
)
SIZES = (12, 18, 28, 44)


def png(picture: Image.Image) -> bytes:
    """Return a picture as PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def sign(text: str, size: int, ink: str = "black", ground: str = "white") -> Image.Image:
    """Return a picture of a line of text."""
    font = ImageFont.load_default(size)
    picture = Image.new("RGB", (int(font.getlength(text)) + 40, size * 3), ground)
    ImageDraw.Draw(picture).text((20, size), text, fill=ink, font=font)
    return picture


def distance(one: str, other: str) -> int:
    """Return how many characters must be changed, put in or taken out."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, wanted in enumerate(other, 1):
            changed = before + (letter != wanted)
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, changed)
    return row[-1]


def test_text_is_read() -> None:
    """Of twenty texts in four sizes, at most 3 of 100 characters are wrong."""
    wrong = total = 0
    for number, text in enumerate(TEXTS):
        picture = sign(text, SIZES[number % len(SIZES)])
        wrong += distance(text, read_text(picture).text)
        total += len(text)

    assert wrong / total <= 0.03


def test_light_text_on_a_dark_ground_is_read() -> None:
    """A sign may be white on blue."""
    assert read_text(sign("Platform 9 to Vienna", 32, "white", "navy")).text == (
        "Platform 9 to Vienna"
    )


async def test_a_picture_is_described() -> None:
    """Size, colours, light and text are in the reply and in its sentence."""
    picture = Image.new("RGB", (600, 300), (200, 30, 30))
    picture.paste(sign("Caution: wet floor", 30), (40, 40))
    async with AgentHarness(VisionProcessingAgent) as agent:
        reply = await agent.call("describe_image", image=png(picture))

    assert (reply.width, reply.height, reply.faces) == (600, 300, 0)
    assert reply.colours[0] == "red"
    assert reply.text == "Caution: wet floor"
    assert "600 by 300" in reply.description
    assert "red" in reply.description
    assert "Caution: wet floor" in reply.description


async def test_text_is_read_line_by_line() -> None:
    """`read_text` keeps the lines apart and says how sure it is."""
    page = Image.new("RGB", (700, 260), "white")
    for number, text in enumerate(
        ("Dear Anna,", "the parcel is at the neighbour's.", "Yours, Ben")
    ):
        page.paste(sign(text, 26), (20, 20 + 75 * number))
    async with AgentHarness(VisionProcessingAgent) as agent:
        reply = await agent.call("read_text", image=png(page))

    assert reply.text.split("\n") == [
        "Dear Anna,",
        "the parcel is at the neighbour's.",
        "Yours, Ben",
    ]
    assert reply.confidence > 0.8


async def test_a_picture_without_text_says_nothing() -> None:
    """An empty picture has no text, and nobody is sure of it."""
    async with AgentHarness(VisionProcessingAgent) as agent:
        reply = await agent.call("read_text", image=png(Image.new("RGB", (300, 200), "teal")))

    assert (reply.text, reply.confidence) == ("", 0.0)


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_a_colour_has_its_name(name: str) -> None:
    """A surface of one colour is named by it."""
    assert measure(Image.new("RGB", (50, 50), COLOURS[name])).colours == (name,)


def test_a_blurred_picture_is_told_from_a_sharp_one() -> None:
    """Soft edges are a blur; a surface without edges is none."""
    sharp = sign("A sharp picture", 40)

    assert not measure(sharp).is_blurred
    assert measure(sharp.filter(ImageFilter.GaussianBlur(6))).is_blurred
    assert not measure(Image.new("RGB", (300, 300), "grey")).is_blurred


def test_a_bomb_is_not_unpacked() -> None:
    """A small file that says that it is huge is refused by its head."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT" + bytes(4)
    with pytest.raises(ActionError) as caught:
        decode(bomb)

    assert caught.value.code is ErrorCode.INVALID


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from(["PNG", "JPEG"]))
def test_no_bytes_make_decoding_fail_otherwise(noise: bytes, at: int, kind: str) -> None:
    """Whatever is put into a picture, it is decoded or INVALID."""
    file = io.BytesIO()
    sign("x", 20).save(file, kind)
    data = file.getvalue()
    try:
        assert decode(data[:at] + noise + data[at + len(noise) :]).mode == "RGB"
    except ActionError as error:
        assert error.code is ErrorCode.INVALID


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (2, 2), (5, 400), (39, 39), (2000, 30)])
async def test_odd_sizes_are_described(size: tuple[int, int]) -> None:
    """A picture may be tiny, or a strip."""
    async with AgentHarness(VisionProcessingAgent) as agent:
        reply = await agent.call("describe_image", image=png(Image.new("RGB", size, "white")))

    assert (reply.width, reply.height) == size


async def test_what_is_no_picture_is_refused() -> None:
    """Both actions answer INVALID."""
    async with AgentHarness(VisionProcessingAgent) as agent:
        for name in ("describe_image", "read_text"):
            with pytest.raises(ActionError) as caught:
                await agent.call(name, image=b"GIF89a")
            assert caught.value.code is ErrorCode.INVALID
