"""The errors of this package. Nothing else may be defined here."""

from __future__ import annotations


class DebianError(Exception):
    """Say where something is wrong, what was expected and what was found."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message


class LockError(DebianError):
    """Report a lock, or a list of wanted packages, that cannot be used."""


class PackageIndexError(DebianError):
    """Report a package index that is absent or lacks a package."""


class FetchError(DebianError):
    """Report a package that no mirror could deliver."""


class ArchiveError(DebianError):
    """Report a .deb file that cannot be unpacked."""


class BaseError(DebianError):
    """Report a base tree that would not run."""
