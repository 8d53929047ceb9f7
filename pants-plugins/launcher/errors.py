"""The errors that people see. Nothing but their shape may enter."""

from __future__ import annotations


class LauncherError(Exception):
    """A start that cannot go on: where, what was expected, what was found, what to type."""

    def __init__(self, where: str, expected: str, found: str, hint: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.hint = hint

    def render(self) -> str:
        """Lay the error out for a person."""
        return f"error: {self}\n\nhint: {self.hint}\n"
