"""The entry of every agent process: argv, signals, exit codes. No wiring of parts may enter.

Exit codes: 0 stopped as asked, 1 failed, 2 wrong call or settings, 3 port in use, 75 start again.
"""

import asyncio
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from pydantic import ValidationError

from common.actions import AgentDefinitionError
from common.agent import Agent
from common.configuration import read_configuration
from common.facts import AgentFacts
from common.security.keys import KeysError
from common.settings import CURVE, FACTS_VARIABLE, Settings, SettingsError

if TYPE_CHECKING:
    from common.agent_process import AgentProcess

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PORT_IN_USE = 3

MISTAKES = (AgentDefinitionError, KeysError, SettingsError)
"""What a person can mend: told with a hint, without a traceback."""


Begun = Callable[["AgentProcess"], None]
"""Told of the process before it binds."""


def run(
    facts: AgentFacts,
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Do what argv says, by default run the agent until a signal, and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    environ = os.environ if environ is None else environ
    if not arguments:
        return _serve(facts, environ)
    try:
        if arguments == ["--health"]:
            return _probe(facts, environ)
        return _tell(facts, load_agent(facts), arguments, environ)
    except MISTAKES as error:
        return _refuse(facts, error, sys.stderr)


async def live(
    facts: AgentFacts,
    environ: Mapping[str, str],
    begun: Begun,
    logs: TextIO,
    errors: TextIO,
) -> int:
    """Run an agent on the loop that runs, from bind to exit, and return the exit code.

    Other agents may live in the same process; what goes wrong with this one is written to
    `errors`, what it logs to `logs`.
    """
    from common.transport.server import PortInUseError

    try:
        process = _process(facts, environ, logs)
    except MISTAKES as error:
        return _refuse(facts, error, errors)
    begun(process)
    try:
        return await process.run()
    except PortInUseError as error:
        name = str(error).partition(":")[0]
        return _fail(str(error), f"{name}=0 picks a free port", EXIT_PORT_IN_USE, errors)
    except Exception:
        process.log.exception("the process failed")
        return EXIT_FAILED


async def live_as_told(
    environ: Mapping[str, str], begun: Begun, logs: TextIO, errors: TextIO
) -> int:
    """Run the agent that AGENT_FACTS describes as `live` does."""
    facts = _facts(environ, errors)
    return EXIT_USAGE if facts is None else await live(facts, environ, begun, logs, errors)


def load_agent(facts: AgentFacts) -> type[Agent]:
    """Import the class that the facts name."""
    module = importlib.import_module(facts.module)
    found = getattr(module, facts.name, None)
    if not isinstance(found, type) or not issubclass(found, Agent):
        raise AgentDefinitionError(f"{facts.module}: expected a class {facts.name}(Agent)")
    return found


def _tell(
    facts: AgentFacts, agent_class: type[Agent], arguments: list[str], environ: Mapping[str, str]
) -> int:
    from common.describe import check_definition, describe, help_text  # not needed to serve

    if arguments == ["--describe"]:
        check_definition(facts, agent_class)
        print(describe(facts, agent_class))
        return 0
    if arguments == ["--help"]:
        print(help_text(facts, agent_class, environ))
        return 0
    found = " ".join(arguments)
    message = f"expected --describe, --help, --health or nothing, found {found!r}"
    return _fail(message, "--help", EXIT_USAGE, sys.stderr)


def _probe(facts: AgentFacts, environ: Mapping[str, str]) -> int:
    from common.health_probe import is_ready

    settings = Settings.from_environ(facts, environ)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return 0 if is_ready(settings.health_port, host) else 1


def _serve(facts: AgentFacts, environ: Mapping[str, str]) -> int:
    from common.transport.context import close_context

    code = asyncio.run(live(facts, environ, _begun_alone, sys.stdout, sys.stderr))
    close_context()
    return code


def _begun_alone(process: "AgentProcess") -> None:
    from common.logs import configure_logs

    # What was imported stays: looking through it again and again would make requests wait.
    gc.freeze()
    settings = process.settings
    origin = (process.facts.slug, settings.instance, settings.log_level)
    configure_logs(*origin, release=settings.release)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)


def _process(facts: AgentFacts, environ: Mapping[str, str], logs: TextIO) -> "AgentProcess":
    from common.agent_process import AgentProcess
    from common.describe import check_definition
    from common.logs import configure_agent_logs
    from common.security.credentials import read_credentials

    agent_class = load_agent(facts)
    settings = Settings.from_environ(facts, environ)
    configuration, mistakes = read_configuration(agent_class.configuration, facts.slug, environ)
    if mistakes:
        raise SettingsError(mistakes)
    check_definition(facts, agent_class)
    credentials = None
    if settings.security == CURVE:
        credentials = read_credentials(settings.keys_directory)
    origin = (facts.slug, settings.instance, settings.log_level)
    configure_agent_logs(*origin, logs, release=settings.release)
    return AgentProcess(
        facts, settings, agent_class, credentials=credentials, configuration=configuration
    )


def _refuse(facts: AgentFacts, error: Exception, errors: TextIO) -> int:
    if isinstance(error, AgentDefinitionError):
        hint = "make the agent() target and the module say the same"
        return _fail(str(error), hint, EXIT_USAGE, errors)
    if isinstance(error, KeysError):
        message, _, hint = str(error).partition("\n\nhint: ")
        return _fail(f"KEYS_DIRECTORY: {message}", hint, EXIT_USAGE, errors)
    message = f"the environment has mistakes\n{error}"
    return _fail(message, f"{facts.slug} --help", EXIT_USAGE, errors)


def _fail(message: str, hint: str, code: int, errors: TextIO) -> int:
    errors.write(f"error: {message}\n\nhint: {hint}\n")
    return code


def _facts(environ: Mapping[str, str], errors: TextIO) -> AgentFacts | None:
    try:
        return AgentFacts.model_validate_json(environ.get(FACTS_VARIABLE, ""))
    except ValidationError as error:
        problems = [
            f"{FACTS_VARIABLE}: {'.'.join(map(str, found['loc'])) or 'facts'}: {found['msg']}"
            for found in error.errors(include_url=False)
        ]
        hint = f'{FACTS_VARIABLE}=\'{{"name": ..., "slug": ...}}\''
        _fail("\n".join(problems), hint, EXIT_USAGE, errors)
        return None


def main() -> int:
    """Run the agent that AGENT_FACTS describes."""
    facts = _facts(os.environ, sys.stderr)
    return EXIT_USAGE if facts is None else run(facts)


if __name__ == "__main__":
    sys.exit(main())
