"""The fleet's keys: who has which, and who trusts whom. No socket and no orchestrator here."""

from fleet.keys.folder import KeysFolder
from fleet.keys.make import KeysReport, ensure, make_keys
from fleet.keys.operator import keys_directory, operator_credentials
from fleet.keys.rotation import Step, rotate
from fleet.keys.trust import OPERATOR

__all__ = [
    "OPERATOR",
    "KeysFolder",
    "KeysReport",
    "Step",
    "ensure",
    "keys_directory",
    "make_keys",
    "operator_credentials",
    "rotate",
]
