"""Log lines as machines read them."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.call_context import correlated
from common.logs import JsonFormatter


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give the stream of a logger named test.logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("alpha", "alpha-1"))
    log = logging.getLogger("test.logs")
    log.addHandler(handler)
    log.setLevel("INFO")
    yield stream
    log.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the lines, read."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_has_the_agreed_keys(stream: io.StringIO) -> None:
    """A line tells when, who, how grave, what, for which call, and the extra fields."""
    with correlated("c-1"):
        logging.getLogger("test.logs").info("said %s", "hello", extra={"count": 2, "agent": "x"})

    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert line == {
        "level": "info",
        "agent": "alpha",
        "instance": "alpha-1",
        "message": "said hello",
        "correlation_id": "c-1",
        "count": 2,
        "agent_": "x",
    }


def test_traceback_stays_on_its_line(stream: io.StringIO) -> None:
    """An exception is part of the one line."""
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("test.logs").exception("failed")

    (line,) = lines(stream)
    assert "ValueError: broken" in line["error_trace"]


@given(st.text(), st.one_of(st.text(), st.binary(), st.floats(), st.sets(st.integers())))
def test_anything_can_be_logged(message: str, extra: object) -> None:
    """Whatever the message and the extra fields are, the line is JSON."""
    record = logging.makeLogRecord({"msg": message.replace("%", ""), "found": extra})
    line = JsonFormatter("alpha", "alpha").format(record)

    assert "\n" not in line
    assert json.loads(line)["agent"] == "alpha" or json.loads(line)["agent"] == "'alpha'"


def test_objects_are_shown_as_text(stream: io.StringIO) -> None:
    """An extra field that JSON has no form for is written as text."""
    logging.getLogger("test.logs").info("x", extra={"found": object})

    assert lines(stream)[0]["found"] == "<class 'object'>"
