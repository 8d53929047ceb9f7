"""Ask a health port whether its agent is ready. Only the standard library may enter."""

import socket
import sys

TIMEOUT_SECONDS = 3.0


def is_ready(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether /readyz answers 200."""
    request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(request)
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def main(argv: list[str]) -> int:
    """Return 0 when the agent is ready, 1 when not, 2 on a wrong call."""
    if not 1 <= len(argv) <= 2 or not argv[0].isdigit() or not 0 < int(argv[0]) < 65536:
        sys.stderr.write("error: expected PORT [HOST]\n\nhint: python health_probe.py 8200\n")
        return 2
    return 0 if is_ready(int(argv[0]), *argv[1:]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
