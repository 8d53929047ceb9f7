"""What the deploy program tells people when it stops. No printing and no exit codes of others.

FleetError                 something went wrong (exit 1)
├── ConfigError            the input is wrong (exit 2); raised in load/ only
├── NotRunningError        there is no fleet to talk to (exit 3)
├── PortTakenError         somebody else listens on a port of the fleet (exit 4)
└── ToolMissingError       a program that the orchestrator needs is not installed (exit 5)
"""

from __future__ import annotations


class FleetError(Exception):
    """A mistake or a failure, told in one sentence and with a hint that can be typed."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the text for people: the error, a blank line, the hint."""
        return f"error: {self.message}" + (f"\n\nhint: {self.hint}" if self.hint else "")


class ConfigError(FleetError):
    """The input is wrong: the message names the file and the path inside it."""

    exit_code = 2


class NotRunningError(FleetError):
    """There is no fleet to talk to."""

    exit_code = 3


class PortTakenError(FleetError):
    """Somebody else listens on a port of the fleet."""

    exit_code = 4


class ToolMissingError(FleetError):
    """A program that the orchestrator needs is not installed."""

    exit_code = 5
