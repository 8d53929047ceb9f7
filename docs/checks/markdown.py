"""Markdown as data: code blocks, headings, links. No check and no file may enter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\[[^\]]*\]\((?P<link>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_INLINE = re.compile(r"`(?P<code>[^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A code block, and the comment directly above it."""

    language: str
    text: str
    note: str


def blocks(text: str) -> Iterator[Block]:
    """Give the code blocks of a page."""
    for found in _FENCE.finditer(text):
        yield Block(found["language"], found["text"], found["note"] or "")


def prose(text: str) -> str:
    """Give a page without its code blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> Iterator[str]:
    """Give where the links of a page lead."""
    return (found["link"] for found in _LINK.finditer(prose(text)))


def anchors(text: str) -> Iterator[str]:
    """Give the names by which a page's headings can be linked to."""
    for found in _HEADING.finditer(prose(text)):
        yield re.sub(r"[^\w\- ]", "", found["title"].lower()).replace(" ", "-")


def commands(text: str, program: str) -> Iterator[str]:
    """Give the calls of a program that a page shows, in shell blocks and within sentences."""
    for block in blocks(text):
        if block.language in ("console", "sh"):
            prompt = "$ " if block.language == "console" else ""
            lines = block.text.replace("\\\n", " ").splitlines()
            called = (line.removeprefix(prompt) for line in lines if line.startswith(prompt))
            yield from (part for line in called for part in _calls(line, program))
    for found in _INLINE.finditer(prose(text)):
        yield from _calls(found["code"], program)


def _calls(line: str, program: str) -> Iterator[str]:
    parts = (part.strip() for part in re.split(r"&&|\|\||[|;]", line.partition(" #")[0]))
    return (part for part in parts if part == program or part.startswith(f"{program} "))
