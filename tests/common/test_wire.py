"""Frames: what is encoded is decoded again, and no bytes are more than refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from common import wire
from common.messages import ActionError, ErrorCode, Reply, Request
from common.wire import WireError

printable = st.text(st.characters(codec="utf-8"))
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)
names = st.text(st.characters(codec="utf-8"), max_size=200)
times = st.floats(min_value=0, max_value=4e9)
counts = st.integers(0, 1_000_000_000)
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


asked = {
    "id": ids,
    "correlation_id": names,
    "source": names,
    "release": names,
    "span": names,
    "action": names,
}


def head(kind: str, **keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the keys of a frame of a kind, but for its body."""
    return st.fixed_dictionaries({"kind": st.just(kind), **keys})


with_body_to_agent = st.one_of(
    head("call", **asked, deadline=times),
    head("open", **asked, deadline=times | st.none(), credit=counts),
    head("subscribe", **asked, deadline=times, credit=counts),
    head("item", id=ids),
)
with_body_from_agent = st.one_of(head("reply", id=ids), head("item", id=ids))
without_body_to_agent = st.one_of(
    head("credit", id=ids, credit=counts), head("end", id=ids), head("cancel", id=ids)
)
without_body_from_agent = st.one_of(
    head("credit", id=ids, credit=counts), head("end", id=ids), head("goaway", id=ids)
)


@given(with_body_to_agent, json_values)
def test_what_an_agent_is_asked_is_read_as_written(keys: dict[str, Any], value: Any) -> None:
    """Calls, streams, subscriptions and items have every key and the body that they were given."""
    found = wire.decode_to_agent(wire.encode(keys, Note(value=value)))

    assert found.model_dump() == {**keys, "body": {"value": value}}


@given(with_body_from_agent, json_values)
def test_what_an_agent_says_is_read_as_written(keys: dict[str, Any], value: Any) -> None:
    """Replies and items have every key and the body that they were given."""
    found = wire.decode_from_agent(wire.encode(keys, Noted(value=value)))

    assert found.model_dump() == {**keys, "body": {"value": value}}


@given(without_body_to_agent, without_body_from_agent)
def test_frames_without_a_body_are_read_as_written(
    asked: dict[str, Any], said: dict[str, Any]
) -> None:
    """Credit, end, cancel and goaway are read back on both ways."""
    assert wire.decode_to_agent(wire.encode(asked)).model_dump() == asked
    assert wire.decode_from_agent(wire.encode(said)).model_dump() == said


@given(ids, counts, names, names, json_values)
def test_an_event_is_read_as_written(
    id: str, sequence: int, correlation_id: str, span: str, value: Any
) -> None:
    """An event that is dumped once for many arrives whole at each of them."""
    dumped = wire.dump_event(Noted(value=value))
    found = wire.decode_from_agent(wire.event_frames(id, sequence, (correlation_id, span), dumped))

    assert isinstance(found, wire.Happened)
    assert (found.id, found.sequence, found.correlation_id) == (id, sequence, correlation_id)
    assert (found.span, found.body) == (span, {"value": value})


@given(ids, st.sampled_from(ErrorCode), st.text(), st.none() | printable)
def test_an_error_is_read_as_raised(
    id: str, code: ErrorCode, message: str, field: str | None
) -> None:
    """Every error is read back, even one whose message is no valid Unicode."""
    found = wire.decode_from_agent(wire.encode_error(id, ActionError(code, message, field)))

    assert isinstance(found, wire.Failed)
    error = found.as_error()
    assert (found.id, error.code, error.field) == (id, code, field)
    assert error.message == message.encode("utf-8", "replace").decode()


some_bytes = st.one_of(
    st.binary(),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["call", "open", "item", "credit", "event", "error", "reply"])},
        optional={
            "id": st.text() | st.integers(),
            "credit": st.integers() | st.floats(),
            "deadline": scalars | st.floats(),
            "body": json_values,
            "error": st.none() | st.dictionaries(st.text(), st.text(), max_size=2),
        },
    ).map(lambda value: json.dumps(value).encode()),
)


