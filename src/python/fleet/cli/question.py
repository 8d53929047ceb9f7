"""What `ask` was told to ask, as a request of the front door. No talking to the fleet."""

from __future__ import annotations

import argparse
from pathlib import Path

from pydantic import ValidationError

from common.contracts.coordination import MAX_ATTACHMENT, RequestType, SubmitRequest
from fleet.errors import ConfigError

HINT = 'ask "when was the boiler serviced?"'


def question(options: argparse.Namespace) -> SubmitRequest:
    """Read the files that are asked with, and refuse what cannot be asked."""
    kind, path = _kind(options)
    file = _read(path) if path else None
    try:
        return SubmitRequest(
            type=kind,
            data=options.text,
            attachment=file,
            speak=options.speak is not None,
            user_id=options.user,
            session_id=options.session,
            confirmed=options.confirm,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(map(str, first["loc"])) or str(path or "text")
        reason = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"ask: {place}: {reason}") from error


def _kind(options: argparse.Namespace) -> tuple[RequestType, Path | None]:
    if options.audio:
        if options.text:
            raise ConfigError("ask: expected TEXT or --audio, found both", HINT)
        return RequestType.AUDIO, options.audio
    if options.image:
        return RequestType.VISION, options.image
    if not options.text.strip():
        raise ConfigError("ask: expected TEXT, --audio or --image, found none", HINT)
    return RequestType.TEXT, None


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_ATTACHMENT:
        raise ConfigError(f"{path}: has {size} bytes, the limit is {MAX_ATTACHMENT}")
    return path.read_bytes()
