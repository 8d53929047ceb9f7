"""The Python that writes every artifact: the runtime base's own, run through its own loader.

The bytes of a compressed layer depend on zlib, and bytecode on the interpreter. With the base's
interpreter both depend on the Debian lockfile only, not on the builder's machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.util.frozendict import FrozenDict

from fleet_build.sandbox_scripts import ScriptsRequest

BASE = "base"
TOOLS = "tools"
LIBRARIES = f"{BASE}/usr/lib/x86_64-linux-gnu"
ARGV = (
    f"{LIBRARIES}/ld-linux-x86-64.so.2",
    "--library-path",
    LIBRARIES,
    f"{BASE}/usr/bin/python3.11",
    # Only the standard library: no environment, no user's and no site's packages; and nothing is
    # written beside it.
    "-B",
    "-E",
    "-s",
    "-S",
)
OCI_MODULES = (
    "__init__",
    "bytecode",
    "canonical",
    "digest",
    "encode",
    "errors",
    "layer",
    "media_types",
    "tree",
    "write_layer",
)


SCRIPTS = ScriptsRequest(
    (("oci", OCI_MODULES), ("fleet_build", ("scripts/run_module", "scripts/zipapp")))
)


@dataclass(frozen=True)
class PinnedPython:
    """An unpacked runtime base with a Python in it, and the scripts that it runs."""

    base: Digest
    tools: Digest

    def process(
        self,
        script: str,
        arguments: Iterable[str],
        *,
        description: str,
        inputs: Digest,
        output_files: Iterable[str],
        output_directories: Iterable[str] = (),
        immutable_inputs: Mapping[str, Digest] = FrozenDict(),
    ) -> Process:
        """Plan one run of a script."""
        return Process(
            (*ARGV, f"{TOOLS}/{script}", *arguments),
            description=description,
            input_digest=inputs,
            # Laid out once for all sandboxes, not once for each.
            immutable_input_digests={BASE: self.base, TOOLS: self.tools, **immutable_inputs},
            output_files=output_files,
            output_directories=output_directories,
        )
