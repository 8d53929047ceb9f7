"""
Which commands may run, and with which arguments: data.

A command that is not here is refused. No program takes a path: files belong to
filesystem_assistant_agent. Nothing is carried out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from common.messages import ActionError, ErrorCode

FOLDERS: Final = ("/usr/bin", "/bin")
"""Where programs are looked for: never in a folder that the environment names."""


@dataclass(frozen=True)
class Rule:
    """Allow one command; a word of it is one of the options, or an operand of this pattern."""

    name: str
    summary: str
    is_built_in: bool = False
    options: tuple[str, ...] = ()
    operand: str | None = None  # None: takes none
    most_operands: int = 0
    fewest_operands: int = 0

    @property
    def usage(self) -> str:
        """Show how the command is written."""
        options = f"[{'|'.join(self.options)}]" if self.options else ""
        operands = f"{self.fewest_operands}..{self.most_operands} words" if self.operand else ""
        return " ".join(part for part in (self.name, options, operands) if part)


RULES: Final = (
    Rule("date", "tell the date and time in UTC", is_built_in=True, options=("--unix",)),
    Rule("disk_free", "tell how full the disk is", is_built_in=True),
    Rule(
        "echo",
        "say the words again",
        is_built_in=True,
        operand=r"[^\x00-\x1f\x7f]*",
        most_operands=100,
    ),
    Rule("list_processes", "list the processes that can be seen", is_built_in=True),
    Rule("memory", "tell how full the memory is", is_built_in=True),
    Rule("system_info", "tell the kernel, machine and number of cores", is_built_in=True),
    Rule("uptime", "tell for how long the host has been up", is_built_in=True),
    Rule("arch", "print the machine's architecture"),
    Rule("df", "report disk space", options=("-h", "-k", "-T", "-i")),
    Rule("free", "report memory", options=("-h", "-m", "-k", "-b", "-w")),
    Rule("getconf", "print a setting of the system", operand=r"[A-Z_]{1,40}", most_operands=1,
         fewest_operands=1),
    Rule("id", "print who runs this", options=("-u", "-g", "-n")),
    Rule("lsblk", "list disks", options=("-a", "-f")),
    Rule("lscpu", "describe the processor"),
    Rule("nproc", "print the number of cores", options=("--all",)),
    Rule("ps", "list processes", options=("-e", "-f", "-ef", "-A")),
    Rule("seq", "count", operand=r"-?\d{1,6}", most_operands=3, fewest_operands=1),
    Rule("sleep", "wait some seconds", operand=r"\d{1,2}(\.\d{1,2})?", most_operands=1,
         fewest_operands=1),
    Rule("uname", "describe the system", options=("-a", "-s", "-r", "-m", "-n", "-v")),
)  # fmt: skip

_BY_NAME: Final = {rule.name: rule for rule in RULES}


def rule_for(words: tuple[str, ...]) -> Rule:
    """Return the rule that allows these words, or raise DENIED."""
    rule = _BY_NAME.get(words[0]) if words else None
    if rule is None:
        name = words[0][:60] if words else ""
        raise _refusal(f"expected an allowed command, found {name!r}: see `list_allowed`")
    operands = [word for word in words[1:] if word not in rule.options]
    for operand in operands:
        if rule.operand is None or not re.fullmatch(rule.operand, operand):
            raise _refusal(f"expected {rule.usage!r}, found the argument {operand[:60]!r}")
        if operand.startswith("-") and not rule.is_built_in and not _is_number(operand):
            raise _refusal(f"expected {rule.usage!r}, found the option {operand[:60]!r}")
    if not rule.fewest_operands <= len(operands) <= rule.most_operands:
        raise _refusal(f"expected {rule.usage!r}, found {len(operands)} arguments")
    return rule


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"-\d+", word))


def _refusal(message: str) -> ActionError:
    return ActionError(ErrorCode.DENIED, message, "command")
