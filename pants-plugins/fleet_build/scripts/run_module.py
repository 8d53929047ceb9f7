"""Run a module from unpacked trees: `run_module.py TREE[:TREE...] MODULE [ARGUMENT...]`.

Runs in a sandbox, on the images' own Python; stdlib only.
"""

from __future__ import annotations

import runpy
import sys


def main() -> None:
    """Put the trees on the path and run the module as the main program."""
    trees, module, *arguments = sys.argv[1:]
    sys.path[:1] = trees.split(":")
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
