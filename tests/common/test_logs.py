"""Log lines as machines read them."""

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.call_context import CallContext, correlated, enter_call
from common.logs import JsonFormatter, configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give the stream of a logger named test.logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("alpha", "alpha-1", "r1"))
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
    with correlated("c-1", span="s-1"):
        extra = {"count": 2, "agent": "x", "release": "y", "span": 3}
        logging.getLogger("test.logs").info("said %s", "hello", extra=extra)

    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert line == {
        "level": "info",
        "agent": "alpha",
        "instance": "alpha-1",
        "release": "r1",
        "message": "said hello",
        "correlation_id": "c-1",
        "span": "s-1",
        "count": 2,
        "agent_": "x",
        "release_": "y",
        "span_": 3,
    }


def test_line_outside_of_a_call_belongs_to_none(stream: io.StringIO) -> None:
    """Without a call there is neither correlation id nor span, and both keys are there."""
    logging.getLogger("test.logs").info("up")

    (line,) = lines(stream)
    assert (line["correlation_id"], line["span"]) == (None, None)


async def test_line_of_a_call_names_its_span(stream: io.StringIO) -> None:
    """What is logged while a call is answered can be found from its trace, and the way back."""
    enter_call(CallContext("c-1", "beta", None, "s-1", "parent"))
    logging.getLogger("test.logs").info("answering")

    (line,) = lines(stream)
    assert (line["correlation_id"], line["span"]) == ("c-1", "s-1")


def test_the_whole_process_writes_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Every logger's lines, and warnings too, are JSON with the release on stdout."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        configure_logs("alpha", "alpha-1", "INFO", release="r1")
        logging.getLogger("some.library").info("hello")
        logging.getLogger("some.library").debug("not wanted")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    finally:
        logging.captureWarnings(False)
        root.handlers, root.level = before
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [line["release"] for line in told] == ["r1"] * len(told)
    assert told[0]["message"] == "hello"
    assert all("old" in line["message"] for line in told[1:])


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
