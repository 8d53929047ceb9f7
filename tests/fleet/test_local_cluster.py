"""A fleet as processes of this machine, started and stopped as a person does it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet.clusters.local.status_file import FleetStatus, is_locked
from fleet.clusters.local.stop import wait_for_end

MakeFleet = Callable[..., Any]


def assert_nothing_left(fleet: Any) -> None:
    """Look for processes, the lock and the status file."""
    assert fleet.pids() == []
    assert not is_locked(fleet.state)
    assert FleetStatus.read(fleet.state) is None


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Read a program's narration up to a line with this text."""
    assert process.stderr is not None
    read = []
    for line in process.stderr:
        read.append(line)
        if text in line:
            return "".join(read)
    raise AssertionError(f"it ended without {text!r}:\n{''.join(read)}")


def test_up_down(local_fleet: MakeFleet) -> None:
    """A detached fleet is ready when `up` returns, and gone when `down` does."""
    fleet = local_fleet(twin="Steady", memory="Steady")

    started = fleet.run("up", "--detach", "--json")

    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["agents"] == 3
    assert "3 agents are ready" in started.stderr
    assert "critical chain:" in started.stderr
    seen = fleet.status()
    assert {entry["phase"] for entry in seen.values()} == {"ready"}
    assert all(entry["memory"] > 1 << 20 and entry["pid"] for entry in seen.values())

    stopped = fleet.run("down")

    assert stopped.returncode == 0, stopped.stderr
    assert_nothing_left(fleet)


def test_agents_are_forked_from_the_host(local_fleet: MakeFleet) -> None:
    """A group is a child of the host, in a session of its own; the registry is one alone."""
    fleet = local_fleet(twin="Steady", memory="Steady")
    fleet.run("up", "--detach")
    host = FleetStatus.read(fleet.state)
    assert host is not None

    cells = {process.name: process.pid for process in host.processes}
    assert cells["twin"] == cells["memory"] != cells["service_registry"]
    for name in ("twin", "service_registry"):
        pid = cells[name]
        status = Path(f"/proc/{pid}/status").read_text()
        shown = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        assert f"PPid:\t{host.pid}\n" in status
        assert f"Name:\t{shown[0][:15]}\n" in status
        assert os.getsid(pid) == pid
        assert name in shown


def test_a_module_that_fails_hurts_nobody_else(local_fleet: MakeFleet) -> None:
    """An agent that cannot be imported fails with its own log; others do not hear of it."""
    fleet = local_fleet(twin="Steady", vision="blind:Vision")
    (fleet.model.parent / "blind.py").write_text("raise RuntimeError('no camera')\n")

    started = fleet.run("up", "--detach")

    assert started.returncode == 1
    assert "error: vision ended 3 times before it was ready, with exit code 1" in started.stderr
    assert "RuntimeError: no camera" in started.stderr
    assert "camera" not in (fleet.state / "logs" / "twin.log").read_text()
    told = (fleet.state / "logs" / "supervisor.log").read_text()
    assert told == "blind: must be importable, was not: RuntimeError: no camera\n"
    assert_nothing_left(fleet)


def test_agents_know_each_other_by_their_keys(local_fleet: MakeFleet) -> None:
    """The first start makes the keys, and agents talk in no other way."""
    fleet = local_fleet(twin="Steady")

    fleet.run("up", "--detach")

    assert sorted(path.name for path in (fleet.state / "keys").iterdir() if path.is_dir()) == [
        "fleet",
        "service_registry",
        "twin",
    ]
    assert '"message":"ready"' in fleet.run("logs", "twin").stdout


def test_second_up_starts_nothing(local_fleet: MakeFleet) -> None:
    """Where a fleet runs, another `up` shows it and changes nothing."""
    fleet = local_fleet(twin="Steady")
    fleet.run("up", "--detach")
    before = {name: entry["pid"] for name, entry in fleet.status().items()}

    again = fleet.run("up", "--detach")

    assert again.returncode == 0
    assert "test already runs" in again.stderr
    assert {name: entry["pid"] for name, entry in fleet.status().items()} == before


def test_a_killed_agent_comes_back(local_fleet: MakeFleet) -> None:
    """The supervisor starts an agent again that somebody killed, and counts it."""
    fleet = local_fleet(twin="Steady")
    with fleet.start("up") as up:
        read_until(up, "press Ctrl-C")
        pid = fleet.status()["twin"]["pid"]

        os.kill(pid, signal.SIGKILL)

        told = read_until(up, "twin              ready")
        assert "twin              ended killed by signal 9" in told
        seen = fleet.status()["twin"]
        assert seen["pid"] != pid
        assert (seen["phase"], seen["restarts"]) == ("ready", 1)
        up.send_signal(signal.SIGINT)
        up.communicate()


