"""Tests of reading GGUF files: sound ones are understood, all others are refused."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agents.gpu_infrastructure.gguf_files import gguf_bytes, write_gguf

from agents.gpu_infrastructure.gguf_file import GgufError, open_model, parse, read_model

HERE = Path("small.gguf")


@pytest.mark.parametrize("version", [2, 3])
def test_a_file_is_understood(version: int) -> None:
    """Scalars are read, arrays counted, and memory is worked out from both."""
    data = gguf_bytes(version=version)
    model = parse(data, HERE)

    assert (model.name, model.version, model.tensors) == ("small", version, 1)
    assert model.architecture == "llama"
    assert model.metadata["tokenizer.ggml.tokens"] == 3
    # keys and values, two bytes each, of 2 layers, 64 / 4 wide, for 256 tokens
    assert model.cache_mb(4_096) == pytest.approx(2 * 2 * 2 * 16 * 256 / 1024**2)
    assert model.memory_mb() == pytest.approx(len(data) / 1024**2 + model.cache_mb())


def test_a_model_is_held_by_a_map(tmp_path: Path) -> None:
    """An opened model can be read until it is let go."""
    model, mapped = open_model(write_gguf(tmp_path, "one"))

    assert len(mapped) == model.size
    mapped.close()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "expected a file"),
        (b"GG", "expected GGUF"),
        (b"GGUF", "end of the file"),
        (b"GGML" + b"\0" * 40, "expected GGUF"),
        (struct.pack("<4sIQQ", b"GGUF", 1, 0, 0), "version 2 or 3"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 2**63, 0), "tensors"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**40), "metadata"),
        (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**62), "string"),
        (gguf_bytes()[:-1], "tensors up to byte"),
        (gguf_bytes(metadata={"general.alignment": 0}), "alignment"),
    ],
)
def test_unsound_files_are_refused(tmp_path: Path, data: bytes, why: str) -> None:
    """A file that is cut off, of another kind, or lies about its sizes is refused."""
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError, match=why):
        read_model(path)


def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    """Only plain files are read; a pipe does not make the reader wait."""
    link = tmp_path / "link.gguf"
    link.symlink_to(write_gguf(tmp_path / "elsewhere", "one"))
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, tmp_path / "missing.gguf"):
        with pytest.raises(GgufError):
            read_model(path)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damage_is_an_error_or_harmless(data: st.DataObject) -> None:
    """Whatever bytes are changed, a file is read or refused; nothing else happens."""
    sound = bytearray(gguf_bytes(64))
    for _ in range(data.draw(st.integers(1, 8))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    try:
        model = parse(bytes(sound[: data.draw(st.integers(0, len(sound)))]), HERE)
    except GgufError:
        return
    assert model.memory_mb() >= 0.0
