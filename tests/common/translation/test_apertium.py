"""Tests of the way to Apertium: what is missing is not there, what is there is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.translation.apertium import ApertiumEngine


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str, script: str) -> Path:
    """Lay a mode file and a program as the packages do."""
    programs, modes = folder / "bin", folder / "data" / "modes"
    programs.mkdir()
    modes.mkdir(parents=True)
    program = programs / "lt-proc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (modes / "spa-eng.mode").write_text(mode)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return folder / "data"


def test_without_the_packages_no_pair_is_translated(tmp_path: Path) -> None:
    """Where there is no data, the engine says so."""
    assert not ApertiumEngine(tmp_path).translates("es", "en")
    assert ApertiumEngine(tmp_path).translate("hola", "es", "en").confidence == 0.0


def test_the_steps_of_a_mode_are_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One program hands its output to the next; a star marks a word that nobody knew."""
    script = "sed -e 's/mi/my/' -e 's/xil/*xil/' -e 's/$/ /'"
    data = installed(tmp_path, monkeypatch, "lt-proc 'a.bin' | lt-proc $1 'b.bin'", script)
    found = ApertiumEngine(data).translate("mi xil", "es", "en")

    assert ApertiumEngine(data).translates("es", "en")
    assert not ApertiumEngine(data).translates("en", "es")
    assert found.text.startswith("my ")
    assert found.unknown_words == ("xil",)


def test_a_mode_cannot_run_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the programs of Apertium are started."""
    data = installed(tmp_path, monkeypatch, "sh -c 'true'", "cat")

    assert not ApertiumEngine(data).translates("es", "en")


def test_a_program_that_fails_leaves_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails is a text that nobody knew."""
    data = installed(tmp_path, monkeypatch, "lt-proc 'a.bin'", "exit 3")
    found = ApertiumEngine(data).translate("hola", "es", "en")

    assert (found.text, found.confidence) == ("hola", 0.0)
