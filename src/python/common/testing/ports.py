"""Ports for the servers of tests, which nobody else is given while this process lives.

A port that the kernel picks may go to an outgoing connection, or to another test, before a server
binds it. So these come from below the kernel's own range, in blocks: who listens on the first port
of a block has the block, and the kernel gives it back when the process is gone.
"""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

LOOPBACK = "127.0.0.1"
FIRST = 10_000
BLOCK = 200
KERNELS_OWN = Path("/proc/sys/net/ipv4/ip_local_port_range")

_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a port that nobody listens on."""
    return next(_ports)


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on."""
    return [free_port() for _ in range(count)]


def _claimed() -> Iterator[int]:
    while True:
        yield from filter(_is_free, _claim_block())


def _claim_block() -> range:
    end = int(KERNELS_OWN.read_text(encoding="ascii").split()[0])
    starts = range(FIRST, end - BLOCK, BLOCK)
    for start in random.SystemRandom().sample(starts, len(starts)):
        claim = socket.socket()
        try:
            claim.bind((LOOPBACK, start))
        except OSError:
            claim.close()
            continue
        claim.listen()
        _claims.append(claim)
        return range(start + 1, start + BLOCK)
    raise OSError(f"ports {FIRST} to {end}: expected a block of {BLOCK} to be free, found none")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


_ports = _claimed()
