"""The plugin's options: what a repository may set in pants.toml. No logic."""

from __future__ import annotations

from pants.option.option_types import SkipOption, StrListOption, StrOption
from pants.option.subsystem import Subsystem

# What a download may need from the machine: its proxy and its certificates.
NETWORK_VARS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy")


class AgentBuild(Subsystem):
    options_scope = "agent-build"
    help = "How agents are packaged."

    resolve = StrOption(
        default="agents",
        help="The resolve of the agents' code.",
    )
    lock = StrOption(
        default="3rdparty/python/images.lock",
        help="""
        The lockfile of what may enter an image: the part of the resolve's lockfile that is not for
        developers only, with the same pins. `make lock` refreshes it.
        """,
    )
    complete_platform = StrOption(
        default="3rdparty/python/debian12-cp311.json",
        help="The complete platform of the images' Python, as `pex3 interpreter inspect` writes.",
    )
    omit = StrListOption(
        help="""
        Files of wheels that no agent needs, as patterns of their paths once they are installed; a
        `*` also matches slashes. They are neither in images nor in PEX files.
        """,
    )
    program = StrOption(
        default="src/python/fleet",
        help="The directory of the deploy program.",
    )
    common = StrOption(
        default="src/python/common",
        help="The directory of the library that all agents share; it becomes one image layer.",
    )


class FleetLint(Subsystem):
    options_scope = "fleet-lint"
    name = "fleet"
    help = "Checks what the agent() targets state, all of them together."

    skip = SkipOption("lint")


class Debian(Subsystem):
    options_scope = "debian"
    help = "The Debian packages of images: the runtime base, and what single agents add."

    lock = StrOption(
        default="3rdparty/debian/base.lock",
        help="The lockfile of the base's packages. `make lock` refreshes it.",
    )
    system_lock = StrOption(
        default="3rdparty/debian/system.lock",
        help="The lockfile of what `system_packages` may name. `make lock` refreshes it.",
    )
    mirrors = StrListOption(
        help="""
        Where .deb files come from, tried in order: base URLs that the lockfile's pool paths are
        appended to. The `./pants` launcher sets it from the machine's apt configuration.
        """,
    )
