"""Frames: what is encoded is decoded again, and no bytes are more than refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from common.messages import ActionError, ErrorCode, Reply, Request
from common.wire import (
    MAX_FRAME_BYTES,
    WireError,
    decode_reply,
    decode_request,
    encode_error,
    encode_reply,
    encode_request,
)

printable = st.text(st.characters(codec="utf-8"))
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)
times = st.floats(min_value=0, max_value=4e9)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | printable
json_values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printable, inner, max_size=4),
    max_leaves=12,
)


class Note(Request):
    """Carry anything that JSON can say."""

    value: JsonValue


class Noted(Reply):
    """Carry it back."""

    value: JsonValue


@given(ids, printable, printable, printable, times, json_values)
def test_request_round_trip(
    id: str, correlation_id: str, source: str, action: str, deadline: float, value: Any
) -> None:
    """Every request is read back as it was written."""
    data = encode_request(id, correlation_id, source, action, deadline, Note(value=value))
    frame = decode_request(data)

    assert (id, correlation_id, source, action, deadline) == frame[:5]
    assert {"value": value} == frame.body


@given(ids, json_values)
def test_reply_round_trip(id: str, value: Any) -> None:
    """Every reply is read back as it was written."""
    frame = decode_reply(encode_reply(id, Noted(value=value)))

    assert (id, {"value": value}, None) == frame


@given(ids, st.sampled_from(ErrorCode), st.text(), st.none() | printable)
def test_error_round_trip(id: str, code: ErrorCode, message: str, field: str | None) -> None:
    """Every error is read back, even one whose message is no valid Unicode."""
    frame = decode_reply(encode_error(id, ActionError(code, message, field)))

    assert frame.error is not None
    assert (id, code, field) == (frame.id, frame.error.code, frame.error.field)
    assert message.encode("utf-8", "replace").decode() == frame.error.message


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    """No bytes make the decoders raise anything but WireError."""
    for decode in (decode_request, decode_reply):
        try:
            decode(data)
        except WireError as error:
            assert str(error)


GOOD = {
    "id": "1",
    "correlation_id": "c",
    "source": "s",
    "action": "a",
    "deadline": 1.0,
    "body": {},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 1),
        ("id", ""),
        ("id", "x" * 201),
        ("correlation_id", None),
        ("source", []),
        ("action", 7),
        ("deadline", "soon"),
        ("deadline", True),
        ("deadline", 10**400),
        ("deadline", float("nan")),
        ("deadline", float("inf")),
        ("body", []),
        ("body", None),
    ],
)
def test_wrong_field_is_named(field: str, value: object) -> None:
    """A request with one wrong field is refused by the name of that field, with its id if sound."""
    with pytest.raises(WireError) as caught:
        decode_request(json.dumps({**GOOD, field: value}).encode())

    assert field == caught.value.field
    assert ("" if field == "id" else "1") == caught.value.id


def test_unknown_envelope_keys_are_ignored() -> None:
    """An envelope that a newer peer extended is still read."""
    assert decode_request(json.dumps({**GOOD, "trace": "x"}).encode()).id == "1"


def test_message_over_the_limit_is_refused_before_it_is_sent() -> None:
    """A body that the other side would drop is refused by its sender."""
    with pytest.raises(WireError, match="bytes is over"):
        encode_reply("1", Noted(value="x" * MAX_FRAME_BYTES))


def test_lone_surrogate_is_refused() -> None:
    """Text that has no UTF-8 is refused, not sent broken."""
    with pytest.raises(WireError, match="has no JSON"):
        encode_reply("1", Noted(value="\ud800"))
