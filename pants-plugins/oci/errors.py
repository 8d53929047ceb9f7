"""The errors of this package. Nothing else may be defined here."""

from __future__ import annotations


class OciError(Exception):
    """Say where something is wrong, what was expected and what was found."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message


class DigestError(OciError):
    """Report text that is not a digest."""


class LayerError(OciError):
    """Report a layer that cannot be written or described."""


class LayoutError(OciError):
    """Report an image layout that cannot be read."""
