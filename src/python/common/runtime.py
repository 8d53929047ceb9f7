"""The entry of every agent process: argv, signals, exit codes. No wiring of parts may enter.

Exit codes: 0 stopped as asked, 1 failed, 2 wrong call or settings, 3 port in use, 75 start again.
"""

import asyncio
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from common.actions import AgentDefinitionError
from common.agent import Agent
from common.configuration import Configuration, read_configuration
from common.facts import AgentFacts
from common.security.keys import KeysError
from common.settings import CURVE, FACTS_VARIABLE, Settings, SettingsError

if TYPE_CHECKING:
    from common.security.credentials import Credentials

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PORT_IN_USE = 3


def run(
    facts: AgentFacts,
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Do what argv says, by default run the agent until a signal, and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    environ = os.environ if environ is None else environ
    try:
        if arguments == ["--health"]:
            return _probe(facts, environ)
        agent_class = load_agent(facts)
        if not arguments:
            return _serve(facts, agent_class, environ)
        return _tell(facts, agent_class, arguments, environ)
    except AgentDefinitionError as error:
        hint = "make the agent() target and the module say the same"
        return _fail(str(error), hint)
    except KeysError as error:
        message, _, hint = str(error).partition("\n\nhint: ")
        return _fail(f"KEYS_DIRECTORY: {message}", hint)
    except SettingsError as error:
        return _fail("the environment has mistakes\n" + str(error), f"{facts.slug} --help")


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
    return _fail(f"expected --describe, --help, --health or nothing, found {found!r}", "--help")


def _probe(facts: AgentFacts, environ: Mapping[str, str]) -> int:
    from common.health_probe import is_ready

    settings = Settings.from_environ(facts, environ)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return 0 if is_ready(settings.health_port, host) else 1


def _serve(facts: AgentFacts, agent_class: type[Agent], environ: Mapping[str, str]) -> int:
    from common.describe import check_definition
    from common.logs import configure_logs
    from common.security.credentials import read_credentials
    from common.transport.context import close_context
    from common.transport.server import PortInUseError

    settings = Settings.from_environ(facts, environ)
    configuration, mistakes = read_configuration(agent_class.configuration, facts.slug, environ)
    if mistakes:
        raise SettingsError(mistakes)
    check_definition(facts, agent_class)
    credentials = None
    if settings.security == CURVE:
        credentials = read_credentials(settings.keys_directory)
    configure_logs(facts.slug, settings.instance, settings.log_level, release=settings.release)
    try:
        code = asyncio.run(_until_signal(facts, settings, agent_class, credentials, configuration))
    except PortInUseError as error:
        name = str(error).partition(":")[0]
        return _fail(str(error), f"{name}=0 picks a free port", EXIT_PORT_IN_USE)
    except Exception:
        logging.getLogger(f"agent.{facts.slug}").exception("the process failed")
        return EXIT_FAILED
    close_context()
    return code


async def _until_signal(
    facts: AgentFacts,
    settings: Settings,
    agent_class: type[Agent],
    credentials: "Credentials | None",
    configuration: Configuration | None,
) -> int:
    from common.agent_process import AgentProcess

    # What was imported stays: looking through it again and again would make requests wait.
    gc.freeze()
    process = AgentProcess(
        facts, settings, agent_class, credentials=credentials, configuration=configuration
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    return await process.run()


def _fail(message: str, hint: str, code: int = EXIT_USAGE) -> int:
    sys.stderr.write(f"error: {message}\n\nhint: {hint}\n")
    return code


def main() -> int:
    """Run the agent that AGENT_FACTS describes."""
    text = os.environ.get(FACTS_VARIABLE, "")
    try:
        facts = AgentFacts.model_validate_json(text)
    except ValidationError as error:
        problems = [
            f"{FACTS_VARIABLE}: {'.'.join(map(str, found['loc'])) or 'facts'}: {found['msg']}"
            for found in error.errors(include_url=False)
        ]
        return _fail("\n".join(problems), f'{FACTS_VARIABLE}=\'{{"name": ..., "slug": ...}}\'')
    return run(facts)


if __name__ == "__main__":
    sys.exit(main())