@given(st.lists(some_bytes, max_size=3))
def test_any_bytes_are_a_frame_or_refused(frames: list[bytes]) -> None:
    """No bytes make the decoders raise anything but WireError, whose id is short text."""
    for decode in (wire.decode_to_agent, wire.decode_from_agent):
        try:
            found = decode(frames)
        except WireError as error:
            assert str(error)
            assert len(error.id) <= wire.MAX_ID_LENGTH
        else:
            assert isinstance(found, wire.Frame)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"id":' + b"9" * 10_000 + b"}", b'"\\ud800"'])
def test_hostile_json_is_refused(data: bytes) -> None:
    """Depth, giant numbers and half characters are no way in."""
    with pytest.raises(WireError):
        wire.decode_to_agent([data])


GOOD: dict[str, Any] = {
    "kind": "call",
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
        ("kind", None),
        ("kind", "reply"),
        ("id", 1),
        ("id", ""),
        ("id", "x" * 201),
        ("correlation_id", None),
        ("source", []),
        ("release", 1),
        ("span", "x" * 201),
        ("action", 7),
        ("deadline", None),
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
    """A call with one wrong field is refused by the name of that field, with its id if sound."""
    with pytest.raises(WireError) as caught:
        wire.decode_to_agent([json.dumps({**GOOD, field: value}).encode()])

    assert caught.value.field == field
    assert caught.value.id == ("" if field == "id" else "1")


@pytest.mark.parametrize("credit", [-1, 1.5, "3", True, None, 10**10])
def test_credit_is_a_count(credit: object) -> None:
    """Nobody can be granted less than nothing, or a word."""
    with pytest.raises(WireError) as caught:
        frame = {"kind": "credit", "id": "1", "credit": credit}
        wire.decode_to_agent([json.dumps(frame).encode()])

    assert (caught.value.field, caught.value.id) == ("credit", "1")


def test_a_missing_kind_is_named() -> None:
    """A frame of a release that had no kinds is refused by its kind, with its id."""
    with pytest.raises(WireError, match="expected a frame's kind") as caught:
        wire.decode_to_agent([b'{"id":"1"}'])

    assert (caught.value.field, caught.value.id) == ("kind", "1")


def test_unknown_keys_are_ignored() -> None:
    """A frame that a newer peer extended is still read."""
    assert wire.decode_to_agent([json.dumps({**GOOD, "trace": "x"}).encode()]).id == "1"


def test_no_frames_are_refused() -> None:
    """A message of nothing is refused like any other."""
    with pytest.raises(WireError, match="found none"):
        wire.decode_to_agent([])


def test_a_message_over_the_limit_is_refused_on_both_sides() -> None:
    """JSON that is too long is neither sent nor read."""
    with pytest.raises(WireError, match="bytes is over"):
        wire.encode({"kind": "reply", "id": "1"}, Noted(value="x" * wire.MAX_JSON_BYTES))
    with pytest.raises(WireError, match="expected at most"):
        wire.decode_to_agent([b" " * (wire.MAX_JSON_BYTES + 1)])


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, [float("nan")]])
def test_what_has_no_json_is_refused_or_made_sound(value: Any) -> None:
    """Text that has no UTF-8 is refused, not sent broken; what is sent can be read."""
    try:
        frames = wire.encode({"kind": "reply", "id": "1"}, Noted(value=value))
    except WireError as error:
        assert "has no JSON" in str(error)
    else:
        assert wire.decode_from_agent(frames).id == "1"


Decode = Callable[[list[bytes]], Any]


@pytest.mark.parametrize("decode", [wire.decode_to_agent, wire.decode_from_agent])
def test_too_many_attachments_are_refused(decode: Decode) -> None:
    """Frames beyond the limit are refused with the id, so that who waits for it hears so."""
    with pytest.raises(WireError, match="expected at most 16 attachments, found 17") as caught:
        decode([b'{"kind":"item","id":"1","body":{}}', *[b""] * 17])

    assert (caught.value.field, caught.value.id) == ("attachments", "1")
