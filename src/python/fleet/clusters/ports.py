"""Ports that somebody else listens on, found before anything starts. Starts nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping

import psutil

from fleet.errors import PortTakenError
from fleet.model import AgentSpec, Model, published


def check_ports(agents: Iterable[AgentSpec], host: str) -> None:
    """Raise when a port of the agents is taken; name every one, and by whom."""
    _check(
        host,
        {
            port: f"{field} {port} of {agent.slug}"
            for agent in agents
            for field, port in (("port", agent.port), ("health port", agent.health_port))
            if port
        },
    )


def check_published(model: Model) -> None:
    """Raise when a port that the fleet opens to this host is taken."""
    _check(
        model.environment.publish_address,
        {port: f"published port {port} of {agent.slug}" for agent, port in published(model)},
    )


def _check(host: str, wanted: Mapping[int, str]) -> None:
    if taken := sorted(port for port in wanted if not is_free(host, port)):
        raise _taken(taken, wanted)


def is_free(host: str, port: int) -> bool:
    """Whether an agent could listen there; a closed connection's remains do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _taken(taken: Iterable[int], wanted: Mapping[int, str]) -> PortTakenError:
    owners = _listeners()
    lines = []
    for port in taken:
        pid = owners.get(port)
        whom = f"pid {pid} ({_name(pid)})" if pid else "a process of another user"
        lines.append(f"{wanted[port]} must be free, was taken by {whom}")
    pids = sorted({str(owners[port]) for port in taken if port in owners})
    hint = f"kill {' '.join(pids)}" if pids else "Look for it with `ss -ltnp` as root"
    return PortTakenError("\n       ".join(lines), hint)


def _listeners() -> dict[int, int]:
    """Give port -> pid of the listeners that this user may see."""
    return {
        connection.laddr.port: connection.pid
        for connection in psutil.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr
    }


def _name(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline()[:4])[:80]
    except psutil.Error:
        return "gone"
