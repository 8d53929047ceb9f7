"""What `./pants lint` does for agents: report every violated law of the fleet at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.goals.multi_tool_goal_helper import SkippableSubsystem
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import FieldSet

from fleet_build.fleet_rules import StatedFleet
from fleet_build.sources import AgentImports, AgentImportsRequest
from fleet_build.subsystems import FleetLint
from fleet_build.target_types import PortField


@dataclass(frozen=True)
class AgentLintFieldSet(FieldSet):
    """An agent to check."""

    required_fields = (PortField,)

    port: PortField


class FleetLintRequest(LintTargetsRequest):
    """Ask for a check of the fleet."""

    field_set_type = AgentLintFieldSet
    # A subsystem reads its options through descriptors, which the protocol does not know.
    tool_subsystem = cast("type[SkippableSubsystem]", FleetLint)
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


@rule(desc="Check the fleet")
async def lint_fleet(
    request: FleetLintRequest.Batch[AgentLintFieldSet, Any], fleet: StatedFleet
) -> LintResult:
    """Report the problems of the whole fleet: most of them lie between two agents."""
    problems = fleet.problems
    if not problems:
        imports = await MultiGet(
            Get(AgentImports, AgentImportsRequest(agent)) for agent in fleet.agents
        )
        problems = tuple(dict.fromkeys(problem for found in imports for problem in found.problems))
    said = "".join(f"{problem}\n\n" for problem in problems)
    summary = f"{len(fleet.agents)} agents, {len(problems)} problems\n"
    return LintResult(
        exit_code=1 if problems else 0,
        stdout=said + summary,
        stderr="",
        linter_name=FleetLint.options_scope,
        partition_description=None,
    )


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return (*collect_rules(), *FleetLintRequest.rules())
