"""Other keys for a running process. Where they are kept may not enter."""

import asyncio
import logging
from pathlib import Path

from common.clock import Clock
from common.security.credentials import Credentials
from common.security.watch import watch_credentials
from common.transport.client import Client
from common.transport.door import Door
from common.transport.server import Server


class KeyChange:
    """Watch the folder of keys, and let both ends of the transport go on with what it says."""

    def __init__(self, server: Server, client: Client, door: Door, log: logging.Logger) -> None:
        self._server = server
        self._client = client
        self._door = door
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, folder: Path, clock: Clock) -> None:
        """Begin to look for other keys."""
        known = self._door.credentials
        watch = watch_credentials(folder, clock, self.use, known, self._log)
        self._keep(asyncio.get_running_loop().create_task(watch, name="keys watch"))

    def use(self, credentials: Credentials) -> None:
        """Go on with other keys: what is trusted at once, the own key as soon as it can be."""
        before = self._door.credentials
        self._client.credentials = self._door.credentials = credentials
        self._log.info("keys were read again", extra={"key": credentials.own.public[:8]})
        if credentials.own != before.own:
            rekey = self._server.rekey(credentials.own)
            self._keep(asyncio.get_running_loop().create_task(rekey, name="rekey"))

    def close(self) -> None:
        """Look no more."""
        for task in tuple(self._tasks):
            task.cancel()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
