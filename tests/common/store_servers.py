"""Servers of stores that tests start, kill, freeze and start again. No test may enter."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import psutil

UNPRIVILEGED = "nobody"


class Server:
    """One server in a folder of its own, reached through a socket file there."""

    ready = "ready to accept connections"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = os.environ.get("PATH", os.defpath)
        self.environ: Mapping[str, str] = {"PATH": path, "LC_ALL": "C"}
        self._process: subprocess.Popen[str] | None = None
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)

    @property
    def url(self) -> str:
        """Return the state URL."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Return how the server is started."""
        raise NotImplementedError

    def start(self) -> None:
        """Return when the server answers."""
        with (self.folder / "server.log").open("a") as log:
            self._process = self.spawn(self.command())
            for line in self._output():
                log.write(line)
                if self.ready in line.lower():
                    return
        raise AssertionError((self.folder / "server.log").read_text())

    def kill(self) -> None:
        """End every process of the server at once, as kill -9 does."""
        if self._process is not None:
            gone = self._processes()
            for process in gone:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait()
            psutil.wait_procs(gone, timeout=10)
            self._output().close()
            self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let no process of the server run."""
        for process in (stopped := self._processes()):
            process.suspend()
        yield
        for process in stopped:
            process.resume()

    def spawn(self, command: list[str]) -> subprocess.Popen[str]:
        """Start a program that root may not be."""
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=self.folder,
            env=self.environ,
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
        )

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def _output(self) -> IO[str]:
        assert self._process is not None and self._process.stdout is not None
        return self._process.stdout


class RedisServer(Server):
    """A Redis; its settings are in a file, so that CONFIG REWRITE can keep them."""

    def __init__(self, folder: Path, *settings: str) -> None:
        super().__init__(folder)
        lines = ("port 0", f"unixsocket {folder}/redis.sock", f"dir {folder}", 'save ""')
        (folder / "redis.conf").write_text("\n".join((*lines, *settings)) + "\n")
        if os.geteuid() == 0:
            shutil.chown(folder / "redis.conf", UNPRIVILEGED)

    @property
    def url(self) -> str:
        """Return the state URL."""
        return f"redis+unix://{self.folder}/redis.sock"

    def command(self) -> list[str]:
        """Return how the server is started."""
        return ["redis-server", str(self.folder / "redis.conf")]


class PostgresServer(Server):
    """A PostgreSQL with one superuser and no settings but where it listens."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        make = [*self._program("initdb"), "--no-sync", "--auth=trust", "--encoding=UTF8"]
        with self.spawn([*make, "--username=fleet", f"--pgdata={folder}/data"]) as made:
            output = made.communicate()[0]
        assert made.returncode == 0, output

    @property
    def url(self) -> str:
        """Return the state URL."""
        return f"postgresql://fleet@/postgres?host={self.folder}"

    def command(self) -> list[str]:
        """Return how the server is started."""
        listens = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"]
        return [*self._program("postgres"), "-D", f"{self.folder}/data", *listens]

    def _program(self, name: str) -> list[str]:
        return [str(postgres_programs()[-1] / name)]


def postgres_programs() -> tuple[Path, ...]:
    """Return the folders of the installed versions, the newest last."""
    return tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin")))


@contextlib.contextmanager
def folder_of(name: str) -> Iterator[Path]:
    """Give a folder whose path is short enough for a socket file."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        yield Path(folder)
