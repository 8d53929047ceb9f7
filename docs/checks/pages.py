"""How a generated page looks. No fact may enter."""

from __future__ import annotations

from collections.abc import Iterable


def page(title: str, origin: str, paragraphs: Iterable[str]) -> str:
    """Put a page together under a note that says where it comes from."""
    note = f"<!-- Generated from {origin} by tests/docs: do not edit. -->"
    return "\n\n".join((f"# {title}", note, *paragraphs)) + "\n"


def table(*rows: tuple[str, ...]) -> str:
    """Lay out rows as a markdown table; the first row is the head."""
    head, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *body))
