"""One start of Pants, from an argument list to the process becoming Pants.

What has to be found or installed first belongs to setup, which the usual start never imports.
"""

from __future__ import annotations

import os
import sys

from launcher.errors import LauncherError
from launcher.places import TREE, cache_root
from launcher.warm import Launch, environment, heading, recall, record_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


def start(arguments: Sequence[str]) -> int:
    """Become Pants; return an exit code only when that is impossible."""
    try:
        become(prepare(TREE, os.environ), arguments, os.environ)
    except LauncherError as error:
        sys.stderr.write(error.render())
        return 2
    except KeyboardInterrupt:
        return 130


def prepare(tree: str, environ: Mapping[str, str]) -> Launch:
    """Find out how to start Pants, installing what is missing."""
    root, head = cache_root(environ), heading(tree, environ)
    record = record_path(root, head)
    launch = recall(record, head)
    if launch is None:
        from launcher.setup import set_up_and_remember

        launch = set_up_and_remember(tree, root, record, head, environ)
    return launch


def become(launch: Launch, arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by Pants."""
    os.chdir(TREE)
    command = [*launch.command, *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, environment(launch, environ))