def test_a_failure_in_a_cell_stays_with_its_agent(local_fleet: MakeFleet) -> None:
    """An agent that cannot start is tried anew; the agent beside it does not notice."""
    fleet = local_fleet(twin="Steady", late="Late")
    started = fleet.run("up", "--detach")
    assert started.returncode == 0, started.stderr

    seen = fleet.status()

    assert (seen["late"]["restarts"], seen["twin"]["restarts"]) == (1, 0)
    assert seen["late"]["pid"] == seen["twin"]["pid"]
    assert "no disk yet" in fleet.run("logs", "late").stdout
    assert "no disk yet" not in fleet.run("logs", "twin").stdout


def test_ctrl_c_leaves_nothing_behind(local_fleet: MakeFleet) -> None:
    """In the foreground, Ctrl-C stops dependents first and leaves no process."""
    fleet = local_fleet(twin="Steady")
    with fleet.start("up") as up:
        read_until(up, "press Ctrl-C")

        up.send_signal(signal.SIGINT)

        _, told = up.communicate()
        assert up.returncode == 0
        assert told.index("twin              stopped") < told.index("service_registry  stopped")
        assert_nothing_left(fleet)


def test_a_killed_up_takes_its_fleet_along(local_fleet: MakeFleet) -> None:
    """Even when `up` itself is killed in the foreground, the fleet drains."""
    fleet = local_fleet(twin="Steady")
    with fleet.start("up") as up:
        read_until(up, "press Ctrl-C")
        status = FleetStatus.read(fleet.state)
        assert status is not None

        up.kill()

        assert wait_for_end(status.pid, 30)
        assert_nothing_left(fleet)


def test_down_works_without_a_supervisor(local_fleet: MakeFleet) -> None:
    """When the supervisor was killed, `up` refuses and `down` still stops every agent."""
    fleet = local_fleet(twin="Steady")
    fleet.run("up", "--detach")
    status = FleetStatus.read(fleet.state)
    assert status is not None
    os.kill(status.pid, signal.SIGKILL)
    assert wait_for_end(status.pid, 30)

    refused, stopped = fleet.run("up", "--detach"), fleet.run("down")

    assert refused.returncode == 1
    assert "still running without a supervisor: service_registry, twin" in refused.stderr
    assert stopped.returncode == 0, stopped.stderr
    assert_nothing_left(fleet)


def test_a_stubborn_agent_is_killed(local_fleet: MakeFleet) -> None:
    """An agent that does not stop in its time to drain is killed, and the rest drains on."""
    # Time enough for an agent that does drain, on a machine where much else runs.
    fleet = local_fleet(mule="Stubborn", settings={"drain_seconds": 4.0})
    with fleet.start("up") as up:
        read_until(up, "press Ctrl-C")

        up.send_signal(signal.SIGTERM)

        _, told = up.communicate()
        assert "mule              ended killed by signal 9" in told
        assert "service_registry  stopped" in told
        assert_nothing_left(fleet)


def test_a_failing_agent_fails_the_start(local_fleet: MakeFleet) -> None:
    """An agent that cannot start is named with the last lines of its log; all else is stopped."""
    fleet = local_fleet(index="Broken")

    started = fleet.run("up", "--detach")

    assert started.returncode == 1
    assert "error: index ended 3 times before it was ready, with exit code 1" in started.stderr
    assert "no room for the index" in started.stderr
    assert "hint: cat " in started.stderr
    assert "Traceback" not in started.stderr.partition("last lines")[0]
    assert_nothing_left(fleet)


def test_a_taken_port_is_found_before_the_start(local_fleet: MakeFleet) -> None:
    """Who holds a port of the fleet is named, and nothing is started."""
    fleet = local_fleet(twin="Steady")
    port = fleet.document["agents"][0]["port"]
    with socket.create_server(("127.0.0.1", port)):
        started = fleet.run("up", "--detach")

    assert started.returncode == 4
    assert f"port {port} of twin must be free, was taken by pid {os.getpid()}" in started.stderr
    assert f"hint: kill {os.getpid()}" in started.stderr
    assert_nothing_left(fleet)


def test_logs_keep_the_last_run(local_fleet: MakeFleet) -> None:
    """A start begins a new log and puts the one before aside; `logs` shows the new one."""
    fleet = local_fleet(twin="Steady")
    (fleet.state / "logs").mkdir(parents=True)
    (fleet.state / "logs" / "twin.log").write_text("of the last run\n")

    fleet.run("up", "--detach")

    assert (fleet.state / "logs" / "twin.log.1").read_text() == "of the last run\n"
    assert '"message":"ready"' in fleet.run("logs", "twin").stdout


def test_what_does_not_run_is_said(local_fleet: MakeFleet) -> None:
    """Without a fleet, `status`, `down` and `ask` end with the code for that."""
    fleet = local_fleet(request_coordinator="Steady")

    codes = [
        fleet.run(*command).returncode
        for command in (("status",), ("down",), ("ask", "hello", "--timeout", "0.2"))
    ]

    assert codes == [3, 3, 3]


def test_an_unknown_agent_is_said(local_fleet: MakeFleet) -> None:
    """An agent that the fleet does not have is a mistake with a list of those it has."""
    asked = local_fleet(twin="Steady").run("logs", "moon")

    assert asked.returncode == 2
    assert "moon: must be an agent of this fleet, one of service_registry, twin" in asked.stderr
