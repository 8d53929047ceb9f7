"""
Make a line of text into the words of one command. No shell, no expansion may enter.

What would mean something to a shell is refused, also in quotes: whoever writes it expects one.
"""

from __future__ import annotations

import shlex
from typing import Final

from common.messages import ActionError, ErrorCode

SHELL_CHARACTERS: Final = frozenset("|&;<>$`(){}")
MAX_WORDS: Final = 128
MAX_LINES: Final = 50


def words_of(command: str) -> tuple[str, ...]:
    """Split a command as a shell would; refuse what only a shell could do."""
    found = sorted(SHELL_CHARACTERS & set(command))
    if found:
        shown = " ".join(found)
        raise ActionError(
            ErrorCode.DENIED, f"expected one command and no shell, found {shown}", "command"
        )
    if any(not letter.isprintable() for letter in command):
        raise ActionError(ErrorCode.INVALID, "expected one line of printable characters", "command")
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        message = f"expected quotes that are closed, found: {error}"
        raise ActionError(ErrorCode.INVALID, message, "command") from None
    if not words or not words[0] or len(words) > MAX_WORDS:
        message = f"expected 1 to {MAX_WORDS} words, found {len(words)}"
        raise ActionError(ErrorCode.INVALID, message, "command")
    return words


def lines_of(script: str) -> tuple[str, ...]:
    """Return the commands of a script; empty lines and those that begin with # are none."""
    lines = tuple(line.strip() for line in script.split("\n"))
    commands = tuple(line for line in lines if line and not line.startswith("#"))
    if not 1 <= len(commands) <= MAX_LINES:
        message = f"expected 1 to {MAX_LINES} commands, found {len(commands)}"
        raise ActionError(ErrorCode.INVALID, message, "script")
    return commands
