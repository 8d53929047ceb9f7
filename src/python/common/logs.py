"""Log lines: one JSON object each, on stdout. No sink but the stream may enter."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from pydantic_core import to_json

from common.call_context import current_call

AGENTS = "agent"
"""Parent of the loggers that agents write to."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_OWN = frozenset("ts level agent instance release message correlation_id span error_trace".split())


class JsonFormatter(logging.Formatter):
    """Make a log record into one line of JSON."""

    def __init__(self, agent: str, instance: str, release: str = "") -> None:
        super().__init__()
        self._origin = {"agent": agent, "instance": instance, "release": release}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        call = current_call()
        line: dict[str, Any] = {
            "ts": _timestamp(record.created),
            "level": record.levelname.lower(),
            **self._origin,
            "message": record.getMessage(),
            "correlation_id": None if call is None else call.correlation_id,
            "span": None if call is None else call.span or None,
        }
        if record.exc_info:
            line["error_trace"] = self.formatException(record.exc_info)
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[f"{name}_" if name in _OWN else name] = value
        return _to_text(line)


def configure_logs(agent: str, instance: str, level: str, *, release: str = "") -> None:
    """Make every logger of the process write JSON lines on stdout; called once."""
    handler = _handler(agent, instance, release, sys.stdout)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def configure_agent_logs(
    agent: str, instance: str, level: str, stream: TextIO, *, release: str = ""
) -> None:
    """Make an agent's own logger write to a stream, whatever else runs in the process."""
    log = logging.getLogger(f"{AGENTS}.{agent}")
    log.handlers = [_handler(agent, instance, release, stream)]
    log.propagate = False
    log.setLevel(level)


def _handler(agent: str, instance: str, release: str, stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(agent, instance, release))
    return handler


def _timestamp(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_text(line: dict[str, Any]) -> str:
    try:
        return to_json(line, fallback=str).decode()
    except ValueError:  # a lone surrogate has no UTF-8
        plain = {name: repr(value) for name, value in line.items()}
        return to_json(plain).decode()
