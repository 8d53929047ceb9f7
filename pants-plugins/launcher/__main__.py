"""Entry of `python3 pants-plugins/launcher`.

Must parse on any Python 3, so that a too old one can say so.
"""

import os
import subprocess
import sys

OLDEST = (3, 8)
CHECK = "import ssl, sys, zlib; sys.exit(sys.version_info < (3, 8))"


def main():
    # type: () -> int
    """Check the running Python, then hand over to the launcher."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.version_info < OLDEST:
        try_newer(here)
        return complain("found {}.{}".format(*sys.version_info[:2]))
    sys.path[0] = os.path.dirname(here)
    try:
        from launcher.start import start
    except ImportError as error:
        return complain(f"found one without its standard library ({error})")
    return start(sys.argv[1:])


def try_newer(here):
    # type: (str) -> None
    """Become a newer Python when the machine has one beside the one that it calls python3."""
    for minor in range(14, OLDEST[1] - 1, -1):
        command = [f"python3.{minor}", "-E", "-s", "-S"]
        try:
            found = subprocess.call([*command, "-c", CHECK], stderr=subprocess.DEVNULL) == 0
        except OSError:
            found = False
        if found:
            os.execvp(command[0], [*command, here, *sys.argv[1:]])


def complain(found):
    # type: (str) -> int
    """Say what is wrong with the Python that was found."""
    sys.stderr.write(
        f"error: {sys.executable}: expected Python 3.8 or newer to start with, {found}\n\n"
        "hint: sudo apt-get install python3\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
