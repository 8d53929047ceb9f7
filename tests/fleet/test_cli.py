"""The commands that need no fleet: usage, render, and how things are told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from fleet.chain import Link
from fleet.cli.main import main
from fleet.cli.narration import Lines, Table, elapsed, make_narrator
from fleet.cli.status import duration, table
from fleet.clusters.cluster import Observation, StartReport
from fleet.testing.models import agent_entry, model_document


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def write_model(folder: Path, **environment: Any) -> Path:
    """Write a model file of two agents."""
    path = folder / "model.json"
    agent = agent_entry("nlu_agent", 5709, storage=["models"])
    path.write_text(json.dumps(model_document(agent, **environment)))
    return path


def test_render_writes_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files are on disk, and stdout has the losses when asked."""
    model, output = write_model(tmp_path), tmp_path / "out"

    code = main(["--model", str(model), "render", "--output", str(output), "--json"])

    told = capsys.readouterr()
    assert code == 0
    assert sorted(path.name for path in output.iterdir()) == [
        "compose.yaml",
        "images.json",
        "losses.json",
    ]
    assert json.loads(told.out) == json.loads((output / "losses.json").read_text())
    assert f"wrote 3 files to {output}" in told.err


def test_strict_render_fails_on_a_dropped_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --strict, a field that compose cannot express is a failure."""
    output = str(tmp_path / "out")

    code = main(["--model", str(write_model(tmp_path)), "render", "--output", output, "--strict"])

    assert code == 1
    assert "error: 1 fields were dropped" in capsys.readouterr().err


@pytest.mark.parametrize("orchestrator", ["process", "swarm", "kubernetes"])
def test_other_orchestrators_cannot_be_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], orchestrator: str
) -> None:
    """Whoever cannot be rendered for is told who can."""
    model = write_model(tmp_path, orchestrator=orchestrator)

    code = main(["--model", str(model), "render", "--output", str(tmp_path / "out")])

    assert code == 2
    assert f"must be one of compose to be rendered, was {orchestrator}" in capsys.readouterr().err


def test_render_needs_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model without images cannot pin them."""
    path = write_model(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "images": None}))

    code = main(["--model", str(path), "render", "--output", str(tmp_path / "out")])

    assert code == 2
    assert "hint: ./pants package deploy:test" in capsys.readouterr().err


def test_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage ends with 2."""
    with pytest.raises(SystemExit) as caught:
        main(["--model", "model.json"])

    assert caught.value.code == 2


def test_help_has_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """What each exit code means is part of the help."""
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "  3  no fleet runs here" in capsys.readouterr().out


def narrate(narrator: Lines) -> None:
    """Tell of a start."""
    narrator.say("start 2 agents of test")
    narrator.begin(("nlu", "responder"))
    narrator.phase("nlu", "ready", 0.25)
    narrator.phase("responder", "ready", 1.5)
    narrator.end(StartReport(2, 1.5, (Link("responder", 0.5, None, 0.0, 1.0),)))


def test_without_a_terminal_each_change_is_a_line() -> None:
    """What a log keeps is plain lines."""
    stream = io.StringIO()

    narrate(make_narrator(stream, {"TERM": "xterm"}))

    assert stream.getvalue().splitlines() == [
        "start 2 agents of test",
        "+ nlu        ready  250 ms",
        "+ responder  ready  1.5 s",
        "2 agents are ready  1.5 s",
        "critical chain:",
        "  1500 ms  responder  (process start 500 ms, own initialisation 1000 ms)",
    ]


def test_a_terminal_gets_a_table() -> None:
    """On a terminal the table is drawn anew in its place."""
    stream = Terminal()
    narrator = make_narrator(stream, {"TERM": "xterm", "NO_COLOR": "1"})

    narrate(narrator)

    assert isinstance(narrator, Table)
    shown = stream.getvalue()
    assert "\x1b[1F\x1b[J" in shown
    assert "\x1b[32m" not in shown
    assert shown.rpartition("\x1b[J")[2].splitlines()[0].split() == ["+", "nlu", "+", "responder"]


def test_colour_is_only_for_terminals_that_want_it() -> None:
    """Without NO_COLOR a terminal shows what is ready in green."""
    stream = Terminal()

    narrate(make_narrator(stream, {"TERM": "xterm"}))

    assert "\x1b[32m+\x1b[0m" in stream.getvalue()


def test_a_table_says_what_is_not_known() -> None:
    """A process that is gone has neither pid nor memory."""
    gone = Observation("nlu", "crashed", None, None, None, 3, "tcp://127.0.0.1:5709")

    assert table((gone,))[1].split() == ["nlu", "crashed", "-", "-", "-", "3", gone.endpoint]


def test_durations_are_short() -> None:
    """Durations have the unit that people would choose."""
    assert [duration(5), duration(125), duration(7260)] == ["5s", "2m05s", "2h01m"]
    assert [elapsed(0.25), elapsed(12.34)] == ["250 ms", "12.3 s"]
