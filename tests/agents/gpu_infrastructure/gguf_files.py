"""GGUF files as llama.cpp writes them, but small. They hold no model that could be run."""

from __future__ import annotations

import struct
from pathlib import Path

METADATA: dict[str, str | int] = {
    "general.architecture": "llama",
    "general.name": "small",
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": 2,
    "llama.context_length": 256,
}
WORDS = ("<s>", "hello", "world")
ALIGNMENT = 32


def gguf_bytes(
    size: int = 4_096, version: int = 3, metadata: dict[str, str | int] | None = None
) -> bytes:
    """Return a file with one tensor of `size` bytes, and a vocabulary."""
    entries = METADATA if metadata is None else metadata
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(entries) + 2)
    for key, value in entries.items():
        head += _text(key) + _value(value)
    head += _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(WORDS))
    head += b"".join(_text(word) for word in WORDS)
    head += _text("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.0, -1.0, -2.0)
    # One tensor of 8-bit integers: type 24, one byte each.
    head += _text("token_embd.weight") + struct.pack("<IQIQ", 1, size, 24, 0)
    return head + b"\0" * (-len(head) % ALIGNMENT) + b"\1" * size


def write_gguf(folder: Path, name: str, size: int = 4_096) -> Path:
    """Write a sound file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.gguf"
    path.write_bytes(gguf_bytes(size))
    return path


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: str | int) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    return struct.pack("<II", 4, value)
