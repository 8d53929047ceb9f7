"""Errors of wheels/. Each says where, what was expected, what was found, and what to type."""

from __future__ import annotations


class WheelError(Exception):
    """A wheel cannot be had or is not one."""

    def __init__(self, where: str, expected: str, found: str, hint: str) -> None:
        super().__init__(f"error: {where}: expected {expected}, found {found}\n\nhint: {hint}")
