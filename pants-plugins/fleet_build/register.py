"""What the plugin adds to Pants. Only wiring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pants.engine.target import Target

from fleet_build import (
    agent_index,
    base_image,
    debian_packages,
    fleet_rules,
    images,
    layers,
    overlays,
    owners,
    pex_files,
    program,
    sandbox_scripts,
    sources,
    system_packages,
    third_party,
)
from fleet_build.goals import lint, package, run
from fleet_build.target_types import (
    AgentIndexTarget,
    AgentTarget,
    EnvironmentTarget,
    ImageSetTarget,
    ImageToolTarget,
)


def rules() -> Iterable[Any]:
    """Give all rules."""
    modules = (
        *(agent_index, base_image, debian_packages, fleet_rules, images, layers, overlays, owners),
        *(pex_files, program, sandbox_scripts, sources, system_packages, third_party),
        *(lint, package, run),
    )
    return [rule for module in modules for rule in module.rules()]


def target_types() -> Iterable[type[Target]]:
    """Give all target types."""
    return [AgentIndexTarget, AgentTarget, EnvironmentTarget, ImageSetTarget, ImageToolTarget]
