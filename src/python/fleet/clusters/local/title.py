"""What `ps` and `top` call a process. The kernel's two places for it; no third may enter."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

NAME_BYTES = 15
ARG_START, ARG_END = 48, 49
"""Fields of /proc/PID/stat as proc(5) counts them."""


def set_name(name: str) -> None:
    """Set the short name of this process."""
    with suppress(OSError):
        Path("/proc/self/comm").write_bytes(name.encode()[:NAME_BYTES])


def set_arguments(*arguments: str) -> None:
    """Show other arguments than those the process was started with, as far as there is room."""
    title = "\0".join(arguments).encode()
    with suppress(OSError):  # a kernel may keep the memory shut: then the host's arguments stay
        fields = Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()
        start, end = int(fields[ARG_START - 3]), int(fields[ARG_END - 3])
        if start < end:
            with open("/proc/self/mem", "r+b", buffering=0) as memory:
                memory.seek(start)
                memory.write(title[: end - start - 1].ljust(end - start, b"\0"))
